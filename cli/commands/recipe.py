"""`oreprint recipe`: the typical run of a product, and records made of it with a few typed facts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.parts import HomeOption

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ledger.recipes.checked import CheckedRecipe
    from schemas.recipe import Facts

RecipeFile = Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe, YAML or JSON; - is standard input.")]
OutOption = Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write to this file.")]

command = typer.Typer(rich_markup_mode=None)


@command.callback()
def recipe() -> None:
    """Make production records of a recipe and the few facts that differ from run to run.

    Example: oreprint recipe from 12-SC-2026-05.yaml --name SC-NdFeB --out recipe.yaml
    """


@command.command("from")
def made_from(
    record: Annotated[Path, typer.Argument(metavar="RECORD", help="A production record of a past run, YAML or JSON.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The name of the recipe, such as SC-NdFeB.")],
    title: Annotated[str | None, typer.Option("--title", help="What it makes. Without it, as the record says.")] = None,
    out: OutOption = None,
) -> None:
    """Make a recipe of a past run: what was metered or weighed is asked, the rest grows with the output.

    Example: oreprint recipe from 12-SC-2026-05.yaml --name SC-NdFeB --out recipe.yaml
    """
    from ledger.recipes.checked import checked_recipe
    from ledger.recipes.made import recipe_of

    value = _read(record)
    run: dict[str, Any] = value if isinstance(value, dict) else {}
    outputs = run.get("outputs") or [{}]
    made = recipe_of(run, name=name, title=title or str(outputs[0].get("description", name)))
    checked_recipe(made)
    _write(made, out)


@command.command("check")
def check(file: RecipeFile) -> None:
    """Check a recipe, and list what it asks for in each run.

    Example: oreprint recipe check recipe.yaml
    """
    from cli.terminal import tell

    checked = _checked(file)
    bands = checked.bands
    tell(
        [
            f"{checked.recipe.title}: recipe {checked.recipe.recipe}, version {checked.recipe.version}. It asks for:",
            *(
                f"  mass of {output.description}: {band.low.text} to {band.high.text}, typically {band.typical.text}"
                for output, band in (
                    (output, checked.output_band(number)) for number, output in enumerate(checked.record.outputs)
                )
            ),
            *(
                f"  {key} ({checked.label(line)}): {bands[line].low.text} to {bands[line].high.text}, "
                f"typically {bands[line].typical.text}"
                for key, line in checked.asked.items()
            ),
        ]
    )


@command.command("facts")
def facts(file: RecipeFile, out: OutOption = None) -> None:
    """Write the facts of the typical run, to be changed for each run.

    Example: oreprint recipe facts recipe.yaml --out facts.yaml
    """
    from ledger.recipes.made import facts_of

    checked = _checked(file)
    _write(facts_of(checked.recipe.model_dump(mode="json") | {"run": checked.recipe.run}), out)


@command.command("record")
def record(
    file: RecipeFile,
    typed: Annotated[Path, typer.Argument(metavar="FACTS", help="The facts of the run, YAML or JSON.")],
    certificates: Annotated[
        list[Path] | None,
        typer.Option(
            "--with", metavar="FILE", help="The certificate of an input, for its composition. Repeat for several."
        ),
    ] = None,
    out: OutOption = None,
    home: HomeOption = None,
) -> None:
    """Make the production record of a run, and tell what looks odd. `oreprint issue` takes the record.

    Example: oreprint recipe record recipe.yaml facts.yaml --out AL-41.yaml
    """
    from cli.files import read_document
    from ledger.recipes.expand import expand
    from schemas.door import validated
    from schemas.problem import InputError
    from schemas.recipe import Facts
    from schemas.record import ProductionRecord

    checked, said = _checked(file), read_document(Facts, typed)
    made = expand(checked, said, _compositions(checked, said, certificates or [], home))
    try:
        validated(ProductionRecord, made.record)
    except InputError as error:
        raise InputError(*map(made.typed.at_its_field, error.problems)) from error
    for warning in made.warnings:
        print(f"note: {warning.sentence()} [{warning.code}]", file=sys.stderr)
    _write(made.record, out)


def _compositions(
    checked: CheckedRecipe, said: Facts, certificates: Sequence[Path], home: Path | None
) -> list[Mapping[str, str]]:
    """Return the composition of each input; nothing where no rest closes the balance of elements."""
    from cli.given_certificates import given_certificates
    from schemas.lot import normal_lot
    from schemas.problem import MissingError, Problem

    if not any(rule.rule == "rest" and line.startswith("wastes[") for line, rule in checked.rules.items()):
        return []
    found: dict[str, Mapping[str, str]] = {}
    for _, one in given_certificates(certificates, home):
        composition = {share.element: share.fraction for share in one.facts.composition}
        found |= {one.identity: composition, normal_lot(one.facts.batch.lot): composition}
    keys = [item.certificate or normal_lot(item.lot or "") for item in said.inputs]
    missing = [number for number, key in enumerate(keys) if key not in found]
    if missing:
        named = ((number, said.inputs[number]) for number in missing)
        raise MissingError(
            *(
                Problem.at("footprint.input-missing", f"inputs[{number}]", input=each.certificate or each.lot or "")
                for number, each in named
            )
        )
    return [found[key] for key in keys]


def _checked(file: Path) -> CheckedRecipe:
    from cli.files import told, within
    from ledger.recipes.checked import checked_recipe
    from schemas.problem import InputError

    value = _read(file)
    try:
        return checked_recipe(value)
    except InputError as error:
        raise InputError(*(within(told(file), each) for each in error.problems)) from error


def _read(file: Path) -> Any:  # noqa: ANN401 - whatever the document says
    from cli.files import media_of, read_bytes, told, within
    from schemas.door import parse_value
    from schemas.door.limits import MAX_BYTES
    from schemas.problem import InputError

    content = read_bytes(file, most=MAX_BYTES)
    try:
        return parse_value(content, media=media_of(file, content))
    except InputError as error:
        raise InputError(*(within(told(file), each) for each in error.problems)) from error


def _write(document: Mapping[str, Any], out: Path | None) -> None:
    """Write a document as YAML, to a file or to standard output."""
    import json

    import yaml

    from cli.files import write_lines

    plain = json.loads(json.dumps(document, default=str))
    text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)
    if out is None:
        print(text, end="")
    else:
        write_lines(out, [line.encode() for line in text.splitlines(keepends=True)])
