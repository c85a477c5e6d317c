"""The statement is complete: each item that a standard asks to be told is there, for people and for machines."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from ledger.factors.profiles import STATEMENT
from ledger.seal.sdjwt import open_certificate
from ledger.sheets.methods import left_out_line
from ledger.sheets.statement import LABELS, document, statement
from schemas.document import replace
from schemas.figures import Beside
from schemas.quantity import trillionths
from schemas.run import Exclusion
from tests.support.worlds.recipe import Make, tables
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from ledger.seal.sdjwt import OpenCertificate
    from ledger.sheets.statement import StatementItem

KG = 10**6
ASKED = {
    "ISO 14067:2018, 7 (as commonly told)": (
        "declared-unit", "boundary", "reference-period", "geography", "technology", "gwp", "total", "fossil", "biogenic",
        "biogenic-removals", "land-use", "aircraft", "exclusions", "allocation", "electricity", "data-quality", "uncertainty",
    ),
    "GHG Protocol Product Standard, 13 (as commonly told)": (
        "declared-unit", "boundary", "reference-period", "gwp", "total", "biogenic", "land-use", "exclusions", "allocation",
        "data-quality", "uncertainty", "assurance",
    ),
    "PACT data model 3.0.3": (
        "declared-unit", "boundary", "reference-period", "geography", "gwp", "total", "fossil", "biogenic", "land-use",
        "aircraft", "exclusions", "allocation", "data-quality", "primary-share", "assurance",
    ),
    "PCR": (
        "declared-unit", "boundary", "technology", "exclusions", "allocation", "electricity", "data-quality", "assurance",
    ),
}  # fmt: skip
"""Each demanded item, by who demands it."""


@cache
def opened() -> OpenCertificate:
    """Return the certificate of one of two outputs, made of two batches, with the members of engine 2."""
    world = World(full=True)
    ore = [world.issue("ann", [], [Make(400 * KG)], feed_mg=400 * KG).lumps[0] for _ in range(2)]
    made = world.issue("ann", ore, [Make(300 * KG), Make(500 * KG)])
    old = open_certificate(made.certificate.text)
    figures = old.record.footprint
    newer = replace(
        figures,
        beside=Beside(rows=(), free=("0", "0", "0"), instruments=(), partial=()),
        quality=replace(figures.quality, pact=("0", "0"), withheld=("0", "0")),
    )
    return replace(old, record=replace(old.record, footprint=newer))


def told(certificate: OpenCertificate) -> dict[str, StatementItem]:
    return {item.item: item for item in statement(certificate, tables())}


def value(certificate: OpenCertificate, item: str) -> Any:  # noqa: ANN401 - as JSON has it
    return told(certificate)[item].value


@pytest.mark.parametrize("standard", ASKED)
def test_every_item_that_a_standard_asks_for_is_told_in_words_and_as_a_value(standard: str) -> None:
    items = told(opened())
    for item in ASKED[standard]:
        assert items[item].lines, item
        assert all(items[item].lines), item
        assert items[item].value is not None, item


def test_the_items_stand_in_their_order_and_each_has_a_label_and_is_json() -> None:
    items = statement(opened(), tables())
    assert tuple(item.item for item in items) == STATEMENT == tuple(LABELS)
    assert json.loads(json.dumps(document(items))).keys() == set(STATEMENT)


def test_a_flow_that_nobody_quantified_is_never_0() -> None:
    assert value(opened(), "land-use") == {"kg_co2e_per_kg": None}
    assert value(opened(), "biogenic-removals") == {"kg_co2_per_kg": None}
    assert value(opened(), "aircraft") == {"kg_co2e_per_kg": "0", "partial": False}
    assert told(opened())["land-use"].lines == ("not quantified: no line of the chain tells it",)


def test_biogenic_carbon_taken_up_and_given_off_stand_apart() -> None:
    certificate = opened()
    figures = certificate.record.footprint
    rows = (*figures.rows, ("mining", "CO2-biogenic", "-300", "-300"), ("cracking", "CO2-biogenic", "600", "600"),
            ("mining", "CO2-land-use", "150", "150"))  # fmt: skip
    batch = replace(certificate.record.batch, net_mass_kg="300")
    record = replace(certificate.record, batch=batch, footprint=replace(figures, rows=rows))
    changed = replace(certificate, record=record)
    assert value(changed, "biogenic")["kg_co2_per_kg"] == "2"
    assert value(changed, "biogenic-removals") == {"kg_co2_per_kg": "-1"}
    assert value(changed, "land-use") == {"kg_co2e_per_kg": "0.5"}


def test_fossil_and_apart_make_up_the_whole() -> None:
    parts = (("fossil", "kg_co2e_per_kg"), ("biogenic", "methane_kg_co2e_per_kg"), ("land-use", "kg_co2e_per_kg"))
    together = sum(trillionths(value(opened(), item)[member] or "0") for item, member in parts)
    assert abs(together - trillionths(opened().record.footprint.per_kg.location)) <= len(parts)


def test_people_read_rounded_figures_and_machines_all_digits() -> None:
    whole = opened().record.footprint.per_kg.location
    item = told(opened())["total"]
    assert item.value["per_kg"]["location"] == whole
    assert whole not in item.lines[0]


def test_what_is_withheld_is_said_to_be_withheld() -> None:
    hidden = told(replace(opened(), run=None))
    assert (hidden["exclusions"].value, hidden["exclusions"].lines) == (None, ("not shown in this copy",))
    assert hidden["data-quality"].value["lines"] is None
    assert hidden["allocation"].value["prices"] is None
    assert hidden["electricity"].value["lines"] is None


def test_an_exclusion_tells_all_that_the_run_says_of_it() -> None:
    certificate = opened()
    assert certificate.run is not None
    left_out = (Exclusion(what="packaging", why="small", share="0.002"), Exclusion(what="offices", why="boundary"))
    run = replace(certificate.run, value=replace(certificate.run.value, excluded=left_out))
    item = told(replace(certificate, run=run))["exclusions"]
    assert item.lines[:2] == ("packaging: small (share 0.002)", "offices: boundary (no share is stated)")
    assert item.value[0] == {"what": "packaging", "why": "small", "share": "0.002"}


def with_open(certificate: OpenCertificate, *items: str, partial: bool = False) -> OpenCertificate:
    figures = certificate.record.footprint
    beside = Beside(
        rows=(), free=("0", "0", "0"), instruments=(), partial=("open",) if partial else (), open=items or None
    )
    return replace(certificate, record=replace(certificate.record, footprint=replace(figures, beside=beside)))


def test_what_nobody_bounded_upstream_is_left_out_here_too() -> None:
    item = told(with_open(opened(), "indirect N2O"))["exclusions"]
    assert "indirect N2O: left out upstream, and nobody bounded it" in item.lines
    assert {"what": "indirect N2O", "kind": "open", "upstream": True} in item.value


def test_a_copy_without_its_run_still_tells_what_nobody_bounded() -> None:
    item = told(replace(with_open(opened(), "indirect N2O"), run=None))["exclusions"]
    assert item.lines[0] == "indirect N2O: left out, and nobody bounded it"
    assert "not shown" in item.lines[1]


def test_a_certificate_of_engine_1_upstream_may_leave_out_more() -> None:
    assert told(with_open(opened(), partial=True))["exclusions"].lines[-1].startswith("further things may be left out")


def test_at_most_says_what_it_leaves_out() -> None:
    figures = replace(with_open(opened(), "indirect N2O", "pipes").record.footprint, left_out="10")
    assert left_out_line(figures, "100").endswith("not in it, since nobody bounded it: indirect N2O; pipes")


def test_electricity_names_its_set_and_the_residual_mix_of_each_line() -> None:
    found = value(opened(), "electricity")
    assert found["set"] == opened().record.footprint.electricity
    for line in found["lines"]:
        assert {"factor", "uncovered", "uncovered_kwh", "grid"} <= line.keys()
    words = " ".join(told(opened())["electricity"].lines)
    assert ("residual mix" in words) == bool(found["lines"])
    for line in found["lines"]:
        residual = line["uncovered"].partition("/")[2].startswith("residual")
        assert ("by the residual mix" if residual else "no residual mix that is higher is known") in words


def test_each_line_has_its_scores_factor_and_spread() -> None:
    lines = value(opened(), "data-quality")["lines"]
    assert lines
    for line in lines:
        assert set(line["scores"]) == {"reliability", "completeness", "time", "geography", "technology"}
        assert trillionths(line["gsd2"]) >= 10**12
    assert [trillionths(line["kg_co2e"]) for line in lines] == sorted(
        (trillionths(line["kg_co2e"]) for line in lines), reverse=True
    )


def test_pacts_share_stands_beside_ours_and_is_never_more() -> None:
    found = value(opened(), "primary-share")
    ours = trillionths(found["oreprint"])
    assert trillionths(found["pact"]["low"]) <= trillionths(found["pact"]["high"]) <= ours + 10
