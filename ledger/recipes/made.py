"""Make a recipe, and the facts of its typical run, from the record of a past run.

Rules: what was metered or weighed is asked; everything else grows with the output. Bands are 15 % to either side until
an engineer sets them. Expanding the recipe with the facts of the same run gives the same record.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from ledger.recipes.amounts import GROUPS, Measure, Run, RunAmount, deciding, line_at, measured
from schemas.door import validated
from schemas.quantity import plain_fraction
from schemas.record import ProductionRecord

FIRST_BAND: Final = Fraction(15, 100)
"""A new band to either side of the typical amount. Set here: an engineer sets it from experience."""
_LEFT_OUT: Final = ("valid_until", "note", "instrument")
"""Members of a past run that no later run repeats."""
_MOST_KEY_PARTS: Final = 4


def recipe_of(run: Run, *, name: str, title: str, every: bool = False) -> dict[str, Any]:
    """Return a recipe made of a written record, as a document to be edited; raise InputError if it is no record.

    With `every`, it asks for every amount and accepts any: its form is the table of that run's lines.
    """
    record = validated(ProductionRecord, run)
    typical = {member: copy.deepcopy(value) for member, value in run.items() if member not in _LEFT_OUT}
    lines = deciding(typical)
    keys: set[str] = set()
    if every:
        asked = [_freely_asked(typical, each, keys) for each in lines.values() if not each.line.startswith("outputs[")]
    else:
        asked = [_asked(typical, amount, keys) for line, amount in lines.items() if _is_read(typical, line)]
    document: dict[str, Any] = {
        "oreprint": "recipe/1",
        "recipe": name,
        "version": 1,
        "title": title,
        "run": typical,
        "outputs": [
            {"low": "0.000001 kg", "high": _far_above(f"{output.mass} kg")}
            if every
            else dict(zip(("low", "high"), _bounds(f"{output.mass} kg"), strict=True))
            for output in record.outputs
        ],
        "amounts": asked,
    }
    if record.inputs and not every:
        taken = sum((Fraction(each.mass) for each in record.inputs), Fraction(0))
        usual = sum((Fraction(each.mass) for each in record.outputs), Fraction(0)) / taken
        low, high = (_share(usual * (1 + sign * FIRST_BAND)) for sign in (-1, 1))
        document |= {"yield_low": low, "yield_high": high}
    return document


def facts_of(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a recipe's typical run, as a document to be edited."""
    run = copy.deepcopy(recipe["run"])
    readings = {each["key"]: _at(run, each["place"]) for each in recipe["amounts"] if each["rule"] == "asked"}
    facts: dict[str, Any] = {
        "oreprint": "recipe-facts/1",
        "recipe": recipe["recipe"],
        "version": recipe["version"],
        "run": run["run"],
        "period": run["period"],
        "inputs": run.get("inputs", []),
        "outputs": [
            {"lot": output["lot"], "mass": output["mass"]}
            | (
                {
                    "assay": {
                        each: output["composition"][each] for each in rule["asked"] if each in output["composition"]
                    }
                }
                if rule.get("asked")
                else {}
            )
            for output, rule in zip(run["outputs"], recipe["outputs"], strict=True)
        ],
        "readings": readings,
    }
    return facts


def _is_read(run: Run, line: str) -> bool:
    metered = {"metered", "weighed"}
    return line.partition("[")[0] in GROUPS and line_at(run, line).get("basis", "metered") in metered


def _asked(run: Run, amount: RunAmount, keys: set[str]) -> dict[str, Any]:
    name = str(line_at(run, amount.line)["name"])
    low, high = _bounds(amount.text)
    return {
        "place": amount.place,
        "rule": "asked",
        "key": key_of(name, amount.line.partition("[")[0], keys),
        "label": name,
        "low": low,
        "high": high,
    }


def _freely_asked(run: Run, amount: RunAmount, keys: set[str]) -> dict[str, Any]:
    """Return the rule of a line whose amount is typed, whatever it is; it doesn't grow with the run.

    A mass below a milligram stays as it is: a field takes six decimals of its unit. A departure can change it.
    """
    if (measured(amount.text).number * 10**6).denominator != 1:
        return {"place": amount.place, "rule": "fixed"}
    group, held = amount.line.partition("[")[0], line_at(run, amount.line)
    name = str(held.get("name") or held.get("description") or held.get("item") or amount.line)
    unit = measured(amount.text).unit
    return {
        "place": amount.place,
        "rule": "asked",
        "key": key_of(name, group.replace("_", "-").replace(".", "-"), keys),
        "label": name,
        "scale": "per-run",
        "low": f"0 {unit}",
        "high": _far_above(amount.text),
        "reason": "The lines of one run, to be put right.",
    }


def _far_above(text: str) -> str:
    """Return a bound that no slip of a run exceeds: a thousand times its amount."""
    found = measured(text)
    return Measure(1000 * (found.number or Fraction(1)), found.unit).text


def key_of(name: str, group: str, keys: set[str]) -> str:
    """Return a key of small letters and dashes for the name of a line, unlike those given before."""
    words = (re.findall(r"[a-z0-9]+", name.lower()) or re.findall(r"[a-z0-9]+", group))[: _MOST_KEY_PARTS - 1]
    stem = "-".join(words)[:44].rstrip("-")
    key, number = stem, 1
    while key in keys:
        number += 1
        key = f"{stem}-{number}"
    keys.add(key)
    return key


def _bounds(text: str) -> tuple[str, str]:
    typical = measured(text)
    low, high = (Measure(typical.number * (1 + sign * FIRST_BAND), typical.unit).text for sign in (-1, 1))
    return low, high


def _share(share: Fraction) -> str:
    return plain_fraction(Fraction(round(share * 10_000), 10_000))


def _at(run: Run, place: str) -> str:
    """Return the amount at a place of a run."""
    value: Any = run
    for name, number in re.findall(r"([a-z_]+)(?:\[([0-9]+)\])?", place):
        value = value[name][int(number)] if number else value[name]
    return str(value)
