"""Flags are seen: a certificate states them, and those of one kind are one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.plausibility.flags import MOST_PLACES, by_kind, flags_of, is_flagged, listed
from ledger.plausibility.worth import alone
from schemas.certificate import OpenFlags
from schemas.document import replace
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from schemas.certificate import Footprint

SEP, MAG = "SEP-2026-03", "MAG-2026-06"


def test_a_certificate_states_the_flags_of_its_run_and_its_inputs_with_any() -> None:
    done = example.drafts()[MAG]
    stated = done.certified[0].footprint.flags
    assert stated is not None
    assert stated.own == len([each for each in done.findings if each.rule.severity == "flag"]) > 0
    assert stated.inputs == 1


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
    assert flags_of((), taken) == OpenFlags(own=0, inputs=1)


def test_a_figure_with_a_flag_or_a_placeholder_is_never_unqualified() -> None:
    facts, tables = example.drafts()[SEP].certified[0], example.tables()
    for figures in (flagged(own=1), flagged(inputs=1), flagged(placeholders=1)):
        assert alone(replace(facts, footprint=figures), tables).qualified
    free = alone(replace(facts, footprint=flagged()), tables)
    assert not free.qualified
    assert free.sentence == "within the published range of 3 studies; no flags"


def test_what_a_certificate_does_not_state_is_said_to_be_unknown() -> None:
    facts, tables = example.drafts()[SEP].certified[0], example.tables()
    old = replace(flagged(), flags=None, engine="1")
    told = alone(replace(facts, footprint=old), tables)
    assert told.flags is None
    assert told.sentence.endswith("its flags are not shown; judged by the rules of version 1")
