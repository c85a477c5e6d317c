"""The lines of a bundle, each judged as it comes.

Rules: a line that is refused does not hide those after it, and nothing stands after the end.  Certificates are judged in passes over
some tens of them (`ledger.verify.chain.PASSES`): a pass by itself stays in the caches of a processor, and all of them together do
not, which makes a tenth of the time.  What is found stands in the order of the lines, as if each had been judged by itself.

What this module does not do: reading a line (`reading`), judging a record (`chain`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from ledger.seal.sdjwt import open_clear
from ledger.trust.pinned import open_trust
from ledger.verify.chain import PASSES, Chain
from ledger.verify.closing import close
from ledger.verify.judge import Judge
from ledger.verify.reading import (
    MOST_REFUSED,
    RECORDS,
    Reader,
    bare,
    document,
)
from schemas.bundle import (
    MOST_ATTESTATIONS,
    MOST_RECORDS,
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
from schemas.document import gc_paused
from schemas.problem import InputError, OreprintError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ledger.factors.tables import FactorTables
    from ledger.seal.sdjwt import ClearPart, OpenCertificate
    from ledger.trust.pinned import Trust
    from ledger.verify.chain import Policy, Shown
    from ledger.verify.reading import Line
    from schemas.bundle import BundleLine

Opening: TypeAlias = "Callable[[str], ClearPart | OpenCertificate]"
"""What opens a certificate, or its clear part."""


def read_bundle(
    chain: Chain,
    lines: Iterable[bytes | BundleLine],
    *,
    opening: Opening = open_clear,
) -> None:
    """Judge a whole bundle: its lines with their newlines, or the documents that they would be; certificates are opened by `opening`.

    Raises:
        InputError: `bundle.*` or `document.*`, when the first line is no header or hardly a line is one of a bundle.

    """
    with gc_paused():
        left = iter(lines)
        header = document(next(left, b""), "line 1")
        if not isinstance(header, Header):
            raise InputError.at("bundle.header")
        _Lines(chain, opening, header).read(header, left)
        close(chain)


def verify_bundle(
    lines: Iterable[bytes | BundleLine],
    *,
    trust: Trust,
    tables: FactorTables,
    policy: Policy,
    judge: Judge | None = None,
    opening: Opening = open_clear,
) -> Chain:
    """Verify a bundle, given as to `read_bundle`."""
    chain = Chain(trust, tables, policy, judge or Judge())
    read_bundle(chain, lines, opening=opening)
    return chain


@dataclass(slots=True)
class _Lines:
    """A bundle being judged; `waiting` are the certificates that came and have passes before them, by issuance."""

    chain: Chain
    opening: Opening
    last: BundleLine
    waiting: dict[bytes, Shown] = field(default_factory=dict)
    records: int = 0
    refused: int = 0
    stood: set[tuple[str, int, str]] = field(default_factory=set)

    def read(self, header: Header, lines: Iterator[bytes | BundleLine]) -> None:
        """Judge all lines after the header."""
        chain, judge = self.chain, self.chain.judge
        chain.subject = header.subject
        reader = Reader(self.opening, chain.trust.keys)
        number = 1
        for ahead in reader.ahead(lines):
            for read in ahead:
                number += 1
                judge.line = number
                try:
                    self._next(read, number)
                except OreprintError as error:
                    self._refuse(error)
            self._judge([*self.waiting.values()])
            self.waiting.clear()
        judge.arrange()
        judge.line = number
        self._end(header, number)
        judge.line = number + 1

    def _end(self, header: Header, number: int) -> None:
        """Hold that the bundle is as long as it says, and has the heads that it says."""
        told = (header.records, sorted(header.registries))
        whole = isinstance(self.last, EndLine) and self.last.lines == number
        if not whole or told != (self.records, sorted(self.chain.heads.by_registry)):
            self.chain.judge.refuse(
                1, f"line {number}", InputError.at("bundle.end", lines=number, records=self.records)
            )

    def _next(self, read: Line, number: int) -> None:
        """Judge the next line."""
        place = f"line {number}"
        if type(self.last) is EndLine:
            raise InputError.at("bundle.after-end", place)
        line = read.told()
        if _ORDER[type(line)] < _ORDER[type(self.last)]:
            self.chain.judge.refuse(1, place, InputError.at("bundle.order"))
        self.last = line
        self.records += type(line) in RECORDS
        if self.records > MOST_RECORDS:
            raise InputError.at("bundle.records", place, limit=MOST_RECORDS)
        self._take(line, read.certificate)

    def _refuse(self, error: OreprintError) -> None:
        """Note what is wrong with the line that is judged; of a bundle with too many such lines no more is read."""
        judge = self.chain.judge
        place = f"line {judge.line}"
        judge.refuse(1, place, bare(error))
        self.refused += 1
        if self.refused > MOST_REFUSED:
            raise InputError.at("bundle.refused", place, limit=MOST_REFUSED) from error

    def _judge(self, certificates: Sequence[Shown]) -> None:
        """Judge what is left to judge of certificates, pass by pass; one that is refused has no further passes."""
        judge = self.chain.judge
        for judged in PASSES:
            left = []
            for shown in certificates:
                judge.line = shown.line
                try:
                    judged(self.chain, shown)
                except OreprintError as error:
                    self._refuse(error)
                else:
                    left.append(shown)
            certificates = left

    def _take(self, line: BundleLine, certificate: OpenCertificate | OreprintError | None) -> None:
        """Judge one line after the header; `certificate` is the one in it."""
        match line:  # the frequent ones first: to ask whether a document is of another kind takes long
            case SplitLine() | StatementLine():
                self._record(line)
            case CertificateLine():
                self._certificate(line, certificate)
            case Header():
                raise InputError.at("bundle.header")
            case TrustLine():
                open_trust(line.note)
            case HeadLine():
                self.chain.heads.add(line)
            case StatusLine():
                self.chain.standing.add(line)
            case AttestationLine() | HoldingLine():
                self._beside(line)
            case EndLine():
                pass

    def _beside(self, line: AttestationLine | HoldingLine) -> None:
        """Take in what stands after the records: what others say of them, and what the reader holds of them."""
        chain = self.chain
        if isinstance(line, HoldingLine):
            found = chain.paths.use("holding", line.creator, line.holding)
            chain.owned += [found] if found else []
            return
        if len(chain.attestations.words) >= MOST_ATTESTATIONS:
            raise InputError.at("bundle.records", limit=MOST_ATTESTATIONS)
        chain.attestations.take(line.registry, line.attestation, line.proof)

    def _certificate(self, line: CertificateLine, certificate: OpenCertificate | OreprintError | None) -> None:
        """Judge the certificate of a line, if its form is right, as far as later lines build on it."""
        if isinstance(certificate, OreprintError):
            raise certificate
        if certificate is None:
            return
        chain, judge = self.chain, self.chain.judge
        seen = chain.batch(certificate, values=line.values, proof=line.proof)
        before = self.waiting.pop(seen.issuance, None)
        if before is not None:  # what that left open is known before more of the run is shown
            here = judge.line
            self._judge([before])
            judge.line = here
        self.waiting[seen.issuance] = chain.take(certificate, seen)

    def _record(self, line: SplitLine | StatementLine) -> None:
        """Take in a split or a statement, once."""
        chain, place = self.chain, (line.registry, line.proof.index, line.proof.entry)
        if place in self.stood:
            raise InputError.at("bundle.twice", f"entry {line.proof.index}")
        self.stood.add(place)
        if isinstance(line, SplitLine):
            chain.paths.split(line)
            return
        ending = chain.paths.statement(line)
        if ending is not None:
            chain.endings.append(ending)


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
