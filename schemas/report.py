"""The report: what a verification found, as one document that tests, pages and people read.

Rules: a verdict never says more than was proven; a check that was not made is listed as such; the words of a
check come from `schemas.sentences`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import field
from pydantic import Field

from schemas.claim import Answer, ClaimScope, KnownAnswer
from schemas.document import Document
from schemas.identifier import Mark
from schemas.struct import Struct
from schemas.vocabulary import AssuranceLevel, AttestationScope, Opinion

Verdict = Literal["genuine", "superseded", "expired", "withdrawn", "incomplete", "do-not-rely"]
Assurance = Literal["monitored", "witnessed", "registry-only"]
Result = Literal["passed", "failed", "not-checked", "warning"]
ChainState = Literal["complete", "partial", "none"]
Ended = Literal["withdrawn", "suspended"]
RangeWord = Literal["far-below", "below", "within", "above", "none"]
AuditedState = Literal["audited", "relied", "short", "disputed", "none"]
Judged = Literal["right", "relied", "refused"]
DemandState = Literal["met", "not-met", "text-not-read", "not-shown"]
ReportState = Literal[
    "genuine", "superseded", "expired", "affected", "suspended", "withdrawn", "unknown", "incomplete", "do-not-rely"
]

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
    """One check of a verification."""

    step: Annotated[int, Field(ge=1, le=11)]
    """Step of verification to which the check belongs, from 1 to 11."""
    code: str
    """Stable code of the check."""
    result: Result
    """Result of the check."""
    sentence: str
    """Result in one plain sentence, with its facts."""
    place: str = ""
    """Subject of the check, such as a lot. Empty for the whole bundle."""
    facts: dict[str, str] = field(default_factory=dict)
    """Values in the sentence, by name."""
    elsewhere: bool | None = None
    """True if the check is about another record than that of the report. Absent if it is not."""


class Reply(Document):
    """An answer to a question that a purchaser asks."""

    code: str
    """Stable code of the answer: a key of `schemas.sentences.REPLIES`."""
    answer: str
    """The answer in a few words."""
    sentence: str
    """The answer in plain sentences, with its facts."""
    facts: dict[str, str] = field(default_factory=dict)
    """Values in the sentences, by name."""


class Replies(Document):
    """The answers to the first four questions of a purchaser. `Report.action` answers the fifth."""

    genuine: Reply
    """Answer to: is the record genuine."""
    chain: Reply
    """Answer to: who vouches for its chain."""
    footprint: Reply
    """Answer to: what is its footprint, and is that plausible."""
    withdrawn: Reply
    """Answer to: is any of it withdrawn."""


class WorthWord(Struct):
    """A part of a line about the figure: a key of the catalogue, and its facts."""

    key: str
    """Key of `schemas.sentences.WORTH`, or of `schemas.sentences.QUESTIONS`."""
    facts: dict[str, str] = field(default_factory=dict)
    """Values in the words, by name."""


class Action(Document):
    """The one action that the report recommends."""

    code: str
    """Stable code of the action: a key of `schemas.sentences.ACTIONS`."""
    sentence: str
    """The action in plain words."""
    facts: dict[str, str] = field(default_factory=dict)
    """Values in the sentence, by name."""
    about: tuple[WorthWord, ...] = ()
    """What to ask about before the figure is used: keys of `schemas.sentences.QUESTIONS`. Empty if nothing is open."""


class CertificateSummary(Document):
    """The certificate that the report is about."""

    digest: str
    """Digest of the certificate (`zQm...`)."""
    id: str
    """UUID of this version of the certificate."""
    issuer: str
    """DID of the issuer."""
    issuer_name: str
    """Name of the issuer by the trust list when it issued, or its DID if the list does not name it."""
    issuer_now: str | None = None
    """Name of the issuer today, if it was renamed since. Null if it was not."""
    issuer_key: Literal["own", "custodial", "unknown"]
    """Keeper of the issuer's key, by the trust list: the issuer (`own`) or the registry (`custodial`).

    The registry then signs in the issuer's name.
    """
    lot: str
    """Lot number as printed on the goods."""
    kind: str
    """Kind of the batch, such as oxide, metal or magnet."""
    net_mass_kg: str
    """Net mass in kg, dry at 105 C. Of a lot of electricity, kWh."""


class FootprintSummary(Document):
    """The certificate's figure beside the verifier's own."""

    kg_co2e_per_kg: str
    """kg CO2e per kg of net mass with location-based electricity, as the certificate states it."""
    kg_co2e_per_kg_market: str
    """kg CO2e per kg of net mass with market-based electricity, as the certificate states it."""
    recomputed: str | None = None
    """kg CO2e per kg of net mass, location-based, as the verifier computed it. Null if the lines were withheld."""
    difference: str | None = None
    """Computed total less stated total of the batch, in kg CO2e, location-based. Null if the lines were withheld."""
    kg_co2e_per_kg_low: str | None = None
    """Lower bound of 95 % of the results, in kg CO2e per kg, location-based. Null if it is not known."""
    kg_co2e_per_kg_high: str | None = None
    """Upper bound of 95 % of the results, in kg CO2e per kg, location-based. Null if it is not known."""
    kg_co2e_per_kg_other_allocation: str
    """kg CO2e per kg of net mass, location-based, by the other permitted allocation that the certificate states. The
    bounds above do not cover the choice of the allocation."""


class PublishedComparison(Document):
    """The figure beside published results of the same product and route: a mark, never a verdict."""

    word: RangeWord
    """Place of the figure in the range. `far-below` is less than half of the low end; `none` means no published range.
    """
    product: str | None = None
    """Product of the vocabulary as which the batch counts. Null if it is none of them, or could be several."""
    route: str
    """Route of the chain, such as `ion-clay` or `recycled-short-loop`."""
    low: str | None = None
    """Low end of the published range, in kg CO2e per kg. Null without a range."""
    high: str | None = None
    """High end of the published range, in kg CO2e per kg. Null without a range."""
    read: int = 0
    """Number of studies whose value was read in its source."""
    other: int = 0
    """Number of studies whose value is from memory."""
    studies: tuple[str, ...] = ()
    """Names of the studies that were read, with their values. Empty if the range is composed of other ranges."""
    note: str | None = None
    """What to know of the range, such as a method that differs. Null if nothing."""


class StepComparison(Document):
    """The own step of a certificate of the chain beside studies of that step and route, both by mass."""

    word: RangeWord
    """Place of the figure in the range. `none` means that no study of this step and route was read."""
    lot: str
    """Lot number that the step made."""
    step: str
    """Process step."""
    kg_co2e_per_kg: str
    """kg CO2e per kg of the step alone, as `footprint.own_step` of the certificate."""
    low: str | None = None
    """Low end of what studies found, in kg CO2e per kg. Null without a study."""
    high: str | None = None
    """High end of what studies found, in kg CO2e per kg. Null without a study."""
    studies: tuple[str, ...] = ()
    """Names of the studies, with their values."""
    note: str | None = None
    """What to know of the range, such as a unit that differs. Null if nothing."""


class OpenFlag(Struct):
    """An open flag of the run that made the batch, as its certificate states it."""

    rule: str
    """Plausibility rule that raised it: a key of `schemas.sentences.FLAGS`."""
    sentence: str
    """The flag in plain words, with the part of the figure that rests on it."""
    percent: str | None = None
    """Part of the figure that rests on the flagged lines, in percent. Null if it is not known."""


class BesideFact(Struct):
    """A fact that stands beside the figure, in one sentence."""

    key: str
    """Key of `schemas.sentences.BESIDE`."""
    sentence: str
    """The fact in plain words, rounded for people."""
    facts: dict[str, str] = field(default_factory=dict)
    """Values in the sentence, by name; shares in percent."""


class Demand(Struct):
    """A demand of the method profile that the certificate names, and what became of it."""

    demand: str
    """What the profile demands, as a column of the table of profiles."""
    bound: str
    """Value that the demand asks for."""
    found: str | None = None
    """Value of this certificate. Null if it is not shown."""
    state: DemandState
    """Whether the demand is met. `text-not-read` means that nobody compared it with the text of the standard;
    `not-shown` that this copy shows too little."""


class ProfileSummary(Document):
    """The method profile of the certificate, demand by demand."""

    id: str
    """Id of the profile."""
    called: str
    """What the figure may be called, such as "by the rules of ISO 14067:2018 as far as listed"."""
    demands: tuple[Demand, ...]
    """Every demand of the profile."""


class WordPart(Document):
    """A part of the figure that rests on a producer's word alone."""

    key: str
    """What the amount was counted with, as in the certificate's `quality.word`."""
    percent: str
    """Part of the figure, in percent."""


class MeasuredSummary(Document):
    """What holds the kg CO2e of the run that made the batch, signs aside, in percent, and what nothing holds."""

    certified: str
    """Certified inputs."""
    metered: str
    """Amounts of a meter or a scale that is named."""
    documents: str
    """Amounts of a document that is named."""
    usual: str
    """Usual and calculated amounts: no meter and no document shows them."""
    placeholders: str
    """Lines whose factor is no evidence, or is not public."""
    word: str
    """What rests on the producers' word alone, in the whole chain."""
    largest: tuple[WordPart, ...]
    """The three largest parts of that."""


class Plausibility(Document):
    """What the figure is worth, apart from whether the record is genuine."""

    qualified: bool
    """Whether anything stands against the figure: an open flag, a placeholder, or a place far below the published
    range."""
    sentence: str
    """What the figure is worth, in one line."""
    words: tuple[WorthWord, ...]
    """Parts of that line."""
    flags: int | None = None
    """Number of open flags of the run that made the batch: those found, or those stated by the certificate where its
    run is not shown. Null if neither is known."""
    open: tuple[OpenFlag, ...] = ()
    """Open flags of that run, one for each rule, as the certificate states them: the same for every audience. Most of
    the figure first."""
    notes: tuple[OpenFlag, ...] = ()
    """Flags of that run that weigh below 1 % of the figure, in the same order. They are in none of the numbers."""
    measured: MeasuredSummary | None = None
    """What holds the figure: certificates, meters, documents, or the producers' word alone. Null for engine 1."""
    upstream_flags: int
    """Number of open flags of the upstream runs that are shown."""
    flagged_inputs: int | None = None
    """Number of certified inputs with flags or placeholders, as the certificate states. Null if it does not."""
    placeholders: int
    """Number of lines of the run whose factor is no evidence, or is not public."""
    digits: int
    """Number of significant digits that the uncertainty of the figure supports, for whoever shows it to people."""
    published: PublishedComparison | None = None
    """The figure beside published results. Null for electricity."""
    steps: tuple[StepComparison, ...] = ()
    """Own steps of the chain's certificates that are shown, beside studies of the same step: that of this certificate
    first. Empty where none states it, as of engine 1."""
    rules: str
    """Version of the engine whose rules judged the run."""
    profile: ProfileSummary | None = None
    """The method profile, demand by demand. Null if the verifier does not know the profile."""
    beside: tuple[BesideFact, ...] = ()
    """What stands beside the figure: other figures, shares, and what they rest on. What is 0 is left out."""
    lifted: int = 0
    """Number of flags that attestations of the figure lifted. They are in none of the other numbers."""
    attestors: tuple[str, ...] = ()
    """Names of those whose attestation lifted flags, by the trust list."""


class ChainSummary(Document):
    """Part of the chain that was shown."""

    state: ChainState
    """Whether the chain was shown completely, in part, or not at all."""
    certificates: int
    """Number of certificates of goods that were shown, this one included."""
    tiers: int
    """Number of tiers of the chain that were shown."""
    withheld: int
    """Number of inputs that were withheld."""


class ClosedBranches(Document):
    """What attestors say about withheld inputs; nothing behind them is shown, so it is the attestors' word."""

    inputs: int
    """Number of withheld inputs that attestors examined."""
    attestors: tuple[str, ...]
    """Names of these attestors."""
    whole: bool
    """Whether these branches are all that is missing of the chain."""


class AffectedShare(Document):
    """How much of the certificate's lot stems from lots that have ended, told by the element with most of it."""

    element: str
    """Symbol of the element."""
    percent: str
    """Part of the element's mass in the lot, in percent with one decimal."""


class Balance(Struct):
    """What a run took and what all its outputs hold, in kg."""

    taken_kg: str | None = None
    """Mass that the run took in, in kg. Null if inputs were withheld."""
    produced_kg: str
    """Mass in all outputs of the run, in kg."""


class BatchMass(Struct):
    """The balance of the run behind one batch: in total and per tracked element."""

    lot: str
    """Lot number of the batch."""
    digest: str
    """Digest of the batch's certificate (`zQm...`)."""
    total: Balance
    """Balance of the total mass."""
    elements: dict[str, Balance]
    """Balance of each tracked element, by its symbol."""


class Affected(Document):
    """What a lot that ended upstream means for the certificate that the report is about.

    Where a registry tells it of a chain that is not shown, shares are rounded to tenths, and `path` names only what is
    shown.
    """

    lot: str | None = None
    """Lot that has ended. Null if the chain to it is not shown."""
    digest: str | None = None
    """Digest of that lot's certificate. Null if the chain to it is not shown."""
    state: Ended
    """Whether the lot was withdrawn or is suspended."""
    mass_percent: str | None = None
    """Part of the certificate's mass that stems from the lot, in percent. Null if unknown."""
    elements: dict[str, str]
    """Part of each rare earth and claimed element that stems from the lot, in percent. Empty if unknown."""
    path: tuple[str, ...]
    """Lots from the one that ended to the subject of the report, as far as they are shown."""
    mass_kg: str | None = None
    """Mass of the certificate's lot that stems from the lot, in kg. Null if unknown."""
    reason: str | None = None
    """Reason that the issuer stated for it. Null if its statement is not known."""
    since: str | None = None
    """Instant at which the issuer's statement was logged, in UTC. A day if the chain is not shown. Null if unknown."""


class EndedLot(Document):
    """How the lot of the report itself has ended."""

    state: Ended
    """Whether it was withdrawn or is suspended."""
    undone: bool
    """Whether its run was undone, and its inputs were given back."""
    reason: str | None = None
    """Reason that the issuer stated. Null if its statement is not shown."""
    since: str | None = None
    """Instant at which the issuer's statement was logged, in UTC. Null if it is not shown."""


class ClaimAnswer(Document):
    """A claim, and what can be said of it by what was shown."""

    id: str
    """Rule of the claim, as `docs/reference/claims.md` lists them."""
    scope: ClaimScope
    """Scope of the answer: the run that made the batch, or its whole chain."""
    answer: KnownAnswer
    """The verifier's answer, by what was shown."""
    said: Answer
    """Answer that the certificate states."""
    attested_by: tuple[str, ...] | None = None
    """Names of the third parties on whose word the answer rests. Empty if nobody attested the readings or plants that
    decide it. Null if none decides it."""
    own_criteria: bool
    """Whether Oreprint's own criteria judge it, because no standard with its limits and definitions was read."""
    element: str | None = None
    """Element that the claim is about. Null if its rule does not go by element."""
    countries: tuple[str, ...] | None = None
    """Countries that an origin claim names, by ISO 3166-1. Null if it names none."""
    value: str | None = None
    """Figure that the certificate states, in the unit of the claim's rule. Null if it states none."""
    threshold: str | None = None
    """Figure that the claim promises to keep to, in the unit of its rule. Null if it states none."""
    path: tuple[str, ...]
    """Lots from the subject of the report to the one at which the answer was decided."""
    reason: str
    """Stable key of what decided the answer."""
    sentence: str
    """Reason in one plain sentence, with its facts."""
    facts: dict[str, str] = field(default_factory=dict)
    """Values in the sentence, by name."""


class Vouched(Document):
    """What a third party attests of a record of this chain."""

    digest: str
    """Digest of the attestation (`zQm...`)."""
    attestor: str
    """DID of the attestor."""
    attestor_name: str
    """Name of the attestor, by the trust list where it is listed."""
    attestor_key: Literal["own", "custodial", "unknown"]
    """Keeper of the attestor's key, by the trust list: the attestor (`own`) or the registry (`custodial`)."""
    accreditation: str | None = None
    """Accreditation of the attestor, in the words of the trust list. Null if the list states none."""
    subject: str
    """Digest of the certificate, or of the run, that the attestation is about."""
    lots: tuple[str, ...]
    """Lots of this chain that the attestation is about."""
    scopes: tuple[AttestationScope, ...]
    """Subjects that the attestor examined."""
    level: AssuranceLevel | None = None
    """Level of assurance (ISO 14064-3:2019). Null where the scopes have none."""
    criteria: tuple[str, ...]
    """Standards, methods or rules by which the attestor judged."""
    opinion: Opinion
    """Opinion of the attestor (ISO 14064-3:2019)."""
    note: str | None = None
    """Note of the attestor, such as the exceptions of a modified opinion. Null if there is none."""
    inputs: tuple[int, ...]
    """Numbers of the withheld inputs that the attestor examined, from 0."""
    behind: int
    """Number of certificates that the attestor verified behind these inputs."""
    examined: str
    """Instant of the examination, in UTC."""
    valid_until: str
    """Last second for which the attestation is valid, in UTC."""
    counted: bool
    """Whether this verification relies on the attestation."""
    reason: str | None = None
    """Key of `schemas.sentences.NOT_COUNTED` that says why it does not. Null if it does."""


class AuditorsWord(Document):
    """What one auditor says of the chain of this certificate."""

    auditor: str
    """DID of the auditor. Empty if its record could not be read."""
    name: str
    """Name of the auditor in the trust list, or its DID if the list does not name it."""
    number: int | None = None
    """Number of the auditor's record. Null if it could not be read."""
    made: str | None = None
    """Instant of the record, in UTC. Null if it could not be read."""
    state: Judged | None = None
    """The auditor's finding: right, right but relying on others for a part, or refused. Null if it could not be read.
    """
    reason: str | None = None
    """Key of `schemas.sentences.NOT_AUDITED` that says why it does not count. Null if it does."""


class Audited(Document):
    """Who else found the whole chain right. It changes no verdict, no claim and nothing that is said of the chain."""

    state: AuditedState
    """`audited`: enough auditors found every step right. `relied`: enough did, some relying on others for a part.
    `short`: fewer than needed. `disputed`: one did not find it right. `none`: no auditor says anything."""
    required: int
    """Number of auditors that the trust list requires. 0 if it names none for this registry."""
    of: int
    """Number of auditors that the trust list names for this registry."""
    counted: tuple[AuditorsWord, ...] = ()
    """Auditors who found the chain right and count, in the order of the trust list."""
    not_counted: tuple[AuditorsWord, ...] = ()
    """Records that do not count, each with the reason."""
    registry: AuditorsWord | None = None
    """The registry's own record, which never counts. Null if none holds."""
    answers: tuple[Answer, ...] = ()
    """Weakest answer of the auditors who count to each claim of the certificate, in the order of its claims."""
    words: str
    """Key of `schemas.sentences.AUDITED`: its sentence stands where the chain is not shown."""
    facts: dict[str, str] = field(default_factory=dict)
    """Values in its sentence, by name."""
    sentence: str
    """That sentence, for whoever does not see the chain."""


class Received(Document):
    """What an incoming-goods check found."""

    holding_kg: str
    """Mass of the reader's own holding, in kg."""
    received_kg: str
    """Mass that arrived, in kg, as the reader stated it."""
    difference_percent: str
    """Arrived mass less holding, in percent of the holding. Negative if less arrived."""
    sentence: str
    """Result in plain words."""


class Corrected(Document):
    """The latest certificate of a batch that was corrected, beside the one that the report is about."""

    certificate: str
    """Digest of the latest certificate (`zQm...`)."""
    issued: str
    """Instant at which it was issued, in UTC."""
    was: str
    """kg CO2e per kg, location-based, as the certificate of this report states it."""
    now: str
    """kg CO2e per kg, location-based, as the latest one states it."""
    change_percent: str | None = None
    """Change in percent, with one decimal and its sign. Null if the figure was 0."""


class PlantMonths(Document):
    """How much of a year a plant has certified of a product, by the certificates of one registry that stand."""

    product: str
    """Product of the vocabulary."""
    through: str
    """Month in which the batch was made, as 2026-03. The year is the twelve months up to it."""
    certified: int
    """Number of these months with a certificate of the plant and product, from 0 to 12."""
    few: bool
    """Whether these are fewer than nine, though the plant has certified the product for longer than the year."""
    median_kg_co2e_per_kg: str | None = None
    """Middle of the figures of these lots in kg CO2e per kg, location-based. Null for fewer than three lots."""


class RegistryFinding(Document):
    """Something that the registry found in its memory of other runs. It names no run, lot, line or amount."""

    code: str
    """Stable code of the finding."""
    sentence: str
    """The finding in plain words."""
    facts: dict[str, str] = field(default_factory=dict)
    """Values in the sentence, by name."""


class RegistryWord(Document):
    """What the registry says of a certificate from its memory of all others.

    It is unsigned and the registry's own word: no verifier can work it out from what is shown.
    """

    registry: str
    """Domain of the registry."""
    months: PlantMonths | None = None
    """How much of a year the plant has certified of this product. Null if the certificate names no product."""
    findings: tuple[RegistryFinding, ...] = ()
    """What speaks against the figure. Empty if nothing was found."""


class HeldGoods(Document):
    """Goods that a registry holds for a customer without a key of its own: the word of the registry that was asked."""

    registry: str
    """Domain of the registry. It keeps the key with which these goods are moved."""
    sentence: str
    """Who holds the goods, and what the registry could do with them."""


class Report(Document, weakref=True):
    """The whole report of a verification."""

    oreprint: Literal["report/1"] = "report/1"
    """Format and version of this document."""
    mark: Mark | None = None
    """Whether the record is no real one: of a trial, or of a demonstration. Null for a real one."""
    verdict: Verdict
    """Overall result. It never says more than was proven."""
    state: ReportState
    """The verdict as a purchaser needs it: a lot of which a part has ended (`affected`) is told from one that has ended
    itself, and a registry that the trust list does not name (`unknown`) from a failed check."""
    action: Action
    """The one action that the report recommends."""
    replies: Replies
    """The answers to the questions of a purchaser."""
    headline: str
    """Verdict in plain words."""
    reason: Check | None = None
    """Check that decided the verdict. Null if no check did."""
    assurance: Assurance
    """Parties besides the registry that vouch for the log: the weakest of all heads in use."""
    certificate: CertificateSummary | None = None
    """Certificate that the report is about. Null if it could not be read."""
    checks: tuple[Check, ...]
    """Every check, made or not made, in the order of the steps."""
    footprint: FootprintSummary | None = None
    """The certificate's figure and the verifier's own. Null without a readable certificate."""
    plausibility: Plausibility | None = None
    """What the figure is worth. Null without a readable certificate."""
    chain: ChainSummary
    """Part of the chain that was shown."""
    mass: tuple[BatchMass, ...]
    """Mass balance of the run behind each batch that was shown."""
    claims: tuple[ClaimAnswer, ...]
    """Claims of the certificate with the verifier's answers."""
    attestations: tuple[Vouched, ...] = ()
    """Attestations of third parties about records of the chain."""
    audited: Audited | None = None
    """What auditors say of the chain. Null without a readable certificate."""
    closed_branches: ClosedBranches | None = None
    """Statements of attestors about withheld inputs. Null if none examined any."""
    received: Received | None = None
    """Result of an incoming-goods check. Null if none was asked for."""
    affected: tuple[Affected, ...] = ()
    """Lots upstream that have ended, and what that means for this certificate."""
    affected_share: AffectedShare | None = None
    """Share of this lot that ended lots upstream affect. Null if no lot upstream has ended, or if that is not shown."""
    ended: EndedLot | None = None
    """How the lot itself has ended. Null if it has not."""
    superseded_by: str | None = None
    """Digest of the latest certificate of the same batch, if a later one was shown; else null."""
    corrected: Corrected | None = None
    """The later certificate's figure beside this one's. Null if no later one was shown."""
    upstream_as_of: str | None = None
    """Instant as of which the registry of the certificate tells all ended lots behind it, hidden ones too, in UTC. Null
    if it does not tell, or if its word is older than a day."""
    registry_word: RegistryWord | None = None
    """What the registry that was asked says from its memory. Null if none was asked, as in every offline check."""
    held: HeldGoods | None = None
    """Word of the registry that it holds the goods of a private link for the customer. Null for any other reader."""
    not_proven: tuple[str, ...]
    """Sentences that say what this verification does not prove."""
    checked_at: str
    """Instant of the verification, in UTC."""
    log_size: int | None = None
    """Size of the registry's log at the head in use, in entries. Null if no head was shown."""
    status_age_s: int | None = None
    """Age of the oldest status list in use, in seconds. Null if none was used."""
