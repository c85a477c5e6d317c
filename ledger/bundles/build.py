"""A bundle made: a certificate with its whole chain, every path and every proof, as one audience may see it.

Rules: all answers come from one snapshot; everything a record builds on was logged before it, so records in the order
of their entries stand upstream-first.  What an audience does not see ends the walk there.  What came from another
registry stands as it came, before what used it; lines of this registry's own among it are proven anew, to the head of
now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ledger.bundles.gather import (
    BundleView,
    Extent,
    Gathered,
    GatheredCertificate,
    Opening,
    PathRecord,
    freed_by,
    logged_here,
)
from ledger.bundles.imported import Came, all_lists, heads_of
from ledger.bundles.recall import signed_word
from ledger.files.cache import Bounded
from ledger.holdings.mark import commitment
from ledger.lots.lineage import lot_of, undone_on
from ledger.registry.proofs import Proofs
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text, to_base64url
from ledger.seal.sdjwt import open_certificate
from ledger.store.abroad import arrival_of
from ledger.store.audited import StoredLeaf, leaf_of, newest_below
from ledger.store.engine import reading
from ledger.store.logs import StoredHead, latest_head
from ledger.store.lots import unused
from ledger.store.reading import StoredRecord, certificate, holding, issuances_from, latest_published
from ledger.store.reading import record as stored_record
from schemas.bundle import (
    MOST_AUDITS,
    AttestationLine,
    AuditLine,
    BundleLine,
    CertificateLine,
    EndLine,
    Header,
    HeadLine,
    HoldingLine,
    Proof,
    ShownLeaf,
    SplitLine,
    StatementLine,
    StatusLine,
    TrustLine,
    UpstreamLine,
)
from schemas.certificate import CertificateRecord
from schemas.document import Document
from schemas.problem import MissingError
from schemas.run import Source
from schemas.vocabulary import PURPOSES, Audience


def bundle_lines(
    registry: OpenRegistry, digest: str, *, audience: Audience | BundleView, holder: str | Sequence[bytes] | None = None
) -> Iterator[bytes]:
    """Yield the lines of the bundle about the certificate `digest`; with `holder`, that consignee's own holding of it.

    Holdings themselves can be given, by their commitments, in place of the consignee.

    Raises:
        MissingError: `store.record-missing`, when there is no such certificate; `holding.unknown`, when the consignee
            has none.
    """
    view = audience if isinstance(audience, BundleView) else BundleView(audience)
    with reading(registry.engine, long=True) as connection:  # as long as whoever takes the lines
        yield from map(_text, bundle_documents(registry, connection, digest, view=view, holder=holder))


def bundle_documents(
    registry: OpenRegistry,
    connection: Connection,
    digest: str,
    *,
    view: BundleView,
    holder: str | Sequence[bytes] | None = None,
    opening: Opening = open_certificate,
    extent: Extent | None = None,
) -> Iterator[BundleLine]:
    """Yield the documents of a bundle's lines, as `bundle_lines` does; certificates are opened by `opening`.

    With an `extent`, no more of the chain than that.

    Raises:
        MissingError: as `bundle_lines`.
    """
    subject = certificate_digest_bytes(digest)
    gathered = Gathered(connection)
    held = [] if holder is None else _own_holdings(registry, connection, subject, holder)
    way = [link for each in held for link in gathered.add_way(commitment(each.holding), view.audience)]
    gathered.add_chain(subject, view, way, opening, extent)
    gathered.add_attestations(way, subject)
    about = _About(subject, partial(_shown, gathered, subject))
    yield from _documents(registry, gathered, digest, audience=view.audience, way=way, held=held, about=about)


def step_lines(registry: OpenRegistry, position: int, *, most: int, most_bytes: int) -> Iterator[bytes]:
    """Yield the bundles of the next steps, one behind the other: issuances logged at `position` or later, in order.

    The position is counted through all logs. Each bundle shows one issuance as who judges it by itself needs it
    (`Gathered.add_step`). There are at most `most`, and none begins behind `most_bytes`.
    """
    size = 0
    with reading(registry.engine, long=True) as connection:
        for issuance in issuances_from(connection, position, most):
            if size > most_bytes:
                return
            for line in map(_text, step_documents(registry, connection, issuance)):
                size += len(line)
                yield line


def step_documents(registry: OpenRegistry, connection: Connection, issuance: bytes) -> Iterator[BundleLine]:
    """Yield the documents of the bundle that shows one step; its subject is the issuance's first certificate."""
    gathered = Gathered(connection)
    subject = certificate_digest_text(gathered.add_step(issuance))
    yield from _documents(registry, gathered, subject, audience="auditor")


def _documents(
    registry: OpenRegistry,
    gathered: Gathered,
    subject: str,
    *,
    audience: Audience,
    way: Sequence[PathRecord] = (),
    held: Sequence[HoldingLine] = (),
    about: _About | None = None,
) -> Iterator[BundleLine]:
    """Yield the documents of a bundle from what was gathered; `way` leads to the reader's own holdings, `held`.

    What auditors and the registry say of the certificate that the bundle is `about` is shown, too.
    """
    connection = gathered.connection
    records = gathered.in_order(way)
    latest = latest_head(connection)
    needed = _needed(registry, connection, gathered, records, latest)
    proofs = Proofs.to(registry, connection, registry.head_for(1 + max(needed, default=-1), latest))
    registries = (registry.did, *sorted(gathered.abroad - {registry.did}))
    yield Header(t="bundle/1", audience=audience, subject=subject, registries=registries, records=len(records))
    number = 2
    for line in (
        *_lines(registry, connection, proofs, gathered, records, needed),
        *_attestations(registry, proofs, gathered),
        *_words(registry, connection, proofs, about),
    ):
        yield line
        number += 1
    yield from held
    yield EndLine(t="end", lines=number + len(held))


def lines_behind(
    registry: OpenRegistry, connection: Connection, sources: Iterable[Source], certificates: Iterable[CertificateRecord]
) -> Iterator[BundleLine]:
    """Yield what a run that isn't logged yet builds on, upstream certificates as the public sees them.

    `certificates` are its own.

    What inputs were corrected from or to is among it, and what was undone on the way to them.  What the run itself
    corrects is there in full: only so can be judged what it repeats.

    Raises:
        MissingError: `store.record-missing`, when a source's certificate or holding isn't here.
    """
    gathered = Gathered(connection)
    ways: list[PathRecord] = []
    waiting: list[bytes] = []
    for source in sources:
        way = gathered.add_way(commitment(source.holding), "public")
        waiting += [certificate_digest_bytes(source.certificate), *undone_on(connection, logged_here(way))]
        ways += way
    for made in certificates:
        freed = [each for each in freed_by(connection, made) if each.kind == "undo"]  # what it says is not judged yet
        waiting += undone_on(connection, freed)
        ways += freed
        if made.follows is not None:
            gathered.add_corrected(made.follows.certificate)
    while waiting:
        digest = waiting.pop()
        if digest not in gathered.certificates and arrival_of(connection, digest) is None:
            waiting += gathered.add_clear(certificate(connection, digest))
    records = gathered.in_order(ways)
    latest = latest_head(connection)
    needed = _needed(registry, connection, gathered, records, latest)
    yield from _lines(registry, connection, Proofs.to(registry, connection, latest), gathered, records, needed)


def _text(line: Document) -> bytes:
    return line.to_bytes() + b"\n"


def _attestations(registry: OpenRegistry, proofs: Proofs, gathered: Gathered) -> Iterator[AttestationLine]:
    """Yield the lines of the attestations about a chain."""
    for _, record in gathered.attestations:
        proof = proofs.of(record.entry)
        yield AttestationLine(t="attestation", registry=registry.did, attestation=record.text, proof=proof)


class _About(NamedTuple):
    """The certificate of which others speak, and what names the certificates that the bundle shows of its chain."""

    certificate: bytes
    shown: Callable[[], set[str]]


def _words(
    registry: OpenRegistry, connection: Connection, proofs: Proofs, about: _About | None
) -> Iterator[AuditLine | UpstreamLine]:
    """Yield what auditors say of a certificate, and what its registry says of ended lots behind it."""
    if about is None:
        return
    yield from _audits(registry, connection, proofs, about.certificate)
    digest = certificate_digest_text(about.certificate)
    word = signed_word(registry, connection, digest, head=proofs.heads[-1], shown=about.shown)
    if word is not None:
        yield word


def _shown(gathered: Gathered, subject: bytes) -> set[str]:
    """Return the digests of a certificate and of those of its chain that are shown."""
    found, waiting = set[bytes](), [subject]
    while waiting:
        digest = waiting.pop()
        shown = gathered.certificates.get(digest)
        if digest not in found and shown is not None:
            found.add(digest)
            waiting += shown.sources
    return set(map(certificate_digest_text, found))


def _audits(registry: OpenRegistry, connection: Connection, proofs: Proofs, certificate_: bytes) -> Iterator[AuditLine]:
    """Yield the newest record of each auditor below the head that is shown, with its leaf of a certificate.

    A record that leaves the certificate out is shown without a leaf: the one before it counts no more.
    """
    for audit in newest_below(connection, proofs.heads[-1].end)[:MOST_AUDITS]:
        leaf = leaf_of(connection, audit, certificate_)
        shown = () if leaf is None else (_shown_leaf(leaf),)
        proof = proofs.of(audit.entry)
        yield AuditLine(t="audit", registry=registry.did, audit=audit.jws, proof=proof, leaves=shown)


def _shown_leaf(leaf: StoredLeaf) -> ShownLeaf:
    path = tuple(map(to_base64url, leaf.path))
    return ShownLeaf(leaf=to_base64url(leaf.leaf), index=leaf.position, path=path)


def _needed(
    registry: OpenRegistry,
    connection: Connection,
    gathered: Gathered,
    records: Iterable[GatheredCertificate | PathRecord],
    latest: StoredHead,
) -> list[int]:
    """Return where, counted through all logs, records of this registry stand and the newest of their status lists."""
    entries = [index for each in records if (index := _indexlogged_here(registry, connection, each)) is not None]
    entries += [record.entry for _, record in gathered.attestations]
    return entries + [index for number in gathered.lists for index in _newest_lists(connection, latest, number)]


def _newest_lists(connection: Connection, latest: StoredHead, number: int) -> tuple[int, ...]:
    """Return where the newest of the status lists of a number stand."""
    key = (latest.note, number)
    kept = _NEWEST.get(key)
    if kept is None:
        published = (latest_published(connection, "status", f"{purpose}/{number}") for purpose in PURPOSES)
        kept = tuple(listed.entry for listed in published if listed is not None)
        _NEWEST.put(key, kept)
    return kept


def _indexlogged_here(
    this_registry: OpenRegistry, connection: Connection, record: GatheredCertificate | PathRecord
) -> int | None:
    """Return where a record of this registry stands, counted through all its logs, or None for one of another's."""
    match record:
        case Came(registry=registry, digest=digest, line=line):
            if registry != this_registry.did:
                return None
            own = isinstance(line, CertificateLine)
            return (certificate(connection, digest).issuance if own else stored_record(connection, digest)).entry
        case GatheredCertificate(entry=index):
            return index
        case StoredRecord(entry=index):
            return index


def _own_holdings(
    registry: OpenRegistry, connection: Connection, subject: bytes, holder: str | Sequence[bytes]
) -> list[HoldingLine]:
    """Return the consignee's first unused holding of the subject, or the holdings named."""
    if not isinstance(holder, str):
        named = (holding(connection, each) for each in holder)
        return [HoldingLine(t="holding", creator=to_base64url(row.creator), holding=row.text) for row in named]
    lot, now = lot_of(connection, subject), registry.runtime.now_ms()
    mine = unused(connection, lot, owner=holder, registry=registry.did, now_ms=now) if lot else []
    if not mine:
        raise MissingError.at("holding.unknown", lot=certificate_digest_text(subject), owner=holder)
    return [HoldingLine(t="holding", creator=to_base64url(mine[0].creator), holding=mine[0].text)]


def _lines(
    registry: OpenRegistry,
    connection: Connection,
    proofs: Proofs,
    gathered: Gathered,
    records: list[GatheredCertificate | PathRecord],
    needed: Sequence[int],
) -> Iterator[BundleLine]:
    """Yield all lines between the header and the consignee's holding.

    Of closed logs, the heads under which anything `needed` stands.
    """
    published = _published(registry, connection, proofs, tuple(sorted(gathered.lists)))
    yield from (line for line in published if not isinstance(line, StatusLine))
    for head in proofs.heads[:-1]:
        if any(head.first <= position < head.end for position in needed):
            yield HeadLine(t="head", registry=registry.did, checkpoint=head.note)
    yield from heads_of(connection, gathered.abroad - {registry.did})
    yield from (line for line in published if isinstance(line, StatusLine))
    yield from all_lists(connection, gathered.abroad - {registry.did})
    for record in records:
        if isinstance(record, Came):
            place = _indexlogged_here(registry, connection, record)
            yield record.line if place is None else record.proven_by(proofs.of(place))
        elif isinstance(record, GatheredCertificate):
            values, text = gathered.shown(record)
            yield CertificateLine(
                t="certificate",
                certificate=text,
                values=tuple(map(to_base64url, values)),
                proof=proofs.of(record.entry),
            )
        else:
            yield _record_line(registry, record, proofs.of(record.entry))


def _published(
    registry: OpenRegistry, connection: Connection, proofs: Proofs, lists: tuple[int, ...]
) -> tuple[BundleLine, ...]:
    """Return the lines that bundles of one moment share: trust list, head and status lists, with proofs."""
    trusted = latest_published(connection, "trust")
    key = (proofs.heads[-1].note, trusted.entry if trusted is not None else None, lists)
    kept = _PUBLISHED.get(key)
    if kept is None:
        kept = tuple(_published_lines(registry, connection, proofs, trusted, lists))
        _PUBLISHED.put(key, kept)
    return kept


MOST_PUBLISHED_BYTES: Final = 4 * 1024 * 1024
"""Bytes of lines that are kept: for the latest head and the best cosigned, each with the lists that chains stand in.

A list has 65,536 certificates.  Its three lines have 3 kB, and 90 kB where half of its places have ended.
"""
NEWEST_KEPT: Final = 64


def _length(lines: tuple[BundleLine, ...]) -> int:
    return sum(len(each.to_bytes()) for each in lines)


_PUBLISHED: Final[Bounded[tuple[str, int | None, tuple[int, ...]], tuple[BundleLine, ...]]] = Bounded(
    MOST_PUBLISHED_BYTES, name="published lines", weigh=_length
)
"""Status lists by the signed head above them, and by the entry of the trust list."""
_NEWEST: Final[Bounded[tuple[str, int], tuple[int, ...]]] = Bounded(NEWEST_KEPT, name="newest lists")
"""By the latest signed head, which says all that was published before it."""


def _published_lines(
    registry: OpenRegistry, connection: Connection, proofs: Proofs, trusted: StoredRecord | None, lists: tuple[int, ...]
) -> Iterator[BundleLine]:
    if trusted is not None:
        yield TrustLine(t="trust", note=trusted.text)
    yield HeadLine(t="head", registry=registry.did, checkpoint=proofs.heads[-1].note)
    for number in lists:
        for purpose in PURPOSES:
            listed = latest_published(connection, "status", f"{purpose}/{number}")
            if listed is not None:
                proof = proofs.of(listed.entry)
                yield StatusLine(t="status", registry=registry.did, credential=listed.text, proof=proof)


def _record_line(registry: OpenRegistry, record: StoredRecord, proof: Proof) -> BundleLine:
    match record.kind:
        case "split":
            return SplitLine(t="split", registry=registry.did, split=record.text, proof=proof)
        case "move" | "undo" | "withdraw" | "suspend" | "lift":
            return StatementLine(
                t="statement", registry=registry.did, kind=record.kind, statement=record.text, proof=proof
            )
        case "issuance" | "attestation" | "audit" | "status" | "trust":
            raise LookupError(record.kind)
