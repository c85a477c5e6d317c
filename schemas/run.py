"""A run: how a batch was made; the confidential part that the certificates of all its outputs share.

Rules: its text is one SD-JWT array disclosure (RFC 9901, 4.2.2), the same word for word in every certificate of
the run.  In it, arrays of digests stand at fixed places only: `inputs` (each with one `source`), `inventory` (all
seven groups in their order), `outputs`.  What is clear in the run itself is what must be seen to add all outputs
up and to redo the shares.  Amounts are strings: kg with at most 6 decimals where they were measured, at most 12
where they were computed.  What this module does not do: arithmetic (`ledger.footprint`), hashing (`ledger.seal`).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import field
from pydantic import Field, StringConstraints

from schemas.document import Document
from schemas.figures import (
    Beside,
    BesideRow,
    Co2e,
    ElementMass,
    ElementShare,
    FactorSetRef,
    FigureRow,
    GroupRow,
    IndicatorNames,
    IndicatorRows,
    OriginStep,
    Quality,
)
from schemas.identifier import (
    CertificateDigest,
    Currency,
    Did,
    Digest,
    Element,
    FacilityId,
    FactorId,
    HoldingText,
    Index,
    ItemId,
    LinePlace,
    ProductId,
    ProfileId,
    RegistryId,
    RunId,
)
from schemas.instant import Day, Period
from schemas.lot import Lot
from schemas.name import Words
from schemas.quantity import Amount6, Amount12, Fraction6, PositiveAmount6
from schemas.statement import Ended
from schemas.struct import Struct
from schemas.vocabulary import (
    AbsenceReason,
    AllocationMethod,
    ElectricitySet,
    ExclusionKind,
    GwpSet,
    Kind,
    MassKey,
    Stage,
    Step,
)

MOST_INPUTS = 250
"""Certified inputs of one run (the two-byte count of marks in an entry would bear more; blend instead)."""
MOST_LINES = 250
"""Inventory lines of one run, over all groups."""
MOST_OUTPUTS = 64
"""Outputs of one run."""
MOST_ABSENT: Final = 64
"""Declared absences of one run."""
MOST_DOCUMENTS = 16
"""Documents that show the sales of one output."""


class Hidden(Struct):
    """The digest of a disclosure, standing in its place (RFC 9901, 4.2.4.2)."""

    digest: Digest = field(name="...")
    """SHA-256 of the disclosure's text."""


class Source(Document):
    """Where a certified input came from: the one disclosure inside an input."""

    certificate: CertificateDigest
    """Digest of the certificate of the upstream batch."""
    run: Digest
    """Digest of the run that made the upstream batch."""
    output: Index
    """Which output of that run the batch is, from 0."""
    registry: RegistryId
    """Domain of the registry that logged the upstream certificate."""
    supplier: Did
    """DID of the issuer of the upstream certificate."""
    creator: Digest
    """Record digest of the record that created the holding used."""
    holding: HoldingText
    """Text of the holding used: its salt, owner and registry."""
    rows: tuple[FigureRow, ...]
    """Gases that the input brings to the run, as rows of stage, gas, kg location-based, kg market-based."""
    alternative: Co2e
    """kg CO2e that the input brings under the other allocation method."""
    indicators: IndicatorRows
    """Energy, water and wastes that the input brings, as rows of indicator and amount in MJ, m3 or kg."""
    quality: Quality
    """Quality of the upstream batch's figures."""
    reference: Co2e | None = None
    """kg CO2e that the input brings under reference prices. Absent if its certificate states none: then its economic
    figure stands for it."""
    left_out: Amount12 | None = None
    """The most kg CO2e that the certificates of the input leave out of its figure. Absent means none."""
    beside: Beside | None = None
    """What the input brings beside its figure. Absent in engine 1."""


class InputFacts(Document):
    """A certified input: what it is, the mass taken, and the mark its use leaves."""

    material: Words
    """What the input is, in words."""
    kind: Kind
    """Kind of the upstream batch."""
    mass_kg: PositiveAmount6
    """Net mass taken in kg, dry at 105 C and above zero. Of a lot of electricity, kWh."""
    mark: Digest
    """Opaque public mark that the use of the holding leaves in the log. A second use would leave the same mark."""


class Input(InputFacts):
    """A certified input as it is sealed, with the digest of its source."""

    source: Annotated[tuple[Hidden, ...], Field(min_length=1, max_length=1)]
    """Digest of the disclosure that says where the input came from."""


class Sold(Struct):
    """What was sold of an output, at what price, with the documents that show it."""

    mass_kg: PositiveAmount6
    """Mass sold in kg, dry and at most the net mass of the output."""
    price: Amount6
    """Price per kg, in the currency of the allocation."""
    period: Period
    """First and last day of the sales, both included."""
    documents: Annotated[tuple[Digest, ...], Field(min_length=1, max_length=MOST_DOCUMENTS)]
    """SHA-256 of each invoice or contract."""


class Quote(Struct):
    """A dated quotation that shows the price of an output."""

    day: Day
    """Day of the quotation."""
    document: Digest
    """SHA-256 of the quotation."""


class Made(Struct):
    """One output as everybody who sees the run sees it: enough to add all outputs up and to redo the shares."""

    net_mass_kg: PositiveAmount6
    """Net mass of the output in kg, dry at 105 C and above zero. Of electricity, kWh."""
    elements: tuple[ElementMass, ...]
    """Masses of rare earths and claimed elements in the output, as rows of element and kg."""
    certified: bool
    """Whether the output has a certificate."""
    allocated: bool
    """Whether the output takes a share of the run's footprint. False only for an output without rare earth."""
    price: Amount6 | None = None
    """Mean price per kg of net mass, in the currency of the allocation. Absent if none is stated."""
    rows: tuple[FigureRow, ...]
    """Gases of the output under the declared method, as rows of stage, gas, kg location-based, kg market-based."""
    alternative: Co2e
    """Total of the output in kg CO2e under the other allocation method."""
    indicators: IndicatorRows
    """Energy, water and wastes of the output, as rows of indicator and amount in MJ, m3 or kg."""
    holding: Digest
    """SHA-256 of the text of the holding that the output creates."""
    reference_price: Amount6 | None = None
    """Price in USD per kg of net mass by the table of reference prices, evidenced sales included. Absent if the run
    shares nothing out, or if it is of engine 1."""
    reference: Co2e | None = None
    """Total of the output in kg CO2e if the run and its inputs were shared out by reference prices. Absent if none of
    them has reference prices: then the economic figure stands for it."""
    left_out: Amount12 | None = None
    """The most kg CO2e that this run and its inputs leave out of the output's figure, by what they bound. Absent means
    none."""
    beside: tuple[BesideRow, ...] | None = None
    """Figures beside the total of the output, as rows of name, kg CO2e location-based and market-based. Absent in
    engine 1."""
    sold: Sold | None = None
    """Evidence of sales. Absent if none is stated."""
    quote: Quote | None = None
    """Quotation that shows the price. Absent if none is stated."""


class PriceVector(Struct):
    """Where the prices of an economic allocation come from."""

    period: Period
    """Period over which the prices are averaged, both days included."""
    currency: Currency
    """Currency of the prices, by ISO 4217."""
    digest: Digest
    """SHA-256 of the price table."""


class Allocation(Struct):
    """How the run's total is shared out; both methods are computed, one is declared."""

    method: AllocationMethod
    """Declared allocation method, by which the total is shared out."""
    mass_key: MassKey
    """What mass allocation weighs: `REO`, kg of rare-earth oxide, or `RE`, kg of rare-earth element."""
    prices: PriceVector | None = None
    """Source of the prices of an economic allocation. Absent if no prices are stated."""


class Exclusion(Struct):
    """Something that the result leaves out, and the most that it can matter."""

    what: Words
    """What is left out."""
    why: Words
    """Why it is left out."""
    share: Fraction6 | None = None
    """Estimated part of the whole, from 0 to 1. Absent means not estimated."""
    kind: ExclusionKind | None = None
    """Why it may be left out: it lies outside the `boundary`, gives off no greenhouse gas (`no-ghg`), is a credit that
    is not taken (`no-credit`), stands in another line (`in-other-line`), is `bounded`, or is `open`. Absent means
    `bounded` with a share, else `open`."""
    line: Words | None = None
    """Name of the line that covers it. Present only for `in-other-line`."""
    amount: PositiveAmount6 | None = None
    """The most that is left out, in `unit`. Present only for `bounded`."""
    unit: Literal["kg", "m3", "MJ", "kWh", "t.km"] | None = None
    """Unit of the amount."""
    factor: FactorId | None = None
    """Emission factor for one unit of the amount, as `<table>/<row>`."""


class Absent(Struct):
    """Something that the step of the run owes and the run has no line for."""

    item: ItemId
    """What is absent: an item of the table of completeness, or a group of lines that the profile requires."""
    reason: AbsenceReason
    """Why there is no line, from a closed list."""
    variant: Words | None = None
    """Variant of the process that does without it. `not-in-process` needs it."""
    line: LinePlace | None = None
    """Line of the record that holds it, as group and index from 0."""
    lot: Lot | None = None
    """Certified input that brought it. `in-input` needs it."""
    run: RunId | None = None
    """Run that holds it, by its producer's own name. `other-run` needs it."""
    heat_mj: Amount6 | None = None
    """Heat that was recovered, in MJ. `recovered-heat` needs it."""


class RunFollows(Struct):
    """What a run corrects: the issuance that it follows."""

    record: Digest
    """Record digest of the issuance that this one follows."""
    first_run: Digest
    """Digest of the run of the first issuance. The holdings of the batches are those that it created."""
    ends: tuple[Ended | None, ...]
    """Certificates that the correction ends, in output order; null for an output without a certificate."""


class Output(Document):
    """What only the output's own buyers see: lot, kind, product of the vocabulary, composition and origin."""

    lot: Lot
    """Lot number as printed on the goods."""
    kind: Kind
    """What the output is, such as oxide, metal or magnet."""
    product: ProductId | None = None
    """Product of the vocabulary. Absent if it is none of them."""
    composition: tuple[ElementShare, ...]
    """Elements of the dry output, with recycled shares and origin."""
    origin: tuple[OriginStep, ...]
    """Steps of the chain up to this one, and where each was done."""


class RunFacts(Document):
    """A run without its digests: what must be seen of it to add all outputs up and to redo the shares."""

    oreprint: Literal["run/1"]
    """Format and version of this document."""
    run: RunId
    """The producer's own name for the run."""
    producer: Did
    """DID of the producer that ran the plant and signs the certificates."""
    registry: RegistryId
    """Domain of the registry that logged the run."""
    facility: FacilityId
    """URI of the plant."""
    step: Step
    """Process step that the run performed."""
    stage: Stage
    """Stage of the chain to which the step belongs."""
    period: Period
    """First and last day of the run, both included, by the plant's own calendar."""
    gwp: GwpSet
    """IPCC assessment report whose global warming potentials (100 years) convert gases to CO2e."""
    electricity: ElectricitySet
    """Boundary of the electricity factors: `direct` is generation only, `life-cycle` adds supply and grid losses."""
    factor_sets: tuple[FactorSetRef, ...]
    """Factor tables that the run used, each with its digest."""
    engine: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,3}$")]
    """Version of the calculation engine."""
    profile: ProfileId
    """Calculation method profile."""
    allocation: Allocation
    """How the total is shared out among the outputs."""
    own: tuple[GroupRow, ...]
    """Gases of the run's own lines, as rows of group, gas, kg location-based, kg market-based. Credits stand among them
    and are negative."""
    upstream: tuple[FigureRow, ...]
    """Gases that the certified inputs brought, as rows of stage, gas, kg location-based, kg market-based."""
    upstream_alternative: Co2e
    """kg CO2e that the certified inputs brought under the other allocation method."""
    upstream_reference: Co2e | None = None
    """kg CO2e that the certified inputs brought under reference prices. Absent if no input states it: then their
    economic figures stand for it."""
    upstream_left_out: Amount12 | None = None
    """The most kg CO2e that the certificates of the inputs leave out of their figures. Absent means none."""
    beside: Beside | None = None
    """What stands beside the total of the run and of its inputs. Absent in engine 1."""
    own_indicators: IndicatorRows
    """Energy, water and wastes of the run itself, as rows of indicator and amount in MJ, m3 or kg."""
    upstream_indicators: IndicatorRows
    """Energy, water and wastes that the certified inputs brought, as rows of indicator and amount in MJ, m3 or kg."""
    partial: IndicatorNames
    """Indicators of which this run or an input declared only a part or nothing. Their true figures may be larger."""
    quality: Quality
    """How good the figures of the run are."""
    made: Annotated[tuple[Made, ...], Field(min_length=1, max_length=MOST_OUTPUTS)]
    """Outputs of the run, all of them, in their order."""
    excluded: tuple[Exclusion, ...]
    """What the result leaves out, and why."""
    untracked: tuple[Element, ...]
    """Elements that the run leaves out of its mass balance."""
    absent: Annotated[tuple[Absent, ...], Field(min_length=1, max_length=MOST_ABSENT)] | None = None
    """What the step owes and the run has no line for, and why. Absent if nothing is missing."""
    follows: RunFollows | None = None
    """Issuance that this run corrects. Absent for a first run."""


class Run(RunFacts):
    """The value of the run disclosure."""

    inputs: Annotated[tuple[Hidden, ...], Field(max_length=MOST_INPUTS)]
    """Digests of the certified inputs, in their order."""
    inventory: Annotated[tuple[Hidden, ...], Field(min_length=7, max_length=7)]
    """Digests of the seven groups of lines: materials, fuels, electricity, direct, transport, waste, credits."""
    outputs: Annotated[tuple[Hidden, ...], Field(min_length=1, max_length=MOST_OUTPUTS)]
    """Digests of what only the buyer of each output sees, in the order of `made`."""
