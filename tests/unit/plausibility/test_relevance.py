"""Rules that are not called have nothing to say, and runs judged together are judged as each alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest

from ledger.footprint.versions import ENGINES
from ledger.plausibility.relevance import PARTS, STEPS, key_of
from ledger.plausibility.rules import AFTER, BEFORE, Breach, judge, judge_all
from schemas.document import replace
from schemas.problem import MissingError
from schemas.vocabulary import CANCELLATION, Step
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ledger.footprint.inventory import Inventory

RULES = (*BEFORE, *AFTER)


def without_lines(name: str, **members: Any) -> Callable[[Inventory], Inventory]:  # noqa: ANN401 - members
    """Return a change that takes all lines out of a group."""
    return lambda run: replace(
        run, groups=[replace(group, lines=(), **members) if group.group == name else group for group in run.groups]
    )


def without_own_power(run: Inventory) -> Inventory:
    lines = tuple(line for line in run.power.lines if line.own is None)
    return replace(run, groups=[replace(run.power, lines=lines) if each is run.power else each for each in run.groups])


def without_attributes(run: Inventory) -> Inventory:
    lines = tuple(line for line in run.power.lines if line.own is None and not line.instruments)
    return replace(run, groups=[replace(run.power, lines=lines) if each is run.power else each for each in run.groups])


def without_told_origins(run: Inventory) -> Inventory:
    lines = tuple(replace(line, recycled=None, generated_by=None, extracted_in=None) for line in run.materials.lines)
    groups = [replace(run.materials, lines=lines) if each is run.materials else each for each in run.groups]
    return replace(run, groups=groups)


def without_magnets_or_alloys(run: Inventory) -> Inventory:
    outputs = [replace(each, kind="metal") if each.kind in {"magnet", "alloy"} else each for each in run.outgoing]
    return replace(run, outgoing=outputs)


def without_thorium_or_uranium(run: Inventory) -> Inventory:
    def rest(fractions: Mapping[str, int]) -> dict[str, int]:
        return {element: part for element, part in fractions.items() if element not in {"Th", "U"}}

    incoming = [replace(each, fractions=rest(each.fractions)) for each in run.incoming]
    outgoing = [replace(each, fractions=rest(each.fractions)) for each in run.outgoing]
    return without_lines("materials")(without_lines("waste")(replace(run, incoming=incoming, outgoing=outgoing)))


WITHOUT: Mapping[str, Callable[[Inventory], Inventory]] = {
    "fuels": without_lines("fuels"),
    "own power": without_own_power,
    "direct": without_lines("direct"),
    "materials": without_lines("materials"),
    "wastes": without_lines("waste"),
    "thorium or uranium": without_thorium_or_uranium,
    "water": without_lines("waste", water=None),
    "exclusions": lambda run: replace(run, excluded=()),
    "absences": lambda run: replace(run, absent=()),
    "prices": lambda run: replace(run, allocation=replace(run.allocation, prices=None)),
    "shares by price": lambda run: replace(run, allocation=replace(run.allocation, method="mass")),
    "attributes": without_attributes,
    "told origins": without_told_origins,
    "asked electricity": lambda run: replace(run, profile="nobody-1"),
    "magnets or alloys": without_magnets_or_alloys,
}


def found_by_all(run: Inventory) -> list[Breach]:
    ours = (rule for rule in RULES if run.engine in rule.engines)
    return [Breach(rule, problem) for rule in ours for problem in rule.judge(run)]


def of(run: str, engine: str) -> Inventory:
    return replace(example.drafts()[run].inventory, engine=engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("run", example.runs())
def test_a_run_without_a_part_breaks_no_rule_about_it(run: str, part: str, engine: str) -> None:
    less = WITHOUT[part](of(run, engine))
    assert part in key_of(less)[2]
    assert judge(less) == found_by_all(less)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("run", example.runs())
def test_a_run_of_another_step_breaks_no_rule_about_its_own(run: str, engine: str) -> None:
    made = of(run, engine)
    for step in get_args(Step):
        if step != CANCELLATION:
            other = replace(made, step=step)
            assert judge(other) == found_by_all(other)


def test_every_rule_that_may_be_left_out_exists() -> None:
    known = {name for rule in RULES for name in (rule.id, getattr(rule.judge, "func", rule.judge))}
    assert {*STEPS, *(rule for rules in PARTS.values() for rule in rules)} <= known


@pytest.mark.parametrize("engine", ENGINES)
def test_runs_are_judged_together_as_each_alone(engine: str) -> None:
    runs = [of(run, engine) for run in example.runs()]
    alone = [judge(run) for run in runs]
    assert any(alone)
    assert judge_all(runs) == alone


def test_a_run_that_names_an_unknown_factor_keeps_no_other_from_its_verdict() -> None:
    runs = [of(run, ENGINES[-1]) for run in example.runs()]
    lacking = next(number for number, run in enumerate(runs) if any(line.value is None for line in run.materials.lines))
    tables = runs[lacking].tables
    runs[lacking] = replace(runs[lacking], tables=replace(tables, sets={"methods": tables.sets["methods"]}))
    found = judge_all(runs)
    error = found.pop(lacking)
    assert isinstance(error, MissingError)
    assert error.code == "factor.unknown"
    del runs[lacking]
    assert found == [judge(run) for run in runs]
