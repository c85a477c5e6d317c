"""Zero discharge in the worked example: what its facts expect, and every way to claim it without having it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from ledger.claims.draft import draft_answers
from ledger.claims.rules import by_records
from schemas.problem import RefusedError
from tests.support.worlds import worked_example as example
from tests.support.worlds.record_changes import absent, both

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ledger.claims.answer import ClaimFinding

SEP = "SEP-2026-03"


def judged(value: dict[str, Any]) -> ClaimFinding:
    """Return what the first certified output's run says of its first claim."""
    made = example.drafted(value)
    sources = [example.lots()[item["lot"]] for item in value.get("inputs", [])]
    return draft_answers(made, made.certified[0], example.read(value).stated, sources)[0].finding


ID = "zero-discharge"


@pytest.fixture(scope="module")
def expected(shared: Path) -> dict[str, Any]:
    facts = json.loads((shared / "data" / "example_chain.json").read_text(encoding="utf-8"))
    return dict(facts["demo"]["zero_discharge"])


def test_fourteen_runs_and_fifteen_lots_answer_as_the_facts_expect(expected: dict[str, Any]) -> None:
    runs = {run: made.certified[0].claims[0].answer for run, made in example.drafts().items()}
    chain = {each.batch.lot: each.claims[1].answer for made in example.drafts().values() for each in made.certified}
    assert runs == {run: by_records(ID, fact["verdict"]) for run, fact in expected["runs"].items()}
    assert chain == {lot: by_records(ID, answer) for lot, answer in expected["chain"].items()}
    assert (len(runs), len(chain)) == (14, 15)


@pytest.mark.parametrize("run", example.runs())
def test_every_record_states_it(run: str) -> None:
    assert example.read(example.written(run)).claims[0].id == "zero-discharge"


def test_of_a_chain_the_figure_of_another_plant_is_not_told() -> None:
    rows = example.lots()["AL-40"].facts.claims
    assert [(row.scope, row.answer, row.value) for row in rows] == [
        ("run", "declared", None),
        ("chain", "refuted", None),
    ]


def water(**change: object) -> Callable[[dict[str, Any]], object]:
    return lambda value: value["water"].update(change)


def waste(number: int, **change: object) -> Callable[[dict[str, Any]], object]:
    return lambda value: value["wastes"][number].update(change)


def more_acid(value: dict[str, Any]) -> None:
    """Let a tenth more chloride come in than goes out with any line."""
    line = next(line for line in value["materials"] if line["name"].startswith("hydrochloric acid"))
    line["mass"] = f"{Decimal(line['mass'].removesuffix(' kg')) * 11 / 10:f} kg"


METER = {"meter": "FM-1", "reading": "0 m3"}


BRINE = absent("evaporator", "not-in-process", variant="brine is sold as it is")
WITHOUT_EVIDENCE: dict[str, tuple[Callable[[dict[str, Any]], object], str, str]] = {
    "one meter": (water(discharge_meters=[METER]), "declared", "meters"),
    "one meter twice": (water(discharge_meters=[METER, METER]), "declared", "meters"),
    "one meter in two spellings": (
        water(discharge_meters=[METER, {"meter": "fm\u201001", "reading": "0 m3"}]), "declared", "meters",
    ),
    "a meter that reads": (
        water(discharge_meters=[METER, {"meter": "FM-2", "reading": "0.000001 m3"}]), "refuted", "meter-reads",
    ),
    "a load of what is not discharged": (water(ammonia_nitrogen="0.1 kg"), "refuted", "load"),
    "salt that leaves unregistered": (waste(1, destination="outside"), "refuted", "salt-outside"),
    "salt that goes nobody knows where": (
        lambda value: value["wastes"][1].pop("destination"), "declared", "no-destination",
    ),
    "salt that no line accounts for": (more_acid, "declared", "not-closed"),
    "no water balance": (both(lambda value: value.pop("water"), BRINE), "declared", "no-water"),
    "an evaporator without energy": (
        lambda value: value["water"].pop("evaporator_electricity"), "declared", "evaporator-energy",
    ),
    "more energy for the evaporator than for all": (
        water(evaporator_electricity="999999 kWh"), "declared", "evaporator-energy",
    ),
    "an evaporator that takes hardly anything": (
        water(evaporator_electricity="105 kWh"), "declared", "evaporator-range",
    ),
    "an element out of the balance": (lambda value: value.update(untracked=["Cl"]), "declared", "untracked"),
}  # fmt: skip
"""Ways to claim it without having it: the change, the answer, and the reason."""


@pytest.mark.parametrize("name", WITHOUT_EVIDENCE)
def test_what_is_claimed_without_evidence_is_not_proven(name: str) -> None:
    change, answer, reason = WITHOUT_EVIDENCE[name]
    found = judged(example.changed(SEP, change))
    assert (found.answer, found.reason) == (answer, reason)
    assert "{" not in found.sentence()


def test_two_meters_of_any_names_are_two() -> None:
    found = judged(example.changed(SEP, water(discharge_meters=[METER, {"meter": "outfall north", "reading": "0 m3"}])))
    assert (found.answer, found.value) == ("proven", 0)


def test_salt_called_dissolved_where_no_water_leaves_is_refused_before_any_claim() -> None:
    with pytest.raises(RefusedError, match="no water was discharged"):
        judged(example.changed(SEP, waste(1, waste_class="in-water")))


def test_water_that_is_bought_and_not_in_the_balance_leaves_it_open() -> None:
    """Hydrogen stands for water: 200 t of it more among the materials than in the water balance are not accounted
    for.
    """

    def hidden(value: dict[str, Any]) -> None:
        line = next(line for line in value["materials"] if line["name"].startswith("process water"))
        line["mass"] = "240264.458 kg"

    found = judged(example.changed(SEP, hidden))
    assert (found.answer, found.reason, found.facts["element"]) == ("declared", "not-closed", "H")


def test_a_reagent_of_unknown_composition_leaves_the_balance_open() -> None:
    def unknown(value: dict[str, Any]) -> None:
        value["materials"].append(
            {
                "name": "antiscalant",
                "mass": "10 kg",
                "factor": "placeholders/p507-extractant.glo",
                "basis": "weighed",
                "meter": "W-1",
            }
        )

    found = judged(example.changed(SEP, unknown))
    assert (found.answer, found.reason) == ("declared", "no-composition")
