"""The parts of a production record: what a producer writes of one input, line, output, price or claim.

Rules: as of the whole (`schemas.record`).  What this module does not do: it knows nothing of the other parts of a
record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from schemas.claim import MOST_COUNTRIES, Baseline, ClaimId, Stated
from schemas.determination import WrittenDetermination
from schemas.document import Written
from schemas.door import as_pydantic
from schemas.identifier import (
    CasNumber,
    CertificateDigest,
    Country,
    Currency,
    Did,
    Digest,
    Element,
    FactorId,
    Grid,
    HsCode,
    ItemId,
    LinePlace,
    ProductId,
    RunId,
)
from schemas.instant import Day, Period, Year
from schemas.inventory import Pedigree
from schemas.lot import Lot
from schemas.name import Words
from schemas.problem import InputError
from schemas.quantity import (
    BoundAmount,
    Cubic,
    Energy,
    Figure,
    FineMass,
    FuelAmount,
    Kilowatts,
    Kwh,
    Load,
    Mass,
    Share,
    SparedAmount,
    TonneKm,
    UnitPrice,
    millionths,
)
from schemas.rate import CarbonContent, HeatingValue
from schemas.run import MOST_DOCUMENTS
from schemas.vocabulary import (
    AbsenceReason,
    AllocationMethod,
    Basis,
    Custody,
    Destination,
    ExclusionKind,
    FuelFamily,
    FuelUse,
    Gas,
    InstrumentKind,
    Kind,
    MassKey,
    OwnPlantKind,
    OwnPower,
    RecycledOrigin,
    Step,
    WasteClass,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Composition = Annotated[dict[Element, Share], Field(max_length=60)]
Elements = Annotated[dict[Element, Mass], Field(max_length=60)]


class WrittenInput(Written):
    """A certified input and the mass taken of it."""

    lot: Lot | None = None
    """Lot of the input, as its holder knows it. Write either this or `certificate`."""
    certificate: CertificateDigest | None = None
    """Digest of the input's certificate (`zQm...`). Write either this or `lot`."""
    mass: Mass
    """Net mass taken, dry at 105 C and above zero."""

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        if (self.lot is None) == (self.certificate is None):
            raise as_pydantic(InputError.at("record.input-name"))
        return self


class _WrittenLine(Written):
    """What every line may say: how the amount was found, and the source or assumption behind it."""

    name: Words
    """What the line is called in reports and traces."""
    basis: Basis = "metered"
    """How the amount was found: metered, weighed, calculated, apportioned or assumed."""
    basis_key: Words | None = None
    """Period and key by which the amount was apportioned. Required if the basis is `apportioned`, forbidden otherwise.
    """
    pedigree: Pedigree | None = None
    """Five scores from 1 (best) to 5: reliability, completeness, time, geography, technology (pedigree matrix of
    Weidema and Wesnaes, 1996). Absent means scored by basis and factor."""
    note: Words | None = None
    """Source of the amount, or the assumption behind it."""
    meter: Words | None = None
    """Name or number of the meter or the scale that gave the amount, or of the document that shows it, such as an
    invoice. What is metered or weighed names it; without it the amount counts as calculated."""

    @model_validator(mode="after")
    def _keyed_where_apportioned(self) -> Self:
        if (self.basis == "apportioned") != (self.basis_key is not None):
            raise as_pydantic(InputError.at("record.basis-key"))
        return self


class WrittenGenerator(Written):
    """The organisation and the process that scrap fell off in."""

    organisation: Did
    """DID of the organisation in which the scrap fell off."""
    step: Step
    """Process step in which the scrap fell off."""
    certificate: CertificateDigest | None = None
    """Certificate of a batch whose run tells of this scrap among its wastes. Absent if that run has none."""


class WrittenMaterial(_WrittenLine):
    """A material without a certificate."""

    mass: Mass
    """Mass as weighed, above zero. For a solution or mixture it is the whole, not the content."""
    factor: FactorId
    """Emission factor of the material, as `<table>/<row>`, for 1 kg of it or of its content."""
    proxy_for: Words | None = None
    """Substance that the material is, if no factor is its own. The factor is then that of a like substance, and counts
    1.25 times. Absent means that the factor is the material's own."""
    cas: CasNumber | None = None
    """CAS Registry Number of the substance. It says what the material is where no composition does. Absent means not
    stated."""
    strength: Share | None = None
    """Part of the mass that is the pure substance, from 0 to 1. The factor then applies to that part alone."""
    composition: Composition = Field(default_factory=dict)
    """Mass fraction of each element in what was weighed. Empty if not stated."""
    recycled: RecycledOrigin | None = None
    """Whether the material is pre-consumer or post-consumer recycled (ISO 14021). Absent means not recycled."""
    generated_by: WrittenGenerator | None = None
    """Organisation and process that pre-consumer scrap comes from. Absent if unknown."""
    proof: Digest | None = None
    """SHA-256 of the document that shows where scrap comes from, such as a take-back note or the delivery note of a
    dismantler. Absent means no document."""
    extracted_in: Country | None = None
    """Country in which the elements were extracted, by ISO 3166-1. Absent means unknown."""
    supplier_value: Words | None = None
    """The supplier's own declaration that states the factor. It makes the line primary data."""


class WrittenFuel(_WrittenLine):
    """A fuel burnt, its supply, or heat bought: by mass, by heating value, or by carbon content."""

    amount: FuelAmount
    """Fuel or heat, above zero, as a mass, a volume or an energy with its unit."""
    factor: FactorId
    """Emission factor, as `<table>/<row>`: for one unit of the amount, for one MJ with `heating_value`, or for one kg
    of carbon with `carbon`."""
    energy: Energy | None = None
    """Net calorific energy of the whole amount. With `heating_value`, or an amount that is an energy, it is not needed.
    Without any of them the energy indicator is partial."""
    heating_value: HeatingValue | None = None
    """Net calorific value for one unit of the amount. The factor is then for one MJ."""
    carbon: CarbonContent | None = None
    """Carbon for one unit of the amount, or for one unit of energy with `heating_value`. The factor is then for one kg
    of carbon."""
    oxidation: Share | None = None
    """Part of the carbon that burns, from 0 to 1. Absent means all of it. A value below 1 may not be assumed."""
    fuel: FuelFamily | None = None
    """Family of the fuel. Absent means that the factor tells it; carbon burnt owes it."""
    use: FuelUse | None = None
    """What the fuel is burnt for. Absent means process heat, or `mobile` for diesel and motor gasoline."""
    ash_carbon: Load | None = None
    """Carbon found in ash and soot, as a mass of C. Absent means none was found."""
    proof: Digest | None = None
    """SHA-256 of the document that proves where a biogenic fuel comes from. Absent means no proof."""
    supplier_value: Words | None = None
    """The supplier's own declaration that states the factor. It makes the line primary data."""


class WrittenInstrument(Written):
    """A contractual electricity instrument that covers part of an electricity line."""

    kind: InstrumentKind | None = None
    """`contract` or `supplier` (the supplier's own factor). Absent for an energy attribute certificate (GHG Protocol
    Scope 2 Guidance, table 6.3)."""
    bundled: bool | None = None
    """Whether an energy attribute certificate was bought together with the electricity. Absent means not stated."""
    scheme: Words
    """Name of the scheme that issued or cancelled the instrument."""
    statement: Words
    """Number of the statement within its scheme. It is used once, except that a supplier's own factor is for all its
    customers."""
    amount: Kwh
    """Electricity that this run uses of the instrument, above zero and at most the amount of its line."""
    whole: Kwh | None = None
    """Electricity that the whole statement covers. Absent means `amount`."""
    grid: Grid
    """Grid of the instrument, as an ISO 3166-2 subdivision or an undivided country. It equals the grid of the line."""
    year: Year
    """Calendar year of the instrument. It equals the year of the run."""
    factor: FactorId
    """Emission factor of the technology that generated it, as `<table>/<row>`."""

    @model_validator(mode="after")
    def _part_of_the_whole(self) -> Self:
        if self.whole is not None and millionths(self.amount) > millionths(self.whole):
            raise as_pydantic(InputError.at("record.instrument-whole", found=self.amount, possible=self.whole))
        return self


class WrittenOwnPlant(Written):
    """What generates the plant's own electricity."""

    kind: OwnPlantKind
    """What generates: the sun, wind, water, the heat of the earth, or the plant's own fuel."""
    power: Kilowatts | None = None
    """Rated power, of solar modules the peak power. Absent means not stated."""
    meter: Words | None = None
    """Name or number of the meter that read the electricity. Absent means that no meter read it."""
    battery: Kwh | None = None
    """Electricity that its battery holds when full. Absent means that there is none, or none stated."""


class WrittenDeclaredGrid(Written):
    """Where the factor of a grid comes from that no shipped table has."""

    publisher: Words
    """Authority that publishes the factor."""
    url: Words
    """Address at which it is published."""
    document: Digest
    """SHA-256 of the published document."""
    year: Year
    """Year that the factor is for."""


class WrittenElectricity(_WrittenLine):
    """Electricity used by the run."""

    amount: Kwh
    """Electricity used, above zero, in kWh or MWh."""
    grid: Grid
    """Grid that supplies the plant, as an ISO 3166-2 subdivision or an undivided country."""
    own: OwnPower | None = None
    """Present if the plant generated the electricity itself: `attributes-kept`, or `attributes-sold` to somebody else
    (GHG Protocol Scope 2 Guidance, 6.6). Once sold, the market-based side takes `uncovered`."""
    factor: FactorId | None = None
    """Location-based emission factor, as `<table>/<row>`. Absent means the average of the grid, or the
    reference row of its country."""
    uncovered: FactorId | None = None
    """Market-based emission factor for what no instrument covers, as `<table>/<row>`. Absent means the residual mix of
    the grid or, without one, the larger of its country's residual and its average."""
    instruments: tuple[WrittenInstrument, ...] = ()
    """Contractual instruments that cover part or all of the amount on the market-based side."""
    plant: WrittenOwnPlant | None = None
    """What generated the plant's own electricity. Absent means not stated."""
    declared: WrittenDeclaredGrid | None = None
    """Publication of the location-based factor, for a grid that no shipped table has. Absent for any other."""


class WrittenDirect(_WrittenLine):
    """A substance given off; its mass follows from the method, where there is one that computes it."""

    substance: Words
    """Name of the substance given off."""
    gas: Gas | Literal["CO"] | None = None
    """Greenhouse gas as which the substance counts. `CO` counts as fossil CO2, oxidised in air. Absent means that it
    counts in balances only."""
    mass: FineMass | None = None
    """Mass given off, zero allowed. Absent means that the method computes it; if both are given they agree to the
    milligram."""
    elements: Elements = Field(default_factory=dict)
    """Mass of each element in a substance that has no `gas`. Empty if not stated."""
    method: WrittenDetermination | None = None
    """How the mass was determined. Absent means by the basis alone."""

    @model_validator(mode="after")
    def _weighed_or_computed(self) -> Self:
        if self.mass is None and (self.method is None or self.method.by == "measured"):
            raise as_pydantic(InputError.at("record.emission-mass"))
        return self


class WrittenTransport(_WrittenLine):
    """Goods carried on one journey, or on several of the same kind."""

    amount: TonneKm
    """Shipped mass times distance, above zero, in t.km."""
    factor: FactorId
    """Emission factor of the means of transport, as `<table>/<row>`, for one t.km."""
    supplier_value: Words | None = None
    """The carrier's own declaration that states the factor. It makes the line primary data."""


class WrittenWaste(_WrittenLine):
    """A waste, dry."""

    mass: Mass
    """Mass of the waste, dry and above zero."""
    moisture: Share = "0"
    """Water in the waste as it left, as a fraction of its wet mass."""
    waste_class: WasteClass | None = None
    """Class of the waste. `in-water` and `in-place` are no waste. Absent counts as non-hazardous."""
    fate: Words
    """What happens to the waste, in words."""
    destination: Destination | None = None
    """Where the waste goes: recovery, registered disposal, stays on site, or outside without registered treatment.
    Absent means not stated."""
    elements: Elements = Field(default_factory=dict)
    """Mass of each element in the waste. Empty if not stated."""
    factor: FactorId | None = None
    """Emission factor of the treatment, as `<table>/<row>`. Absent means that the waste leaves without burden."""
    proof: Digest | None = None
    """SHA-256 of the document that shows who took a waste for recovery, such as a delivery note. Nitrogen that is said
    to be sold counts as lost without it. Absent means no document."""


class WrittenCredit(_WrittenLine):
    """A credit: told apart from the footprint, which it does not lower."""

    amount: SparedAmount
    """Amount of what is spared elsewhere, above zero, with its unit."""
    factor: FactorId
    """Emission factor of what is spared, as `<table>/<row>`, for one unit of the amount."""


class WrittenMeter(Written):
    """A meter at the fence and what it read over the period."""

    meter: Words
    """Name or number of the meter."""
    reading: Cubic
    """Water that passed the meter in the period of the run, in m3, zero allowed."""


class WrittenWater(Written):
    """The water balance of a run: what came in equals what left, exactly."""

    fresh: Cubic
    """Fresh water withdrawn, in m3."""
    with_reagents: Cubic
    """Water that came in with reagents, in m3."""
    feed_moisture: Cubic
    """Water that came in as moisture of the feed, in m3."""
    formed: Cubic
    """Water that reactions formed, in m3."""
    discharged: Cubic
    """Water discharged from the plant, in m3."""
    evaporated: Cubic
    """Water evaporated, in m3."""
    in_products: Cubic
    """Water that left in products, in m3."""
    in_wastes: Cubic
    """Water that left in wastes, in m3."""
    recycled: Cubic = "0"
    """Water used again within the plant, in m3. It is no part of the balance."""
    evaporator: Cubic | None = None
    """Process liquor evaporated with purchased energy, in m3. Absent means not stated."""
    evaporator_electricity: Kwh | None = None
    """Electricity that the evaporator used. The electricity lines of the run include it."""
    fluoride: Load | None = None
    """Fluoride in the discharged water, as a mass of F, zero allowed. Absent means not stated."""
    ammonia_nitrogen: Load | None = None
    """Ammonia nitrogen in the discharged water, as a mass of N, zero allowed. Absent means not stated."""
    discharge_meters: tuple[WrittenMeter, ...] = ()
    """Independent meters at the site boundary. A claim of zero discharge needs them."""
    note: Words | None = None
    """Source of the figures, or the assumption behind them."""


class WrittenCoating(Written):
    """A coating inside the net mass."""

    kind: Words
    """What the coating is made of."""
    mass: Mass
    """Mass of the coating, above zero. The net mass and the composition of the output include it."""


class WrittenSold(Written):
    """What was sold of an output, at what price, with the documents that show it."""

    mass: Mass
    """Mass sold, dry and at most the net mass of the output."""
    price: UnitPrice
    """Price per kg, in the currency of the allocation."""
    period: Period
    """First and last day of the sales, both included."""
    documents: Annotated[tuple[Digest, ...], Field(min_length=1, max_length=MOST_DOCUMENTS)]
    """SHA-256 of each invoice or contract, in base64url."""


class WrittenQuote(Written):
    """A dated quotation that shows the price of an output."""

    day: Day
    """Day of the quotation."""
    document: Digest
    """SHA-256 of the quotation, in base64url."""


class WrittenOutput(Written):
    """An output of a run: dry net mass, composition, and whether it is certified and takes a share."""

    lot: Lot
    """Lot number as printed on the goods. A plant uses each lot number once."""
    kind: Kind
    """What the batch is, such as oxide, metal or magnet."""
    product: ProductId | None = None
    """Product of the vocabulary, as `oreprint vocabulary` lists it. Absent means none of them."""
    description: Words
    """What the goods are, in words."""
    mass: Mass
    """Net mass, dry at 105 C and above zero."""
    shipped_mass: Mass | None = None
    """Mass as shipped, with its moisture. If present it agrees with `mass` and `moisture`."""
    moisture: Share = "0"
    """Water in the goods as shipped, as a fraction of their wet mass."""
    composition: Composition
    """Mass fraction of each element in the dry goods, coating and loss on ignition included."""
    certify: bool = True
    """Whether the output gets a certificate."""
    allocate: bool = True
    """Whether the output takes a share of the run's footprint. False only for an output without rare earth."""
    price: UnitPrice | None = None
    """Mean price per kg of net mass. Economic allocation needs it. Write 0.01 where you pay to have it taken."""
    sold: WrittenSold | None = None
    """Evidence of sales. It stands for the reference price of the mass sold."""
    quote: WrittenQuote | None = None
    """Quotation that shows the price. With it a price far from the reference is flagged, not refused."""
    hs_code: HsCode | None = None
    """Customs code of the Harmonized System, 6 to 10 digits."""
    loss_on_ignition: Share | None = None
    """Loss on ignition, as a mass fraction of the dry goods. The composition includes it."""
    coating: WrittenCoating | None = None
    """Coating of the goods. Absent means none."""
    custody: Custody = "mass-balance"
    """Chain-of-custody model (ISO 22095:2020, 5.2 to 5.5)."""
    owner: Did | None = None
    """DID of the first owner, if that is not the producer: a toll plant works on what belongs to others."""
    note: Words | None = None
    """Free words about the output."""


class WrittenPrices(Written):
    """Where the prices of an economic allocation come from."""

    period: Period
    """Period over which the prices are averaged, both days included."""
    currency: Currency
    """Currency of all prices, by ISO 4217."""
    source: Words
    """Publication or contract that the prices come from."""


class WrittenAllocation(Written):
    """How the total is shared out."""

    method: AllocationMethod
    """Declared allocation method: by mass or economic. Certificates carry the total of the other one too."""
    mass_key: MassKey
    """What mass allocation weighs: `REO`, kg of rare-earth oxide, or `RE`, kg of rare-earth element."""
    prices: WrittenPrices | None = None
    """Source of the prices. Economic allocation needs it."""


class WrittenBaseline(Written):
    """The figure of the same period a year before, from which a fall is measured."""

    figure: Figure
    """Figure of the same period a year before, in the unit of the claim's rule."""
    certificate: CertificateDigest | None = None
    """Digest of the certificate that states the figure. Absent means the producer's word only."""


class WrittenClaim(Written):
    """A claim about what the run makes: its rule, and the choices that the rule leaves to the producer."""

    id: ClaimId
    """Rule of the claim, as `docs/reference/claims.md` lists them."""
    element: Element | None = None
    """Element that the claim is about, where its rule goes by element."""
    threshold: Figure | None = None
    """Figure that the claim promises to keep to, in the unit of its rule. Absent means the rule's own threshold."""
    countries: Annotated[tuple[Country, ...], Field(min_length=1, max_length=MOST_COUNTRIES)] | None = None
    """Countries that an origin claim names, by ISO 3166-1."""
    baseline: WrittenBaseline | None = None
    """Figure of the year before, where the rule measures a fall."""

    def stated(self) -> Stated:
        """Return it as a certificate states it; countries by the alphabet."""
        baseline = self.baseline
        return Stated(
            id=self.id,
            element=self.element,
            threshold=self.threshold,
            countries=None if self.countries is None else tuple(sorted(set(self.countries))),
            baseline=None if baseline is None else Baseline(figure=baseline.figure, certificate=baseline.certificate),
        )


class WrittenExclusion(Written):
    """Something that the result leaves out, and the most that it can matter."""

    what: Words
    """What is left out."""
    why: Words
    """Why it is left out."""
    share: Share | None = None
    """The most that it is of the whole, from 0 to 1. Absent means not estimated."""
    kind: ExclusionKind | None = None
    """Why it may be left out: it lies outside the `boundary`, gives off no greenhouse gas (`no-ghg`), is a credit that
    is not taken (`no-credit`), stands in another line (`in-other-line`), is `bounded`, or is `open`. Absent means
    `bounded` with a bound, else `open`."""
    line: Words | None = None
    """Name of the line that covers it, for `in-other-line`."""
    at_most: BoundAmount | None = None
    """The most that is left out, with its unit. It needs a factor."""
    factor: FactorId | None = None
    """Emission factor for one unit of `at_most`, as `<table>/<row>` of a shipped table."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        bounded = self.share is not None or self.at_most is not None
        if (self.at_most is None) != (self.factor is None):
            raise as_pydantic(InputError.at("record.exclusion-bound"))
        if (self.line is None) != (self.kind != "in-other-line"):
            raise as_pydantic(InputError.at("record.exclusion-line"))
        if self.kind is not None and bounded != (self.kind == "bounded"):
            raise as_pydantic(InputError.at("record.exclusion-kind", found=self.kind))
        return self


class WrittenAbsent(Written):
    """Something that the step owes and the record has no line for: what it is, why, and what the reason names."""

    item: ItemId
    """What is absent: an item of the table of completeness (`process-heat`), or a group of lines that the profile
    requires (`transport`)."""
    reason: AbsenceReason
    """Why there is no line, from a closed list."""
    variant: Words | None = None
    """Variant of the process that does without it. Required for `not-in-process`."""
    line: LinePlace | None = None
    """Line of this record that holds it, as group and index from 0, such as `electricity[0]`. Required for
    `in-other-line` and `measured-zero`; `recovered-heat` names it or `run`."""
    lot: Lot | None = None
    """Certified input that brought it. Required for `in-input`."""
    run: RunId | None = None
    """Run that holds it, by its producer's own name. Required for `other-run`; `recovered-heat` names it or `line`."""
    heat: Energy | None = None
    """Heat that was recovered. Required for `recovered-heat`."""

    @model_validator(mode="after")
    def _names_what_its_reason_asks(self) -> Self:
        asked = ABSENCE_NAMES[self.reason]
        given = {name for name in ("variant", "line", "lot", "run", "heat") if getattr(self, name) is not None}
        if given not in asked:
            possible = " or ".join(" and ".join(sorted(each)) or "nothing more" for each in asked)
            raise as_pydantic(InputError.at("record.absent", item=self.item, reason=self.reason, possible=possible))
        return self


ABSENCE_NAMES: Final[Mapping[AbsenceReason, tuple[set[str], ...]]] = {
    "not-in-process": ({"variant"},),
    "in-other-line": ({"line"},),
    "in-input": ({"lot"},),
    "other-run": ({"run"},),
    "met-by-electricity": (set(),),
    "recovered-heat": ({"line", "heat"}, {"run", "heat"}),
    "regenerated-in-run": (set(),),
    "measured-zero": ({"line"},),
}
"""What each reason of an absence names, one of these sets."""
