"""Write the facts of a run as the rows of a workbook or the fields of a form: the inverse of `ledger.workbook.runs`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ledger.workbook.row_facts import REASON
from schemas.columns import INPUT_PAIRS, SheetKey

FactRows = dict[SheetKey, list[dict[str, str]]]
"""Rows by sheet; those of further sheets don't name their run."""


def rows_of_facts(facts: Mapping[str, Any]) -> FactRows:
    """Return the row of a run as its facts were typed, and its rows in the other sheets."""
    first, *others = facts["outputs"]
    period, inputs = facts["period"], facts.get("inputs", [])
    row = {"recipe": facts["recipe"], "lot": first["lot"], "mass_kg": _number(first["mass"]), "start": period["start"]}
    row |= {name: facts[name] for name in ("run", "note") if name in facts}
    if period["end"] != period["start"]:
        row["end"] = period["end"]
    for number, each in enumerate(inputs[:INPUT_PAIRS], 1):
        row |= {f"input{number}_{'kg' if key == 'mass_kg' else key}": text for key, text in _input(each)}
    row |= {f"r:{key}": _number(text) for key, text in facts.get("readings", {}).items()}
    row |= _output(first)
    reasons = [*facts.get("reasons", {}).values()]
    row |= {"reason": reasons[0]} if reasons else {}
    return {
        "runs": [row],
        "inputs": [dict(_input(each)) for each in inputs[INPUT_PAIRS:]],
        "outputs": [{"lot": each["lot"], "mass_kg": _number(each["mass"])} | _output(each) for each in others],
        "lines": [_departure(each) for each in facts.get("departures", ())],
        "meters": [
            {"meter": each["meter"], "reading_m3": _number(each["reading"])} for each in facts.get("meters", ())
        ],
    }


def fields_of_facts(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of the form that the facts of a run fill in, by name (`ledger.desk.forms`)."""
    rows = rows_of_facts(facts)
    (typed,) = rows["runs"]
    for name in ("recipe", "reason"):
        typed.pop(name, None)
    typed |= {f"{REASON}{key}": text for key, text in facts.get("reasons", {}).items()}
    begin: dict[SheetKey, int] = {"inputs": INPUT_PAIRS + 1, "outputs": 2, "lines": 1, "meters": 1}
    for sheet, first in begin.items():
        for number, row in enumerate(rows[sheet], first):
            typed |= {f"{sheet}.{number}.{key}": text for key, text in row.items()}
    return typed


def _output(output: Mapping[str, Any]) -> dict[str, str]:
    scale = {"moisture": output["moisture"]} if "moisture" in output else {}
    scale |= {"shipped_kg": _number(output["shipped_mass"])} if "shipped_mass" in output else {}
    return scale | {f"a:{element}": share for element, share in output.get("assay", {}).items()}


def _input(given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if "lot" in given:
        yield "lot", given["lot"]
    if "mass" in given:
        yield "mass_kg", _number(given["mass"])


def _departure(departure: Mapping[str, str]) -> dict[str, str]:
    amount, _, unit = departure["amount"].partition(" ")
    told = {key: departure[key] for key in ("group", "name", "basis", "factor", "note") if key in departure}
    return {"amount": amount, "unit": unit} | told


def _number(amount: str) -> str:
    return amount.partition(" ")[0]
