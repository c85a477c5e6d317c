"""Recipes in files: read, checked and written."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cli.files import media_of, read_bytes, told, write_lines
from cli.output import as_document, print_json
from cli.source import given_certificates
from ledger.recipes.checked import CheckedRecipe, checked_recipe
from ledger.workbook.cells import read_cells
from ledger.workbook.guard import MOST_BYTES
from ledger.workbook.recipe_reading import read_recipe_workbook
from schemas.columns import LANGUAGES, Language
from schemas.door import parse_value
from schemas.door.limits import MAX_BYTES
from schemas.lot import normal_lot
from schemas.problem import InputError, Problem, problems_in


def compositions_by_lot(certificates: Sequence[Path], home: Path | None) -> dict[str, Mapping[str, str]]:
    """Return the composition of each certificate, by lot and by digest."""
    found: dict[str, Mapping[str, str]] = {}
    for _, one in given_certificates(certificates, home):
        composition = {share.element: share.fraction for share in one.facts.composition}
        found |= {one.identity: composition, normal_lot(one.facts.batch.lot): composition}
    return found


def read_recipe(file: Path) -> CheckedRecipe:
    """Return the recipe in a file; raise InputError with the file's name before each place."""
    with problems_in(told(file)):
        if file.suffix.lower() == ".xlsx":
            return read_recipe_workbook(read_cells(read_bytes(file, most=MOST_BYTES)))
        return checked_recipe(read_value(file))


def language_of(text: str) -> Language:
    """Return the language of a workbook; raise InputError `workbook.language`."""
    found = next((each for each in LANGUAGES if each == text), None)
    if found is None:
        raise InputError.at("workbook.language", "--lang", value=text, possible=", ".join(LANGUAGES))
    return found


def read_value(file: Path) -> Any:  # noqa: ANN401 - whatever the document says
    """Return the content of a YAML or JSON file; raise InputError as `read_recipe`."""
    content = read_bytes(file, most=MAX_BYTES)
    with problems_in(told(file)):
        return parse_value(content, media=media_of(file, content))


def write_document(
    document: Mapping[str, Any], out: Path | None, *, as_json: bool = False, notes: Sequence[Problem] | None = None
) -> None:
    """Write a document as YAML to a file, or print it; with `as_json` print it as JSON, or which file it is in.

    `notes` are what looks odd: on standard error, or in the JSON.
    """
    import json

    import yaml

    plain = json.loads(json.dumps(document, default=str))
    text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)
    if out is not None:
        write_lines(out, [line.encode() for line in text.splitlines(keepends=True)])
    if as_json:
        told = {} if notes is None else {"notes": list(map(as_document, notes))}
        print_json(plain if out is None else {"file": str(out), **told})
        return
    for note in notes or ():
        print(f"note: {note.sentence()} [{note.code}]", file=sys.stderr)
    if out is None:
        print(text, end="")
