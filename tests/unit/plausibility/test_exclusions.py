"""Exclusions: what is left out is small and named, and an honest plant can say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.footprint.left_out import kind_of
from ledger.plausibility import exclusions
from ledger.plausibility.rules import judge
from ledger.tables import shipped_tables
from schemas.document import replace
from schemas.problem import InputError, RefusedError
from schemas.quantity import trillionths
from schemas.run import Exclusion
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from ledger.drafting.draft import Draft
    from ledger.footprint.inventory import Inventory

ELY = "ELY-2026-04-A"
BEN = "BEN-2026-01"
"""The first run of the chain: its profile is the chain's."""
IRON = "placeholders/iron.glo"
WHOLE = {"iso-14067"}
"""Profiles that ask for whole electricity."""


def by_whole_electricity(value: dict[str, Any]) -> None:
    value.update(electricity_set="life-cycle")
    for each in value["electricity"]:
        each.pop("factor", None)
        each.pop("uncovered", None)


def drafted(run: str = ELY, profile: str = "oreprint-1", **said: str) -> Draft:
    """Draft a record that leaves out one thing only."""
    item = {"what": "packaging", "why": "small"} | said

    def change(value: dict[str, Any]) -> None:
        value.update(profile=profile, excluded=[item])
        if profile in WHOLE:
            by_whole_electricity(value)

    return example.drafted(example.changed(run, change))


def flags(**said: str) -> set[str]:
    return {finding.problem.code for finding in drafted(**said).findings}


def refused(profile: str = "oreprint-1", **said: str) -> set[str]:
    with pytest.raises(RefusedError) as caught:
        drafted(profile=profile, **said)
    assert "<" not in str(caught.value), "a fact of the sentence is missing"
    return {problem.code for problem in caught.value.problems}


def with_excluded(run: Inventory, *items: Exclusion, **members: object) -> Inventory:
    return replace(run, excluded=items, **members)


# -- what is too much, or said to be what it is not -------------------------------------------------------------------


def test_one_thing_above_a_hundredth_of_the_run_is_refused() -> None:
    assert "rule.x-cut" in refused(kind="bounded", share="0.011")
    assert "rule.x-cut" not in flags(kind="bounded", share="0.01")


def test_a_share_without_a_kind_is_a_bound() -> None:
    assert "rule.x-cut" in refused(share="0.3")


def test_an_amount_above_a_hundredth_of_the_run_is_refused() -> None:
    # the run has 18 726 kg CO2e, and iron 2.1 kg for each kg
    assert "rule.x-cut" in refused(kind="bounded", at_most="90 kg", factor=IRON)
    assert "rule.x-cut" not in flags(kind="bounded", at_most="89 kg", factor=IRON)


def test_many_small_things_are_too_much_together() -> None:
    def leaving_out(number: int) -> Draft:
        many = [{"what": f"thing {each}", "why": "small", "share": "0.01"} for each in range(number)]
        return example.drafted(example.changed(ELY, lambda value: value.update(excluded=many)))

    assert leaving_out(5).certified[0].footprint.left_out is not None
    with pytest.raises(RefusedError, match="all of this together"):
        leaving_out(6)


@pytest.mark.parametrize(
    ("profile", "most"), [("iso-14067", "0.01"), ("pact-3", "0.05"), ("gbt-47102-2026", "0.01"), ("eu-cfb", "0.01")]
)
def test_every_profile_has_a_bound(profile: str, most: str) -> None:
    run = example.drafts()[ELY].inventory
    for share, found in ((most, []), (f"{most}1", [("rule.x-cut", most)])):
        item = Exclusion(what="packaging", why="small", share=share)
        breaches = exclusions.cut_off(with_excluded(run, item, profile=profile))
        assert [(each.code, each.facts["possible"]) for each in breaches][:1] == found


def test_a_bound_for_export_is_in_the_table() -> None:
    most = shipped_tables().cutoffs["catena-x-4"].total_most
    assert most == trillionths("0.03")


def test_beside_nothing_nothing_is_small() -> None:
    """A yard that works by hand counts nothing; what it leaves out by amount is all there is, and belongs in a line."""

    def by_hand(value: dict[str, Any], **left_out: str) -> None:
        absent = [
            {"item": item, "reason": "not-in-process", "variant": "hand carts"} for item in ("work", "electricity")
        ]
        value.update(electricity=[], transport=[], absent=absent, excluded=[{"what": "sacks", "why": "few"} | left_out])

    counted = {"kind": "bounded", "at_most": "2 kg", "factor": IRON}
    with pytest.raises(RefusedError, match=r"sacks, up to 4\.2 kg CO2e\. Write a line"):
        example.drafted(example.changed("SCR-2026-02", lambda value: by_hand(value, **counted)))
    done = example.drafted(example.changed("SCR-2026-02", lambda value: by_hand(value, kind="bounded", share="0.01")))
    assert "rule.x-cut-nothing" not in {finding.problem.code for finding in done.findings}


def test_what_nobody_bounded_is_flagged_and_refused_under_a_standard_s_name() -> None:
    assert "rule.x-open" in flags(kind="open")
    assert "rule.x-open" in flags()
    assert "rule.x-open" in refused("iso-14067", kind="open")


def test_a_sealed_bound_without_a_number_is_open() -> None:
    run = with_excluded(example.drafts()[ELY].inventory, Exclusion(what="acid", why="small", kind="bounded"))
    assert "rule.x-open" in {breach.problem.code for breach in judge(run)}


def test_what_a_step_owes_is_no_exclusion() -> None:
    base = example.drafts()[ELY].inventory

    def found(what: str) -> list[str]:
        items = [Exclusion(what=what, why="small", share="0.001")]
        return [each.facts["item"] for each in exclusions.owed_lines(with_excluded(base, *items))]

    assert found("electricity") == ["electricity"]
    assert found("Electricity of the cells") == ["electricity"]
    assert found("electricity: no meter") == ["electricity"]
    assert found("anode CO2, small") == ["anode-co2"]
    assert found("electricity meters") == []
    assert found("packaging") == []


@pytest.mark.parametrize("what", ["N2O of the leaching", "refrigerant lost", "methane from the mine"])
def test_a_greenhouse_gas_is_never_without_greenhouse_gas(what: str) -> None:
    assert "rule.x-cut-line" in refused(what=what, kind="no-ghg")


def test_the_line_that_covers_it_exists() -> None:
    assert "rule.x-cut-other" in refused(kind="in-other-line", line="baking oven")
    assert flags(kind="in-other-line", line="graphite anode").isdisjoint({"rule.x-open", "rule.x-cut-other"})


def test_what_is_no_capital_goods_is_not_outside_the_boundary_unseen() -> None:
    assert "rule.x-open-boundary" in flags(what="hydrochloric acid", kind="boundary")


@pytest.mark.parametrize("what", ["the sintering furnace", "diesel of the pumps", "power of the offices' lift"])
def test_energy_is_not_without_greenhouse_gas_unseen(what: str) -> None:
    assert "rule.x-open-no-ghg" in flags(what=what, kind="no-ghg")
    assert "rule.x-open-no-ghg" not in flags(what="powerful fans' dust", kind="no-ghg")


def test_what_is_free_of_burden_bounds_nothing() -> None:
    assert "rule.x-open" in flags(kind="bounded", at_most="9000 kg", factor="methods/no-burden.glo")
    assert "rule.x-open" in flags(kind="bounded", share="0")
    assert "rule.x-open" not in flags(kind="bounded", at_most="1 kg", factor=IRON)


# -- what is written --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"kind": "bounded"}, "record.exclusion-kind"),
        ({"kind": "no-ghg", "share": "0.1"}, "record.exclusion-kind"),
        ({"at_most": "1 kg"}, "record.exclusion-bound"),
        ({"factor": IRON}, "record.exclusion-bound"),
        ({"kind": "in-other-line"}, "record.exclusion-line"),
        ({"kind": "boundary", "line": "x"}, "record.exclusion-line"),
        ({"kind": "small"}, "document.not-one-of"),
    ],
)
def test_a_kind_and_its_members_belong_together(said: dict[str, str], code: str) -> None:
    with pytest.raises(InputError) as caught:
        drafted(**said)
    assert code in {problem.code for problem in caught.value.problems}, str(caught.value)


def test_a_bound_has_the_unit_of_its_factor_and_a_known_factor() -> None:
    assert "footprint.unit" in refused(kind="bounded", at_most="1 m3", factor=IRON)
    assert "factor.unknown" in refused(kind="bounded", at_most="1 kg", factor="materials/unobtainium.glo")


# -- honest plants ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("radon and dust", "no-ghg"),
        ("credit for recovered acid", "no-credit"),
        ("capital goods, spare parts, laboratory, offices", "boundary"),
    ],
)
def test_what_needs_no_number_is_no_flag_under_any_profile(what: str, kind: str) -> None:
    for profile in ("oreprint-1", "iso-14067", "pact-3"):
        found = {each.problem.code for each in drafted(BEN, profile=profile, what=what, kind=kind).findings}
        assert found.isdisjoint({"rule.x-open", "rule.x-open-boundary", "rule.v-prof-share"})


def test_only_what_is_open_is_flagged_in_the_example() -> None:
    found = {
        (name, finding.problem.facts["what"])
        for name, done in example.drafts().items()
        for finding in done.findings
        if finding.rule.id in {"X-OPEN", "X-CUT", "X-CUT-LINE"}
    }
    assert found == {
        ("BEN-2026-01", "flotation collector (hydroxamate)"),
        ("ICL-2026-01", "indirect N2O from leached ammonium and deposited NH3"),
        ("ICL-2026-01", "land-use change, loss of vegetation, landslides"),
    }


def test_what_is_left_out_at_most_is_carried_along_the_chain() -> None:
    by_lot = {each.batch.lot: each.footprint for done in example.drafts().values() for each in done.certified}
    parts = {
        lot: trillionths(figures.left_out or "0") / trillionths(figures.total_kg_co2e.location)
        for lot, figures in by_lot.items()
    }
    own = sum(each.share is not None or each.amount is not None for each in example.drafts()["MAG-2026-06"].excluded)
    assert own == 3
    # of the magnet's own run it is 0.6 %; the rest was left out by the runs before it
    assert parts["AL-40"] < parts["MG-88"] < 0.025
    assert all(part > 0 for part in parts.values())


def test_an_old_exclusion_reads_as_before() -> None:
    assert kind_of(Exclusion(what="a", why="b")) == "open"
    assert kind_of(Exclusion(what="a", why="b", share="0.1")) == "bounded"
