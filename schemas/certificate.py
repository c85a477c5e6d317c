"""The record in a certificate: what a batch is, in Oreprint's own terms (payload member ``oreprint``).

Rules: everything exact stands here and nothing in it is a JSON number but counts and indexes; the rest of the
payload is a view made from this record (`ledger.seal.view`).  `run` holds one digest, the run's; `details` the
digests of whatever else the producer keeps confidential.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta
from pydantic import Field, StringConstraints

from schemas.claim import MOST_ROWS, Claim
from schemas.document import Document
from schemas.figures import (
    Beside,
    Co2e,
    ElementShare,
    FactorSetRef,
    FigureRow,
    IndicatorNames,
    IndicatorRows,
    OriginStep,
    Quality,
)
from schemas.identifier import (
    CertificateDigest,
    CertificateId,
    Country,
    Did,
    Digest,
    FacilityId,
    HsCode,
    Index,
    ProductId,
    ProfileId,
    Region,
    Registration,
    RegistryId,
)
from schemas.instant import Instant, Period
from schemas.inventory import Cancelled
from schemas.lot import Lot
from schemas.name import Name, Words
from schemas.patterns import RULE_ID
from schemas.quantity import Amount6, Amount12, Fraction6, Fraction12, PositiveAmount6, SignedAmount12
from schemas.run import MOST_LINES, Hidden
from schemas.struct import Struct
from schemas.vocabulary import AllocationMethod, Custody, ElectricitySet, GwpSet, Kind, Step

MOST_SIGNED_BYTES = 65_535
"""The signed part of a certificate, in bytes (C2SP tlog-tiles holds no larger entry)."""

MOST_DETAILS = 32
"""Further confidential details of one certificate."""


class Issuer(Struct):
    """Who signs a certificate or an attestation."""

    did: Did
    """DID of the signer."""
    names: Annotated[tuple[Name, ...], Field(min_length=1, max_length=8)]
    """Legal names of the signer, one for each script."""
    registration: Registration | None = None
    """Public register and the number in it, such as `LEI:...`. Absent if not stated."""


class Facility(Struct):
    """The plant that made the batch."""

    id: FacilityId
    """URI of the plant. It never changes."""
    name: Words
    """Name of the plant."""
    country: Country
    """Country in which the plant stands, by ISO 3166-1."""
    region: Region | None = None
    """Subdivision in which the plant stands, by ISO 3166-2. Absent if not stated."""


class Coating(Struct):
    """A coating that is part of net mass and composition."""

    kind: Words
    """Material of the coating."""
    mass_kg: Amount6
    """Mass of the coating in kg. Net mass and composition include it."""


class Batch(Struct):
    """The goods that the certificate is about."""

    facility: Facility
    """Plant that made the batch."""
    lot: Lot
    """Lot number as printed on the goods. It is unique within the plant."""
    kind: Kind
    """Kind of the batch, such as oxide, metal or magnet."""
    product: ProductId | None = None
    """Product of the vocabulary. Absent if it is none of them."""
    step: Step
    """Process step that made the batch."""
    description: Words
    """Description of the goods, in words."""
    net_mass_kg: PositiveAmount6
    """Net mass in kg, dry at 105 C and above zero. Of a lot of electricity, kWh."""
    moisture: Fraction6
    """Water in the goods as shipped, as a fraction of their wet mass, below 1."""
    produced: Period
    """First and last day of production, both included."""
    hs_code: HsCode | None = None
    """Customs code of the Harmonized System, 6 to 10 digits. Absent if not stated."""
    treo: Fraction12 | None = None
    """Rare earths counted as oxides (TREO), as a mass fraction of the dry goods. Computed from the composition of ores,
    concentrates, compounds and oxides; absent for other kinds."""
    loss_on_ignition: Fraction6 | None = None
    """Loss on ignition, as a mass fraction of the dry goods. The composition includes it. Absent if not stated."""
    coating: Coating | None = None
    """Coating of the goods. Absent means none."""


class StatusPlace(Struct):
    """The certificate's place in the status lists of its registry: the same index in every purpose."""

    list: Index
    """Number of the status list, the same in each purpose."""
    index: Index
    """Index of the certificate's bit in that list, from 0."""


class Alternative(Struct):
    """The batch's total under the allocation method that is not the declared one."""

    method: AllocationMethod
    """Allocation method that is not the declared one."""
    total_kg_co2e: Co2e
    """Total of the batch in kg CO2e under that method."""


RuleId = Annotated[str, StringConstraints(pattern=RULE_ID)]
"""Name of a plausibility rule, such as `Q-MEASURED`."""


class FlaggedPart(Struct):
    """The part of the figure that rests on the lines that a rule flagged."""

    rule: RuleId
    """Rule that raised the flags."""
    part: Amount12
    """Part of the run's total in kg CO2e, location-based, that these lines make up, to four decimals. Of scrap without
    proof (S-PROOF), which counts nothing, it is the part of the rare earth or of the metal that came in as such."""


class OpenFlags(Struct):
    """The flags that stand beside the figure: unusual values that the plausibility rules found."""

    own: Index
    """Number of open flags of the run that made the batch, without those of the rules in `notes`."""
    inputs: Index
    """Number of certified inputs of the run that have flags or placeholder factors, or such inputs themselves."""
    rules: tuple[RuleId, ...] | None = None
    """Rules that raised the flags of the run, each once, in alphabetical order. Absent if it has none."""
    notes: tuple[RuleId, ...] | None = None
    """Those of `rules` whose flags weigh below 1 % of the figure: they are notes, and count as no flags. Absent if none
    are."""
    parts: tuple[FlaggedPart, ...] | None = None
    """Part of the figure on which the flags of each rule rest, in the order of `rules`. A rule that flags no line, such
    as one about prices, or lines that lower the figure by counting little (S-SCRAP, M-DILUTE), is left out.
    Absent if none flags a line."""
    below_default: Index | None = None
    """How many times below its usual amount the lowest measured emission lies that is flagged (Q-MEASURED), rounded
    down. Absent without such a flag, or if the emission is zero."""
    attestable: Index | None = None
    """Number of `own` flags that an attestation of the figure lifts: emissions measured far below usual, sales outside
    the range of their reference, and what follows from such a sale alone. Absent if none."""


class Footprint(Struct):
    """The footprint of the batch: masses of gases by stage, totals in kg CO2e, and how they were found."""

    boundary: Literal["cradle-to-gate"]
    """Part of the life cycle that the figures cover: from the mine to the gate of this plant."""
    method: ProfileId
    """Calculation method profile."""
    allocation: AllocationMethod
    """Declared allocation method, by which the run's total was shared out."""
    gwp: GwpSet
    """IPCC assessment report whose global warming potentials (100 years) convert gases to CO2e."""
    electricity: ElectricitySet
    """Boundary of the electricity factors: `direct` is generation only, `life-cycle` adds supply and grid losses."""
    factor_sets: tuple[FactorSetRef, ...]
    """Factor tables that the run used, each with its digest."""
    engine: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,3}$")]
    """Version of the calculation engine. The same engine gives the same digits from the same data."""
    rows: tuple[FigureRow, ...]
    """Masses of gases in the batch, as rows of stage, gas, kg location-based, kg market-based. Rows that are 0 in both
    are left out."""
    total_kg_co2e: Co2e
    """Total of the batch in kg CO2e, credits left out."""
    per_kg: Co2e
    """kg CO2e per kg of net mass."""
    scope_1: SignedAmount12
    """Part of the total that the plant itself burnt or gave off, in kg CO2e (GHG Protocol)."""
    scope_2: Co2e
    """Part of the total from bought electricity and heat, in kg CO2e (GHG Protocol)."""
    scope_3: Co2e
    """Rest of the total, in kg CO2e (GHG Protocol)."""
    alternative: Alternative
    """Total under the other allocation method."""
    reference: Co2e | None = None
    """Total of the batch in kg CO2e if its runs were shared out by reference prices. Absent if no run of the chain has
    reference prices: then the economic figure stands for it."""
    left_out: Amount12 | None = None
    """The most kg CO2e that the chain leaves out of the total, by what it bounds. Absent means none."""
    own_step: SignedAmount12 | None = None
    """kg CO2e per kg of net mass of this run's own lines alone: location-based, without inputs and credits, and shared
    by mass whatever the declared method. Absent in certificates of engine version 1."""
    placeholders: Index
    """Number of lines of the run whose factor is no evidence, or is not public."""
    flags: OpenFlags | None = None
    """Open flags beside the figure. Absent in certificates of engine version 1, which do not state them."""
    quality: Quality
    """Quality of the figures."""
    beside: Beside | None = None
    """What a reader is told beside the figure. Absent in certificates of engine version 1."""


class Indicators(Struct):
    """Energy, water and wastes of the batch, over the steps that have a certificate."""

    boundary: Literal["certified-steps"]
    """Steps that the figures cover: this run and all certified runs above it. They include nothing behind materials
    without a certificate."""
    rows: IndicatorRows
    """Figures as rows of indicator and amount, in MJ, m3 or kg. Indicators that are 0 are left out."""
    partial: IndicatorNames
    """Indicators of which some step declared only a part or nothing. Their true figures may be larger."""


class Counts(Struct):
    """The lengths of the confidential arrays; they show when something is left out."""

    inputs: Index
    """Number of certified inputs of the run."""
    holdings: Index
    """Number of inputs that use a holding."""
    lines: Annotated[int, Field(ge=0, le=MOST_LINES), Meta(ge=0, le=MOST_LINES)]
    """Number of inventory lines of the run."""
    outputs: Index
    """Number of outputs of the run."""


class Follows(Struct):
    """The issuance that this certificate's issuance follows, and the certificate it replaces."""

    record: Digest
    """Record digest of the issuance that this one corrects."""
    certificate: CertificateDigest
    """Digest of the certificate that this one replaces."""


class CertificateFacts(Document):
    """A record without its digests: everything that is clear to everybody."""

    oreprint: Literal["certificate/1"]
    """Format and version of this document."""
    id: CertificateId
    """UUID of this version of the certificate."""
    issuer: Issuer
    """Producer that made the batch and signs."""
    registry: RegistryId
    """Domain of the registry that logged the certificate."""
    issued: Instant
    """Second of signing, in UTC."""
    valid_until: Instant | None = None
    """Last second for which the certificate is valid, in UTC. Absent means without end."""
    not_logged_after: Instant
    """Last second at which a registry may log the record, in UTC. A record that was not logged by then is void."""
    status: StatusPlace
    """Place of the certificate's status bits."""
    batch: Batch
    """Goods that the certificate is about."""
    composition: tuple[ElementShare, ...]
    """Elements of the dry goods, with recycled shares and origin. Empty for electricity."""
    footprint: Footprint
    """Greenhouse gas footprint of the batch."""
    indicators: Indicators
    """Energy, water and wastes of the batch."""
    claims: Annotated[tuple[Claim, ...], Field(max_length=MOST_ROWS)]
    """Claims about the batch with their answers, in the order in which they were stated."""
    origin: tuple[OriginStep, ...]
    """Steps of the chain up to this one, and where each was done."""
    custody: Custody
    """Chain-of-custody model (ISO 22095:2020, 5.2 to 5.5)."""
    output: Index
    """Index of the batch among the outputs of its run, from 0."""
    counts: Counts
    """Lengths of the confidential arrays."""
    follows: Follows | None = None
    """Reference to the certificate that this one corrects. Absent for the first certificate of a batch."""
    instrument: Cancelled | None = None
    """Cancellation statement that this lot of electricity stands for. Absent for goods."""

    @property
    def producer(self) -> Did:
        """Who made the batch, as it signs."""
        return self.issuer.did


class CertificateRecord(CertificateFacts):
    """The record, exactly as it is signed."""

    run: Annotated[tuple[Hidden, ...], Field(min_length=1, max_length=1)]
    """Digest of the run disclosure. All certificates of a run carry the same one."""
    details: Annotated[tuple[Hidden, ...], Field(max_length=MOST_DETAILS)] = ()
    """Digests of further confidential details. Empty if there are none."""


class Detail(Document):
    """A confidential detail: a label and its text."""

    label: Words
    """Heading of the detail."""
    text: Words
    """Text of the detail."""


class CertificateDocument(Document):
    """A certificate as a registry shows it to programs that read JSON."""

    digest: CertificateDigest
    """Digest of the certificate (`zQm...`)."""
    certificate: str
    """The certificate as text: an SD-JWT with the disclosures that the caller may see. Only this is signed."""
    record: CertificateRecord
    """The record in it, as it is signed."""
