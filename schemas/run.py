"""A run: how a batch was made; the confidential part that the certificates of all its outputs share.

Rules: its text is one SD-JWT array disclosure (RFC 9901, 4.2.2), the same word for word in every certificate of
the run.  In it, arrays of digests stand at fixed places only: `inputs` (each with one `source`), `inventory` (all
seven groups in their order), `outputs`.  What is clear in the run itself is what must be seen to add all outputs
up and to redo the shares.  Amounts are strings: kg with at most 6 decimals where they were measured, at most 12
where they were computed.  What this module does not do: arithmetic (`ledger.footprint`), hashing (`ledger.seal`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import field
from pydantic import Field

from schemas.document import Document
from schemas.figures import (
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
    HoldingText,
    Index,
    ProductId,
    ProfileId,
    RegistryId,
    RunId,
)
from schemas.instant import Period
from schemas.lot import Lot
from schemas.name import Words
from schemas.quantity import Amount6, Fraction6, PositiveAmount6
from schemas.statement import Ended
from schemas.struct import Struct
from schemas.vocabulary import AllocationMethod, ElectricitySet, GwpSet, Kind, MassKey, Stage, Step

MOST_INPUTS = 250
"""Certified inputs of one run (the two-byte count of marks in an entry would bear more; blend instead)."""
MOST_LINES = 250
"""Inventory lines of one run, over all groups."""
MOST_OUTPUTS = 64
"""Outputs of one run."""


class Hidden(Struct):
    """The digest of a disclosure, standing in its place (RFC 9901, 4.2.4.2)."""

    digest: Digest = field(name="...")


class Source(Document):
    """Where a certified input came from: the one disclosure inside an input.

    `creator` and `holding` are the holding used; `rows`, `alternative` and `indicators` its contribution to the run;
    `quality` is that of the batch's figures.
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
    indicators: IndicatorRows
    quality: Quality


class InputFacts(Document):
    """A certified input: what it is, the mass taken, and the mark its use leaves."""

    material: Words
    kind: Kind
    mass_kg: PositiveAmount6
    mark: Digest


class Input(InputFacts):
    """A certified input as it is sealed, with the digest of its source."""

    source: Annotated[tuple[Hidden, ...], Field(min_length=1, max_length=1)]


class Made(Struct):
    """One output as everybody who sees the run sees it: enough to add all outputs up and to redo the shares.

    `elements` are the masses of rare earths and claimed elements in it; `allocated` is false for an output that
    takes no share (no rare earth in it); `price` is per kg of net mass, in the price vector's currency; `rows`
    are its figures under the declared method, `alternative` its total under the other one, `indicators` its figures besides
    greenhouse gases; `holding` is the SHA-256 of the text of the holding it creates.
    """

    net_mass_kg: PositiveAmount6
    elements: tuple[ElementMass, ...]
    certified: bool
    allocated: bool
    price: Amount6 | None = None
    rows: tuple[FigureRow, ...]
    alternative: Co2e
    indicators: IndicatorRows
    holding: Digest


class PriceVector(Struct):
    """Where the prices of an economic allocation come from: period of the mean, currency, SHA-256 of the table."""

    period: Period
    currency: Currency
    digest: Digest


class Allocation(Struct):
    """How the run's total is shared out; both methods are computed, one is declared."""

    method: AllocationMethod
    mass_key: MassKey
    prices: PriceVector | None = None


class Exclusion(Struct):
    """Something left out of the result, why, and which part of the whole it is thought to be."""

    what: Words
    why: Words
    share: Fraction6 | None = None


class RunFollows(Struct):
    """For a run that corrects another: the issuance it follows and every certificate it ends, in output order.

    `record` is the record digest of that issuance, `first_run` that of the first one, whose holdings are the batches'.
    """

    record: Digest
    first_run: Digest
    ends: tuple[Ended | None, ...]


class Output(Document):
    """What only the output's own buyers see: lot, kind, product of the vocabulary, composition and origin."""

    lot: Lot
    kind: Kind
    product: ProductId | None = None
    composition: tuple[ElementShare, ...]
    origin: tuple[OriginStep, ...]


class RunFacts(Document):
    """A run without its digests: what must be seen of it to add all outputs up and to redo the shares.

    `partial` are the indicators that some step of the chain did not, or not wholly, declare: there is more of them than told.
    """

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
    profile: ProfileId
    allocation: Allocation
    own: tuple[GroupRow, ...]
    upstream: tuple[FigureRow, ...]
    upstream_alternative: Co2e
    own_indicators: IndicatorRows
    upstream_indicators: IndicatorRows
    partial: IndicatorNames
    quality: Quality
    made: Annotated[tuple[Made, ...], Field(min_length=1, max_length=MOST_OUTPUTS)]
    excluded: tuple[Exclusion, ...]
    untracked: tuple[Element, ...]
    follows: RunFollows | None = None


class Run(RunFacts):
    """The value of the run disclosure."""

    inputs: Annotated[tuple[Hidden, ...], Field(max_length=MOST_INPUTS)]
    inventory: Annotated[tuple[Hidden, ...], Field(min_length=7, max_length=7)]
    outputs: Annotated[tuple[Hidden, ...], Field(min_length=1, max_length=MOST_OUTPUTS)]
