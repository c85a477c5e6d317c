"""Step views of a world: what an auditor is shown of one issuance, and what it knows of those before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.holdings.mark import issuance_digest
from ledger.seal.digest import digest_bytes, digests_bytes
from ledger.seal.presentation import present
from ledger.seal.sdjwt import open_certificate
from ledger.seal.statement import open_statement
from ledger.verify.learned import known_of
from schemas.bundle import CertificateLine, Header, StatementLine, read_line
from schemas.document import replace
from schemas.statement import Undo

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.verify.chain import Chain
    from ledger.verify.memory import KnownCertificate
    from schemas.bundle import BundleLine


def issuance_of(line: CertificateLine) -> bytes:
    """Return the record digest of a certificate's issuance."""
    run, *values = digests_bytes((open_certificate(line.certificate).record.run[0].digest, *line.values))
    return issuance_digest(run, values)


def step_view(lines: Iterable[bytes]) -> list[bytes]:
    """Return a whole bundle as a step view of its subject.

    Whole are the subject's issuance, the one that it follows, and those that were undone; everything else is as the
    public sees it.
    """
    read = [read_line(line, "") for line in lines]
    whole = _whole(read)
    return [_shown(line, whole).to_bytes() + b"\n" for line in read]


def _whole(lines: list[BundleLine]) -> set[bytes]:
    header = lines[0]
    assert isinstance(header, Header)
    whole: set[bytes] = set()
    for line in lines:
        if isinstance(line, StatementLine) and line.kind == "undo":
            undo = open_statement(line.statement, kind="undo").value
            assert isinstance(undo, Undo)
            whole.add(digest_bytes(undo.issuance))
        if isinstance(line, CertificateLine):
            opened = open_certificate(line.certificate)
            if opened.digest == header.subject:
                whole.add(issuance_of(line))
                if opened.record.follows:
                    whole.add(digest_bytes(opened.record.follows.record))
    return whole


def _shown(line: BundleLine, whole: set[bytes]) -> BundleLine:
    if isinstance(line, CertificateLine) and issuance_of(line) not in whole:
        return replace(line, certificate=present(line.certificate, show="public").text)
    return line


def memory_of(chain: Chain) -> dict[str, KnownCertificate]:
    """Return what an auditor knows who has judged everything before the subject's issuance."""
    subject = chain.seen[chain.subject or ""]
    others = [digest for digest, seen in chain.seen.items() if seen.issuance != subject.issuance]
    return {digest: known for digest in others if (known := known_of(chain, digest)) is not None}
