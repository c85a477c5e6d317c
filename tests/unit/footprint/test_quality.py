"""How good figures are: the scores of a line, its uncertainty, and what a run inherits."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, get_args

import pytest

from ledger.drafting.trace import explain_quality, quality_text
from ledger.factors.figures import parsed_rows
from ledger.footprint.line_quality import power_quality
from ledger.footprint.lines import material_use, own_lines, use_quality
from ledger.footprint.quality import (
    BASIC_CO2,
    BASIC_GOODS,
    COMPLETENESS,
    NOWHERE,
    RELIABILITY,
    SOURCE,
    UNCERTAINTY,
    LineKind,
    Site,
    appraise,
    site_of,
)
from ledger.footprint.quality_sum import GENERAL, INPUT, OWN_DATA, Inherited, QualitySum
from ledger.footprint.uncertainty import Spread, gsd2, span, variance_of
from schemas.certificate import Facility
from schemas.document import replace
from schemas.figures import Quality
from schemas.instant import Period
from schemas.inventory import (
    Credits,
    Direct,
    DirectLine,
    Electricity,
    ElectricityLine,
    FuelLine,
    Fuels,
    GasMass,
    MaterialLine,
    Materials,
    Transport,
    TransportLine,
)
from schemas.problem import InputError
from schemas.quantity import trillionths
from schemas.vocabulary import Basis, Gas
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.inventory import InventoryGroup
    from schemas.record import ProductionRecord

ONE = 10**12
PLANT = Site("CN-NM", 2026)
GRID = "grid/location.cn-nm.2023"
OWN = LineKind("own", BASIC_GOODS, "electricity")
GENERAL_GOODS = LineKind("general", BASIC_GOODS, "materials")


def scores(factor: str, basis: Basis = "metered", stated: str | None = None, site: Site = PLANT) -> str:
    found = appraise(basis, stated, OWN, example.tables().factor(factor), site=site)
    return "".join(map(str, found.scores))


# -- what a line is worth -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("factor", "expected"),
    [
        (GRID, "11212"),
        ("grid/location.cn.2023", "11222"),
        ("grid/location.cn-grid-north.2023", "11222"),
        ("grid/location.cn-zj.2023", "11232"),
        ("materials/ammonium-bicarbonate-nh4hco3.cn.2005", "11524"),
        ("materials/ferrosilicon-75-process-co2.glo.2019", "11332"),
        ("methods/no-burden.glo", "11111"),
        ("placeholders/iron.glo", "55555"),
        ("fuels/purchased-heat-steam-default.cn", "21523"),
    ],
)
def test_scores_follow_from_the_factor(factor: str, expected: str) -> None:
    assert scores(factor) == expected


@pytest.mark.parametrize(
    ("basis", "expected"),
    [("metered", "11"), ("weighed", "11"), ("apportioned", "22"), ("calculated", "31"), ("assumed", "45")],
)
def test_scores_follow_from_the_basis(basis: Basis, expected: str) -> None:
    assert scores(GRID, basis)[:2] == expected


@pytest.mark.parametrize(
    ("year", "expected"), [(2023, 1), (2025, 1), (2026, 2), (2028, 2), (2029, 3), (2033, 4), (2038, 5), (2018, 2)]
)
def test_a_factor_ages(year: int, expected: int) -> None:
    assert int(scores(GRID, site=Site("CN-NM", year))[2]) == expected


def test_a_plant_that_nobody_knows_is_near_nothing() -> None:
    assert scores(GRID, site=NOWHERE)[3] == "4"


@pytest.mark.parametrize(
    ("stated", "expected"),
    [("11111", "11211"), ("12345", "12345"), ("55555", "55555"), ("21135", "21235")],
    ids=["no better than it is seen", "worse throughout", "worst", "only what can be stated"],
)
def test_what_can_be_seen_stays_as_it_is_seen(stated: str, expected: str) -> None:
    assert scores(GRID, stated=stated) == expected


def test_an_assumption_is_not_stated_away() -> None:
    assert scores(GRID, "assumed", "11111") == "41211"


def test_a_placeholder_is_worst_and_never_primary_whatever_is_stated() -> None:
    factor = example.tables().factor("placeholders/iron.glo")
    found = appraise("metered", "11111", OWN, factor, site=PLANT)
    assert (found.scores, found.primary) == ((5, 5, 5, 5, 5), 0)


def test_a_factor_that_is_not_public_is_worst_unless_something_is_stated() -> None:
    assert appraise("weighed", None, GENERAL_GOODS, None, site=PLANT).scores == (5, 5, 5, 5, 5)
    assert appraise("assumed", "12121", GENERAL_GOODS, None, site=PLANT).scores == (4, 2, 1, 2, 1)


@pytest.mark.parametrize("table", [RELIABILITY, COMPLETENESS])
def test_every_basis_has_a_score(table: dict[Basis, int]) -> None:
    assert set(table) == set(get_args(Basis))


def test_every_status_has_a_score() -> None:
    assert {factor.status for factor in example.tables().by_id.values()} <= set(SOURCE)


@pytest.mark.parametrize("text", ["1111", "111111", "11116", "01111", "1 111", "abcde"])
def test_a_pedigree_has_five_digits(text: str) -> None:
    value = example.written("BEN-2026-01")
    value["electricity"][0]["pedigree"] = text
    with pytest.raises(InputError) as caught:
        example.read(value)
    assert caught.value.code == "quantity.pedigree"


# -- uncertainty ----------------------------------------------------------------------------------------------------


def test_factors_only_grow_with_the_score() -> None:
    for row in UNCERTAINTY:
        factors = list(map(Fraction, row))
        assert factors[0] == 1
        assert factors == sorted(factors)


@pytest.mark.parametrize(
    ("factors", "expected"),
    [
        (["1"], "1"),
        (["1.05"], "1.05"),
        (["1.05", "1.05", "1.02", "1.03", "1.01", "1.20"], "1.21946367875"),
        (["3", "1.5"], "3.225367609"),
    ],
)
def test_factors_combine_by_their_logarithms(factors: list[str], expected: str) -> None:
    spread = Fraction(gsd2(variance_of(factors)), ONE)
    assert float(spread) == pytest.approx(float(expected), rel=1e-6)
    again = math.exp(math.sqrt(sum(math.log(float(factor)) ** 2 for factor in factors)))
    assert float(spread) == pytest.approx(again, rel=1e-10)


def test_a_logarithm_has_the_same_digits_everywhere() -> None:
    assert variance_of(["1.05"]) == 2_380_480_120
    assert gsd2(2_380_480_120) == 1_050_000_000_003


def test_the_range_lies_about_the_figure() -> None:
    quality = Quality(primary_share="0", rating="5", variance="0.480453013918")  # ln^2 of 2
    assert [round(float(end), 6) for end in span("10", quality)] == [5, 20]
    assert [round(float(end), 6) for end in span("-10", quality)] == [-20, -5]


# -- a run ----------------------------------------------------------------------------------------------------------


def quality_of(*groups: InventoryGroup) -> Quality:
    return own_lines(groups, tables=example.tables(), gwp="AR6", site=PLANT).weighing.quality()


def power(basis: Basis = "metered", factor: str = GRID) -> Electricity:
    line = ElectricityLine(name="e", basis=basis, amount_kwh="1000", grid="CN-NM", factor=factor, uncovered=factor)
    return Electricity(group="electricity", lines=(line,))


@pytest.mark.parametrize(("basis", "share"), [("metered", "1"), ("calculated", "0"), ("assumed", "0")])
def test_electricity_is_primary_where_it_is_metered(basis: Basis, share: str) -> None:
    assert quality_of(power(basis)).primary_share == share


def test_apportioned_from_a_meter_is_primary() -> None:
    assert quality_of(power("apportioned")).primary_share == "1"


@pytest.mark.parametrize(
    ("factor", "share"),
    [
        ("fuels/natural-gas-burnt.glo.2006", "1"),
        ("fuels/natural-gas-upstream.cn.2024", "0"),
        ("placeholders/natural-gas-burnt-ch4-n2o.glo.2006", "0"),
    ],
    ids=["burnt", "supply", "placeholder"],
)
def test_a_fuel_is_primary_where_it_is_burnt(factor: str, share: str) -> None:
    unit: Literal["kg", "m3"] = "kg" if example.tables().factor(factor).per == "kg" else "m3"
    line = FuelLine(name="f", basis="metered", meter="M-1", amount="10", unit=unit, factor=factor)
    assert quality_of(Fuels(group="fuels", lines=(line,))).primary_share == share


@pytest.mark.parametrize("supplier", [None, "EPD 4711 of the supplier"])
def test_a_material_is_primary_by_its_suppliers_own_value(supplier: str | None) -> None:
    line = MaterialLine(
        name="m",
        basis="weighed",
        meter="W-1",
        mass_kg="5",
        factor="materials/soda-ash.cn.2014",
        supplier_value=supplier,
    )
    assert quality_of(Materials(group="materials", lines=(line,))).primary_share == ("1" if supplier else "0")


@pytest.mark.parametrize("supplier", [None, "PCF 12 of the carrier"])
def test_a_value_that_is_not_public_is_primary_only_as_a_suppliers_own(supplier: str | None) -> None:
    value = (GasMass(gas="CO2-fossil", mass_kg="9.8"),)
    line = TransportLine(
        name="t", basis="metered", meter="M-1", amount_tkm="5", factor="own/truck", value=value, supplier_value=supplier
    )
    found = quality_of(Transport(group="transport", lines=(line,)))
    assert (found.primary_share, found.rating) == ("1" if supplier else "0", "5")


def emission(gas: Gas, mass: str, basis: Basis = "metered") -> Direct:
    line = DirectLine(name=gas, basis=basis, substance=gas, gas=gas, mass_kg=mass)
    return Direct(group="direct", lines=(line,))


def test_carbon_dioxide_is_known_better_than_other_gases() -> None:
    assert trillionths(quality_of(emission("CO2-fossil", "5")).variance) == variance_of([BASIC_CO2])
    assert trillionths(quality_of(emission("CF4", "5")).variance) == variance_of(["1.5"])


def test_credits_and_what_has_no_gwp_weigh_nothing() -> None:
    nitrogen = DirectLine(name="N2", basis="metered", meter="M-1", substance="N2", mass_kg="5")
    lines = (Credits(group="credits", lines=()), Direct(group="direct", lines=(nitrogen,)))
    nothing = ("0", "0")
    assert quality_of(*lines) == Quality(
        primary_share="0",
        rating="5",
        variance="0",
        shared=(),
        amounts="0",
        pact=nothing,
        withheld=nothing,
        measured_share=("0", "0", "0", "0", "0"),
        word=(),
    )


def test_two_lines_of_one_grid_share_its_error_and_two_emissions_share_none() -> None:
    once = trillionths(quality_of(power()).variance)
    both = Electricity(group="electricity", lines=power().lines * 2)
    assert abs(trillionths(quality_of(both).variance) - once) < 3, "a meter's own error is nothing here"
    emitted = emission("CF4", "5")
    twice = Direct(group="direct", lines=emitted.lines * 2)
    assert abs(trillionths(quality_of(twice).variance) * 2 - trillionths(quality_of(emitted).variance)) < 2


def test_engine_1_took_all_lines_as_independent() -> None:
    def variance(group: Electricity) -> int:
        own = own_lines([group], tables=example.tables(), gwp="AR6", site=PLANT, engine="1")
        quality = own.weighing.quality()
        assert (quality.shared, quality.amounts) == (None, None)
        return trillionths(quality.variance)

    both = Electricity(group="electricity", lines=power().lines * 2)
    assert variance(both) * 2 == variance(power()) == variance_of(["1.05", "1.03"]), "a factor of 2023, three years old"


def test_uptake_weighs_by_its_size() -> None:
    weighing = QualitySum()
    weighing.parts += [
        (-3, Inherited(ONE, 10**6, 0, Spread((), 0), ""), GENERAL, INPUT),
        (1, Inherited(0, 5 * 10**6, 0, Spread((), 0), "", word=(("direct", ONE // 2),)), OWN_DATA, INPUT),
    ]
    assert weighing.quality() == Quality(
        primary_share="0.75",
        rating="2",
        variance="0",
        shared=(),
        amounts="0",
        pact=("0.25", "0.25"),
        withheld=("0", "0"),
        measured_share=("1", "0", "0", "0", "0"),
        word=(("direct", "0.125"), ("unsplit", "0.75")),
    )


@pytest.mark.parametrize(
    ("basis", "told", "factor", "shares", "word"),
    [
        ("metered", {"meter": "EM-3"}, GRID, ("0", "1", "0", "0", "0"), ()),
        ("calculated", {"meter": "invoice 2026-118"}, GRID, ("0", "0", "1", "0", "0"), ()),
        ("calculated", {}, GRID, ("0", "0", "0", "1", "0"), (("grid:CN:direct", "1"),)),
        ("apportioned", {"basis_key": "March, by hours"}, GRID, ("0", "0", "0", "1", "0"), (("grid:CN:direct", "1"),)),
    ],
)
def test_what_no_meter_and_no_document_shows_is_the_producers_word(
    basis: Basis, told: dict[str, str], factor: str, shares: tuple[str, ...], word: tuple[tuple[str, str], ...]
) -> None:
    (line,) = power(basis, factor).lines
    found = quality_of(Electricity(group="electricity", lines=(replace(line, **({"meter": None} | told)),)))
    assert (found.measured_share, found.word) == (shares, word)


def test_a_placeholder_is_one_whoever_read_the_meter_and_its_amount_is_a_word_without() -> None:
    acid = MaterialLine(
        name="acid",
        basis="weighed",
        meter="W-1",
        mass_kg="10",
        factor="placeholders/hydrochloric-acid.glo",
        strength="0.3",
    )
    found = quality_of(Materials(group="materials", lines=(acid,)))
    assert (found.measured_share, found.word) == (("0", "0", "0", "0", "1"), ())
    guessed = replace(acid, basis="assumed", meter=None)
    assert quality_of(Materials(group="materials", lines=(guessed,))).word == (("materials:hydrochloric-acid", "1"),)


def test_an_input_counts_as_one_line_with_what_its_certificate_says() -> None:
    gwp = example.tables().gwp.weights["AR6"]
    weighing = own_lines([power()], tables=example.tables(), gwp="AR6", site=PLANT).weighing
    own = Fraction(weighing.total, ONE * ONE)
    quality = Quality(primary_share="0.62", rating="3.5", variance="0.04")
    weighing.inherit(
        parsed_rows([("mining", "CO2-fossil", "100", "90"), ("mining", "CF4", "0.01", "0.01")]), quality, gwp
    )
    brought = 100 + Fraction(gwp["CF4"], ONE) / 100
    expected = (own + brought * Fraction("0.62")) / (own + brought)
    assert abs(Fraction(weighing.quality().primary_share) - expected) < Fraction(1, ONE)


def test_a_site_is_the_plants_region_in_the_year_of_production() -> None:
    plant = Facility(id="https://plant.example/1", name="Plant", country="CN", region="CN-NM")
    period = Period(start="2025-12-20", end="2026-01-10")
    assert site_of(plant, period, "separation", "1") == PLANT
    assert site_of(replace(plant, region=None), period, "separation") == Site("CN", 2026, "separation")


def test_an_amount_that_nobody_read_spreads_over_the_usual_range_of_its_step() -> None:
    site = PLANT._replace(step="separation")
    tables = example.tables()

    def amount(basis: Basis, at: Site = site) -> int:
        (line,) = power(basis).lines
        found = power_quality(line, tables, site=at)
        assert found.variance - found.amount == power_quality(line, tables, site=PLANT).variance - amount_of(basis)
        return found.amount

    def amount_of(basis: Basis) -> int:
        return power_quality(power(basis).lines[0], tables, site=PLANT).amount

    assert amount("metered") == amount_of("metered")
    assert amount("calculated") == amount("assumed") == variance_of(["3.16"]) > amount_of("assumed")
    assert amount("calculated", PLANT) == amount_of("calculated"), "engine 1"
    assert amount("calculated", PLANT._replace(step="blending")) == amount_of("calculated"), "no range"


@pytest.mark.parametrize("proxy", [None, "soda of another plant"])
def test_a_proxy_keeps_the_spread_of_its_factor(proxy: str | None) -> None:
    tables, soda = example.tables(), "materials/soda-ash.cn.2014"
    line = material_use(MaterialLine(name="soda", mass_kg="1", basis="calculated", factor=soda, proxy_for=proxy))
    narrow, wide = (
        use_quality("materials", line, tables.factor(soda), tables, site=site)
        for site in (PLANT, PLANT._replace(step="separation"))
    )
    assert wide.variance - wide.amount == narrow.variance - narrow.amount
    assert wide.amount == variance_of(["4.47"])


@pytest.mark.parametrize(
    ("step", "line", "low", "high"),
    [
        ("separation", "electricity", "0.8", "8"),
        ("magnet-production", "fuels", "4", "12"),
        ("magnet-production", "materials:hydrogen-grey-smr", "0.003", "0.01"),
        ("chlorination", "materials:hydrochloric-acid", "3.1", "16"),
        ("in-situ-leaching", "direct:N2O", "0.0075", "0.03"),
        ("oxide-electrolysis", "direct:CO2-fossil", "0.229", "0.75"),
        ("oxide-electrolysis", "direct:CF4", "0.000146", "0.002"),
    ],
)
def test_the_spread_of_a_line_is_that_of_the_range_that_its_step_owes(
    step: str, line: str, low: str, high: str
) -> None:
    """95 % of the amounts lie from low to high, about their geometric mean."""
    assert float(example.tables().spreads[step][line]) == pytest.approx(math.sqrt(float(high) / float(low)), abs=0.005)


# -- the worked example, a second time ------------------------------------------------------------------------------


class Again:
    """Quality in fractions and floats, written anew from the rules alone."""

    def __init__(self, step: str) -> None:
        self.step = step
        self.parts: list[tuple[Fraction, Fraction, Fraction]] = []
        self.amounts = 0.0
        self.used: dict[str, tuple[float, float]] = {}
        self.brought: dict[str, float] = {}

    def line(
        self,
        co2e: Fraction,
        digits: str,
        basic: float,
        *,
        primary: bool,
        key: str | None,
        of_amount: str,
        wide: float,
    ) -> None:
        """Add a line; `of_amount` are the places of the scores that are its amount's, `wide` its range's variance."""
        tables = [list(map(float, row)) for row in UNCERTAINTY]
        squares = [math.log(row[int(score) - 1]) ** 2 for row, score in zip(tables, digits, strict=True)]
        amount = sum(squares[int(place)] for place in of_amount)
        factor = math.log(basic) ** 2 + sum(squares) - amount
        size = float(abs(co2e))
        self.amounts += size**2 * max(amount if key else amount + factor, wide)
        if key:
            whole, most = self.used.get(key, (0.0, 0.0))
            self.used[key] = whole + size, max(most, factor)
        self.parts.append((abs(co2e), Fraction(int(primary)), Fraction(sum(map(int, digits)), 5)))

    def wide(self, basis: str, key: str) -> float:
        """Return the variance of an amount that nobody read, by the usual range of the step."""
        group = key.partition(":")[0].replace("grid", "electricity")
        spread = example.tables().spreads.get(self.step, {}).get(key if group in {"materials", "direct"} else group)
        return math.log(float(spread)) ** 2 if spread and basis in {"calculated", "assumed"} else 0

    def inherit(self, co2e: Fraction, quality: Quality) -> None:
        self.parts.append((abs(co2e), Fraction(quality.primary_share), Fraction(quality.rating)))
        assert quality.amounts is not None
        self.amounts += float(co2e) ** 2 * float(quality.amounts)
        for key, root in quality.shared or ():
            self.brought[key] = self.brought.get(key, 0.0) + float(abs(co2e)) * float(root)

    def check(self, quality: Quality) -> None:
        whole = sum((size for size, *_ in self.parts), Fraction())
        primary = sum((size * share for size, share, _ in self.parts), Fraction()) / whole
        rating = sum((size * rated for size, _, rated in self.parts), Fraction()) / whole
        for key, (size, factor) in self.used.items():
            self.brought[key] = self.brought.get(key, 0.0) + size * math.sqrt(factor)
        variance = (sum(root**2 for root in self.brought.values()) + self.amounts) / float(whole) ** 2
        assert abs(Fraction(quality.primary_share) - primary) <= Fraction(1, 2 * ONE)
        assert abs(Fraction(quality.rating) - rating) <= Fraction(1, 2 * 10**6)
        assert float(quality.variance) == pytest.approx(variance, rel=1e-8)


def digits_of(basis: str, factor: str, year: int, plant: str) -> str:
    """Score a line by the rules as they are written."""
    row = example.tables().factor(factor)
    if row.status == "placeholder":
        return "55555"
    how = {"metered": 1, "weighed": 1, "apportioned": 2, "calculated": 3, "assumed": 4}[basis]
    reliability = max(how, 2 if row.status in {"derived", "read-secondary"} else 1)
    complete = {"apportioned": 2, "assumed": 5}.get(basis, 1)
    if row.status == "method":
        return f"{reliability}{complete}11{row.quality}"
    age = 99 if row.year is None else abs(year - row.year)
    time = 1 if age < 3 else 2 if age < 6 else 3 if age < 10 else 4 if age < 15 else 5
    where = 1 if row.geography == plant else 2 if row.geography == "CN" else 3
    return f"{reliability}{complete}{time}{where}{row.quality}"


def of_amount(basis: str, factor: str) -> str:
    """Return the places of the scores that are the amount's: completeness, and reliability where it is the worse."""
    status = example.tables().factor(factor).status
    if status == "placeholder":
        return ""
    how = {"metered": 1, "weighed": 1, "apportioned": 2, "calculated": 3, "assumed": 4}[basis]
    return "01" if how > (2 if status in {"derived", "read-secondary"} else 1) else "1"


def flow_of(factor: str) -> str:
    return factor.partition("/")[2].partition(".")[0]


def lines_of(record: ProductionRecord) -> Iterable[tuple[str, str, Fraction, float, bool, str]]:
    """Yield basis, factor, amount in its unit, basic uncertainty, whether it may be primary, and the key."""
    for material in record.materials:
        yield (
            material.basis,
            material.factor,
            Fraction(material.mass) * Fraction(material.strength or 1),
            1.05,
            False,
            f"materials:{flow_of(material.factor)}",
        )
    for fuel in record.fuels:
        burnt = example.tables().factor(fuel.factor).boundary in {"combustion", "gate-to-grave", "use"}
        gases = {gas for gas, _ in example.tables().factor(fuel.factor).values}
        other = 1.05 if gases & {"CO2-fossil", "CO2e"} else 1.5
        yield fuel.basis, fuel.factor, Fraction(fuel.amount.amount), other, burnt, f"fuels:{flow_of(fuel.factor)}"
    for power_line in record.electricity:
        assert power_line.factor is not None
        yield power_line.basis, power_line.factor, Fraction(power_line.amount), 1.10, True, "grid:CN:direct"
    for journey in record.transport:
        yield (
            journey.basis,
            journey.factor,
            Fraction(journey.amount),
            2.0,
            False,
            f"transport:{flow_of(journey.factor)}",
        )


@pytest.mark.parametrize("run", example.runs())
def test_the_quality_of_a_run_computed_again_from_its_record(run: str) -> None:
    record, done, again = (
        example.read(example.written(run)),
        example.drafts()[run],
        Again(example.read(example.written(run)).step),
    )
    gwp = {gas: Fraction(weight, ONE) for gas, weight in example.tables().gwp.weights["AR6"].items()}
    plant = example.facilities()[record.facility].region or ""
    for basis, factor, amount, basic, own, key in lines_of(record):
        values = example.tables().factor(factor).values
        co2e = sum((amount * Fraction(each, ONE) * gwp[gas] for gas, each in values), Fraction())
        digits = digits_of(basis, factor, int(record.period.end[:4]), plant)
        primary = own and basis in {"metered", "weighed", "apportioned"} and digits != "55555"
        again.line(
            co2e,
            digits,
            basic,
            primary=primary,
            key=key,
            of_amount=of_amount(basis, factor),
            wide=again.wide(basis, key),
        )
    for given in done.inventory.direct.lines:
        if given.gas is None:
            continue
        gas = "CO2-fossil" if given.gas == "CO" else given.gas
        mass = Fraction(given.mass_kg) * (Fraction("44.009") / Fraction("28.010") if given.gas == "CO" else 1)
        how = {"metered": 1, "weighed": 1, "calculated": 3, "assumed": 4}[given.basis]
        digits = f"{how}{5 if given.basis == 'assumed' else 1}11{how}"
        direct, places = None, "01"
        if given.method is not None and given.method.by == "default":
            digits = digits_of(given.basis, given.method.factor, int(record.period.end[:4]), plant)
            direct, places = f"direct:{flow_of(given.method.factor)}", of_amount(given.basis, given.method.factor)
        primary = given.basis in {"metered", "weighed"} and digits != "55555"
        basic = 1.05 if gas.startswith("CO2") else 1.5
        again.line(
            mass * gwp[gas],
            digits,
            basic,
            primary=primary,
            key=direct,
            of_amount=places,
            wide=again.wide(given.basis, f"direct:{gas}"),
        )
    for item in record.inputs:
        cited = example.lots()[item.lot or ""].facts
        share = Fraction(item.mass) / Fraction(cited.batch.net_mass_kg)
        rows = cited.footprint.rows
        again.inherit(
            sum((Fraction(kg) * gwp[gas] * share for _, gas, kg, _ in rows), Fraction()), cited.footprint.quality
        )
    again.check(done.quality)


def test_the_trace_of_quality_names_every_line_and_input() -> None:
    run = "MAG-2026-06"
    record, done = example.read(example.written(run)), example.drafts()[run]
    upstream = [example.lots()[item.lot or ""] for item in record.inputs]
    term = explain_quality(done, upstream, tables=example.tables())
    assert term.value == quality_text(done.quality)
    told = [operand.name for operand in term.operands]
    assert [item.lot for item in record.inputs] == told[-len(record.inputs) :]
    assert all(line.name in told for line in record.electricity)
    assert any("reliability 3" in operand.formula for operand in term.operands)
