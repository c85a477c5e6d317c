"""A recipe that is fit to be used: its typical run is a record, and each rule names an amount that is there.

Rules: all faults are reported at once. A wide band needs a reason, because it would let a typing error pass.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from ledger.recipes.amounts import (
    GROUPS,
    WATER_IN,
    WATER_OUT,
    Measure,
    Run,
    RunAmount,
    amounts_of,
    deciding,
    line_label,
    measured,
    measured_like,
    total,
)
from ledger.recipes.bands import Band
from schemas.door import JsonValue, as_read, validated
from schemas.line_names import LINE_NAMES
from schemas.problem import InputError, OreprintError, Problem, placed
from schemas.quantity import millionths
from schemas.recipe import AmountRule, Recipe
from schemas.record import ProductionRecord

WIDE_BAND: Final = Fraction(25, 100)
"""A band may differ from the typical amount by this much without a reason."""
WIDE_REST: Final = Fraction(5, 100)
"""A rest may reach this part of the inputs without a reason."""
WATER_RESTS: Final = frozenset(f"water.{member}" for member in (*WATER_IN, *WATER_OUT))
"""Members that can close the balance of water."""


@dataclass(frozen=True, slots=True)
class CheckedRecipe:
    """A recipe, the document that it was read from, and what was found in it.

    `rules` and `bands` go by the line that each rule decides. Only in a `trial` may a run be made of the numbers of a
    shipped example.
    """

    document: Mapping[str, Any]
    recipe: Recipe
    record: ProductionRecord
    lines: Mapping[str, RunAmount]
    rules: Mapping[str, AmountRule]
    bands: Mapping[str, Band]
    trial: bool = False

    @property
    def needs_compositions(self) -> bool:
        """Whether a waste closes the balance of elements, so that the compositions of inputs are needed."""
        rests = (self.lines[line] for line, rule in self.rules.items() if rule.rule == "rest")
        return any(each.line.startswith("wastes[") and each.holder.get("elements") for each in rests)

    def typical_run(self) -> Run:
        """Return a copy of the typical run, to be changed."""
        return copy.deepcopy(self.recipe.run)

    def label(self, line: str) -> str:
        """Return the name of the amount that decides a line."""
        rule = self.rules.get(line)
        return rule.label if rule is not None and rule.label is not None else line_label(self.recipe.run, line)

    def output_band(self, number: int) -> Band:
        """Return the bounds of an output's mass."""
        rule, typical = self.recipe.outputs[number], self.record.outputs[number].mass
        return Band(*(Measure(Fraction(each), "kg") for each in (rule.low, typical, rule.high)))

    def called(self, place: str) -> tuple[str, str]:
        """Return what people call the line of a place that `ledger.recipes.differences` tells, and the member of it.

        The name is empty where the place is that of no line.
        """
        if (found := re.fullmatch(r"amounts\[(.+)\]\.(\w+)", place)) is not None:
            line = next((line for line, rule in self.rules.items() if rule.place == found[1]), None)
            return ("", place) if line is None else (self.label(line), found[2])
        if (found := re.fullmatch(r"outputs\[(\d+)\]\.(\w+)", place)) is not None:
            return (
                (self.label(f"outputs[{found[1]}]"), found[2])
                if int(found[1]) < len(self.recipe.outputs)
                else ("", place)
            )
        if (name := LINE_NAMES.get(place.removeprefix("run."))) is not None:
            return name["en"], "amount"
        found = re.fullmatch(r"run\.(\w+)\[([^\]]+)\]\.(\w+)", place)
        return (found[2], found[3]) if found is not None and found[1] in GROUPS else ("", place)

    @property
    def asked(self) -> dict[str, str]:
        """The lines whose amount is asked, by the key of the field."""
        return {rule.key: line for line, rule in self.rules.items() if rule.key is not None}


def checked_recipe(value: JsonValue, *, trial: bool = False) -> CheckedRecipe:
    """Return the recipe that a document tells of, as the door has parsed it; raise InputError with all its faults."""
    document = as_read(Recipe, value)
    recipe = validated(Recipe, document)
    try:
        run = as_read(ProductionRecord, recipe.run)
        record = validated(ProductionRecord, run)
    except InputError as error:
        raise InputError(*(each._replace(place=f"run.{each.place}") for each in error.problems)) from error
    problems: list[Problem] = []
    if len(recipe.outputs) != len(record.outputs):
        problems.append(
            Problem.at("recipe.outputs", "outputs", found=len(recipe.outputs), possible=len(record.outputs))
        )
    problems += _output_faults(recipe, record)
    lines, rules, bands = deciding(recipe.run), dict[str, AmountRule](), dict[str, Band]()
    for number, rule in enumerate(recipe.amounts):
        try:
            with placed(f"amounts[{number}]"):
                line, band = _judged(recipe, rule, lines)
        except OreprintError as error:
            problems += error.problems
            continue
        if line in rules:
            problems.append(
                Problem.at("recipe.rule-twice", f"amounts[{number}].place", found=line_label(recipe.run, line))
            )
        rules[line] = rule
        if band is not None:
            bands[line] = band
    problems += _repeated(recipe, {each.place: line for line, each in lines.items()})
    problems += _unknown_examples(recipe)
    if problems:
        raise InputError(*problems)
    whole = {**document, "run": run} if isinstance(document, dict) else {}
    return CheckedRecipe(whole, recipe, record, lines, rules, bands, trial)


def _output_faults(recipe: Recipe, record: ProductionRecord) -> Iterator[Problem]:
    for number, (rule, output) in enumerate(zip(recipe.outputs, record.outputs, strict=False)):
        low, typical, high = (Fraction(millionths(each)) for each in (rule.low, output.mass, rule.high))
        if not low <= typical <= high:
            yield Problem.at("recipe.band", f"outputs[{number}]", found=f"{output.mass} kg")
        for element in (*rule.asked, *((rule.balance,) if rule.balance else ())):
            if element not in output.composition:
                yield Problem.at("recipe.element", f"outputs[{number}]", element=element)
        if rule.asked and (rule.balance is None or rule.balance in rule.asked):
            yield Problem.at("recipe.balance", f"outputs[{number}].balance")


def _judged(recipe: Recipe, rule: AmountRule, lines: Mapping[str, RunAmount]) -> tuple[str, Band | None]:
    """Return the line that a rule decides, and its band; raise InputError for what is wrong with it."""
    there = {each.place: each for each in amounts_of(recipe.run)}
    amount = there.get(rule.place)
    if amount is None or lines[amount.line].place != rule.place or amount.line.startswith("outputs["):
        possible = [each.place for line, each in lines.items() if not line.startswith("outputs[")]
        raise InputError.at("recipe.place", found=rule.place, possible=", ".join(possible))
    if (rule.key is not None) != (rule.rule == "asked"):
        raise InputError.at("recipe.key", rule=rule.rule)
    if rule.rule == "rest" and not (amount.line.startswith("wastes[") or amount.line in WATER_RESTS):
        raise InputError.at("recipe.rest-place", found=line_label(recipe.run, amount.line))
    band = _band(rule, measured(amount.text))
    if band is not None and rule.reason is None and _is_wide(rule, band, recipe):
        raise InputError.at("recipe.wide-band", low=band.low.text, high=band.high.text, typical=band.typical.text)
    return amount.line, band


def _band(rule: AmountRule, typical: Measure) -> Band | None:
    needs = rule.rule in {"asked", "rest"}
    if rule.low is None or rule.high is None:
        if needs or rule.low is not rule.high:
            raise InputError.at("recipe.no-band", rule=rule.rule)
        return None
    band = Band(measured_like(rule.low, typical), typical, measured_like(rule.high, typical))
    if not band.low.number <= typical.number <= band.high.number:
        raise InputError.at("recipe.band", found=typical.text)
    return band


def _is_wide(rule: AmountRule, band: Band, recipe: Recipe) -> bool:
    if rule.rule == "rest" and rule.place.startswith("wastes["):
        taken = total([each["mass"] for group in ("inputs", "materials") for each in recipe.run.get(group, ())])
        return band.high.number > WIDE_REST * taken
    apart = WIDE_BAND * band.typical.number
    return band.low.number < band.typical.number - apart or band.high.number > band.typical.number + apart


def parts_of(run: Run) -> list[str]:
    """Return the places of a run whose numbers are the plant's own: lines, outputs, and parts that are there once."""
    return [*dict.fromkeys(each.line.partition(".")[0] for each in amounts_of(run))]


def _unknown_examples(recipe: Recipe) -> Iterator[Problem]:
    known = parts_of(recipe.run)
    for number, place in enumerate(recipe.examples):
        if place not in known:
            yield Problem.at("recipe.example-unknown", f"examples[{number}]", found=place)


def _repeated(recipe: Recipe, lines: Mapping[str, str]) -> Iterator[Problem]:
    """Yield the faults that rules have among themselves; `lines` are those that the places decide."""
    keys: set[str] = set()
    rests: set[str] = set()
    for number, rule in enumerate(recipe.amounts):
        if rule.key is not None and rule.key in keys:
            yield Problem.at("recipe.key-twice", f"amounts[{number}].key", found=rule.key)
        keys.add(rule.key or "")
        if rule.rule == "rest":
            kind = rule.place.partition("[")[0].partition(".")[0]
            if kind in rests:
                found = line_label(recipe.run, lines[rule.place]) if rule.place in lines else rule.place
                yield Problem.at("recipe.rest-twice", f"amounts[{number}].rule", found=found)
            rests.add(kind)
