"""What a reader is told beside a figure: what is not public, what entered free, both electricity sets, and so on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.factors.factor import parse_factor_set
from ledger.factors.figures import Pair
from ledger.footprint.beside import (
    FIGURES,
    ITEMS,
    UNKNOWN,
    beside_document,
    divided_rows,
    joined,
    own_aside,
    parsed_beside,
)
from ledger.plausibility.told import beside_facts, place_facts
from schemas.document import replace
from schemas.figures import MOST_OPEN
from schemas.inventory import Electricity, Materials, Transport
from schemas.quantity import trillionths, trillionths_text
from tests.support.worlds import worked_example as example
from tests.support.worlds.factors import own_csv
from tests.support.worlds.small_cheats import a_roof_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.drafting.draft import Draft
    from ledger.factors.tables import FactorTables
    from schemas.certificate import Footprint

SEP, MAG, REC, SCR, ICL, CRK = (
    "SEP-2026-03", "MAG-2026-06", "REC-2026-03", "SCR-2026-02", "ICL-2026-01", "CRK-2026-02",
)  # fmt: skip
HCL = "own/hydrochloric-acid.glo"


def withheld(**rows: dict[str, str]) -> FactorTables:
    """Return the shipped tables and a producer's own, which is not public."""
    cells = {flow.replace("_", "-"): row for flow, row in rows.items()}
    return example.tables().joined(parse_factor_set(own_csv(cells), "own", visibility="withheld"))


def drafted(run: str, change: Callable[[dict[str, Any]], object], tables: FactorTables | None = None) -> Draft:
    return example.drafted(example.changed(run, change), other=tables)


def figures(done: Draft) -> Footprint:
    return done.certified[0].footprint


def row(found: Footprint, name: str) -> tuple[int, int]:
    """Return a row beside a figure, scaled; nothing counts as 0."""
    assert found.beside is not None
    rows: dict[str, tuple[int, int]] = {
        key: (trillionths(location), trillionths(market)) for key, location, market in found.beside.rows
    }
    return rows.get(name, (0, 0))


def sentences(done: Draft) -> dict[str, str]:
    return {fact.key: fact.sentence for fact in beside_facts(done.certified[0])}


def acid(value: dict[str, Any]) -> None:
    """Buy the acid by the producer's own factor."""
    line = next(each for each in value["materials"] if "hydrochloric" in each["name"])
    line.update(factor=HCL, supplier_value="declaration 7")


OWN_ACID = withheld(hydrochloric_acid={"per": "kg-content", "values": "CO2e=0.9", "formula": "HCl"})


def test_what_rests_on_factors_that_are_not_public_is_a_share_and_a_figure_with_shipped_ones() -> None:
    done = drafted(SEP, acid, OWN_ACID)
    found, before = figures(done), figures(example.drafts()[SEP])
    assert found.quality.withheld is not None
    low, high = map(trillionths, found.quality.withheld)
    assert 0 < low == high < 10**12
    shipped = trillionths(found.total_kg_co2e.location) + row(found, "shipped-factors")[0]
    assert abs(shipped - trillionths(before.total_kg_co2e.location)) < 10, "the shipped acid has 1, the own one 0.9"
    assert {ref.name for ref in found.factor_sets} >= {"own", "placeholders"}, "the shipped row is named and so pinned"
    assert sentences(done)["shipped"].startswith("With shipped factors in their place, 74 ")


def test_the_shipped_row_is_in_the_line_so_nobody_needs_the_table() -> None:
    done = drafted(SEP, acid, OWN_ACID)
    lines = [line for group in done.groups if isinstance(group, Materials) for line in group.lines]
    (line,) = [each for each in lines if each.factor == HCL]
    assert line.shipped is not None
    assert line.shipped.factor == "placeholders/hydrochloric-acid.glo"
    assert line.strength is not None
    due = trillionths(line.mass_kg) * trillionths(line.strength) // 10**12
    assert line.shipped.amount == trillionths_text(due)
    assert [each.shipped for each in lines if each.factor != HCL] == [None] * (len(lines) - 1)


def test_a_factor_without_a_shipped_one_makes_the_comparison_partial() -> None:
    def extractant(value: dict[str, Any]) -> None:
        value["materials"].append(
            {
                "name": "secret",
                "mass": "1 kg",
                "cas": "50-00-0",
                "factor": "own/secret-stuff.glo",
                "basis": "weighed",
                "meter": "W-1",
            }
        )

    tables = withheld(secret_stuff={"values": "CO2e=5", "cas": "50-00-0"})
    found = figures(drafted(SEP, extractant, tables))
    assert found.beside is not None
    assert "shipped-factors" in found.beside.partial


def test_public_factors_rest_on_nothing_hidden() -> None:
    for done in example.drafts().values():
        assert figures(done).quality.withheld == ("0", "0")
        assert row(figures(done), "shipped-factors") == (0, 0)


def test_rare_earth_free_of_burden_is_told_down_the_chain() -> None:
    first, second = (figures(example.drafts()[run]).beside for run in (SCR, REC))
    assert first is not None
    assert second is not None
    pre, post, waste = map(trillionths, first.free)
    assert abs(pre + post - 10**12) < 3
    assert (waste, second.free) == (0, first.free)
    mixed = figures(example.drafts()["ELY-2026-04-A"]).beside
    assert mixed is not None
    assert 0 < trillionths(mixed.free[0]) < pre
    assert "free" in sentences(example.drafts()[REC])


def test_scrap_that_is_neither_pre_nor_post_consumer_is_other_waste() -> None:
    def untold(value: dict[str, Any]) -> None:
        for line in value["materials"]:
            line.pop("recycled", None)
            line.pop("generated_by", None)

    beside = figures(drafted(SCR, untold)).beside
    assert beside is not None
    assert beside.free == ("0", "0", "1")


def test_the_other_set_of_electricity_factors_has_its_figure() -> None:
    done = example.drafts()[SEP]
    location, market = row(figures(done), "other-electricity-set")
    assert location > 0 < market
    assert "set-life-cycle" in sentences(done)
    other = example.changed(CRK, lambda value: value.update(electricity_set="life-cycle"))
    for line in other["electricity"]:
        line.pop("factor", None)
        line.pop("uncovered", None)
    there = figures(example.drafted(other, upstream=life_cycle_ores()))
    here = figures(example.drafts()[CRK])
    more = row(here, "other-electricity-set")[0]
    assert row(there, "other-electricity-set")[0] == -more
    assert trillionths(there.total_kg_co2e.location) - trillionths(here.total_kg_co2e.location) == pytest.approx(more)


def test_power_of_the_grid_in_place_of_own_sun_adds_up_to_the_figure_without_the_roof() -> None:
    bought, made = example.drafts()[SEP], drafted(SEP, a_roof_for("0.2"))
    more = row(figures(made), "grid-power")[0]
    due = trillionths(figures(bought).total_kg_co2e.location)
    assert trillionths(figures(made).total_kg_co2e.location) + more == pytest.approx(due, rel=1e-9)
    assert more > 0
    assert ", 74 kg CO2e" in sentences(made)["grid-power"]
    assert row(figures(bought), "grid-power") == (0, 0)


def test_own_power_on_a_grid_that_no_table_knows_is_told_in_part() -> None:
    lines = drafted(SEP, a_roof_for("0.2")).inventory.power.lines
    groups = (
        Electricity(
            group="electricity", lines=tuple(replace(line, grid="ZZ") for line in lines if line.own is not None)
        ),
    )
    found = own_aside(groups, tables=example.tables(), gwp="AR6", year=2026)
    assert ("grid-power" in found.partial, len(found.rows)) == (True, 0)


def life_cycle_ores() -> dict[str, Any]:
    """Return the example's lots, the ore under the life-cycle set."""
    value = example.changed("BEN-2026-01", lambda value: value.update(electricity_set="life-cycle"))
    for line in value["electricity"]:
        line.pop("factor", None)
        line.pop("uncovered", None)
    return {**example.lots(), **example.certificates(example.drafted(value))}


@pytest.mark.parametrize(
    ("bundled", "word"),
    [(None, "certificates"), (True, "bundled-certificates"), (False, "unbundled-certificates")],
)
def test_the_kind_of_instrument_is_named(bundled: bool | None, word: str) -> None:
    def stated(value: dict[str, Any]) -> None:
        for line in value["electricity"]:
            for item in line.get("instruments", ()):
                if bundled is not None:
                    item["bundled"] = bundled

    done = drafted(MAG, stated)
    beside = figures(done).beside
    assert beside is not None
    assert beside.instruments == (word,)
    assert sentences(done)["market"].endswith(f"That rests on: {word.replace('-', ' ')}.")


def test_aircraft_are_told_apart_over_the_whole_chain() -> None:
    def flown(value: dict[str, Any]) -> None:
        value["transport"] = [
            *value.get("transport", ()),
            {
                "name": "by air",
                "amount": "1000 t.km",
                "factor": "own/air-freight.glo",
                "basis": "metered",
                "meter": "M-1",
            },
        ]

    tables = withheld(air_freight={"per": "t.km", "values": "CO2-fossil=0.6", "boundary": "well-to-wheel"})
    ore = drafted("BEN-2026-01", flown, tables)
    assert any(line.value for group in ore.groups if isinstance(group, Transport) for line in group.lines)
    air = row(figures(ore), "aircraft")
    assert air == (600 * 10**12, 600 * 10**12)
    upstream = {**example.lots(), **example.certificates(ore)}
    record = example.written(CRK)
    taken = trillionths(record["inputs"][0]["mass"].split()[0])
    later = example.drafted(record, upstream=upstream)
    net = trillionths(ore.certified[0].batch.net_mass_kg)
    due = 600 * 10**12 * taken // net
    whole = sum(
        trillionths(location)
        for made in later.made
        for name, location, _ in made.keywords["beside"]
        if name == "aircraft"
    )
    assert abs(whole - due) < 3
    assert "aircraft" in {fact.key for fact in beside_facts(later.certified[0])}


def test_pacts_share_is_exact_and_has_bounds_only_above_engine_1() -> None:
    exact = figures(example.drafts()[MAG]).quality
    assert exact.pact is not None
    assert exact.pact[0] == exact.pact[1]
    assert 0 < trillionths(exact.pact[0]) <= trillionths(exact.primary_share)

    def of_engine_1(lot: str) -> Any:  # noqa: ANN401 - an upstream certificate
        source = example.lots()[lot]
        old = source.facts.footprint
        quality = replace(old.quality, pact=None, withheld=None, shared=None, amounts=None)
        older = replace(old, engine="1", beside=None, flags=None, quality=quality)
        return source._replace(facts=replace(source.facts, footprint=older))

    lots = {lot: of_engine_1(lot) for lot in example.lots()}
    found = figures(example.drafted(example.written(MAG), upstream=lots))
    assert found.quality.pact is not None
    low, high = map(trillionths, found.quality.pact)
    assert 0 == low < high <= trillionths(found.quality.primary_share)
    assert found.beside is not None
    assert set(found.beside.partial) == set(ITEMS)


def test_biomass_is_told_with_the_figure_that_counts_it() -> None:
    facts = example.drafts()[SEP].certified[0]
    rows = (*facts.footprint.rows, ("separation", "CO2-biogenic", "5000", "5000"))
    told = {each.key: each for each in beside_facts(replace(facts, footprint=replace(facts.footprint, rows=rows)))}
    net = trillionths(facts.batch.net_mass_kg)
    assert float(told["biomass"].facts["kg"]) == pytest.approx(5000 / (net / 1e12), rel=0.01)
    assert "biomass" not in sentences(example.drafts()[SEP])


def test_both_methods_are_told_where_the_declared_one_gives_much_less() -> None:
    facts = example.drafts()[SEP].certified
    told = {each.batch.lot: [fact.key for fact in beside_facts(each)] for each in facts}
    for each in facts:
        declared = trillionths(each.footprint.total_kg_co2e.location)
        other = trillionths(each.footprint.alternative.total_kg_co2e.location)
        flagged = "A-METHOD" in ((each.footprint.flags and each.footprint.flags.rules) or ())
        assert ("methods-economic" in told[each.batch.lot]) == (flagged or declared * 5 < other * 4)


def test_a_measurement_far_below_the_default_says_how_far() -> None:
    def monitored(value: dict[str, Any]) -> None:
        line = next(each for each in value["direct"] if each.get("gas") == "N2O")
        line.update(
            mass="0.01 kg",
            basis="metered",
            meter="M-1",
            method={"by": "measured", "monitor": "N2O-1", "continuous": True, "document": "A" * 43},
        )

    done = drafted(ICL, monitored)
    flags = figures(done).flags
    assert flags is not None
    assert "Q-MEASURED" in (flags.rules or ())
    assert flags.below_default is not None
    assert flags.below_default > 100
    assert f"{flags.below_default} times below the default by the plant's own meter" in sentences(done)["measured"]


def test_what_nobody_bounded_upstream_is_left_out_of_the_magnet_too() -> None:
    def open_one(value: dict[str, Any]) -> None:
        value["excluded"] = [
            {"what": "indirect N2O", "why": "not quantified"},
            {"what": "indirect N2O", "why": "said twice"},
            {"what": "offices", "why": "outside", "kind": "boundary"},
        ]

    mine = figures(drafted(ICL, open_one)).beside
    assert mine is not None
    assert mine.open == ("indirect N2O",)
    magnet = figures(example.drafts()[MAG]).beside
    assert magnet is not None
    assert magnet.open is not None
    assert any("N2O" in what for what in magnet.open)
    assert magnet.open[0] in sentences(example.drafts()[MAG])["open"]


def test_more_than_can_be_named_is_told_as_a_part() -> None:
    many = [replace(parsed_beside(None), partial=frozenset(), open=(f"item {number}",)) for number in range(MOST_OPEN)]
    assert joined(many).partial == frozenset()
    more = joined([*many, replace(many[0], open=("item 0", "one more"))])
    assert len(more.open) == MOST_OPEN
    assert "open" in more.partial
    facts = example.drafts()[MAG].certified[0]
    told = replace(facts.footprint, beside=beside_document(more))
    (found,) = [each for each in beside_facts(replace(facts, footprint=told)) if each.key.startswith("open")]
    assert found.sentence.endswith("item 15; and perhaps more.")


def test_sealed_members_survive_parsing_and_division_loses_nothing() -> None:
    beside = figures(example.drafts()[MAG]).beside
    assert beside is not None
    assert beside_document(parsed_beside(beside)) == beside
    whole = {name: Pair(*pair) for name, pair in zip(FIGURES, [(7, -5), (-3, 2), (0, 1), (4, 4)], strict=True)}
    parts = divided_rows(whole, (2, 1, 0))
    for name, pair in whole.items():
        assert tuple(sum(part.get(name, (0, 0))[side] for part in parts) for side in (0, 1)) == pair
    assert joined([parsed_beside(beside), UNKNOWN]).partial == frozenset(ITEMS)


def test_a_run_of_engine_1_is_told_nothing_that_it_does_not_say() -> None:
    facts = example.drafts()[SEP].certified[0]
    old = replace(
        facts.footprint,
        beside=None,
        flags=None,
        quality=replace(facts.footprint.quality, pact=None, withheld=None, measured_share=None, word=None),
    )
    told = {fact.key for fact in beside_facts(replace(facts, footprint=old))}
    assert told <= {"methods-economic", "biomass"}


@pytest.mark.parametrize(
    ("region", "told"), [("CN-YN", True), ("CN-SC", True), ("CN-ZJ", False), ("CN-NM", False), (None, False)]
)
def test_a_plant_in_a_much_cleaner_region_says_that_nobody_attested_its_place(
    region: str | None, *, told: bool
) -> None:
    facts = example.drafts()[SEP].certified[0]
    plant = replace(facts.batch.facility, region=region)
    there = replace(facts, batch=replace(facts.batch, facility=plant))
    assert [each.key for each in place_facts(there, example.tables())] == ["place"] * told
    seen = place_facts(there, example.tables(), inspectors=("Eve",))
    assert [each.key for each in seen] == ["place-attested"] * told
    old = replace(there, footprint=replace(there.footprint, engine="1"))
    assert place_facts(old, example.tables()) == ()
