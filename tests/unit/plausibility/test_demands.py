"""The demands of a profile that bears a standard's name, one by one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from ledger.claims.draft import draft_with_claims
from ledger.factors.profiles import DEFAULT, STATEMENT
from ledger.plausibility.demands import called, profile_summary
from ledger.seal.sdjwt import open_certificate
from schemas.certificate import Facility
from schemas.document import replace
from schemas.figures import Beside
from tests.support.worlds import worked_example as example
from tests.support.worlds.recipe import Make, tables
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from ledger.factors.tables import FactorTables
    from ledger.seal.sdjwt import OpenCertificate
    from schemas.report import Demand, ProfileSummary


@pytest.fixture(scope="module")
def opened() -> OpenCertificate:
    made = World(full=True).issue("ann", makes=[Make(400_000_000)])
    return open_certificate(made.certificate.text)


def by(opened: OpenCertificate, profile: str, *, shown: bool = True) -> ProfileSummary:
    figures = replace(opened.record.footprint, method=profile)
    record = replace(opened.record, footprint=figures)
    found = profile_summary(record, opened.run if shown else None, tables())
    assert found is not None
    return found


def demand(summary: ProfileSummary, name: str) -> Demand:
    return next(each for each in summary.demands if each.demand == name)


def test_a_profile_is_called_by_the_rules_of_its_standard_as_far_as_listed() -> None:
    for profile in tables().profiles.values():
        own = profile.id == DEFAULT
        assert called(profile) == (
            f"by the {profile.label}" if own else f"by the rules of {profile.label} as far as listed"
        )


@pytest.mark.parametrize("profile", tables().profiles)
def test_every_demand_of_every_profile_is_listed_with_a_state(opened: OpenCertificate, profile: str) -> None:
    summary, row = by(opened, profile), tables().profiles[profile]
    listed = [each.demand for each in summary.demands]
    assert listed[:5] == ["boundary", "declared_unit", "gwp", "allocation", "exclusions"]
    assert ("cut_off" in listed) == (profile in tables().cutoffs)
    assert listed.count("disclosures") == len(row.disclosures)
    assert ("electricity" in listed) == (row.electricity is not None)
    assert ("oldest_data" in listed) == (row.oldest_data is not None)
    assert all((each.state == "text-not-read") == (each.demand in row.unread) for each in summary.demands)


def test_a_demand_that_was_read_is_met_or_not(opened: OpenCertificate) -> None:
    direct = by(opened, "iso-14067")
    found = demand(direct, "electricity")
    assert (found.bound, found.state) == ("life-cycle", "met" if found.found == "life-cycle" else "not-met")
    assert demand(by(opened, "pact-3"), "gwp").state == "met"
    assert demand(by(opened, "pact-3"), "electricity").state == "text-not-read"


def test_what_a_copy_does_not_show_is_not_called_met(opened: OpenCertificate) -> None:
    hidden = by(opened, DEFAULT, shown=False)
    assert {demand(hidden, name).state for name in ("exclusions", "mandatory", "oldest_data")} == {"not-shown"}
    assert demand(hidden, "gwp").state == "met"


def test_data_older_than_the_bound_does_not_meet_it(opened: OpenCertificate) -> None:
    found = demand(by(opened, DEFAULT), "oldest_data")
    assert found.found is not None
    years = int(found.found.split()[0])
    assert found.state == ("met" if years <= 5 else "not-met")


def with_bound(years: int) -> FactorTables:
    """Return the tables, with a standard that somebody read, and whose bound for the age of data is this."""
    asked = replace(tables().profiles["ghg-protocol-product"], oldest_data=years, electricity=None, unread=())
    return replace(tables(), profiles={**tables().profiles, "ghg-protocol-product": asked})


def test_each_profile_has_a_bound_of_its_own_for_the_age_of_data(opened: OpenCertificate) -> None:
    age = int((demand(by(opened, DEFAULT), "oldest_data").found or "").split()[0])
    figures = replace(opened.record.footprint, method="ghg-protocol-product")
    record = replace(opened.record, footprint=figures)
    for years, state in ((age - 1, "not-met"), (age, "met")):
        summary = profile_summary(record, opened.run, with_bound(years))
        assert summary is not None
        found = demand(summary, "oldest_data")
        assert (found.bound, found.found, found.state) == (f"at most {years} years", f"{age} years", state)


@pytest.mark.parametrize(("years", "old"), [(2, True), (4, False), (20, False)])
def test_a_run_is_flagged_by_the_bound_of_its_own_profile(years: int, *, old: bool) -> None:
    """The grid's factors of the casting are three years old."""
    record = example.read(example.changed("SC-2026-05", lambda value: value.update(profile="ghg-protocol-product")))
    upstream = [example.lots()[each.lot or ""] for each in record.inputs]
    place = example.facilities()[record.facility]
    found = draft_with_claims(record, upstream, facility=place, tables=with_bound(years)).findings
    flags = [each.problem for each in found if each.problem.code == "rule.x-time-vintage"]
    assert any("electricity" in each.place for each in flags) == old
    assert {each.facts["possible"] for each in flags} <= {str(years)}
    assert any("materials" in each.place for each in flags) == (years < 20), "tap water is seven years old"


def test_the_standards_that_ask_for_a_whole_statement_ask_for_items_that_exist() -> None:
    for profile in tables().profiles.values():
        assert set(profile.disclosures) <= set(STATEMENT)
    assert {"iso-14067", "ghg-protocol-product", "pact-3", "gbt-47102-2026"} <= tables().profiles.keys()


def test_a_profile_that_nobody_knows_has_no_summary(opened: OpenCertificate) -> None:
    record = replace(opened.record, footprint=replace(opened.record.footprint, method="of-my-own"))
    assert profile_summary(record, opened.run, tables()) is None


@pytest.mark.parametrize("item", ["aircraft", "entered-free", "own-factors"])
def test_what_engine_1_does_not_tell_is_not_called_told(opened: OpenCertificate, item: str) -> None:
    profile = replace(tables().profiles["pact-3"], disclosures=(item,), unread=())
    asking = replace(tables(), profiles={"pact-3": profile})
    figures = replace(opened.record.footprint, method="pact-3")
    beside = Beside(rows=(), free=("0", "0", "0"), instruments=(), partial=())
    states = []
    for told in (None, beside):
        record = replace(opened.record, footprint=replace(figures, beside=told))
        summary = profile_summary(record, opened.run, asking)
        assert summary is not None
        states.append(demand(summary, "disclosures").state)
    assert states == ["not-shown", "met"]


def test_more_left_out_than_the_bound_does_not_meet_the_cut_off(opened: OpenCertificate) -> None:
    total = Decimal(opened.record.footprint.total_kg_co2e.location)
    for part, state in (("0.04", "met"), ("0.06", "not-met")):
        left_out = f"{(total * Decimal(part)).quantize(Decimal('0.000001')).normalize():f}"
        record = replace(opened.record, footprint=replace(opened.record.footprint, left_out=left_out))
        summary = profile_summary(record, opened.run, tables())
        assert summary is not None
        found = demand(summary, "cut_off")
        assert (found.bound, found.state) == ("at most 5.0 %", state)


def test_a_reference_row_has_no_losses_of_the_grid() -> None:
    value = example.written("BEN-2026-01")
    value["profile"], value["electricity_set"] = "pact-3", "life-cycle"
    value["excluded"] = []
    plant = Facility(id=value["facility"], name="abroad", country="MY")
    for line in value["electricity"]:
        line.pop("factor", None)
        line.pop("uncovered", None)
        line["grid"] = "MY"
    done = draft_with_claims(example.read(value), [], facility=plant, tables=tables())
    (found,) = [each.problem for each in done.findings if each.problem.code == "rule.v-prof-losses"]
    assert found.facts["found"].startswith("grid/reference.my")
