"""Method profiles: what a run that names one is held to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ledger.factors.profiles import COLUMNS, DEFAULT, parse_profiles
from ledger.footprint.versions import ENGINES
from ledger.plausibility.profiles import held_to_profile
from ledger.plausibility.rules import judge
from schemas.problem import InputError, RefusedError
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from collections.abc import Callable

BEN, SEP = "BEN-2026-01", "SEP-2026-03"


def by(profile: str, **members: object) -> Callable[[dict[str, Any]], object]:
    return lambda value: value.update(profile=profile, **members)


def by_iso(value: dict[str, Any]) -> None:
    """Change a record to ISO 14067, with the whole electricity that it asks for."""
    value.update(profile="iso-14067", electricity_set="life-cycle", excluded=left_out("0.001"))
    for line in value["electricity"]:
        line.pop("factor", None)
        line.pop("uncovered", None)


def left_out(share: str | None) -> list[dict[str, str]]:
    return [{"what": "flotation reagents", "why": "below what is weighed"} | ({"share": share} if share else {})]


REFUSED = [
    ("rule.v-prof-unknown", by("my-own-standard")),
    ("rule.v-prof-gwp", by("pact-3", gwp="AR5")),
    ("rule.v-prof-absent", by("eu-cfb", wastes=[], water=None, excluded=left_out("0.001"))),
    ("rule.v-prof-electricity", by("iso-14067")),
    ("rule.v-prof-share", by("pact-3", excluded=left_out(None))),
    ("rule.v-prof-cut-off", by("eu-cfb", excluded=left_out("0.02"))),
]


@pytest.mark.parametrize(("code", "change"), REFUSED, ids=[code for code, _ in REFUSED])
def test_a_run_is_held_to_the_profile_that_it_names(code: str, change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(RefusedError) as caught:
        example.drafted(example.changed(BEN, change))
    assert code in {problem.code for problem in caught.value.problems}, str(caught.value)
    assert "<" not in str(caught.value), "a fact of the sentence is missing"


def test_what_nobody_read_in_a_standard_is_said_on_the_result() -> None:
    done = example.drafted(example.changed(BEN, by_iso))
    assert "rule.v-prof" in {finding.problem.code for finding in done.findings}
    assert done.certified[0].footprint.method == "iso-14067"
    assert "rule.v-prof" not in {finding.problem.code for finding in example.drafts()[BEN].findings}


CONVEYOR = {"item": "transport-in", "reason": "not-in-process", "variant": "the ore comes by conveyor"}
IN_WORDS = [{"what": "transport of the ore", "why": "conveyor", "share": "0.001"}]


def test_a_group_may_be_declared_absent() -> None:
    change = by("pact-3", transport=[], excluded=left_out("0.001"), absent=[CONVEYOR])
    done = example.drafted(example.changed(BEN, change))
    assert [each.item for each in done.absent] == ["transport-in"]


def test_electricity_without_losses_is_flagged_under_a_standard_that_nobody_read() -> None:
    done = example.drafted(example.changed(BEN, by("pact-3", excluded=left_out("0.001"))))
    assert "rule.v-prof-electricity" in {finding.problem.code for finding in done.findings}
    assert "rule.v-prof-electricity" not in {finding.problem.code for finding in example.drafts()[BEN].findings}


def test_a_run_of_the_first_engine_is_not_asked_for_whole_electricity() -> None:
    run = example.drafts()[BEN].inventory
    assert "rule.v-prof-electricity" in {each.problem.code for each in judge(replace(run, profile="iso-14067"))}
    old = judge(replace(run, profile="iso-14067", engine=ENGINES[0]))
    assert "rule.v-prof-electricity" not in {each.problem.code for each in old}


def test_a_group_left_out_in_words_alone_is_refused() -> None:
    with pytest.raises(RefusedError) as caught:
        example.drafted(example.changed(BEN, by("pact-3", transport=[], excluded=IN_WORDS)))
    assert "rule.v-prof-absent" in {problem.code for problem in caught.value.problems}


def test_inputs_by_another_profile_are_flagged() -> None:
    change = by("pact-3", excluded=[{"what": "small things", "why": "small", "share": "0.001"}])
    done = example.drafted(example.changed(SEP, change))
    assert "rule.v-prof-mixed" in {finding.problem.code for finding in done.findings}


def test_the_example_is_by_the_methods_own_profile() -> None:
    assert {lot.facts.footprint.method for lot in example.lots().values()} == {DEFAULT}


ROW = {
    "profile": "p", "label": "P", "label_zh": "P", "standard": "S", "boundary": "cradle-to-gate", "declared_unit": "1 kg",
    "gwp": "AR6", "allocation": "mass", "exclusions": "named", "most_excluded": "", "mandatory": "waste", "recycling": "cut-off", "electricity": "", "oldest_data": "", "disclosures": "",
    "unread": "gwp", "status": "read", "source": "S",
}  # fmt: skip


def table(**changed: str) -> bytes:
    return (",".join(COLUMNS) + "\n" + ",".join((ROW | changed).values()) + "\n").encode()


def test_a_new_profile_is_a_row() -> None:
    assert parse_profiles(table())["p"].mandatory == ("waste",)


@pytest.mark.parametrize(
    "changed",
    [
        {"gwp": "AR7"},
        {"mandatory": "luck"},
        {"unread": "nothing"},
        {"status": "sure"},
        {"electricity": "some"},
        {"oldest_data": "0"},
        {"disclosures": "luck"},
    ],
)
def test_a_row_that_is_wrong_is_refused_with_its_place(changed: dict[str, str]) -> None:
    with pytest.raises(InputError, match="line 2"):
        parse_profiles(table(**changed))


def test_an_allocation_that_a_profile_does_not_allow_is_refused() -> None:
    inventory = example.drafts()[SEP].inventory
    tables = replace(inventory.tables, profiles=parse_profiles(table()))
    codes = {problem.code for problem in held_to_profile(replace(inventory, tables=tables, profile="p"))}
    assert codes == {"rule.v-prof-allocation"}
