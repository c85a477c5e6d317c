"""The report: what a verification found, as one document that tests, pages and people read.

Rules: a verdict never says more than was proven; a check that was not made is listed as such; the words of a
check come from `schemas.catalogue`.  What this module does not do: judging (`ledger.verify`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import field
from pydantic import Field

from schemas.claim import Answer, ClaimScope
from schemas.document import Document
from schemas.struct import Struct
from schemas.vocabulary import AssuranceLevel, AttestationScope, Opinion

Verdict = Literal["genuine", "superseded", "expired", "withdrawn", "incomplete", "do-not-rely"]
Assurance = Literal["monitored", "witnessed", "registry-only"]
Result = Literal["passed", "failed", "not-checked", "warning"]
ChainState = Literal["complete", "partial", "none"]
Ended = Literal["withdrawn", "suspended"]

STEPS = (
    "form",
    "log",
    "issuer",
    "signature",
    "same-record",
    "status",
    "inputs",
    "mass",
    "footprint",
    "claims",
    "attestations",
)
"""The eleven steps of verification in their order; the number of a step is its place here, from 1."""


class Check(Struct):
    """One check: its step (1 to 11), a stable code, what came of it, and one plain sentence with its facts."""

    step: Annotated[int, Field(ge=1, le=11)]
    code: str
    result: Result
    sentence: str
    place: str = ""
    facts: dict[str, str] = field(default_factory=dict)


class CertificateSummary(Document):
    """The certificate that the report is about.

    `issuer_key` says, by the trust list, whether the issuer keeps its own key or has left it with the registry (custodial),
    which then signs in its name.
    """

    digest: str
    id: str
    issuer: str
    issuer_name: str
    issuer_key: Literal["own", "custodial", "unknown"]
    lot: str
    kind: str
    net_mass_kg: str


class FootprintSummary(Document):
    """The certificate's figure and the verifier's own: kg CO2e per kg, location-based, and total difference.

    `recomputed` and `difference` are null where the lines were withheld.
    """

    kg_co2e_per_kg: str
    kg_co2e_per_kg_market: str
    recomputed: str | None
    difference: str | None


class ChainSummary(Document):
    """How much of the chain was shown: certificates of goods seen (this one included), tiers, inputs withheld."""

    state: ChainState
    certificates: int
    tiers: int
    withheld: int


class ClosedBranches(Document):
    """Behind how many of the withheld `inputs` the `attestors` looked, by name; what is there is their word, and none of it is shown.

    `whole` says that nothing else of the chain is missing.
    """

    inputs: int
    attestors: tuple[str, ...]
    whole: bool


class Balance(Struct):
    """What a run took and what all its outputs hold, in kg."""

    taken_kg: str | None = None
    produced_kg: str


class BatchMass(Struct):
    """The balance of the run behind one batch: in total and per tracked element."""

    lot: str
    digest: str
    total: Balance
    elements: dict[str, Balance]


class Affected(Document):
    """What a lot that has ended upstream means for the certificate that the report is about.

    `mass_percent` and `elements` are the shares of its mass and of each rare earth and claimed element in it that stem from
    that lot, in percent; null and empty where what is withheld leaves them unknown.  `path` leads from the lot to the subject.
    Where a registry tells it of a chain that is not shown, `lot` and `digest` are null, shares are rounded to tenths, and
    `path` names only what is shown.
    """

    lot: str | None
    digest: str | None
    state: Ended
    mass_percent: str | None
    elements: dict[str, str]
    path: tuple[str, ...]


class ClaimAnswer(Document):
    """A claim and what can be said of it by what was shown.

    `said` is the answer that the certificate states; `value` and `threshold` are in the rule's unit.  `path` leads from the lot
    of the report to the one where it was decided, and `reason`, with its sentence and facts, says by what.
    """

    id: str
    scope: ClaimScope
    answer: Answer
    said: Answer
    element: str | None = None
    countries: tuple[str, ...] | None = None
    value: str | None = None
    threshold: str | None = None
    path: tuple[str, ...]
    reason: str
    sentence: str
    facts: dict[str, str] = Field(default_factory=dict)


class Vouched(Document):
    """What a third party attests of a record of this chain; its word, whatever it is worth.

    `subject` is the digest of a certificate or of a run, `lots` those of this chain that it is about.  `attestor_name` and
    `accreditation` are the trust list's words; `attestor_key` says whether the attestor keeps its key itself.  `inputs` are the withheld ones
    behind which it looked, and `behind` the certificates that it verified there.  One that isn't `counted` changes nothing; `reason` is a
    key of `schemas.checks.NOT_COUNTED`.
    """

    digest: str
    attestor: str
    attestor_name: str
    attestor_key: Literal["own", "custodial", "unknown"]
    accreditation: str | None
    subject: str
    lots: tuple[str, ...]
    scopes: tuple[AttestationScope, ...]
    level: AssuranceLevel | None
    criteria: tuple[str, ...]
    opinion: Opinion
    note: str | None
    inputs: tuple[int, ...]
    behind: int
    examined: str
    valid_until: str
    counted: bool
    reason: str | None


class Received(Document):
    """What an incoming-goods check found: the holding's mass, what came, and the difference in percent."""

    holding_kg: str
    received_kg: str
    difference_percent: str
    sentence: str


class Report(Document):
    """The whole report; `superseded_by` is the latest certificate of the same batch that it shows, where there is a later one."""

    oreprint: Literal["report/1"] = "report/1"
    verdict: Verdict
    headline: str
    assurance: Assurance
    certificate: CertificateSummary | None
    checks: tuple[Check, ...]
    footprint: FootprintSummary | None
    chain: ChainSummary
    mass: tuple[BatchMass, ...]
    claims: tuple[ClaimAnswer, ...]
    attestations: tuple[Vouched, ...] = ()
    closed_branches: ClosedBranches | None = None
    received: Received | None = None
    affected: tuple[Affected, ...] = ()
    superseded_by: str | None = None
    not_proven: tuple[str, ...]
    checked_at: str
    log_size: int | None
    status_age_s: int | None
