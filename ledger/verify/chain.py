"""A bundle verified in one pass: every line in its order, each judged as it comes.

Rules: the numbered steps of `schemas.report.STEPS`; a failed step does not hide the later ones that can still be judged.
Records come upstream-first, so everything a record builds on is known when it comes and nothing recurses; what is kept
of a record is what later ones and the report need, not its text.

Numbers: 1 form (`open_certificate`, line by line), 2 log (`heads`), 3 issuer, 4 signature, 5 same record (`batch`), 6 status
(`standing`), 7 inputs (`paths`, `inputs`), 8 mass (`mass`), 9 footprint (`figures`).  10 claims and 11 attestations have their place in
the report.  What this module does not do: reading a file, a clock or a socket; deciding the verdict (`verdict`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ledger.seal.sdjwt import open_certificate
from ledger.trust.pinned import open_trust
from ledger.verify.batch import check_batch
from ledger.verify.figures import Figures
from ledger.verify.heads import Heads
from ledger.verify.inputs import Inputs
from ledger.verify.judge import Judge
from ledger.verify.mass import Mass
from ledger.verify.paths import Paths
from ledger.verify.rule import Rule
from ledger.verify.standing import Standing
from schemas.bundle import (
    CertificateLine,
    EndLine,
    Header,
    HeadLine,
    HoldingLine,
    SplitLine,
    StatementLine,
    StatusLine,
    TrustLine,
    read_line,
)
from schemas.problem import InputError, OreprintError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.footprint.factors import FactorTables
    from ledger.trust.pinned import Trust
    from ledger.verify.batch import Seen
    from ledger.verify.paths import Used
    from schemas.bundle import BundleLine, Proof
    from schemas.statement import StatusChange

MOST_RECORDS: Final = 500_000
"""Records in one verification (limits table)."""
MOST_REFUSED: Final = 1000
"""Lines that are refused before reading stops: more would say no more, and cost time and memory."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the verifier decides: the time to judge at (ms), and whether less than a complete chain is enough."""

    at_ms: int
    require_chain: bool = False
    received_mg: int | None = None
    received_as: str | None = None


@dataclass(slots=True)
class Chain:
    """A verification under way, and after the last line what it found."""

    trust: Trust
    tables: FactorTables
    policy: Policy
    judge: Judge = field(default_factory=Judge)
    seen: dict[str, Seen] = field(default_factory=dict)
    tiers: dict[str, int] = field(default_factory=dict)
    subject: str | None = None
    open_branches: int = 0
    hidden_runs: int = 0
    ended: list[tuple[StatusChange, int]] = field(default_factory=list)
    own: Used | None = None
    heads: Heads = field(init=False)
    standing: Standing = field(init=False)
    paths: Paths = field(init=False)
    inputs: Inputs = field(init=False)
    mass: Mass = field(init=False)
    figures: Figures = field(init=False)
    _judged: dict[bytes, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Put the steps together around one judge."""
        self.heads = Heads(self.trust, self.judge)
        self.standing = Standing(self.trust, self.heads, self.judge, self.policy.at_ms)
        self.paths = Paths(self.trust, self.heads, self.judge)
        self.inputs = Inputs(self.judge, self.paths, self.seen)
        self.mass = Mass(self.judge, self.seen)
        self.figures = Figures(self.judge, self.tables, self.seen)

    def read(self, lines: Iterable[bytes]) -> None:
        """Judge a whole bundle.

        Raises:
            InputError: `bundle.*` or `document.*`, when the first line is no header or hardly a line is one of a bundle.

        """
        reader = iter(lines)
        header = read_line(next(reader, b""), "line 1")
        if not isinstance(header, Header):
            raise InputError.at("bundle.header")
        self.subject = header.subject
        number = 1
        records = 0
        refused = 0
        last: BundleLine = header
        for number, raw in enumerate(reader, start=2):
            place = f"line {number}"
            try:
                if isinstance(last, EndLine):
                    raise InputError.at("bundle.after-end", place)
                last = read_line(raw, place)
                records += isinstance(last, CertificateLine | SplitLine | StatementLine)
                if records > MOST_RECORDS:
                    raise InputError.at("bundle.records", place, limit=MOST_RECORDS)
                self._take(last)
            except OreprintError as error:
                self.judge.refuse(1, place, error)
                refused += 1
                if refused > MOST_REFUSED:
                    raise InputError.at("bundle.refused", place, limit=MOST_REFUSED) from error
        told = (header.records, sorted(header.registries))
        if not isinstance(last, EndLine) or last.lines != number or told != (records, sorted(self.heads.by_registry)):
            self.judge.refuse(1, f"line {number}", InputError.at("bundle.end", lines=number, records=records))
        self._finish()

    def certificate(self, text: str, *, values: tuple[str, ...] = (), proof: Proof | None = None) -> Seen | None:
        """Judge one certificate: all steps that can be judged with what is known so far."""
        opened = open_certificate(text)
        seen = check_batch(opened, values, proof, trust=self.trust, heads=self.heads, judge=self.judge)
        self.seen[seen.digest] = seen
        subject = self.subject in (None, seen.digest)
        self.standing.check(seen, subject=subject)
        run = opened.run
        if run is None:
            self.hidden_runs += 1
            self.inputs.withhold(seen.place, seen.record.counts.inputs)
        else:
            self.inputs.own_output(run, seen)
            if self._judged.get(seen.issuance, -1) < len(opened.shown):
                first = seen.issuance not in self._judged
                self._judged[seen.issuance] = len(opened.shown)
                self.inputs.check(run, seen, first=first)
                self.mass.check(run, seen)
                self.figures.check(run, seen)
                self.open_branches += self.mass.open_branches(run)
        self.figures.check_clear(seen)
        above = [
            self.tiers.get(shown.source.certificate, 0) for shown in (run.inputs if run else ()) if shown and shown.source
        ]
        self.tiers[seen.digest] = 1 + max(above, default=0)
        return seen

    def _take(self, line: BundleLine) -> None:
        """Judge one line after the header."""
        match line:
            case Header():
                raise InputError.at("bundle.header")
            case TrustLine():
                open_trust(line.note)
            case HeadLine():
                self.heads.add(line)
            case StatusLine():
                self.standing.add(line)
            case CertificateLine():
                self.certificate(line.certificate, values=line.values, proof=line.proof)
            case SplitLine():
                self.paths.split(line)
            case StatementLine():
                said = self.paths.statement(line)
                if said is not None:
                    self.ended.append((said, line.proof.index))
            case HoldingLine():
                self.own = self.paths.use("holding", line.creator, line.holding)
            case EndLine():
                pass

    def _finish(self) -> None:
        """Judge what can only be judged when everything is known: what had ended before it was used."""
        if self.subject not in self.seen:
            self.judge.refuse(1, "", InputError.at("bundle.subject", digest=self.subject))
        ended = {said.ends.certificate: index for said, index in self.ended if said.oreprint != "lift/1"}
        for use in self.inputs.consumed:
            index = ended.get(use.upstream.digest)
            if use.by.logged is None or use.upstream.logged is None:
                continue
            before = index is not None and index < use.by.logged.index
            self.judge.require(
                Rule.SOURCE_STANDS, use.by.place, holds=not before, upstream=use.upstream.place
            )


def verify_bundle(
    lines: Iterable[bytes], *, trust: Trust, tables: FactorTables, policy: Policy, judge: Judge | None = None
) -> Chain:
    """Verify a bundle, given as its lines with their newlines."""
    chain = Chain(trust, tables, policy, judge or Judge())
    chain.read(lines)
    return chain


def verify_certificate(text: str, *, trust: Trust, tables: FactorTables, policy: Policy) -> Chain:
    """Verify a certificate on its own: what can be judged without the log, which is never enough.

    Raises:
        InputError: when it isn't a certificate.

    """
    chain = Chain(trust, tables, policy)
    try:
        seen = chain.certificate(text)
    except InputError:
        raise
    except OreprintError as error:
        chain.judge.refuse(1, "", error)
        return chain
    chain.subject = seen.digest if seen else None
    return chain

