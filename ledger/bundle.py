"""A bundle made: a certificate with its whole chain, every path and every proof, as one audience may see it.

Rules: all answers come from one snapshot; everything a record builds on was logged before it, so records in the order of
their entries stand upstream-first.  What an audience does not see ends the walk there.
What this module does not do: it publishes no status list (`ledger.publish`) and grants nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.holdings.mark import commitment
from ledger.lineage import beside, lot_of, undone_on
from ledger.log.merkle import prove_inclusion
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text, to_base64url
from ledger.seal.presentation import present
from ledger.seal.sdjwt import open_certificate
from ledger.store.engine import reading
from ledger.store.lots import unused
from ledger.store.reading import (
    certificate,
    entry,
    granted,
    kept_tile_hashes,
    latest_head,
    latest_published,
    path_of,
)
from ledger.store.status import statements_about
from ledger.store.writing import AUDIENCES, narrower
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
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from ledger.book import Book
    from ledger.log.tile import TileHashes
    from ledger.store.reading import StoredCertificate, StoredHead, StoredRecord
    from schemas.document import Document
    from schemas.run import Source
    from schemas.vocabulary import Audience


@dataclass(slots=True)
class _Gathered:
    """What a bundle has to hold: each certificate with what is shown of it and the paths of its inputs, by digest.

    `statements` are what ended some of them, `lists` the status lists they stand in.
    """

    certificates: dict[bytes, _Shown] = field(default_factory=dict)
    statements: dict[bytes, StoredRecord] = field(default_factory=dict)
    lists: set[int] = field(default_factory=set)


class _Shown(NamedTuple):
    """A certificate, its text as the audience sees it, and the records between its inputs' batches and it."""

    stored: StoredCertificate
    text: str
    path: list[StoredRecord]


@dataclass(frozen=True, slots=True)
class View:
    """As whom a chain is looked at: `audience` of its subject, or `text` itself, what somebody already has of it.

    `as_granted`: of what lies upstream each sees what its issuer granted to the one who used it, and passes on no more than
    that; else the same audience sees all of it, which only the keeper of all of it may ask for.
    """

    audience: Audience
    as_granted: bool = False
    text: str | None = None


def bundle_lines(book: Book, digest: str, *, audience: Audience | View, holder: str | None = None) -> Iterator[bytes]:
    """Yield the lines of the bundle about the certificate `digest`; with `holder`, that consignee's own holding of it.

    Raises:
        MissingError: `store.record-missing`, when there is no such certificate; `holding.unknown`, when the consignee has none.

    """
    subject = certificate_digest_bytes(digest)
    view = audience if isinstance(audience, View) else View(audience)
    with reading(book.engine) as connection:
        own = None if holder is None else _own_holding(book, connection, subject, holder)
        found = _gather(connection, subject, view, own[1] if own else [])
        records = _in_order(found, own[1] if own else [])
        head = latest_head(connection)
        registries = (book.registry,)
        yield _text(
            Header(t="bundle/1", audience=view.audience, subject=digest, registries=registries, records=len(records))
        )
        number = 2
        for line in _lines(book, connection, head, found, records):
            yield _text(line)
            number += 1
        if own is not None:
            yield _text(own[0])
            number += 1
        yield _text(EndLine(t="end", lines=number))


def lines_behind(book: Book, connection: Connection, sources: Iterable[Source]) -> Iterator[Document]:
    """Yield what a run that isn't logged yet builds on, upstream certificates as the public sees them.

    Raises:
        MissingError: `store.record-missing`, when a source's certificate or holding isn't here.

    """
    found = _Gathered()
    ways: list[StoredRecord] = []
    for source in sources:
        digest = certificate_digest_bytes(source.certificate)
        stored = certificate(connection, digest)
        found.certificates[digest] = _Shown(stored, f"{stored.row.jws}~", [])
        ways += path_of(connection, commitment(source.holding)).records
    yield from _lines(book, connection, latest_head(connection), found, _in_order(found, ways))


def _text(line: Document) -> bytes:
    return line.to_bytes() + b"\n"


def _gather(connection: Connection, subject: bytes, view: View, own: Sequence[StoredRecord]) -> _Gathered:
    """Walk upstream from a certificate as far as can be seen; what is reached on several ways is seen as on the widest.

    Runs that were undone on the way to the reader's `own` holding are needed too.
    """
    found = _Gathered()
    seen_as: dict[bytes, Audience] = {}
    waiting = [(subject, view.audience)]
    waiting += [(undone, "public" if view.as_granted else view.audience) for undone in undone_on(connection, own)]
    while waiting:
        digest, audience = waiting.pop()
        if digest in seen_as and AUDIENCES.index(audience) <= AUDIENCES.index(seen_as[digest]):
            continue
        seen_as[digest] = audience
        stored = certificate(connection, digest)
        given = view.text if digest == subject else None
        text = given if given is not None else as_seen(stored, audience)
        opened = open_certificate(text)
        run = opened.run
        sources = [each.source for each in (run.inputs if run else ()) if each is not None and each.source is not None]
        for source in sources:
            upstream = certificate_digest_bytes(source.certificate)
            same = not view.as_granted or source.supplier == opened.record.issuer.did
            limit = None if same else granted(connection, upstream, party=opened.record.issuer.did) or "public"
            waiting.append((upstream, audience if limit is None else narrower(audience, limit)))
        path = [link for source in sources for link in path_of(connection, commitment(source.holding)).records]
        for other, same_issuer in beside(connection, stored, opened.record, path):
            waiting.append((other, audience if same_issuer or not view.as_granted else "public"))
        found.certificates[digest] = _Shown(stored, text, path)
        found.lists.add(stored.row.status_list)
        for said in statements_about(connection, stored.row.status_list, stored.row.status_index):
            found.statements[said.digest] = said
    return found


def as_seen(stored: StoredCertificate, audience: Audience) -> str:
    """Return a certificate's text as an audience sees it; of what is for everybody nothing has to be opened."""
    return f"{stored.row.jws}~" if audience == "public" else present(stored.text, show=audience).text


def _own_holding(
    book: Book, connection: Connection, subject: bytes, holder: str
) -> tuple[HoldingLine, list[StoredRecord]]:
    """Return the consignee's first unused holding of the subject, and the way to it."""
    now = book.around.now_ms()
    lot = lot_of(connection, subject)
    for held in unused(connection, lot, owner=holder, registry=book.registry, now_ms=now) if lot else ():
        line = HoldingLine(t="holding", creator=to_base64url(held.creator), holding=held.text)
        return line, list(path_of(connection, held.commitment).records)
    raise MissingError.at("holding.unknown", lot=certificate_digest_text(subject), owner=holder)


def _in_order(found: _Gathered, own: list[StoredRecord]) -> list[_Shown | StoredRecord]:
    """Return all records upstream-first, each once.

    A certificate's inputs were logged in an earlier commit, and before it stand the ways of its inputs, each from its root on;
    within one commit the log's own order says nothing.
    """
    ordered: dict[bytes, _Shown | StoredRecord] = {}
    for digest, shown in sorted(found.certificates.items(), key=lambda item: item[1].stored.issuance.entry):
        for link in shown.path:
            ordered.setdefault(link.digest, link)
        ordered[digest] = shown
    for link in (*own, *sorted(found.statements.values(), key=lambda said: said.entry)):
        ordered.setdefault(link.digest, link)
    return list(ordered.values())


def _lines(
    book: Book,
    connection: Connection,
    head: StoredHead,
    found: _Gathered,
    records: list[_Shown | StoredRecord],
) -> Iterator[Document]:
    """Yield all lines between the header and the consignee's holding."""
    hashes = kept_tile_hashes(connection, head.size)
    yield from _published(book, connection, head, tuple(sorted(found.lists)))
    for record in records:
        if isinstance(record, _Shown):
            yield CertificateLine(
                t="certificate",
                certificate=record.text,
                values=tuple(map(to_base64url, record.stored.values)),
                proof=_proof(connection, hashes, record.stored.issuance.entry),
            )
        else:
            yield _record_line(book, record, _proof(connection, hashes, record.entry))


def _published(book: Book, connection: Connection, head: StoredHead, lists: tuple[int, ...]) -> tuple[Document, ...]:
    """Return the lines that all bundles of one moment share: trust list, head and status lists, each proven to that head."""
    key = (head.note, lists)
    kept = _PUBLISHED.get(key)
    if kept is None:
        while len(_PUBLISHED) >= PUBLISHED_KEPT:
            _PUBLISHED.pop(next(iter(_PUBLISHED)), None)
        kept = _PUBLISHED[key] = tuple(_published_lines(book, connection, head, lists))
    return kept


PUBLISHED_KEPT: Final = 8
_PUBLISHED: Final[dict[tuple[str, tuple[int, ...]], tuple[Document, ...]]] = {}
"""By the signed head, which says all that was published before it: what is kept can't grow stale."""


def _published_lines(
    book: Book, connection: Connection, head: StoredHead, lists: tuple[int, ...]
) -> Iterator[Document]:
    trusted = latest_published(connection, "trust")
    if trusted is not None:
        yield TrustLine(t="trust", note=trusted.text)
    yield HeadLine(t="head", registry=book.registry, checkpoint=head.note)
    hashes = kept_tile_hashes(connection, head.size)
    for number in lists:
        for purpose in PURPOSES:
            listed = latest_published(connection, "status", f"{purpose}/{number}")
            if listed is not None:
                proof = _proof(connection, hashes, listed.entry)
                yield StatusLine(t="status", registry=book.registry, credential=listed.text, proof=proof)


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


def _proof(connection: Connection, hashes: TileHashes, index: int) -> Proof:
    path = tuple(map(to_base64url, prove_inclusion(hashes, index=index, size=hashes.size)))
    return Proof(entry=to_base64url(entry(connection, index)), index=index, path=path)
