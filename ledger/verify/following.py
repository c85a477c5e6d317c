"""Records that another process judges: lines that nobody reads here, until something that is judged here builds on them.

Rules: a line is found again by what its entry says of the record, or by the digest of the certificate in it, and read when either is asked
for; what it builds on is read before.  Of a certificate its clear part is read then, and its run as far as that says what it made.  All of
it may be trusted to hold, and to say the same in whatever order it is read.  So where anything failed, one process judges all again, and where
anything reaches further: a certificate that is not known to be logged, a source that is absent, a statement other than a move, a lot that
has ended, a correction that stands before what it corrects or in another stretch, a run of which more is shown after something was built on it.

What this module does not do: it judges nothing.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, cast

from ledger.holdings.split import SplitRecord
from ledger.log.entry import blinded
from ledger.seal.digest import certificate_digest_bytes, digest_bytes
from ledger.seal.disclosure import open_value
from ledger.seal.sdjwt import open_clear
from ledger.seal.statement import open_statement
from ledger.verify.batch import check_batch
from ledger.verify.held import Issued
from ledger.verify.reading import NotSharedError
from schemas.bundle import CertificateLine, SplitLine, StatementLine, read_line, signed_part, with_first_disclosure
from schemas.problem import OreprintError
from schemas.run import Run
from schemas.statement import Move

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping

    from ledger.seal.sdjwt import OpenCertificate
    from ledger.verify.batch import Seen
    from ledger.verify.heads import Logged
    from ledger.verify.paths import Paths
    from ledger.verify.reading import Unread


MOST_KEPT_BYTES: Final = 256 * 1024 * 1024
"""Kept of all lines: as much as some 15,000 certificates have that disclose everything, with their splits."""


class _Glimpse(NamedTuple):
    """A certificate whose clear part is read, and the line that it came in."""

    opened: OpenCertificate
    line: CertificateLine


_Record: TypeAlias = _Glimpse | SplitLine | StatementLine


class Following:
    """The lines that are followed, whose certificates come among those `seen` when they are read.

    `_unread` are those that were not asked for yet, by the digest of the record in its entry: an issuance has one for each certificate.
    `certificates` are those of certificates, by digest, with the digest of the issuance in the entry.
    """

    def __init__(self, seen: MutableMapping[str, Seen]) -> None:
        """Begin with none."""
        self.certificates: dict[bytes, tuple[bytes, bytes]] = {}
        self._seen = seen
        self._followed: set[bytes] = set()
        self._unread: dict[bytes, list[bytes]] = {}
        self._kept_bytes = 0

    def keep(self, unread: Unread) -> None:
        """Keep a line, of a certificate no more than the signed part and the run.

        Raises:
            NotSharedError: when there is too much of it.

        """
        record, line = unread
        self._followed.add(record)
        signed = signed_part(line)
        if signed:
            line = with_first_disclosure(line)
            self.certificates[sha256(signed).digest()] = record, line
        self._unread.setdefault(record, []).append(line)
        self._kept_bytes += len(line)
        if self._kept_bytes > MOST_KEPT_BYTES:
            raise NotSharedError

    def has(self, digest: bytes) -> bool:
        """Say whether a record of this digest is followed."""
        return blinded(digest) in self._followed

    def read(self, digest: bytes, paths: Paths) -> None:
        """Read what is there of a record and was not read yet."""
        if self._unread:
            self._bring(blinded(digest), paths)

    def read_certificates(self, digests: Iterable[str], paths: Paths) -> None:
        """Read those of some certificates that were not read yet."""
        for digest in digests if self._unread else ():
            followed = None if digest in self._seen else self.certificates.get(certificate_digest_bytes(digest))
            if followed is not None:
                self._bring(followed[0], paths)

    def _bring(self, record: bytes, paths: Paths) -> None:
        """Take in a record after those that it builds on; each is read once, also where they name each other in a circle."""
        silent = paths.judge.silent
        paths.judge.be_silent(silent=True)
        steps: list[bytes | list[_Record]] = [record]
        try:
            while steps:
                step = steps.pop()
                if isinstance(step, list):
                    for each in step:
                        self._take(each, paths)
                elif lines := self._unread.pop(step, None):
                    read = [*map(_read, lines)]
                    steps += [read, *(before for each in read for before in self._before(each))]
        except OreprintError as error:  # whoever judges it finds that too
            raise NotSharedError from error
        finally:
            paths.judge.be_silent(silent=silent)

    def _before(self, record: _Record) -> list[bytes]:
        """Return what a record builds on, as entries call it: what created the holding that is used, or what a certificate corrects."""
        match record:
            case SplitLine():
                return [blinded(SplitRecord.parse(record.split).creator)]
            case StatementLine():
                said = open_statement(record.statement, kind=record.kind).value
                return [blinded(digest_bytes(said.uses.creator))] if isinstance(said, Move) else []
            case _Glimpse(opened, _):
                follows = opened.record.follows
                if follows is None:
                    return []
                followed = self.certificates.get(certificate_digest_bytes(follows.certificate))
                return [blinded(digest_bytes(follows.record)), *([followed[0]] if followed else [])]

    def _take(self, record: _Record, paths: Paths) -> None:
        match record:
            case SplitLine():
                paths.split(record)
            case StatementLine():
                paths.statement(record)
            case _Glimpse(opened, line):
                seen = check_batch(
                    opened, line.values, line.proof, trust=paths.trust, heads=paths.heads, judge=paths.judge
                )
                self._seen[seen.digest] = seen
                if seen.logged is not None:  # what isn't proven to be logged counts for nothing
                    _issue(paths, seen, seen.logged, opened.shown.get("run"))


def _issue(paths: Paths, seen: Seen, logged: Logged, text: str | None) -> None:
    """Take in an issuance by a certificate of it, which shows the text of its run, or none.

    Raises:
        NotSharedError: when it shows a run that another withheld, so that what was known of that depends on the order.

    """
    issuance, follows = seen.issuance, seen.record.follows
    before = digest_bytes(follows.record) if follows else None
    if text is None or before in paths.hidden:
        if issuance not in paths.firsts:
            paths.conceal(seen, logged)
    elif issuance in paths.hidden:
        raise NotSharedError
    elif before is None and issuance not in paths.issued:
        run = open_value(text, Run, glance=True)
        # what the run took only corrections of it and undos ask for, which are not shared
        paths.issue(seen.place, Issued.of(run, text, seen, ()), logged)
    # a correction creates nothing
    paths.firsts[issuance] = paths.first(issuance if before is None else before)


def _read(raw: bytes) -> _Record:
    line = read_line(raw, "")
    if isinstance(line, CertificateLine):
        return _Glimpse(open_clear(line.certificate, glance=True).withheld(), line)
    return cast("SplitLine | StatementLine", line)
