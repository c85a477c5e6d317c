"""A run: how a batch was made; the confidential part that the certificates of all its outputs share.

Rules: its text is one SD-JWT array disclosure (RFC 9901, 4.2.2), the same word for word in every certificate of
the run.  In it, arrays of digests stand at fixed places only: `inputs` (each with one `source`), `inventory` (all
seven groups in their order), `outputs`.  What is clear in the run itself is what must be seen to add all outputs
up and to redo the shares.  Amounts are strings: kg with at most 6 decimals where they were measured, at most 12
where they were computed.  What this module does not do: arithmetic (`ledger.footprint`), hashing (`ledger.seal`).
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from schemas.document import Document
from schemas.identifier import (
    CertificateDigest,
    Country,
    Did,
    Digest,
    Element,
    FacilityId,
    FactorId,
    HoldingText,
    Index,
    Region,
    RegistryId,
    RunId,
)
from schemas.instant import Period
from schemas.lot import Lot
from schemas.name import Words
from schemas.quantity import Amount6, Amount12, Fraction6, Fraction12, PositiveAmount6, SignedAmount12
from schemas.statement import Ended
from schemas.vocabulary import (
    AllocationMethod,
    Basis,
    ElectricitySet,
    Gas,
    Group,
    GwpSet,
    Kind,
    MassKey,
    RecycledOrigin,
    Stage,
    Step,
)

MOST_INPUTS = 250
"""Certified inputs of one run (the two-byte count of marks in an entry would bear more; blend instead)."""
MOST_LINES = 250
"""Inventory lines of one run, over all groups."""
MOST_OUTPUTS = 64
"""Outputs of one run."""


class Hidden(Document):
    """The digest of a disclosure, standing in its place (RFC 9901, 4.2.4.2)."""

    digest: Digest = Field(alias="...")


# -- figures ------------------------------------------------------------------------------------------------------


FigureRow: TypeAlias = tuple[Stage, Gas, SignedAmount12, SignedAmount12]
"""kg of one gas from one stage of the chain, with location-based and with market-based electricity.

Rows are arrays, since there are a hundred of them in a certificate: half the bytes and half the time of objects.
"""

GroupRow: TypeAlias = tuple[Group, Gas, SignedAmount12, SignedAmount12]
"""kg of one gas from one group of the run's own lines, location- and market-based."""


class Co2e(Document):
    """kg CO2e under the run's GWP set."""

    location: SignedAmount12
    market: SignedAmount12


ElementMass: TypeAlias = tuple[Element, Amount12]
"""An element and its mass in kg."""

ElementFraction: TypeAlias = tuple[Element, Fraction12]
"""An element and its mass fraction in a material."""


class CountryShare(Document):
    """The part of an element that was extracted in one country; ``ZZ`` where that is not known."""

    country: Country
    share: Fraction12


class ElementShare(Document):
    """One element of a dry product: its mass fraction, the recycled parts of it, and where it was extracted.

    `pre` and `post` are fractions of this element (pre- and post-consumer, ISO 14021:2016, 7.8.1.1);
    `extracted` is given for tracked elements (rare earths, B, Co, Ni) and sums to 1.
    """

    element: Element
    fraction: Fraction6
    pre: Fraction12
    post: Fraction12
    extracted: tuple[CountryShare, ...]


class OriginStep(Document):
    """A step of the chain and where it was done; ``ZZ`` marks a branch whose origin is unknown."""

    step: Step
    country: Country
    region: Region | None = None


class FactorSetRef(Document):
    """A factor table by name and by the SHA-256 of its bytes."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
    digest: Digest


# -- inventory lines: one model a group ---------------------------------------------------------------------------


class _Line(Document):
    """What every line has: a name, how its amount was found, and where that is written down.

    `basis_key` is said where the basis is `apportioned`: period and key.  `note` is the source or the assumption.
    """

    name: Words
    basis: Basis
    basis_key: Words | None = None
    note: Words | None = None


class GasMass(Document):
    """kg of one gas, as the result of a line whose factor value is not public."""

    gas: Gas
    mass_kg: SignedAmount12


class MaterialLine(_Line):
    """A material without a certificate, in kg as weighed; with `strength` the factor applies to the content.

    `composition` is that of what was weighed.  A material that contains a tracked element is a branch of unknown
    origin (`extracted_in` says otherwise) and of no recycled content (`recycled` says otherwise).
    """

    mass_kg: Amount6
    factor: FactorId
    strength: Fraction12 | None = None
    composition: tuple[ElementFraction, ...] = ()
    recycled: RecycledOrigin | None = None
    extracted_in: Country | None = None
    value: tuple[GasMass, ...] | None = None


class FuelLine(_Line):
    """A fuel burnt or supplied; `energy_mj` is net calorific, where it is known."""

    amount: Amount6
    unit: Literal["kg", "m3", "MJ"]
    factor: FactorId
    energy_mj: Amount6 | None = None
    value: tuple[GasMass, ...] | None = None


class Instrument(Document):
    """A contractual electricity instrument: same grid, same year, used once (GHG Protocol Scope 2 Guidance, 7)."""

    scheme: Words
    statement: Words
    kwh: Amount6
    grid: Region
    year: Annotated[str, Field(pattern=r"^20[0-9]{2}$")]
    factor: FactorId


class ElectricityLine(_Line):
    """Electricity used, in kWh: `factor` location-based, `uncovered` market-based for what no instrument covers."""

    amount_kwh: Amount6
    grid: Region
    factor: FactorId
    uncovered: FactorId
    instruments: tuple[Instrument, ...] = ()


class DirectLine(_Line):
    """A substance given off by the process; one without a `gas` (NH3, SO2, N2) counts in balances only.

    A `gas` of ``CO`` counts as CO2-fossil with the exact ratio 44.009/28.010, oxidised in air.
    """

    substance: Words
    gas: Gas | Literal["CO"] | None = None
    mass_kg: Amount12
    elements: tuple[ElementMass, ...] = ()


class TransportLine(_Line):
    """Goods carried, in t.km of shipped mass."""

    amount_tkm: Amount6
    factor: FactorId
    value: tuple[GasMass, ...] | None = None


class WasteLine(_Line):
    """A waste, dry; it leaves without burden unless a factor for its treatment is given."""

    mass_kg: Amount6
    moisture: Fraction6
    fate: Words
    elements: tuple[ElementMass, ...] = ()
    factor: FactorId | None = None


class CreditLine(_Line):
    """A credit, as an amount that something else is spared; its figures are negative, stand apart, and are in no total."""

    amount: Amount6
    unit: Literal["kg", "kWh", "MJ", "m3"]
    factor: FactorId


class Meter(Document):
    """A meter at the fence and what it read over the period, in m3."""

    meter: Words
    reading: Amount6


class Water(Document):
    """The run's water balance in m3: fresh + with_reagents + feed_moisture + formed = the four outs, exactly.

    `evaporator` is process liquor evaporated with purchased energy; what that took in electricity is part of the run's
    electricity lines and stands here again.  A claim of zero discharge rests on the meters and on that energy.
    """

    fresh: Amount6
    with_reagents: Amount6
    feed_moisture: Amount6
    formed: Amount6
    discharged: Amount6
    evaporated: Amount6
    in_products: Amount6
    in_wastes: Amount6
    recycled: Amount6
    evaporator: Amount6 | None = None
    evaporator_kwh: Amount6 | None = None
    discharge_meters: tuple[Meter, ...] = ()
    note: Words | None = None


class Materials(Document):
    """Materials without a certificate."""

    group: Literal["materials"]
    lines: tuple[MaterialLine, ...]


class Fuels(Document):
    """Fuels burnt, and their supply."""

    group: Literal["fuels"]
    lines: tuple[FuelLine, ...]


class Electricity(Document):
    """Electricity used."""

    group: Literal["electricity"]
    lines: tuple[ElectricityLine, ...]


class Direct(Document):
    """Process emissions; `anode_carbon_kg` is the net anode carbon used by an electrolysis."""

    group: Literal["direct"]
    lines: tuple[DirectLine, ...]
    anode_carbon_kg: Amount6 | None = None


class Transport(Document):
    """Transport paid for by the plant."""

    group: Literal["transport"]
    lines: tuple[TransportLine, ...]


class Waste(Document):
    """Wastes, and the water balance."""

    group: Literal["waste"]
    lines: tuple[WasteLine, ...]
    water: Water | None = None


class Credits(Document):
    """Credits, apart from everything else."""

    group: Literal["credits"]
    lines: tuple[CreditLine, ...]


InventoryGroup = Annotated[
    Materials | Fuels | Electricity | Direct | Transport | Waste | Credits, Field(discriminator="group")
]


# -- the run itself -----------------------------------------------------------------------------------------------


class Source(Document):
    """Where a certified input came from: the one disclosure inside an input.

    `creator` and `holding` are the holding used; `rows` and `alternative` its contribution to the run.
    """

    certificate: CertificateDigest
    run: Digest
    output: Index
    registry: RegistryId
    supplier: Did
    creator: Digest
    holding: HoldingText
    rows: tuple[FigureRow, ...]
    alternative: Co2e


class InputFacts(Document):
    """A certified input: what it is, the mass taken, and the mark its use leaves."""

    material: Words
    kind: Kind
    mass_kg: PositiveAmount6
    mark: Digest


class Input(InputFacts):
    """A certified input as it is sealed, with the digest of its source."""

    source: Annotated[tuple[Hidden, ...], Field(min_length=1, max_length=1)]


class Made(Document):
    """One output as everybody who sees the run sees it: enough to add all outputs up and to redo the shares.

    `elements` are the masses of rare earths and claimed elements in it; `allocated` is false for an output that
    takes no share (no rare earth in it); `price` is per kg of net mass, in the price vector's currency; `rows`
    are its figures under the declared method, `alternative` its total under the other one; `holding` is the
    SHA-256 of the text of the holding it creates.
    """

    net_mass_kg: PositiveAmount6
    elements: tuple[ElementMass, ...]
    certified: bool
    allocated: bool
    price: Amount6 | None = None
    rows: tuple[FigureRow, ...]
    alternative: Co2e
    holding: Digest


class PriceVector(Document):
    """Where the prices of an economic allocation come from: period of the mean, currency, SHA-256 of the table."""

    period: Period
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    digest: Digest


class Allocation(Document):
    """How the run's total is shared out; both methods are computed, one is declared."""

    method: AllocationMethod
    mass_key: MassKey
    prices: PriceVector | None = None


class Exclusion(Document):
    """Something left out of the result, and why."""

    what: Words
    why: Words


class RunFollows(Document):
    """For a run that corrects another: the issuance it follows and every certificate it ends, in output order.

    `record` is the record digest of that issuance, `first_run` that of the first one, whose holdings are the batches'.
    """

    record: Digest
    first_run: Digest
    ends: tuple[Ended | None, ...]


class Output(Document):
    """What only the output's own buyers see: lot, kind, composition and origin."""

    lot: Lot
    kind: Kind
    composition: tuple[ElementShare, ...]
    origin: tuple[OriginStep, ...]


class RunFacts(Document):
    """A run without its digests: what must be seen of it to add all outputs up and to redo the shares."""

    oreprint: Literal["run/1"]
    run: RunId
    producer: Did
    registry: RegistryId
    facility: FacilityId
    step: Step
    stage: Stage
    period: Period
    gwp: GwpSet
    electricity: ElectricitySet
    factor_sets: tuple[FactorSetRef, ...]
    engine: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}$")]
    allocation: Allocation
    own: tuple[GroupRow, ...]
    upstream: tuple[FigureRow, ...]
    upstream_alternative: Co2e
    made: Annotated[tuple[Made, ...], Field(min_length=1, max_length=MOST_OUTPUTS)]
    excluded: tuple[Exclusion, ...]
    untracked: tuple[Element, ...]
    follows: RunFollows | None = None


class Run(RunFacts):
    """The value of the run disclosure."""

    inputs: Annotated[tuple[Hidden, ...], Field(max_length=MOST_INPUTS)]
    inventory: Annotated[tuple[Hidden, ...], Field(min_length=7, max_length=7)]
    outputs: Annotated[tuple[Hidden, ...], Field(min_length=1, max_length=MOST_OUTPUTS)]
