"""Export the certificates of a party as a workbook, or as comma-separated files, that read back as unchanged.

Rules: a run whose facts are kept has its row as it was typed, if its recipe still asks for the same amounts in the
same units. Any other run has a row for each certificate, without a recipe and with the certificate's digest, which is
what it is compared with on reading.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from ledger.workbook.runs import extra_columns
from ledger.workbook.template import FilledRows, template
from schemas.answers.certificates import ListedCertificate
from schemas.columns import INPUT_PAIRS, LANGUAGES, NUMBERS, SHEET_NAMES, SHEETS, Column, Language, SheetKey

Rows = dict[SheetKey, list[dict[str, str]]]


class Exported(NamedTuple):
    """What is exported: the rows of each sheet, and the recipes that they name."""

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
    """Add the rows of a run as its facts were typed (the inverse of `ledger.workbook.row_facts`)."""
    facts = known.facts
    first, *others = facts["outputs"]
    run = facts.get("run") or first["lot"]
    period, inputs = facts["period"], facts.get("inputs", [])
    row = {"recipe": facts["recipe"], "lot": first["lot"], "mass_kg": _number(first["mass"]), "start": period["start"]}
    if "run" in facts:
        row["run"] = facts["run"]
    if period["end"] != period["start"]:
        row["end"] = period["end"]
    for number, each in enumerate(inputs[:INPUT_PAIRS], 1):
        row |= {f"input{number}_{key}": text for key, text in _input(each)}
    rows["inputs"] += ({"run": run, **dict(_further(each))} for each in inputs[INPUT_PAIRS:])
    row |= {f"r:{key}": _number(text) for key, text in facts.get("readings", {}).items()}
    row |= _output(first)
    reasons = [*facts.get("reasons", {}).values()]
    row |= {"reason": reasons[0]} if reasons else {}
    row |= {"note": facts["note"]} if "note" in facts else {}
    row |= {key: text for key, text in zip(("customer", "ship_kg"), known.ship, strict=False) if text is not None}
    rows["runs"].append(row | {"status": listed.state, "certificate": digests})
    rows["outputs"] += (
        {"run": run, "lot": each["lot"], "mass_kg": _number(each["mass"])} | _output(each) for each in others
    )
    for each in facts.get("departures", ()):
        amount, _, unit = each["amount"].partition(" ")
        told = {key: each[key] for key in ("group", "name", "basis", "factor", "note") if key in each}
        rows["lines"].append({"run": run, "amount": amount, "unit": unit} | told)
    for each in facts.get("meters", ()):
        rows["meters"].append({"run": run, "meter": each["meter"], "reading_m3": _number(each["reading"])})


def _output(output: Mapping[str, Any]) -> dict[str, str]:
    moisture = {"moisture": output["moisture"]} if "moisture" in output else {}
    return moisture | {f"a:{element}": share for element, share in output.get("assay", {}).items()}


def _input(given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if "lot" in given:
        yield "lot", given["lot"]
    if "mass" in given:
        yield "kg", _number(given["mass"])


def _further(given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield from (("mass_kg" if key == "kg" else key, text) for key, text in _input(given))


def _number(amount: str) -> str:
    return amount.partition(" ")[0]


def exported_workbook(found: Exported, party: str, language: Language) -> bytes:
    """Return a workbook of the rows. It names no versions, because rows of several may stand in it."""
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
