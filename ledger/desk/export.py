"""Export the certificates of a party as a workbook, or as comma-separated files, that read back as unchanged.

Rules: a run whose facts are kept has its row as it was typed, if its recipe still asks for the same amounts in the
same units. Any other run has a row for each certificate, without a recipe and with the certificate's digest, which is
what it is compared with on reading.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ledger.desk.earlier_runs import KeptFacts, kept_facts
from ledger.desk.listing import ListFilter, every_certificate
from ledger.desk.recipes import kept_recipes
from ledger.recipes.checked import CheckedRecipe
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes
from ledger.store.engine import reading
from ledger.store.memory import run_names
from ledger.workbook.file_kinds import BOM, guarded_text
from ledger.workbook.rows_of_facts import rows_of_facts
from ledger.workbook.runs import extra_columns
from ledger.workbook.template import FilledRows, template
from schemas.answers.certificates import ListedCertificate
from schemas.columns import LANGUAGES, NUMBERS, SHEET_NAMES, SHEETS, Column, Language, SheetKey

Rows = dict[SheetKey, list[dict[str, str]]]


class Exported(NamedTuple):
    """The content of an export: the rows of each sheet, and the recipes that they name."""

    rows: FilledRows
    recipes: Sequence[CheckedRecipe]


def exported(registry: OpenRegistry, party: str, listed: Iterable[ListedCertificate]) -> Exported:
    """Return the rows of certificates that a party issued, without those of electricity, which no run makes."""
    recipes = {each.checked.recipe.recipe: each.checked for each in kept_recipes(registry, party)}
    rows: Rows = {key: [] for key in SHEETS}
    done: set[str] = set()
    certified = {certificate_digest_bytes(each.digest): each for each in listed if each.unit == "kg"}
    with reading(registry.engine, long=True) as connection:
        names = run_names(connection, [*certified])
        kept = kept_facts(connection, party, {*names.values()})
    for digest, each in certified.items():
        run = names.get(digest, "")
        known = kept.get(run)
        digests = [other for _, other in known.certificates] if known is not None else []
        if known is not None and each.digest in digests and _asks_the_same(recipes, known.facts):
            if run not in done:
                done.add(run)
                _add(rows, known, each, " ".join(digests))
            continue
        told = {"lot": each.lot, "mass_kg": each.amount, "certificate": each.digest, "status": each.state}
        rows["runs"].append(told)
    return Exported(rows, [*recipes.values()])


def _asks_the_same(recipes: Mapping[str, CheckedRecipe], facts: Mapping[str, Any]) -> bool:
    """Return whether a recipe of today has a column, in the same unit, for everything that was typed of a run."""
    checked = recipes.get(facts["recipe"]) if "recipe" in facts else None
    if checked is None:
        return False
    asked = {key: checked.bands[line].typical.unit for key, line in checked.asked.items()}
    typed = {key: text.partition(" ")[2] for key, text in facts.get("readings", {}).items()}
    elements = {element for rule in checked.recipe.outputs for element in rule.asked}
    return typed == asked and all(elements.issuperset(each.get("assay", ())) for each in facts["outputs"])


def _add(rows: Rows, known: KeptFacts, listed: ListedCertificate, digests: str) -> None:
    """Add the rows of a run as its facts were typed."""
    facts = known.facts
    run = facts.get("run") or facts["outputs"][0]["lot"]
    for sheet, told in rows_of_facts(facts).items():
        rows[sheet] += told if sheet == "runs" else ({"run": run, **each} for each in told)
    ship = {key: text for key, text in zip(("customer", "ship_kg"), known.ship, strict=False) if text is not None}
    rows["runs"][-1] |= ship | {"status": listed.state, "certificate": digests}


def exported_workbook(found: Exported, party: str, language: Language) -> bytes:
    """Return a workbook of the rows. It names no versions, because its rows may be of several."""
    return template(found.recipes, language, party=party, rows=found.rows, named_versions=False)


def exported_csv(found: Exported, language: Language) -> bytes:
    """Return an archive of comma-separated files, one a sheet: UTF-8 with a byte order mark, lines ending in CR LF."""
    held, extra = io.BytesIO(), extra_columns(found.recipes)
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, columns in SHEETS.items():
            whole = [*columns, *extra.get(key, ())]
            name = zipfile.ZipInfo(f"{SHEET_NAMES[key][language]}.csv")
            archive.writestr(name, _csv(whole, found.rows.get(key, ()), language), zipfile.ZIP_DEFLATED)
    return held.getvalue()


def _csv(columns: Sequence[Column], rows: Iterable[Mapping[str, str]], language: Language) -> bytes:
    written = io.StringIO(BOM)
    written.seek(0, io.SEEK_END)
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow([each.key for each in columns])
    writer.writerow([guarded_text(each.heading[language]) for each in columns])
    writer.writerow([guarded_text(each.help[language]) for each in columns])
    for row in rows:
        texts = ((each.kind, row.get(each.key, "")) for each in columns)
        writer.writerow([text if kind in NUMBERS else guarded_text(text) for kind, text in texts])
    return written.getvalue().encode()


def export_file(
    registry: OpenRegistry, party: str, form: str, language: str, wanted: ListFilter | None = None
) -> bytes:
    """Return the certificates that a party issued in a form, ``xlsx`` or ``zip``; only those wanted, else all."""
    spoken = next((each for each in LANGUAGES if each == language), LANGUAGES[0])
    own = (wanted or ListFilter())._replace(whose="issued")
    found = exported(registry, party, every_certificate(registry, party, own))
    return exported_workbook(found, party, spoken) if form == "xlsx" else exported_csv(found, spoken)
