"""The parts of a production record: what a producer writes of one input, line, output, price or claim.

Rules: as of the whole (`schemas.record`).  What this module does not do: it knows nothing of the other parts of a record.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.claim import MOST_COUNTRIES, Baseline, ClaimId, Stated
from schemas.determination import WrittenDetermination
from schemas.document import Written
from schemas.door import as_pydantic
from schemas.identifier import (
    CertificateDigest,
    Country,
    Currency,
    Did,
    Element,
    FactorId,
    HsCode,
    ProductId,
    Region,
)
from schemas.instant import Period, Year
from schemas.inventory import Pedigree
from schemas.lot import Lot
from schemas.name import Words
from schemas.problem import InputError
from schemas.quantity import (
    Cubic,
    Energy,
    Figure,
    FineMass,
    FuelAmount,
    Kwh,
    Load,
    Mass,
    Share,
    TonneKm,
    UnitPrice,
    millionths,
)
from schemas.rate import CarbonContent, HeatingValue
from schemas.vocabulary import (
    AllocationMethod,
    Basis,
    Custody,
    Destination,
    Gas,
    InstrumentKind,
    Kind,
    MassKey,
    OwnPower,
    RecycledOrigin,
    Step,
    WasteClass,
)

Composition = Annotated[dict[Element, Share], Field(max_length=60)]
Elements = Annotated[dict[Element, Mass], Field(max_length=60)]


class WrittenInput(Written):
    """A certified input: its lot as the holder knows it, or its certificate's digest; and the mass taken, dry."""

    lot: Lot | None = None
    certificate: CertificateDigest | None = None
    mass: Mass

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        if (self.lot is None) == (self.certificate is None):
            raise as_pydantic(InputError.at("record.input-name"))
        return self


class _WrittenLine(Written):
    """What every line may say: how the amount was found, and the source or assumption behind it."""

    name: Words
    basis: Basis = "metered"
    basis_key: Words | None = None
    pedigree: Pedigree | None = None
    note: Words | None = None

    @model_validator(mode="after")
    def _keyed_where_apportioned(self) -> Self:
        if (self.basis == "apportioned") != (self.basis_key is not None):
            raise as_pydantic(InputError.at("record.basis-key"))
        return self


class WrittenGenerator(Written):
    """The organisation and the process that scrap fell off in."""

    organisation: Did
    step: Step


class WrittenMaterial(_WrittenLine):
    """A material without a certificate."""

    mass: Mass
    factor: FactorId
    strength: Share | None = None
    composition: Composition = Field(default_factory=dict)
    recycled: RecycledOrigin | None = None
    generated_by: WrittenGenerator | None = None
    extracted_in: Country | None = None
    supplier_value: Words | None = None


class WrittenFuel(_WrittenLine):
    """A fuel burnt, its supply, or heat bought: by mass, by heating value, or by carbon content."""

    amount: FuelAmount
    factor: FactorId
    energy: Energy | None = None
    heating_value: HeatingValue | None = None
    carbon: CarbonContent | None = None
    oxidation: Share | None = None
    supplier_value: Words | None = None


class WrittenInstrument(Written):
    """A contractual electricity instrument: the kWh used here, and `whole` what its statement is for, where that is more."""

    kind: InstrumentKind | None = None
    scheme: Words
    statement: Words
    amount: Kwh
    whole: Kwh | None = None
    grid: Region
    year: Year
    factor: FactorId

    @model_validator(mode="after")
    def _part_of_the_whole(self) -> Self:
        if self.whole is not None and millionths(self.amount) > millionths(self.whole):
            raise as_pydantic(InputError.at("record.instrument-whole", found=self.amount, possible=self.whole))
        return self


class WrittenElectricity(_WrittenLine):
    """Electricity; the two factors follow from grid and year unless they are named; `own` if the plant generated it."""

    amount: Kwh
    grid: Region
    own: OwnPower | None = None
    factor: FactorId | None = None
    uncovered: FactorId | None = None
    instruments: tuple[WrittenInstrument, ...] = ()


class WrittenDirect(_WrittenLine):
    """A substance given off; its mass follows from the method, where there is one that computes it."""

    substance: Words
    gas: Gas | Literal["CO"] | None = None
    mass: FineMass | None = None
    elements: Elements = Field(default_factory=dict)
    method: WrittenDetermination | None = None

    @model_validator(mode="after")
    def _weighed_or_computed(self) -> Self:
        if self.mass is None and (self.method is None or self.method.by == "measured"):
            raise as_pydantic(InputError.at("record.emission-mass"))
        return self


class WrittenTransport(_WrittenLine):
    """Goods carried."""

    amount: TonneKm
    factor: FactorId
    supplier_value: Words | None = None


class WrittenWaste(_WrittenLine):
    """A waste, dry."""

    mass: Mass
    moisture: Share = "0"
    waste_class: WasteClass | None = None
    fate: Words
    destination: Destination | None = None
    elements: Elements = Field(default_factory=dict)
    factor: FactorId | None = None


class WrittenCredit(_WrittenLine):
    """A credit: told apart from the footprint, which it does not lower."""

    amount: FuelAmount
    factor: FactorId


class WrittenMeter(Written):
    """A meter at the fence and what it read over the period."""

    meter: Words
    reading: Cubic


class WrittenWater(Written):
    """The run's water, in m3; `evaporator` is process liquor evaporated with purchased energy."""

    fresh: Cubic
    with_reagents: Cubic
    feed_moisture: Cubic
    formed: Cubic
    discharged: Cubic
    evaporated: Cubic
    in_products: Cubic
    in_wastes: Cubic
    recycled: Cubic = "0"
    evaporator: Cubic | None = None
    evaporator_electricity: Kwh | None = None
    fluoride: Load | None = None
    ammonia_nitrogen: Load | None = None
    discharge_meters: tuple[WrittenMeter, ...] = ()
    note: Words | None = None


class WrittenCoating(Written):
    """A coating inside the net mass."""

    kind: Words
    mass: Mass


class WrittenOutput(Written):
    """An output: dry net mass, composition, and whether it is certified and takes a share.

    `owner` is whose it is from the first where that is not the producer's: a toll plant works on what is another's.
    """

    lot: Lot
    kind: Kind
    product: ProductId | None = None
    description: Words
    mass: Mass
    shipped_mass: Mass | None = None
    moisture: Share = "0"
    composition: Composition
    certify: bool = True
    allocate: bool = True
    price: UnitPrice | None = None
    hs_code: HsCode | None = None
    loss_on_ignition: Share | None = None
    coating: WrittenCoating | None = None
    custody: Custody = "mass-balance"
    owner: Did | None = None
    note: Words | None = None


class WrittenPrices(Written):
    """Where the prices come from; the table's digest is that of the prices as written here."""

    period: Period
    currency: Currency
    source: Words


class WrittenAllocation(Written):
    """How the total is shared out."""

    method: AllocationMethod
    mass_key: MassKey
    prices: WrittenPrices | None = None


class WrittenBaseline(Written):
    """The figure of the same period a year before, in the unit of the rule, and the certificate that states it."""

    figure: Figure
    certificate: CertificateDigest | None = None


class WrittenClaim(Written):
    """A claim about what the run makes: a rule, and what the rule leaves to the producer (`docs/reference/claims.md`)."""

    id: ClaimId
    element: Element | None = None
    threshold: Figure | None = None
    countries: Annotated[tuple[Country, ...], Field(min_length=1, max_length=MOST_COUNTRIES)] | None = None
    baseline: WrittenBaseline | None = None

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
    """Something left out, why, and which part of the whole it is thought to be."""

    what: Words
    why: Words
    share: Share | None = None
