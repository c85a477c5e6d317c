"""A bundle made: a certificate with its whole chain, every path and every proof, as one audience may see it.

Rules: all answers come from one snapshot; everything a record builds on was logged before it, so records in the order of
their entries stand upstream-first.  What an audience does not see ends the walk there.
What this module does not do: it publishes no status list (`ledger.publish`) and grants nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ledger.holdings.mark import commitment
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text, to_base64url
from ledger.seal.presentation import present
from ledger.seal.sdjwt import open_certificate
from ledger.store.engine import reading
from ledger.store.lots import lots_certified, unused
from ledger.store.reading import (
    certificate,
    entry,
    inclusion,
    latest_head,
    latest_published,
    path_of,
)
from ledger.store.status import statements_about
from schemas.bundle import (
    CertificateLine,
    EndLine,
    Header,
    HeadLine,
    HoldingLine,
    Proof,
    SplitLine,
    StatementLine,
    StatusLine,
    TrustLine,
)
from schemas.problem import MissingError
from schemas.vocabulary import PURPOSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from ledger.book import Book
    from ledger.store.reading import StoredCertificate, StoredHead, StoredRecord
    from schemas.document import Document
    from schemas.vocabulary import Audience


@dataclass(slots=True)
class _Gathered:
    """What a bundle has to hold: certificates and records by their place in the log, and the status lists they stand in."""

    certificates: dict[bytes, tuple[StoredCertificate, str]] = field(default_factory=dict)
    records: dict[int, StoredRecord] = field(default_factory=dict)
    lists: set[int] = field(default_factory=set)


def bundle_lines(book: Book, digest: str, *, audience: Audience, holder: str | None = None) -> Iterator[bytes]:
    """Yield the lines of the bundle about the certificate `digest`; with `holder`, that consignee's own holding of it.

    Raises:
        MissingError: `store.record-missing`, when there is no such certificate.

    """
    with reading(book.engine) as connection:
        head = latest_head(connection)
        found = _gather(connection, certificate_digest_bytes(digest), audience)
        own = _own_holding(book, connection, found, certificate_digest_bytes(digest), holder)
        number = 0
        for number, line in enumerate(_lines(book, connection, head, found, digest, audience), start=1):
            yield _text(line)
        if own is not None:
            number += 1
            yield _text(own)
        yield _text(EndLine(t="end", lines=number + 1))


def _text(line: Document) -> bytes:
    return line.to_bytes() + b"\n"


def _gather(connection: Connection, subject: bytes, audience: Audience) -> _Gathered:
    """Walk upstream from a certificate as far as the audience sees."""
    found = _Gathered()
    waiting = [subject]
    while waiting:
        digest = waiting.pop()
        if digest in found.certificates:
            continue
        stored = certificate(connection, digest)
        shown = present(stored.text, show=audience).text
        found.certificates[digest] = (stored, shown)
        found.lists.add(stored.row.status_list)
        for said in statements_about(connection, stored.row.status_list, stored.row.status_index):
            found.records[said.entry] = said
        run = open_certificate(shown).run
        for each in run.inputs if run else ():
            if each is not None and each.source is not None:
                waiting.append(certificate_digest_bytes(each.source.certificate))
                for link in path_of(connection, commitment(each.source.holding)).records:
                    found.records[link.entry] = link
    return found


def _own_holding(book: Book, connection: Connection, found: _Gathered, subject: bytes, holder: str | None) -> HoldingLine | None:
    """Add the way to the consignee's own holding of the subject; its first unused one, if there is any."""
    if holder is None:
        return None
    lots = lots_certified(connection, [subject])
    now = book.around.now_ms()
    held = [each for lot in lots for each in unused(connection, lot, owner=holder, registry=book.registry, now_ms=now)]
    if not held:
        raise MissingError.at("holding.unknown", lot=certificate_digest_text(subject), owner=holder)
    for link in path_of(connection, held[0].commitment).records:
        found.records[link.entry] = link
    return HoldingLine(t="holding", creator=to_base64url(held[0].creator), holding=held[0].text)


def _lines(
    book: Book, connection: Connection, head: StoredHead, found: _Gathered, subject: str, audience: Audience
) -> Iterator[Document]:
    """Yield all lines but the last."""
    records = len(found.certificates) + len(found.records)
    yield Header(t="bundle/1", audience=audience, subject=subject, registries=(book.registry,), records=records)
    trusted = latest_published(connection, "trust")
    if trusted is not None:
        yield TrustLine(t="trust", note=trusted.text)
    yield HeadLine(t="head", registry=book.registry, checkpoint=head.note)
    for number in sorted(found.lists):
        for purpose in PURPOSES:
            listed = latest_published(connection, "status", f"{purpose}/{number}")
            if listed is not None:
                proof = _proof(connection, listed.entry, head.size)
                yield StatusLine(t="status", registry=book.registry, credential=listed.text, proof=proof)
    yield from _records(book, connection, head, found)


def _records(book: Book, connection: Connection, head: StoredHead, found: _Gathered) -> Iterator[Document]:
    """Yield all records in the order of the log."""
    by_place: dict[int, list[Document]] = {}
    for stored, shown in found.certificates.values():
        place = stored.issuance.entry
        by_place.setdefault(place, []).append(
            CertificateLine(
                t="certificate",
                certificate=shown,
                values=tuple(map(to_base64url, stored.values)),
                proof=_proof(connection, place, head.size),
            )
        )
    for record in found.records.values():
        by_place.setdefault(record.entry, []).append(_record_line(book, record, _proof(connection, record.entry, head.size)))
    for place in sorted(by_place):
        yield from by_place[place]


def _record_line(book: Book, record: StoredRecord, proof: Proof) -> Document:
    match record.kind:
        case "split":
            return SplitLine(t="split", registry=book.registry, split=record.text, proof=proof)
        case "move" | "undo" | "withdraw" | "suspend" | "lift":
            return StatementLine(
                t="statement", registry=book.registry, kind=record.kind, statement=record.text, proof=proof
            )
        case "issuance" | "status" | "trust":
            raise LookupError(record.kind)


def _proof(connection: Connection, index: int, size: int) -> Proof:
    path = tuple(map(to_base64url, inclusion(connection, index=index, size=size)))
    return Proof(entry=to_base64url(entry(connection, index)), index=index, path=path)
