"""A bundle made: a certificate with its whole chain, every path and every proof, as one audience may see it.

Rules: all answers come from one snapshot; everything a record builds on was logged before it, so records in the order
of their entries stand upstream-first.  What an audience does not see ends the walk there.  What came from another
registry stands as it came, before what used it; lines of this registry's own among it are proven anew, to the head of
now.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from sqlalchemy import Connection

from ledger.bundles.imported import Came, all_lists, came_with, heads_of
from ledger.files.cache import Bounded
from ledger.holdings.mark import commitment
from ledger.lots.lineage import beside, lot_of, undone_on
from ledger.registry.proofs import Proofs
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text, digest_bytes, to_base64url
from ledger.seal.presentation import present
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from ledger.store.abroad import arrival_of
from ledger.store.attested import StoredAttestation, anything_attested, attestations_about
from ledger.store.engine import reading
from ledger.store.lots import unused
from ledger.store.reading import (
    StoredCertificate,
    StoredHead,
    StoredRecord,
    certificate,
    granted,
    holding,
    latest_head,
    latest_published,
    path_of,
)
from ledger.store.reading import record as stored_record
from ledger.store.status import statements_about
from ledger.store.writing import AUDIENCES, narrower
from schemas.bundle import (
    MOST_ATTESTATIONS,
    AttestationLine,
    BundleLine,
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
from schemas.certificate import CertificateRecord
from schemas.document import Document
from schemas.problem import MissingError
from schemas.run import Source
from schemas.vocabulary import PURPOSES, Audience


@dataclass(slots=True)
class _Gathered:
    """The content of a bundle: each certificate with its shown parts and the paths of its inputs, by digest.

    `statements` are what ended some of them, `attestations` what is attested of them, `lists` the status lists they
    stand in.
    """

    certificates: dict[bytes, _Shown] = field(default_factory=dict)
    statements: dict[bytes, StoredRecord] = field(default_factory=dict)
    attestations: list[StoredAttestation] = field(default_factory=list)
    lists: set[int] = field(default_factory=set)
    abroad: set[str] = field(default_factory=set)

    def add_way(self, connection: Connection, holding: bytes, audience: Audience) -> list[_Link]:
        """Return the records on the way to a holding.

        Where it came from another registry, first all that came with it.
        """
        way = path_of(connection, holding)
        before = came_with(connection, way.came, audience)
        self.abroad |= {each.registry for each in before}
        return [*before, *way.records]


class _Shown(NamedTuple):
    """A certificate, its text as the audience sees it, and the records between its inputs' batches and it."""

    stored: StoredCertificate
    text: str
    path: list[_Link]


@dataclass(slots=True)
class Extent:
    """Limit the part of a chain that is gathered, by number of certificates and bytes of their texts.

    What is nearest to the subject is shown first.  A certificate whose inputs find no room is shown as its public view,
    which ends the walk there; `reached` tells whether that happened.
    """

    certificates: int
    size: int
    reached: bool = False

    def admits(self, certificates: int, size: int) -> bool:
        """Return whether there is room for so much, and remember that there was none."""
        fits = certificates <= self.certificates and size <= self.size
        self.reached = self.reached or not fits
        return fits


Opening: TypeAlias = "Callable[[str], OpenCertificate]"
"""A function that parses a certificate. A caller that reads the same ones again passes one with a cache."""
_Link: TypeAlias = StoredRecord | Came
"""A record on the way of a holding, of this registry's log or with a proof from another one."""


@dataclass(frozen=True, slots=True)
class BundleView:
    """As whom a chain is looked at: `audience` of its subject, or `text` itself, what somebody already has of it.

    `as_granted`: of what lies upstream each sees what its issuer granted to the one who used it, and passes on no more
    than that; else the same audience sees all of it, which only the keeper of all of it may ask for.
    """

    audience: Audience
    as_granted: bool = False
    text: str | None = None
    extent: Extent | None = None


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
    found = _Gathered()
    held = [] if holder is None else _own_holdings(registry, connection, subject, holder)
    way = [link for each in held for link in found.add_way(connection, commitment(each.holding), view.audience)]
    _gather(connection, found, subject, view, way, opening, extent=extent)
    _attested(connection, found, way, subject)
    records = _in_order(found, way)
    latest = latest_head(connection)
    needed = _needed(registry, connection, found, records, latest)
    proofs = Proofs.to(registry, connection, registry.head_for(1 + max(needed, default=-1), latest))
    registries = (registry.did, *sorted(found.abroad - {registry.did}))
    yield Header(t="bundle/1", audience=view.audience, subject=digest, registries=registries, records=len(records))
    number = 2
    for line in (
        *_lines(registry, connection, proofs, found, records, needed),
        *_attestations(registry, proofs, found),
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
    found = _Gathered()
    ways: list[_Link] = []
    waiting: list[bytes] = []
    for source in sources:
        way = found.add_way(connection, commitment(source.holding), "public")
        waiting += [certificate_digest_bytes(source.certificate), *undone_on(connection, _here(way))]
        ways += way
    for made in certificates:
        freed = [each for each in _freed(connection, made) if each.kind == "undo"]  # what it says is not judged yet
        waiting += undone_on(connection, freed)
        ways += freed
        if made.follows is not None:
            _add_corrected(connection, found, made.follows.certificate)
    while waiting:
        digest = waiting.pop()
        if digest not in found.certificates and arrival_of(connection, digest) is None:
            waiting += _add_clear(connection, found, certificate(connection, digest))
    records = _in_order(found, ways)
    latest = latest_head(connection)
    needed = _needed(registry, connection, found, records, latest)
    yield from _lines(registry, connection, Proofs.to(registry, connection, latest), found, records, needed)


def _add_corrected(connection: Connection, found: _Gathered, digest: str) -> None:
    """Add a certificate in full, the ways of its inputs, and the certificates that it corrects."""
    while True:
        stored = certificate(connection, certificate_digest_bytes(digest))
        opened = open_certificate(stored.text)
        sources = [each.source for each in (opened.run.inputs if opened.run else ()) if each and each.source]
        ways = [link for each in sources for link in found.add_way(connection, commitment(each.holding), "public")]
        found.certificates[stored.row.digest] = _Shown(stored, stored.text, [*ways, *_freed(connection, opened.record)])
        if opened.record.follows is None:
            return
        digest = opened.record.follows.certificate


def _add_clear(connection: Connection, found: _Gathered, stored: StoredCertificate) -> list[bytes]:
    """Add the public view of a certificate and of the statement that its undo freed; return what stands beside it."""
    jws = f"{stored.row.jws}~"
    record = open_certificate(jws).record
    freed = _freed(connection, record)
    found.certificates[stored.row.digest] = _Shown(stored, jws, [*freed])
    return [digest for digest, _ in beside(connection, stored, record, freed)]


def _freed(connection: Connection, record: CertificateRecord) -> list[StoredRecord]:
    """Return the undo that freed the scheme's statement that a certificate enters again."""
    after = record.instrument.after if record.instrument else None
    return [] if after is None else [stored_record(connection, digest_bytes(after))]


def _text(line: Document) -> bytes:
    return line.to_bytes() + b"\n"


def _gather(
    connection: Connection,
    found: _Gathered,
    subject: bytes,
    view: BundleView,
    own: Sequence[_Link],
    opening: Opening,
    *,
    extent: Extent | None,
) -> None:
    """Walk upstream from a certificate as far as the view allows. A batch on several paths gets its widest view.

    Runs that were undone on the way to the reader's `own` holding are needed too.
    """
    seen_as: dict[bytes, Audience] = {}
    size = 0
    waiting = deque([(subject, view.audience)])
    waiting += [(each, "public" if view.as_granted else view.audience) for each in undone_on(connection, _here(own))]
    while waiting:
        digest, audience = waiting.pop() if extent is None else waiting.popleft()
        if digest in seen_as and AUDIENCES.index(audience) <= AUDIENCES.index(seen_as[digest]):
            continue
        seen_as[digest] = audience
        try:
            stored = certificate(connection, digest)
        except MissingError:
            if arrival_of(connection, digest) is None:
                raise
            continue  # it stands among the lines that it came with
        given = view.text if digest == subject else None
        text = given if given is not None else as_seen(stored, audience)
        opened = opening(text)
        run = opened.run
        sources = [each.source for each in (run.inputs if run else ()) if each is not None and each.source is not None]
        size += len(text)
        known = len(found.certificates) + len(waiting) + 1
        if extent is not None and digest != subject and sources and not extent.admits(known + len(sources), size):
            text, sources = as_seen(stored, "public"), []
        for source in sources:
            upstream = certificate_digest_bytes(source.certificate)
            same = not view.as_granted or source.supplier == opened.record.issuer.did
            limit = None if same else granted(connection, upstream, party=opened.record.issuer.did) or "public"
            waiting.append((upstream, audience if limit is None else narrower(audience, limit)))
        path = [link for each in sources for link in found.add_way(connection, commitment(each.holding), audience)]
        path += _freed(connection, opened.record)
        for other, same_issuer in beside(connection, stored, opened.record, _here(path)):
            waiting.append((other, audience if same_issuer or not view.as_granted else "public"))
        found.certificates[digest] = _Shown(stored, text, path)
        found.lists.add(stored.row.status_list)
        for said in statements_about(connection, stored.row.status_list, stored.row.status_index):
            found.statements[said.digest] = said


def _attested(connection: Connection, found: _Gathered, way: Iterable[_Link], subject: bytes) -> None:
    """Gather attestations of the certificates shown, the subject's first, then the newest.

    What names a certificate that isn't shown stays away, though it were about the same run: it would give that one's
    address away.
    """
    if not anything_attested(connection):
        return
    links = (*way, *(link for each in found.certificates.values() for link in each.path))
    came = {link.digest for link in links if isinstance(link, Came) and isinstance(link.line, CertificateLine)}
    about = attestations_about(connection, found.certificates.keys() | came)
    about.sort(key=lambda each: (each.row.certificate != subject, -each.record.entry))
    found.attestations = about[:MOST_ATTESTATIONS]
    for row, _ in found.attestations:
        found.lists.add(row.status_list)
        for said in statements_about(connection, row.status_list, row.status_index):
            found.statements[said.digest] = said


def _attestations(registry: OpenRegistry, proofs: Proofs, found: _Gathered) -> Iterator[AttestationLine]:
    """Yield the lines of the attestations about a chain."""
    for _, record in found.attestations:
        proof = proofs.of(record.entry)
        yield AttestationLine(t="attestation", registry=registry.did, attestation=record.text, proof=proof)


def _here(links: Sequence[_Link]) -> list[StoredRecord]:
    return [link for link in links if isinstance(link, StoredRecord)]


def as_seen(stored: StoredCertificate, audience: Audience) -> str:
    """Return a certificate's text as an audience sees it. The public view needs no parsing."""
    return f"{stored.row.jws}~" if audience == "public" else present(stored.text, show=audience).text


def _needed(
    registry: OpenRegistry,
    connection: Connection,
    found: _Gathered,
    records: Iterable[_Shown | _Link],
    latest: StoredHead,
) -> list[int]:
    """Return where, counted through all logs, records of this registry stand and the newest of their status lists."""
    entries = [index for each in records if (index := _index_here(registry, connection, each)) is not None]
    entries += [record.entry for _, record in found.attestations]
    return entries + [index for number in found.lists for index in _newest_lists(connection, latest, number)]


def _newest_lists(connection: Connection, latest: StoredHead, number: int) -> tuple[int, ...]:
    """Return where the newest of the status lists of a number stand."""
    key = (latest.note, number)
    kept = _NEWEST.get(key)
    if kept is None:
        published = (latest_published(connection, "status", f"{purpose}/{number}") for purpose in PURPOSES)
        kept = tuple(listed.entry for listed in published if listed is not None)
        _NEWEST.put(key, kept)
    return kept


def _index_here(this_registry: OpenRegistry, connection: Connection, record: _Shown | _Link) -> int | None:
    """Return where a record of this registry stands, counted through all its logs, or None for one of another's."""
    match record:
        case Came(registry=registry, digest=digest, line=line):
            if registry != this_registry.did:
                return None
            own = isinstance(line, CertificateLine)
            return (certificate(connection, digest).issuance if own else stored_record(connection, digest)).entry
        case _Shown(stored=stored):
            return stored.issuance.entry
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


def _in_order(found: _Gathered, own: list[_Link]) -> list[_Shown | _Link]:
    """Return all records upstream-first, each once.

    A certificate's inputs were logged in an earlier commit, and before it stand the ways of its inputs, each from its
    root on; within one commit the log's own order says nothing.
    """
    ordered: dict[bytes, _Shown | _Link] = {}

    for digest, shown in sorted(found.certificates.items(), key=lambda item: item[1].stored.issuance.entry):
        for link in shown.path:
            ordered.setdefault(link.digest, link)
        ordered[digest] = shown
    for link in (*own, *sorted(found.statements.values(), key=lambda said: said.entry)):
        ordered.setdefault(link.digest, link)
    return list(ordered.values())


def _lines(
    registry: OpenRegistry,
    connection: Connection,
    proofs: Proofs,
    found: _Gathered,
    records: list[_Shown | _Link],
    needed: Sequence[int],
) -> Iterator[BundleLine]:
    """Yield all lines between the header and the consignee's holding.

    Of closed logs, the heads under which anything `needed` stands.
    """
    published = _published(registry, connection, proofs, tuple(sorted(found.lists)))
    yield from (line for line in published if not isinstance(line, StatusLine))
    for head in proofs.heads[:-1]:
        if any(head.first <= position < head.end for position in needed):
            yield HeadLine(t="head", registry=registry.did, checkpoint=head.note)
    yield from heads_of(connection, found.abroad - {registry.did})
    yield from (line for line in published if isinstance(line, StatusLine))
    yield from all_lists(connection, found.abroad - {registry.did})
    for record in records:
        if isinstance(record, Came):
            place = _index_here(registry, connection, record)
            yield record.line if place is None else record.proven_by(proofs.of(place))
        elif isinstance(record, _Shown):
            yield CertificateLine(
                t="certificate",
                certificate=record.text,
                values=tuple(map(to_base64url, record.stored.values)),
                proof=proofs.of(record.stored.issuance.entry),
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


PUBLISHED_KEPT: Final = 64
"""Sets of lines: for the latest head and the best cosigned, each with the lists that chains stand in.

A list has 65,536 certificates.  Its three lines have 3 kB, and 90 kB where half of its places have ended.
"""
_PUBLISHED: Final[Bounded[tuple[str, int | None, tuple[int, ...]], tuple[BundleLine, ...]]] = Bounded(PUBLISHED_KEPT)
"""Status lists by the signed head above them, and by the entry of the trust list."""
_NEWEST: Final[Bounded[tuple[str, int], tuple[int, ...]]] = Bounded(PUBLISHED_KEPT)
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
        case "issuance" | "attestation" | "status" | "trust":
            raise LookupError(record.kind)
