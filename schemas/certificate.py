"""The record in a certificate: what a batch is, in Oreprint's own terms (payload member ``oreprint``).

Rules: everything exact stands here and nothing in it is a JSON number but counts and indexes; the rest of the
payload is a view made from this record (`ledger.seal.view`).  `run` holds one digest, the run's; `details` the
digests of whatever else the producer keeps confidential.  What this module does not do: no footprint is
computed and nothing is signed here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.claim import MOST_ROWS, Claim
from schemas.document import Document
from schemas.figures import (
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
from schemas.quantity import Amount6, Fraction6, Fraction12, PositiveAmount6, SignedAmount12
from schemas.run import MOST_LINES, Hidden
from schemas.struct import Struct
from schemas.vocabulary import AllocationMethod, Custody, ElectricitySet, GwpSet, Kind, Step

MOST_SIGNED_BYTES = 65_535
"""The signed part of a certificate, in bytes (C2SP tlog-tiles holds no larger entry)."""

MOST_DETAILS = 32
"""Further confidential details of one certificate."""


class Issuer(Struct):
    """Who signs: a DID, legal names in one or more scripts, and a register's number (``LEI:…`` or ``<register>:…``)."""

    did: Did
    names: Annotated[tuple[Name, ...], Field(min_length=1, max_length=8)]
    registration: Registration | None = None


class Facility(Struct):
    """The plant: its id for ever, what it is called, and where it stands."""

    id: FacilityId
    name: Words
    country: Country
    region: Region | None = None


class Coating(Struct):
    """A coating that is part of net mass and composition."""

    kind: Words
    mass_kg: Amount6


class Batch(Struct):
    """The batch: lot as printed, net mass dry at 105 °C, and moisture as shipped (mass fraction of the wet goods)."""

    facility: Facility
    lot: Lot
    kind: Kind
    product: ProductId | None = None
    step: Step
    description: Words
    net_mass_kg: PositiveAmount6
    moisture: Fraction6
    produced: Period
    hs_code: HsCode | None = None
    treo: Fraction12 | None = None
    loss_on_ignition: Fraction6 | None = None
    coating: Coating | None = None


class StatusPlace(Struct):
    """The certificate's place in the status lists of its registry: the same index in every purpose."""

    list: Index
    index: Index


class Alternative(Struct):
    """The batch's total under the allocation method that is not the declared one."""

    method: AllocationMethod
    total_kg_co2e: Co2e


class Footprint(Struct):
    """The batch's footprint: kg of each gas by stage, totals in kg CO2e, and how they were found.

    `scope_1` to `scope_3` (GHG Protocol) are of the total, `scope_3` is what remains; `per_kg` is per kg of net mass.
    """

    boundary: Literal["cradle-to-gate"]
    method: ProfileId
    allocation: AllocationMethod
    gwp: GwpSet
    electricity: ElectricitySet
    factor_sets: tuple[FactorSetRef, ...]
    engine: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}$")]
    rows: tuple[FigureRow, ...]
    total_kg_co2e: Co2e
    per_kg: Co2e
    scope_1: SignedAmount12
    scope_2: Co2e
    scope_3: Co2e
    alternative: Alternative
    placeholders: Index
    quality: Quality


class Indicators(Struct):
    """Energy, water and wastes of the batch: those of the steps that have a certificate, its own and all above it.

    What stands behind materials without a certificate is not in them; `partial` are those of which some step's part is missing.
    """

    boundary: Literal["certified-steps"]
    rows: IndicatorRows
    partial: IndicatorNames


class Counts(Struct):
    """How long the confidential arrays are, so that nothing can be left out unseen."""

    inputs: Index
    holdings: Index
    lines: Annotated[int, Field(ge=0, le=MOST_LINES)]
    outputs: Index


class Follows(Struct):
    """The issuance that this certificate's issuance follows, and the certificate it replaces."""

    record: Digest
    certificate: CertificateDigest


class CertificateFacts(Document):
    """A record without its digests: everything that is clear to everybody; `instrument` says it of a lot of electricity."""

    oreprint: Literal["certificate/1"]
    id: CertificateId
    issuer: Issuer
    registry: RegistryId
    issued: Instant
    valid_until: Instant | None = None
    not_logged_after: Instant
    status: StatusPlace
    batch: Batch
    composition: tuple[ElementShare, ...]
    footprint: Footprint
    indicators: Indicators
    claims: Annotated[tuple[Claim, ...], Field(max_length=MOST_ROWS)]
    origin: tuple[OriginStep, ...]
    custody: Custody
    output: Index
    counts: Counts
    follows: Follows | None = None
    instrument: Cancelled | None = None

    @property
    def producer(self) -> Did:
        """Who made the batch, as it signs."""
        return self.issuer.did


class CertificateRecord(CertificateFacts):
    """The record, exactly as it is signed."""

    run: Annotated[tuple[Hidden, ...], Field(min_length=1, max_length=1)]
    details: Annotated[tuple[Hidden, ...], Field(max_length=MOST_DETAILS)] = ()


class Detail(Document):
    """A confidential detail: a label and its text."""

    label: Words
    text: Words
