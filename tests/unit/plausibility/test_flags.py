"""Flags are seen: a certificate states them, and those of one kind are one line."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from ledger.chemistry.exact import SCALE
from ledger.factors.figures import co2e
from ledger.plausibility.flagged_lines import flagged_part
from ledger.plausibility.flags import MOST_PLACES, by_kind, flags_of, is_flagged, listed
from ledger.plausibility.rules import AFTER, BEFORE, Breach
from ledger.plausibility.worth import alone
from schemas.certificate import FlaggedPart, OpenFlags
from schemas.document import replace
from schemas.problem import Problem
from schemas.sentences import FLAGS
from tests.support.worlds import worked_example as example
from tests.support.worlds.recipe import tables

if TYPE_CHECKING:
    from schemas.certificate import Footprint

SEP, MAG = "SEP-2026-03", "MAG-2026-06"


def test_a_certificate_states_the_flags_of_its_run_and_its_inputs_with_any() -> None:
    done = example.drafts()[MAG]
    stated = done.certified[0].footprint.flags
    assert stated is not None
    flags = [each.rule.id for each in done.findings if each.rule.severity == "flag"]
    assert stated.rules == tuple(sorted(set(flags)))
    assert stated.own == len([rule for rule in flags if rule not in (stated.notes or ())]) > 0
    assert stated.inputs == 1


def test_a_flag_below_1_percent_of_the_figure_is_a_note() -> None:
    stated = example.drafts()[MAG].certified[0].footprint.flags
    assert stated is not None
    assert stated.notes == ("B-UNC", "X-TIME")
    parts = {each.rule: Fraction(each.part) for each in stated.parts or ()}
    assert all(parts[rule] < Fraction(1, 100) for rule in stated.notes)
    told = alone(example.drafts()[MAG].certified[0], tables())
    assert ({each.rule for each in told.notes}, told.flags) == (set(stated.notes), stated.own)
    assert not {each.rule for each in told.open} & set(stated.notes)


@pytest.mark.parametrize(
    ("code", "facts", "noted"),
    [
        ("rule.x-time", {}, True),
        ("rule.q-range", {"times": "0"}, True),
        ("rule.q-range", {"times": "9"}, True),
        ("rule.q-range", {"times": "40"}, False),
        ("rule.q-measured", {"times": ""}, False),
        ("rule.f-part", {}, False),
    ],
)
def test_a_low_amount_weighs_what_the_usual_one_would(code: str, facts: dict[str, str], *, noted: bool) -> None:
    inventory = example.drafts()[MAG].inventory
    place = "materials[3]"
    assert flagged_part(inventory, [place]) == "0.0004"
    rule = next(
        each for each in (*BEFORE, *AFTER) if each.id.lower() == code.removeprefix("rule.") and each.severity == "flag"
    )
    flag = Breach(rule, Problem(code=code, place=place, facts=facts))
    stated = flags_of([flag], [], inventory)
    assert (stated.own, bool(stated.notes)) == (0 if noted else 1, noted)
    elsewhere = Breach(rule, Problem(code=code, place="outputs[0]", facts=facts))
    assert flags_of([flag, elsewhere], [], inventory).own == 2


def test_the_page_says_how_much_rests_on_a_word_and_the_largest_three() -> None:
    told = alone(example.drafts()[MAG].certified[0], tables())
    assert told.measured is not None
    assert len(told.measured.largest) == 3
    (word,) = [each for each in told.words if each.key == "word"]
    assert word.facts["largest"].startswith("electricity 37 %")
    held = [getattr(told.measured, name) for name in ("certified", "metered", "documents", "usual", "placeholders")]
    assert abs(sum(map(Fraction, held), Fraction(-100))) < Fraction(1, 10**9)
    assert next(each for each in told.beside if each.key == "measured-share").facts["certified"] == "90"


def test_flags_of_one_kind_are_one_line_with_count_and_places() -> None:
    findings = example.drafts()[MAG].findings
    kinds = by_kind(findings)
    assert sum(len(kind.places) for kind in kinds) == len(findings) > len(kinds)
    most = max(kinds, key=lambda kind: len(kind.places))
    assert f"The same at {len(most.places) - 1} more place" in most.line
    assert all(place in most.line for place in most.places)
    assert "\n" not in most.line


def test_a_line_names_only_so_many_places() -> None:
    places = [f"materials[{number}]" for number in range(MOST_PLACES + 3)]
    assert listed(places).endswith("materials[7], and others")
    assert listed(places[:2]) == "materials[0], materials[1]"


def flagged(*, own: int = 0, inputs: int = 0, placeholders: int = 0) -> Footprint:
    figures = example.drafts()[SEP].certified[0].footprint
    return replace(figures, placeholders=placeholders, flags=OpenFlags(own=own, inputs=inputs))


def test_whatever_stands_against_an_input_counts() -> None:
    assert [is_flagged(each) for each in (flagged(own=1), flagged(inputs=1), flagged(placeholders=1), flagged())] == [
        True,
        True,
        True,
        False,
    ]
    assert not is_flagged(replace(flagged(), flags=None))
    taken = [replace(example.drafts()[SEP].certified[0], footprint=each) for each in (flagged(own=1), flagged())]
    assert flags_of((), taken, example.drafts()[SEP].inventory) == OpenFlags(own=0, inputs=1)


def test_the_part_of_a_flag_is_that_of_its_lines_in_the_total_of_the_run() -> None:
    draft = example.drafts()[SEP]
    inventory, gwp = draft.inventory, draft.inventory.tables.gwp.weights[draft.inventory.gwp]
    assert inventory.shared is not None
    whole = co2e(inventory.shared.total, gwp).location
    for index, line in enumerate(inventory.power.lines):
        factor = inventory.tables.factor(line.factor)
        kwh = Fraction(line.amount_kwh)
        due = sum((kwh * each * gwp[gas] / SCALE**2 for gas, each in factor.values), Fraction())
        told = Fraction(flagged_part(inventory, [f"electricity[{index}]"]) or "0")
        assert abs(told - due * SCALE / whole) <= Fraction(1, 10_000)
        assert told > 0
    every = [f"{group.group}[{index}]" for group in inventory.groups for index in range(len(group.lines))]
    assert flagged_part(inventory, every + every) == flagged_part(inventory, every)
    assert flagged_part(inventory, ["outputs[0]", "", "inputs[0].mass"]) is None


def test_every_flag_has_a_sentence_for_whoever_sees_the_figure() -> None:
    raised = {rule.id for rule in (*BEFORE, *AFTER) if rule.severity == "flag"}
    assert raised == set(FLAGS)


def test_open_flags_are_told_with_their_part_the_largest_first() -> None:
    figures = example.drafts()[SEP].certified[0]
    stated = OpenFlags(
        own=4,
        inputs=0,
        rules=("A-METHOD", "Q-ODD", "X-TIME"),
        parts=(FlaggedPart(rule="Q-ODD", part="0.0046"), FlaggedPart(rule="X-TIME", part="0.25")),
    )
    told = alone(replace(figures, footprint=replace(figures.footprint, flags=stated)), tables())
    assert [(each.rule, each.percent) for each in told.open] == [
        ("X-TIME", "25"),
        ("Q-ODD", "0.46"),
        ("A-METHOD", None),
    ]
    assert told.open[0].sentence == "A factor is old, or has no year. 25 % of the figure rests on it."
    assert told.open[2].sentence.endswith("How much of the figure depends on it is not known.")
    scrap = replace(stated, rules=("S-PROOF",), parts=(FlaggedPart(rule="S-PROOF", part="0.9"),))
    (proof,) = alone(replace(figures, footprint=replace(figures.footprint, flags=scrap)), tables()).open
    assert proof.sentence.endswith("90 % of the rare earth or the metal that came into this run is such scrap.")
    none = replace(stated, own=0, rules=None, parts=None)
    assert alone(replace(figures, footprint=replace(figures.footprint, flags=none)), tables()).open == ()


def test_a_figure_with_a_flag_or_a_placeholder_is_never_unqualified() -> None:
    facts, tables = example.drafts()[SEP].certified[0], example.tables()
    for figures in (flagged(own=1), flagged(inputs=1), flagged(placeholders=1)):
        assert alone(replace(facts, footprint=figures), tables).qualified
    free = alone(replace(facts, footprint=flagged()), tables)
    assert not free.qualified
    assert free.sentence.startswith("within the published range of 3 studies; no flags; 100 % of this figure rests on")


def test_what_a_certificate_does_not_state_is_said_to_be_unknown() -> None:
    facts, tables = example.drafts()[SEP].certified[0], example.tables()
    before = replace(flagged().quality, measured_share=None, word=None)
    old = replace(flagged(), flags=None, engine="1", quality=before)
    told = alone(replace(facts, footprint=old), tables)
    assert told.flags is None
    assert told.sentence.endswith("its flags are not shown; judged by the rules of version 1")
