"""Prices: each way to share out a run by prices that do not exist, and each honest plant that looks alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.chemistry.exact import SCALE
from ledger.factors.figures import Pair
from ledger.footprint.inventory import Outgoing
from ledger.footprint.reference import reference_prices
from ledger.plausibility import prices
from ledger.plausibility.flags import is_attestable
from ledger.plausibility.rules import judge
from schemas.document import replace
from schemas.instant import Period
from schemas.problem import InputError, RefusedError
from schemas.quantity import trillionths
from schemas.run import Made, PriceVector, Quote, Sold
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ledger.footprint.inventory import Inventory
    from ledger.footprint.reference import Reference
    from schemas.problem import Problem
    from schemas.vocabulary import Kind

SEP = "SEP-2026-03"
"""Certified PrNd oxide and LaCe oxide, unsold cerium oxide, a samarium concentrate, and recovered salt."""
OX, LC, CE, SEG, SALT = range(5)
DOCUMENT = "A" * 43
QUOTE = {"day": "2025-03-01", "document": DOCUMENT}


def output(place: int, **members: object) -> Callable[[dict[str, Any]], object]:
    return lambda value: value["outputs"][place].update(members)


def sale(mass: str, price: str) -> dict[str, object]:
    return {
        "mass": mass,
        "price": price,
        "period": {"start": "2024-01-01", "end": "2024-12-31"},
        "documents": [DOCUMENT],
    }


def flags(*changes: Callable[[dict[str, Any]], object]) -> set[str]:
    """Return the codes of the flags of a changed record; a refusal raises."""

    def change(value: dict[str, Any]) -> None:
        for each in changes:
            each(value)

    return {finding.problem.code for finding in example.drafted(example.changed(SEP, change)).findings}


def refused(*changes: Callable[[dict[str, Any]], object]) -> dict[str, Problem]:
    with pytest.raises(RefusedError) as caught:
        flags(*changes)
    assert "<" not in str(caught.value), "a fact of the sentence is missing"
    return {problem.code: problem for problem in caught.value.problems}


def codes(problems: Iterator[Problem]) -> list[tuple[str, str]]:
    return [(problem.code, problem.place) for problem in problems]


def test_in_the_example_the_figure_is_that_of_reference_prices() -> None:
    ratios = []
    for done in example.drafts().values():
        for each in done.certified:
            figures = each.footprint
            if figures.reference is not None:
                total, reference = (trillionths(each.location) for each in (figures.total_kg_co2e, figures.reference))
                ratios.append(total / reference)
    assert len(ratios) == 11
    assert all(0.99 <= ratio <= 1.01 for ratio in ratios), ratios


def test_the_figures_of_oxide_by_price_by_reference_and_by_mass() -> None:
    figures = next(each for each in example.drafts()["SEP-2026-02"].certified if each.batch.lot == "OX-16").footprint
    mass = trillionths("220.2")
    assert figures.reference is not None
    by = [figures.total_kg_co2e, figures.reference, figures.alternative.total_kg_co2e]
    assert [round(trillionths(each.location) / mass, 1) for each in by] == [74.0, 73.5, 17.1]


# -- prices that push a figure down -----------------------------------------------------------------------------------


def test_an_unsold_by_product_priced_up_is_refused() -> None:
    with pytest.raises(RefusedError) as caught:
        flags(output(CE, price="60 USD/kg"))
    found = [(each.code, each.place, each.facts["lot"], each.facts["possible"]) for each in caught.value.problems]
    assert found == [("rule.a-price", f"outputs[{place}]", "CE-04", "0.8") for place in (OX, LC)]


def test_a_certified_product_priced_down_is_refused() -> None:
    assert refused(output(OX, price="15 USD/kg"))["rule.a-price"].place == "outputs[0]"


def test_a_recovered_salt_that_takes_a_share_is_refused() -> None:
    assert refused(output(SALT, allocate=True, price="3 USD/kg"))["rule.a-price"].facts["lot"] == "salt SEP-2026-03"


def test_a_sale_of_everything_to_a_sister_firm_counts_to_the_end_of_the_range() -> None:
    found = refused(output(CE, price="60 USD/kg", sold=sale("1468 kg", "60 USD/kg")))
    assert "rule.a-price" in found


def test_a_cheap_sale_of_the_certified_product_counts_to_the_end_of_the_range() -> None:
    assert "rule.a-price" in refused(output(OX, price="15 USD/kg", sold=sale("855.9 kg", "15 USD/kg")))


def test_a_kilogram_sold_dear_lifts_a_kilogram() -> None:
    one, none = (
        example.drafted(example.changed(SEP, output(CE, **more))).inventory.references
        for more in ({"sold": sale("1 kg", "60 USD/kg")}, {})
    )
    assert one is not None
    assert none is not None
    # a kilogram at 2.5 instead of 1.5 of 1468, while the rest is unchanged
    assert 0 < one[CE].counted - none[CE].counted < SCALE // 1000


def test_a_sale_outside_the_range_is_flagged() -> None:
    assert "rule.a-price-sale" in flags(output(CE, sold=sale("1 kg", "60 USD/kg")))
    assert "rule.a-price-sale" not in flags(output(CE, sold=sale("1 kg", "2 USD/kg")))


def test_more_by_products_at_the_top_of_their_ranges_are_flagged_at_most() -> None:
    found = flags(output(CE, price="2.4 USD/kg"), output(LC, price="2.4 USD/kg"), output(SEG, price="36 USD/kg"))
    assert "rule.a-price-ref" in found


def test_a_tenth_by_prices_is_flagged() -> None:
    assert "rule.a-price-low" in flags(output(CE, price="8 USD/kg"))


def test_a_step_of_shaving_after_another_is_flagged_over_the_chain() -> None:
    inventory = example.drafts()["ELY-2026-04-A"].inventory
    assert inventory.shared is not None
    (only,) = inventory.shared.outputs
    assert codes(prices.low_chain(inventory)) == []
    drifted = replace(only, reference=Pair(only.total.location * 5 // 4, only.total.market))
    shaved = replace(inventory, shared=replace(inventory.shared, outputs=(drifted,)))
    assert codes(prices.low_chain(shaved)) == [("rule.a-price-chain", "outputs[0]")]
    assert "rule.a-price-chain" in {breach.problem.code for breach in judge(shaved)}


def test_goods_without_any_price_are_not_certified_without_evidence() -> None:
    inventory = example.drafts()[SEP].inventory
    scandium = replace(inventory.outgoing[LC], fractions={"Sc": trillionths("0.65")})
    run = replace(inventory, outgoing=[*inventory.outgoing[:LC], scandium, *inventory.outgoing[CE:]])
    assert codes(prices.unknown(run)) == [("rule.a-price-unknown", "outputs[1]")]
    assert "rule.a-price-unknown" in {breach.problem.code for breach in judge(replace(run))}
    scandium.quote = Quote(day="2025-03-01", document=DOCUMENT)
    assert codes(prices.unknown(run)) == []
    scandium.quote = None
    again = replace(run)
    scandium.sold = Sold(
        mass_kg="1", price="900", period=Period(start="2024-01-01", end="2024-12-31"), documents=(DOCUMENT,)
    )
    assert codes(prices.unknown(again)) == []


def test_more_sold_than_made_and_old_evidence_are_refused() -> None:
    assert "rule.a-price-sold" in refused(output(CE, sold=sale("1469 kg", "1.5 USD/kg")))
    assert "rule.a-price-day" in refused(output(CE, quote=QUOTE | {"day": "2019-12-31"}))


def test_a_sale_is_in_the_currency_of_the_others() -> None:
    assert refused(output(CE, sold=sale("1 kg", "10 CNY/kg")))["footprint.currency"].place == "outputs[2].sold.price"


def test_a_sealed_reference_is_that_of_the_table() -> None:
    done = example.drafts()[SEP]
    sealed = replace(done.inventory, table_names={*done.inventory.factor_sets, "gwp"})
    for seen, make in zip(sealed.outgoing, done.made, strict=True):
        made: Made = make(holding=DOCUMENT)
        seen.reference_price = trillionths(made.reference_price or "0")
    assert codes(prices.as_told(sealed)) == []
    sealed.outgoing[OX].reference_price = 1
    try:
        assert codes(prices.as_told(sealed)) == [("rule.a-price-told", "outputs[0]")]
        assert "rule.a-price-told" in {breach.problem.code for breach in judge(sealed)}
    finally:
        for seen in sealed.outgoing:
            seen.reference_price = None


def test_the_table_of_prices_is_named_with_its_digest() -> None:
    done = example.drafts()[SEP]
    table = done.inventory.tables.prices
    assert table is not None
    assert ("price-ranges", table.digest) in {(ref.name, ref.digest) for ref in done.factor_sets}
    assert "price-ranges" not in {ref.name for ref in example.drafts()["MAG-2026-06"].factor_sets}


# -- honest prices ----------------------------------------------------------------------------------------------------


def test_a_price_within_its_own_range_is_flagged_and_never_refused() -> None:
    assert "rule.a-price-low" in flags(output(LC, price="0.7 USD/kg"))


def test_a_dated_quote_flags_instead_of_refusing() -> None:
    assert "rule.a-price-low" in flags(output(CE, price="60 USD/kg", quote=QUOTE))


def test_another_currency_and_another_level_of_the_market_change_nothing() -> None:
    def doubled(value: dict[str, Any]) -> None:
        value["allocation"]["prices"]["currency"] = "CNY"
        for each in value["outputs"]:
            each["price"] = f"{float(each['price'].split()[0]) * 14:g} CNY/kg"

    assert not {"rule.a-price-low", "rule.a-price-ref"} & flags(doubled)


def test_waste_that_one_pays_to_have_taken_has_the_least_price() -> None:
    assert "rule.a-price-ref" in flags(output(CE, price="0.01 USD/kg"))
    with pytest.raises(InputError, match=r"0\.01"):
        example.read(example.changed(SEP, output(CE, price="-0.2 USD/kg")))


def test_parts_of_one_alloy_at_different_prices_are_flagged_at_most() -> None:
    inventory = example.drafts()["MAG-2026-06"].inventory
    whole, vector = inventory.outgoing[0], example.drafts()[SEP].inventory.allocation.prices
    blocks, parts = (
        replace(whole, place=f"outputs[{at}]", lot=lot, net_mass_mg=whole.net_mass_mg // 2, price=price * SCALE)
        for at, (lot, price) in enumerate([("blocks", 50), ("parts", 200)])
    )
    run = replace(
        inventory, outgoing=[blocks, parts], allocation=replace(inventory.allocation, prices=vector), shared=None
    )
    assert codes(prices.too_low(run)) == []
    assert codes(prices.low(run)) == [("rule.a-price-low", "outputs[0]")]


def ground(magnet: int, swarf: int, currency: str = "USD") -> Inventory:
    """Return a run of magnets with a good part of swarf, at prices."""
    inventory, vector = example.drafts()["MAG-2026-06"].inventory, example.drafts()[SEP].inventory.allocation.prices
    whole = inventory.outgoing[0]
    blocks = replace(whole, price=magnet * SCALE)
    mass = whole.net_mass_mg // 2
    rest = replace(whole, place="outputs[1]", lot="swarf", kind="scrap", net_mass_mg=mass, price=swarf * SCALE)
    assert vector is not None
    prices_of = replace(inventory.allocation, prices=replace(vector, currency=currency))
    return replace(inventory, outgoing=[blocks, rest], allocation=prices_of, shared=None)


PRICED_BY_METALS = [("USD", 60, 18), ("USD", 90, 18), ("USD", 20, 14), ("CNY", 412, 124), ("EUR", 56, 17)]


@pytest.mark.parametrize(("currency", "magnet", "swarf"), PRICED_BY_METALS)
def test_swarf_at_the_price_of_its_metals_is_neither_refused_nor_odd(currency: str, magnet: int, swarf: int) -> None:
    run = ground(magnet, swarf, currency)
    assert codes(prices.too_low(run)) == []
    assert codes(prices.ratios(run)) == []


def test_swarf_in_dollars_shares_as_its_reference_does() -> None:
    assert codes(prices.low(ground(60, 18))) == []


@pytest.mark.parametrize(
    ("currency", "magnet", "swarf"), [("USD", 60, 60), ("USD", 60, 40), ("USD", 600, 180), ("CNY", 412, 275), ("EUR", 56, 56)]
)  # fmt: skip
def test_swarf_at_the_price_of_magnets_is_flagged(currency: str, magnet: int, swarf: int) -> None:
    assert codes(prices.ratios(ground(magnet, swarf, currency))) == [("rule.a-price-ref", "outputs[1]")]


@pytest.mark.parametrize("swarf", [45, 60])
def test_swarf_that_takes_a_tenth_off_the_magnets_is_flagged(swarf: int) -> None:
    run = ground(60, swarf)
    assert codes(prices.too_low(run)) == []
    assert codes(prices.low(run)) == [("rule.a-price-low", "outputs[0]")]


def test_swarf_of_cobalt_magnets_is_measured_by_the_price_of_the_magnets() -> None:
    """Its cobalt is worth more than its rare earth, and no row has a price of cobalt."""
    run = ground(95, 20)
    cobalt = {"Sm": trillionths("0.342"), "Co": trillionths("0.6535")}
    run = replace(run, outgoing=[replace(each, fractions=cobalt) for each in run.outgoing])
    assert codes(prices.ratios(run)) == [("rule.a-price-ref", "outputs[1]")]
    dear = replace(run, outgoing=[run.outgoing[0], replace(run.outgoing[1], price=60 * SCALE)])
    assert codes(prices.ratios(dear)) == []


def test_certified_scrap_beside_oxides_is_refused_below_its_reference() -> None:
    inventory = example.drafts()[SEP].inventory
    scrap = replace(inventory.outgoing[LC], kind="scrap", price=SCALE // 100)
    run = replace(inventory, outgoing=[inventory.outgoing[OX], scrap], shared=None)
    assert codes(prices.too_low(run)) == [("rule.a-price", "outputs[1]")]


def test_a_run_whose_prices_are_not_in_the_table_yet_is_flagged() -> None:
    later = with_prices("2024-01-01", "2028-12-31")
    found = codes(prices.window(later))
    assert ("rule.a-price-old", "allocation.prices") in found
    assert codes(prices.too_low(later)) == []


@pytest.mark.parametrize(("start", "end"), [("2019-01-01", "2021-12-31"), ("2018-01-01", "2022-12-31")])
def test_a_window_of_prices_that_was_picked_is_flagged(start: str, end: str) -> None:
    run = with_prices(start, end)
    assert ("rule.a-price-window", "allocation.prices") in codes(prices.window(run))
    assert "rule.a-price-window" in {breach.problem.code for breach in judge(run)}


def test_the_newest_five_years_are_no_flag() -> None:
    assert codes(prices.window(with_prices("2020-01-01", "2024-12-31"))) == []
    assert codes(prices.window(with_prices("2021-01-01", "2025-12-31"))) == []


def with_prices(start: str, end: str) -> Inventory:
    inventory = example.drafts()[SEP].inventory
    vector = PriceVector(period=Period(start=start, end=end), currency="USD", digest=DOCUMENT)
    return replace(inventory, allocation=replace(inventory.allocation, prices=vector), shared=None)


# -- the choice of the method -----------------------------------------------------------------------------------------


def test_a_product_that_is_cheap_by_the_chosen_method_is_flagged() -> None:
    inventory = example.drafts()[SEP].inventory
    assert codes(prices.method(inventory)) == [("rule.a-method", "outputs[1]")]
    assert "rule.a-method" in {finding.problem.code for finding in example.drafts()[SEP].findings}
    by_mass = replace(inventory, allocation=replace(inventory.allocation, method="mass"))
    assert codes(prices.method(by_mass)) == [("rule.a-method", "outputs[0]")]
    assert codes(prices.too_low(by_mass)) == []


def test_a_single_product_has_no_choice_of_method() -> None:
    assert codes(prices.method(example.drafts()["MAG-2026-06"].inventory)) == []


# -- references of goods ----------------------------------------------------------------------------------------------


def reference(kind: Kind, **fractions: str) -> Reference:
    """Return the reference of 1 kg of goods over 2020 to 2024."""
    table = example.tables().prices
    assert table is not None
    shares = {element: trillionths(fraction) for element, fraction in fractions.items()}
    goods = Outgoing("outputs[0]", "A", kind, 10**6, shares, allocated=True, price=SCALE)
    found = reference_prices([goods], table, 2020, 2024)
    assert found is not None
    return found[0]


def dollars(price: int) -> float:
    return round(price / SCALE, 2)


def test_a_single_oxide_has_its_own_mean_price() -> None:
    found = reference("oxide", Nd="0.857")
    assert (dollars(found.central), found.mixture, found.memory, found.old) == (82.97, False, False, False)


def test_oxides_that_nobody_separated_get_a_part_and_have_the_wide_bound() -> None:
    mixed = reference("oxide", Gd="0.3", Sm="0.24", Er="0.12", Yb="0.09", Ho="0.04")
    assert mixed.mixture
    assert mixed.memory
    assert mixed.low * 65 == pytest.approx(mixed.central * 30)


def test_a_lot_with_a_tenth_of_something_else_is_no_mixture() -> None:
    """B17: a certified lot of 89 % PrNd oxide does not get the bound of a mixture."""
    found = reference("oxide", Nd="0.58", Pr="0.175", Ce="0.09")
    assert not found.mixture
    assert found.central > reference("oxide", Nd="0.58", Pr="0.175").central
    assert 0.84 < found.low / found.central < 0.9


def test_a_carbonate_of_everything_is_a_mixture_and_one_of_a_single_earth_is_not() -> None:
    assert reference("mixed-compound", La="0.13", Ce="0.25", Nd="0.09", Pr="0.026").mixture
    assert not reference("mixed-compound", Nd="0.42", Pr="0.12").mixture


@pytest.mark.parametrize(
    ("fractions", "price"),
    [
        ({"Fe": "0.65"}, 0.1),
        ({"P": "0.13"}, 0.27),
        ({"Zr": "0.49"}, 1.8),
        ({"Ti": "0.31", "Fe": "0.36"}, 0.3),
    ],
)
def test_other_goods_of_a_mine_have_a_reference_too(fractions: dict[str, str], price: float) -> None:
    assert dollars(reference("concentrate", **fractions).central) == price


def test_goods_without_a_row_have_no_reference() -> None:
    table = example.tables().prices
    assert table is not None
    salt = Outgoing("outputs[0]", "A", "by-product", 10**6, {"Cl": SCALE}, allocated=True, price=SCALE)
    assert reference_prices([salt], table, 2020, 2024) is None


# -- material in process ----------------------------------------------------------------------------------------------


def test_material_in_process_that_nobody_can_draw_is_flagged() -> None:
    inventory = example.drafts()[SEP].inventory
    assert codes(prices.stock(inventory)) == []
    parked = [replace(item, kind="in-process") if item.place == "outputs[2]" else item for item in inventory.outgoing]
    run = replace(inventory, outgoing=parked)
    assert codes(prices.stock(run)) == [("rule.x-stock", "outputs[2]")]
    assert "rule.x-stock" in {breach.problem.code for breach in judge(run)}


def test_material_that_was_in_process_for_years_is_flagged() -> None:
    inventory = example.drafts()[SEP].inventory
    for start, found in (("2023-01-01", [("rule.x-stock-old", "inputs[0]")]), ("2025-12-01", [])):
        old = replace(inventory.incoming[0], kind="in-process", produced=Period(start=start, end=start))
        assert codes(prices.stock(replace(inventory, incoming=[old], shared=None))) == found


# -- what an attestation would lift --------------------------------------------------------------------------------


def attestable(*changes: Callable[[dict[str, Any]], object]) -> set[str]:
    """Return the codes of the flags of a changed record that an attestation of the figure lifts."""

    def change(value: dict[str, Any]) -> None:
        for each in changes:
            each(value)

    draft = example.drafted(example.changed(SEP, change))
    found = {finding.problem.code for finding in draft.findings if is_attestable(finding)}
    stated = draft.certified[0].footprint.flags
    assert stated is not None
    assert bool(found) == bool(stated.attestable)
    return found


def test_a_dear_sale_and_what_follows_from_it_are_lifted_by_who_attests_the_sale() -> None:
    dear = output(CE, price="12 USD/kg", sold=sale("1468 kg", "12 USD/kg"))
    assert attestable(dear) == {"rule.a-price-sale", "rule.a-price-low", "rule.a-price-ref"}


def test_no_attestation_lifts_a_price_that_no_sale_shows() -> None:
    assert attestable(output(CE, price="6 USD/kg", quote=QUOTE)) == set()
    assert attestable() == set()


def test_an_attested_sale_of_a_kilogram_explains_a_kilogram() -> None:
    few = output(CE, price="6 USD/kg", sold=sale("1 kg", "6 USD/kg"))
    assert "rule.a-price-low" not in attestable(few)
