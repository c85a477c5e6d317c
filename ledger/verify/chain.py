"""A chain of certificates being verified: what the steps know of it, and after the last line what they found.

What is kept of a record is what later ones and the report need, not its text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import TypeVar

from ledger.factors.tables import FactorTables
from ledger.seal.upstream import OpenUpstream
from ledger.trust.pinned import Trust
from ledger.verify.attestations import Attestations
from ledger.verify.certificate import RunView, ShownCertificate, ShownLine, Views
from ledger.verify.claims import Claims
from ledger.verify.figures import RunFigures
from ledger.verify.findings import Findings
from ledger.verify.heads import Heads
from ledger.verify.inputs import Inputs
from ledger.verify.instruments import Instruments
from ledger.verify.mass import Mass
from ledger.verify.memory import KnownCertificate, Memory
from ledger.verify.paths import Paths
from ledger.verify.provenance import Provenance
from ledger.verify.reading import MOST_REFUSED, bare
from ledger.verify.recall import Recall
from ledger.verify.status_lists import StatusLists
from ledger.verify.tables import NamedTables
from ledger.verify.walk_state import Ending, Used
from schemas.bundle import AuditLine, BundleLine, Header
from schemas.problem import InputError, OreprintError
from schemas.report import RegistryWord

Shown = TypeVar("Shown", bound="ShownLine")


@dataclass(frozen=True, slots=True)
class Policy:
    """The verifier's choices: the time to verify at (ms), and whether it requires a whole chain, or an audited one."""

    at_ms: int
    require_chain: bool = False
    require_audit: bool = False
    received_mg: int | None = None
    received_as: str | None = None


@dataclass(slots=True)
class Layout:
    """Counts of a bundle's lines so far: the last one read, all, records, refused ones, and the entries shown."""

    header: Header
    last: BundleLine
    lines: int = 1
    records: int = 0
    refused: int = 0
    entries: set[tuple[str, int, str]] = field(default_factory=set)


@dataclass(slots=True)
class Chain:
    """A running verification. `seen` are the certificates so far, `view` is the shown part of the subject's run.

    `memory` is what an auditor knows already of certificates whose runs are withheld.

    `layout` is that of the bundle that is read; a record that comes by itself has none, and what is wrong with it is
    raised.
    """

    trust: Trust
    tables: FactorTables
    policy: Policy
    findings: Findings = field(default_factory=Findings)
    memory: Memory = field(default_factory=dict[str, KnownCertificate])
    seen: MutableMapping[str, ShownCertificate] = field(default_factory=dict)
    stands_on: dict[str, tuple[str, ...]] = field(default_factory=dict)
    subject: str | None = None
    shown_list: str | None = None
    view: RunView = field(default_factory=RunView)
    layout: Layout | None = None
    endings: list[Ending] = field(default_factory=list)
    owned: list[Used] = field(default_factory=list)
    audits: list[AuditLine] = field(default_factory=list)
    above: set[str] = field(default_factory=set)
    cited: set[str] = field(default_factory=set)
    heads: Heads = field(init=False)
    standing: StatusLists = field(init=False)
    paths: Paths = field(init=False)
    inputs: Inputs = field(init=False)
    mass: Mass = field(init=False)
    figures: RunFigures = field(init=False)
    provenance: Provenance = field(init=False)
    claims: Claims = field(init=False)
    recall: Recall = field(init=False)
    attestations: Attestations = field(init=False)
    instruments: Instruments = field(init=False)
    views: Views = field(default_factory=Views)
    upstream: OpenUpstream | None = None
    """The word of the subject's registry about ended lots behind it, as it came in the bundle."""
    upstream_ms: int | None = None
    """The time as of which that registry tells what it knows; None if it does not, or its word is too old."""
    registry_word: RegistryWord | None = None
    """What the registry that judges knows of the subject beyond what was shown; None of any other judge."""
    printed: bool = False
    """Whether the record was attached to a PDF, whose pages nobody judged."""
    branches_of: dict[bytes, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Put the steps together around one collector of findings."""
        self.heads = Heads(self.trust, self.findings, self.policy.at_ms)
        self.standing = StatusLists(self.trust, self.heads, self.findings, self.policy.at_ms)
        self.paths = Paths(self.trust, self.findings)
        self.inputs = Inputs(self.findings, self.paths, self.memory)
        self.mass = Mass(self.findings)
        tables = NamedTables(self.tables)
        self.figures = RunFigures(self.findings, tables)
        self.provenance = Provenance(self.findings, tables)
        self.claims = Claims(self.findings, self.seen, self.memory)
        self.recall = Recall(self.seen)
        self.attestations = Attestations(self.trust, self.heads, self.findings)
        self.instruments = Instruments(self.findings, self.trust)

    @property
    def own(self) -> Used | None:
        """The reader's own holding of the subject, the first one where several are shown."""
        return self.owned[0] if self.owned else None

    @property
    def open_branches(self) -> int:
        """The number of uncertified inputs that bring a rare earth of unknown source."""
        issuances = self.issuances
        return sum(count for issuance, count in self.branches_of.items() if issuance in issuances)

    @property
    def hidden_runs(self) -> int:
        """The number of issuances whose run no certificate shows."""
        return len(self.issuances - self.branches_of.keys())

    @property
    def issuances(self) -> set[bytes]:
        """The issuances of the subject's chain: its own, and those of every batch upstream."""
        own = (self.seen.get(digest) for digest in (*self.cited, self.subject) if digest is not None)
        return {certificate.issuance for certificate in own if certificate is not None}

    def each(self, lines: Iterable[Shown], check: Callable[[Chain, Shown], None]) -> None:
        """Take one step with each line, in order; what refuses a line ends its way."""
        for line in lines:
            if line.refused:
                continue
            self.findings.line = line.number
            try:
                check(self, line)
            except OreprintError as error:
                self._refuse(line, error)

    def _refuse(self, line: ShownLine, error: OreprintError) -> None:
        """Record the fault of a line. Stop reading a bundle with too many faulty lines."""
        if self.layout is None:
            raise error
        place = f"line {line.number}"
        line.refused = True
        self.findings.refuse(1, place, bare(error))
        self.layout.refused += 1
        if self.layout.refused > MOST_REFUSED:
            raise InputError.at("bundle.refused", place, limit=MOST_REFUSED) from error

    def forget_runs(self) -> None:
        """Release the data that only certificates of one issuance share.

        A reader of a whole log calls it after each issuance.
        """
        for kept in (
            self.views,
            self.branches_of,
            self.stands_on,
            self.mass.balances,
            self.provenance.flags,
            self.instruments.uses,
            self.claims.judged,
            self.claims.links,
            self.heads.changes,
        ):
            kept.clear()
