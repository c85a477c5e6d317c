"""A bundle verified in one pass: every line in its order, each judged as it comes.

Rules: the numbered steps of `schemas.report.STEPS`; a failed step does not hide the later ones that can still be judged.
Records come upstream-first, so everything a record builds on is known when it comes and nothing recurses; what is kept
of a record is what later ones and the report need, not its text.

Numbers: 1 form (`open_certificate`, line by line), 2 log (`heads`), 3 issuer, 4 signature, 5 same record (`batch`), 6 status
(`standing`), 7 inputs (`paths`, `inputs`), 8 mass (`mass`), 9 footprint (`figures`), 10 claims (`claims`), 11 attestations
(`attestations`).  Where several processes share the work, the records that another judges are followed in silence.  What this
module does not do: reading a line (`reading`), a file, a clock or a socket; deciding the verdict (`verdict`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from ledger.seal.sdjwt import open_certificate
from ledger.trust.pinned import open_trust
from ledger.verify.attestations import Attestations
from ledger.verify.batch import check_batch
from ledger.verify.claims import Claims
from ledger.verify.closing import close
from ledger.verify.figures import Figures
from ledger.verify.following import follow_certificate, follow_record
from ledger.verify.heads import Heads
from ledger.verify.inputs import Inputs
from ledger.verify.instruments import Instruments
from ledger.verify.judge import Judge, Outcome
from ledger.verify.mass import Mass
from ledger.verify.paths import Paths
from ledger.verify.provenance import Provenance
from ledger.verify.reading import ALONE, FOLLOWING, MOST_REFUSED, RECORDS, NotSharedError, Reader, Share, bare, document
from ledger.verify.recall import Recall
from ledger.verify.standing import Standing
from ledger.verify.tables import NamedTables
from ledger.verify.views import View, Views
from schemas.bundle import (
    MOST_ATTESTATIONS,
    AttestationLine,
    CertificateLine,
    EndLine,
    Header,
    HeadLine,
    HoldingLine,
    SplitLine,
    StatementLine,
    StatusLine,
    TrustLine,
)
from schemas.document import uncollected
from schemas.problem import InputError, OreprintError
from schemas.vocabulary import unit_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, MutableMapping

    from ledger.footprint.factors import FactorTables
    from ledger.seal.sdjwt import OpenCertificate, OpenRun
    from ledger.trust.pinned import Trust
    from ledger.verify.batch import Seen
    from ledger.verify.held import Ending, Used
    from schemas.bundle import BundleLine, Proof

MOST_RECORDS: Final = 500_000
"""Records in one verification (limits table)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the verifier decides: the time to judge at (ms), and whether less than a complete chain is enough."""

    at_ms: int
    require_chain: bool = False
    received_mg: int | None = None
    received_as: str | None = None


@dataclass(slots=True)
class Chain:
    """A verification under way, and after the last line what it found; `view` is what is shown of the subject's run."""

    trust: Trust
    tables: FactorTables
    policy: Policy
    judge: Judge = field(default_factory=Judge)
    share: Share = ALONE
    opening: Callable[[str], OpenCertificate] = open_certificate
    seen: MutableMapping[str, Seen] = field(default_factory=dict)
    stands_on: dict[str, tuple[str, ...]] = field(default_factory=dict)
    subject: str | None = None
    view: View = field(default_factory=View)
    endings: list[Ending] = field(default_factory=list)
    owned: list[Used] = field(default_factory=list)
    cited: set[str] = field(default_factory=set)
    heads: Heads = field(init=False)
    standing: Standing = field(init=False)
    paths: Paths = field(init=False)
    inputs: Inputs = field(init=False)
    mass: Mass = field(init=False)
    figures: Figures = field(init=False)
    provenance: Provenance = field(init=False)
    claims: Claims = field(init=False)
    recall: Recall = field(init=False)
    attestations: Attestations = field(init=False)
    instruments: Instruments = field(init=False)
    views: Views = field(default_factory=Views)
    branches_of: dict[bytes, int] = field(default_factory=dict)
    _stood: set[tuple[str, int, str]] = field(default_factory=set)
    digests: list[bytes] = field(default_factory=list)
    """As of `Reader`."""

    def __post_init__(self) -> None:
        """Put the steps together around one judge."""
        self.heads = Heads(self.trust, self.judge, self.policy.at_ms)
        self.standing = Standing(self.trust, self.heads, self.judge, self.policy.at_ms)
        self.paths = Paths(self.trust, self.heads, self.judge)
        self.inputs = Inputs(self.judge, self.paths, self.seen)
        self.mass = Mass(self.judge, self.seen)
        tables = NamedTables(self.tables)
        self.figures = Figures(self.judge, tables, self.seen)
        self.provenance = Provenance(self.judge, tables, self.seen)
        self.claims = Claims(self.judge, self.seen)
        self.recall = Recall(self.seen)
        self.attestations = Attestations(self.trust, self.heads, self.judge)
        self.instruments = Instruments(self.judge, self.trust, self.paths, self.seen)

    @property
    def own(self) -> Used | None:
        """The reader's own holding of the subject, the first one where several are shown."""
        return self.owned[0] if self.owned else None

    @property
    def open_branches(self) -> int:
        """How many uncertified inputs bring a rare earth from nowhere in particular."""
        issuances = self.issuances
        return sum(count for issuance, count in self.branches_of.items() if issuance in issuances)

    @property
    def hidden_runs(self) -> int:
        """How many issuances no certificate shows the run of."""
        return len(self.issuances - self.branches_of.keys())

    @property
    def issuances(self) -> set[bytes]:
        """The issuances of the subject's chain: its own, and those of what was used on the way to it."""
        own = (self.seen.get(digest) for digest in (*self.cited, self.subject) if digest is not None)
        return {seen.issuance for seen in own if seen is not None}

    def read(self, lines: Iterable[bytes | BundleLine]) -> None:
        """Judge a whole bundle: its lines with their newlines, or the documents that they would be.

        Raises:
            InputError: `bundle.*` or `document.*`, when the first line is no header or hardly a line is one of a bundle.
            NotSharedError: in a share, when one process has to judge all.

        """
        with uncollected():
            self._read(lines)
            if self.share == ALONE:
                close(self)

    def _read(self, lines: Iterable[bytes | BundleLine]) -> None:
        left = iter(lines)
        header = document(next(left, b""), "line 1")
        if not isinstance(header, Header):
            raise InputError.at("bundle.header")
        self.subject = header.subject
        ends = self.share.ends(header.records, FOLLOWING[header.audience])
        reader = Reader(self.share, self.opening, ends, sha256(header.to_bytes()))
        number = 1
        records = 0
        refused = 0
        last: BundleLine = header
        for number, read in enumerate(reader.ahead(left), start=2):
            place = f"line {number}"
            self.judge.line = number
            self.judge.silent = read.silent
            try:
                if type(last) is EndLine:
                    raise InputError.at("bundle.after-end", place)
                line = read.told()
                if _ORDER[type(line)] < _ORDER[type(last)]:
                    self.judge.refuse(1, place, InputError.at("bundle.order"))
                last = line
                records += type(last) in RECORDS
                if records > MOST_RECORDS:
                    raise InputError.at("bundle.records", place, limit=MOST_RECORDS)
                self._take(last, read.certificate)
            except OreprintError as error:
                self.judge.refuse(1, place, bare(error))
                refused += 1
                if refused > MOST_REFUSED:
                    raise InputError.at("bundle.refused", place, limit=MOST_REFUSED) from error
        self.digests = reader.digests
        if not self.share.last:
            return
        self.judge.silent = False
        told = (header.records, sorted(header.registries))
        if not isinstance(last, EndLine) or last.lines != number or told != (records, sorted(self.heads.by_registry)):
            self.judge.refuse(1, f"line {number}", InputError.at("bundle.end", lines=number, records=records))
        self.judge.line = number + 1

    def certificate(self, text: str, *, values: tuple[str, ...] = (), proof: Proof | None = None) -> Seen:
        """Judge one certificate: all steps that can be judged with what is known so far."""
        return self.opened(open_certificate(text), values=values, proof=proof)

    def opened(self, opened: OpenCertificate, *, values: tuple[str, ...] = (), proof: Proof | None = None) -> Seen:
        """Judge one certificate that is opened already."""
        if opened.digest in self.seen:
            raise InputError.at("bundle.twice", opened.digest)
        seen = check_batch(opened, values, proof, trust=self.trust, heads=self.heads, judge=self.judge)
        self.seen[seen.digest] = seen
        self.stands(seen)
        self.instruments.check_clear(seen)
        view = self.views.of(seen)
        if seen.digest == self.subject:
            self.view = view
        grown = view.add(opened.run)
        certificates = view.certificates if grown else [seen]
        if view.run is None:
            self.inputs.withhold(seen, view)
        else:
            for each in certificates:
                self.inputs.own_output(view.run, each)
            if grown:
                self._run(view, view.run, seen)
        for each in certificates if not self.judge.silent else ():
            self.provenance.check_clear(each)
            self.mass.check_clear(each)
            self.figures.check_clear(each, view.redone)
        for each in certificates:
            self.claims.check(each, view.run, view.inventory)
        shown = view.run.inputs if view.run else ()
        self.stands_on[seen.digest] = tuple(
            [each.source.certificate for each in shown if each and each.source and unit_of(each.value.kind) == "kg"]
        )
        return seen

    def stands(self, seen: Seen) -> None:
        """Note what a certificate corrects, and whether it, or what it corrects, has ended; neither is shared."""
        state, follows = self.standing.state(seen), seen.record.follows
        if self.share != ALONE and (state is not None or follows is not None):
            raise NotSharedError
        if follows is not None:
            self.standing.followers[follows.certificate] = seen
            state = state or self.recall.ended.get(follows.certificate)
        if state is not None:
            self.recall.ended[seen.digest] = state

    def _run(self, view: View, run: OpenRun, seen: Seen) -> None:
        """Judge a run, as all of its views together show it.

        What an earlier view withheld is judged now, and so not withheld any more, unless something was built on that view.
        """
        if seen.issuance not in self.inputs.built_on:
            self.judge.forget(view.withheld)
        before = len(self.judge.findings)
        self.recall.take(run, seen)
        self.instruments.check(run, seen)
        self.inputs.check(run, seen, first=seen.issuance not in self.branches_of)
        self.mass.check(run, seen)
        if not self.judge.silent:
            redone = self.figures.check(run, seen)
            view.inventory = self.provenance.check(run, seen, redone.shared if redone else None)
            view.redone = redone or view.redone
        self.branches_of[seen.issuance] = self.mass.open_branches(run)
        view.withheld = [found for found in self.judge.findings[before:] if found.outcome is Outcome.WITHHELD]

    def forget_runs(self) -> None:
        """Let go of what only the certificates of one issuance share: for who reads a whole log, one issuance at a time."""
        for kept in (
            self.views,
            self.branches_of,
            self.stands_on,
            self.mass.balances,
            self.instruments.uses,
            self.claims.judged,
            self.claims.links,
            self.heads.changes,
        ):
            kept.clear()

    def _take(self, line: BundleLine, certificate: OpenCertificate | OreprintError | None) -> None:
        """Judge one line after the header; `certificate` is the one in it."""
        match line:  # the frequent ones first: to ask whether a document is of another kind takes long
            case SplitLine() | StatementLine():
                self._record(line)
            case CertificateLine():
                self._shown(line, certificate)
            case Header():
                raise InputError.at("bundle.header")
            case TrustLine():
                open_trust(line.note)
            case HeadLine():
                self.heads.add(line)
            case StatusLine():
                self.standing.add(line)
            case AttestationLine() | HoldingLine():
                self._beside(line)
            case EndLine():
                pass

    def _beside(self, line: AttestationLine | HoldingLine) -> None:
        """Take in what stands after the records: what others say of them, and what the reader holds of them."""
        if isinstance(line, HoldingLine):
            found = self.paths.use("holding", line.creator, line.holding)
            self.owned += [found] if found else []
            return
        if len(self.attestations.words) >= MOST_ATTESTATIONS:
            raise InputError.at("bundle.records", limit=MOST_ATTESTATIONS)
        self.attestations.take(line.registry, line.attestation, line.proof)

    def _shown(self, line: CertificateLine, certificate: OpenCertificate | OreprintError | None) -> None:
        """Judge the certificate of a line, if its form is right."""
        if isinstance(certificate, OreprintError):
            raise certificate
        if certificate is None:
            return
        if self.judge.silent:
            follow_certificate(self, certificate, line)
        else:
            self.opened(certificate, values=line.values, proof=line.proof)

    def _record(self, line: SplitLine | StatementLine) -> None:
        """Take in a split or a statement, once."""
        place = line.registry, line.proof.index, line.proof.entry
        if place in self._stood:
            raise InputError.at("bundle.twice", f"entry {line.proof.index}")
        self._stood.add(place)
        if isinstance(line, StatementLine) and line.kind != "move" and self.share != ALONE:
            raise NotSharedError
        if self.judge.silent:
            follow_record(self.paths, line)
            return
        if isinstance(line, SplitLine):
            self.paths.split(line)
            return
        ending = self.paths.statement(line)
        if ending is not None:
            self.endings.append(ending)


_ORDER: Final[dict[type[BundleLine], int]] = {
    Header: 0,
    TrustLine: 1,
    HeadLine: 2,
    StatusLine: 3,
    CertificateLine: 4,
    SplitLine: 4,
    StatementLine: 4,
    AttestationLine: 5,
    HoldingLine: 6,
    EndLine: 7,
}
"""The order of the lines of a bundle: records of all kinds stand mixed, upstream-first; what is attested of them stands after all of them."""


def verify_bundle(
    lines: Iterable[bytes | BundleLine],
    *,
    trust: Trust,
    tables: FactorTables,
    policy: Policy,
    judge: Judge | None = None,
    opening: Callable[[str], OpenCertificate] = open_certificate,
) -> Chain:
    """Verify a bundle, given as its lines with their newlines or as their documents; certificates are opened by `opening`."""
    chain = Chain(trust, tables, policy, judge or Judge(), opening=opening)
    chain.read(lines)
    return chain


def verify_certificate(text: str, *, trust: Trust, tables: FactorTables, policy: Policy) -> Chain:
    """Verify a certificate on its own: what can be judged without the log, which is never enough.

    Raises:
        InputError: when it isn't a certificate.

    """
    chain = Chain(trust, tables, policy)
    try:
        opened = open_certificate(text)
        chain.subject = opened.digest
        chain.opened(opened)
    except InputError:
        raise
    except OreprintError as error:
        chain.judge.refuse(1, "", error)
    return chain
