"""The table of claims: whole, and every sentence has what it needs."""

from __future__ import annotations

import ast
import csv
from pathlib import Path
from string import Formatter

import pytest

from ledger.claims import run
from ledger.claims.rules import REFUSED, RULES, ClaimRule, by_records, own_criteria
from schemas.sentences import REASONS

ROOM = Path(run.__file__).parent


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_row_says_everything_about_its_claim(rule: ClaimRule) -> None:
    told = (rule.title, rule.metric, rule.holds, rule.period, rule.evidence, rule.source)
    assert all(told)
    assert rule.scopes
    assert (rule.threshold is None) or "threshold" in rule.needs
    assert all(RULES[part].scopes[0] == "run" for part in rule.parts)
    assert rule.semantics != "this step" or rule.scopes == ("run",)


def test_what_was_not_read_is_marked_and_never_proven_by_it_alone() -> None:
    marked = {rule.id for rule in RULES.values() if rule.status == "placeholder"}
    assert marked == {"water-reuse", "clean-off-gas"}
    assert all("not read" in f"{RULES[name].holds} {RULES[name].source}" for name in marked)


def test_readings_are_declared_at_best_and_criteria_of_nobody_else_are_told() -> None:
    readings = {rule.id for rule in RULES.values() if rule.rests == "readings"}
    assert readings == {
        "zero-discharge", "ammonia-free-separation", "energy-intensity-fall", "green-smelting", "renewable-electricity"
    }  # fmt: skip
    assert {by_records(name, "proven") for name in readings} == {"declared"}
    assert {by_records(name, "refuted") for name in readings} == {"refuted"}
    places = {rule.id for rule in RULES.values() if rule.rests == "places"}
    assert places == {"origin-known", "origin-outside", "origin-dfars"}
    assert {by_records(name, "proven") for name in places} == {"declared"}
    assert by_records("recycled-content", "proven") == "proven"
    assert set(RULES["green-smelting"].parts) <= readings
    read = {"ammonia-free-separation", "energy-intensity-fall", "origin-dfars"}
    assert {rule.id for rule in RULES.values() if not own_criteria(rule.id)} == read
    assert own_criteria("a-rule-of-strangers")


def test_every_row_of_the_facts_has_its_rule(shared: Path) -> None:
    with (shared / "data" / "green_claims.csv").open(encoding="utf-8", newline="") as rows:
        facts = {row["claim"] for row in csv.DictReader(rows)}
    rules = {
        "green smelting (绿色冶炼)": "green-smelting",
        "energy intensity falls": "energy-intensity-fall",
        "zero industrial wastewater discharge (工业废水零排放)": "zero-discharge",
        "zero discharge is not displacement": "zero-discharge",
        "zero discharge has an energy cost": "zero-discharge",
        "water reuse": "water-reuse",
        "no ammonia nitrogen (无氨氮)": "ammonia-free-separation",
        "CO2 recycling in Mg-bicarbonate route": "carbon-reuse",
        "low fluorine / sulphur off-gas": "clean-off-gas",
        "renewable power": "renewable-electricity",
        "circular / recycled content": "recycled-content",
        "low-carbon product": "footprint-below",
        "carbon neutral": "carbon-neutral",
    }
    assert facts == rules.keys()
    assert set(rules.values()) <= RULES.keys() | REFUSED.keys()


def test_every_reason_has_a_sentence_and_every_sentence_a_reason() -> None:
    """The second argument of `finding(…)`, or the name of the reason where it is a variable."""
    given: dict[str, set[str]] = {}
    for path in [*ROOM.glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id="finding"), args=[_, ast.Constant(value=str(reason)), *_], keywords=words
                ):
                    named = {word.arg for word in words if word.arg}
                    spread = any(word.arg is None for word in words)
                    given.setdefault(reason, set()).update(
                        named | ({"found", "possible", "element"} if spread else set())
                    )
                case _:
                    pass
    said = {"as-stated", "run-withheld", "inputs-withheld", "judged-before"}
    said |= {f"{rests}-{word}" for rests in ("readings", "places") for word in ("attested", "unattested")}
    assert given.keys() | said == REASONS.keys()
    for reason, facts in given.items():
        needed = {name for _, name, _, _ in Formatter().parse(REASONS[reason]) if name}
        assert needed <= facts, reason
