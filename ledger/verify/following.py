"""Records that another process judges: read as far as everyone must know them, and further when something builds on them.

Rules: of a certificate its clear part is read; what a run, a split or a move created is read when a holding of it is used by a record
that is judged here.  All of it may be trusted to hold: where anything failed, one process judges all again.  A statement other than a
move, a lot that has ended, and a correction of what is followed reach further than this, and are not shared.

What this module does not do: it judges nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ledger.holdings.mark import split_digest, statement_digest
from ledger.holdings.split import SplitRecord
from ledger.seal.digest import digest_bytes
from ledger.seal.disclosure import open_value
from ledger.seal.statement import open_statement
from ledger.verify.batch import check_batch
from ledger.verify.held import Issued
from ledger.verify.reading import NotSharedError
from schemas.bundle import SplitLine, StatementLine
from schemas.run import Run
from schemas.statement import Move

if TYPE_CHECKING:
    from ledger.seal.sdjwt import OpenCertificate
    from ledger.verify.batch import Seen
    from ledger.verify.chain import Chain
    from ledger.verify.paths import Paths
    from schemas.bundle import CertificateLine


class ShownRun(NamedTuple):
    """A run that a certificate shows, as the text of its disclosure."""

    seen: Seen
    text: str


Followed: TypeAlias = ShownRun | SplitLine | StatementLine


def follow_certificate(chain: Chain, opened: OpenCertificate, line: CertificateLine) -> None:
    """Take in a certificate whose clear part is open.

    Raises:
        NotSharedError: when it is the one that the report is about, of which there is more to tell; when it has ended; when it shows a run
            that another withheld, so that what was known of that depends on the order.

    """
    if opened.digest == chain.subject:
        raise NotSharedError
    seen = check_batch(opened, line.values, line.proof, trust=chain.trust, heads=chain.heads, judge=chain.judge)
    chain.seen[seen.digest] = seen
    chain.stands(seen)
    chain.instruments.check_clear(seen)
    text, paths, follows = opened.shown.get("run"), chain.paths, seen.record.follows
    before = digest_bytes(follows.record) if follows else None
    known, paths.firsts[seen.issuance] = seen.issuance in paths.firsts, paths.first(seen.issuance)
    if seen.logged is None:  # what isn't proven to be logged counts for nothing
        return
    if text is None or before in paths.hidden:
        if not known:
            paths.conceal(seen, seen.logged)
    elif seen.issuance in paths.hidden:
        raise NotSharedError
    elif not known:
        if before is None:
            paths.followed[seen.issuance] = ShownRun(seen, text)
        else:  # a correction creates nothing
            paths.firsts[seen.issuance] = paths.first(before)


def follow_record(paths: Paths, line: SplitLine | StatementLine) -> None:
    """Keep a split or a move."""
    digest = split_digest(line.split) if isinstance(line, SplitLine) else statement_digest(line.statement)
    paths.followed[digest] = line


def take_in(paths: Paths, digest: bytes) -> None:
    """Take in the record of this digest, which is followed, after those that it builds on."""
    judge = paths.judge
    silent = judge.silent
    judge.be_silent(silent=True)
    waiting = [digest]
    try:
        while waiting:
            record = paths.followed[waiting[-1]]
            creator = _creator(record)
            if creator in paths.followed:
                waiting.append(creator)
            else:
                del paths.followed[waiting.pop()]
                _take_in(paths, record)
    finally:
        judge.be_silent(silent=silent)


def _take_in(paths: Paths, record: Followed) -> None:
    match record:
        case SplitLine():
            paths.split(record)
        case StatementLine():
            paths.statement(record)
        case ShownRun(seen, text):
            if seen.logged is not None:
                run = open_value(text, Run, glance=True)
                # what the run took only corrections of it and undos ask for, which are not shared
                paths.issue(seen.place, Issued.of(run, text, seen, ()), seen.logged)


def _creator(record: Followed) -> bytes:
    """Return the digest of the record that created what a split or a move uses; nothing of a run."""
    match record:
        case SplitLine():
            return SplitRecord.parse(record.split).creator
        case StatementLine():
            said = open_statement(record.statement, kind=record.kind).value
            return digest_bytes(said.uses.creator) if isinstance(said, Move) else b""
        case ShownRun():
            return b""
