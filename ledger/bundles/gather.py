"""Gather the content of a bundle: a certificate's chain as far as a reader may see it, with what ended or attests it.

Rules: a chain is read from one snapshot.  What an audience does not see ends the walk there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from sqlalchemy import Connection

from ledger.bundles.imported import Came, came_with
from ledger.holdings.mark import commitment
from ledger.lots.lineage import beside, undone_by, undone_on
from ledger.seal.digest import certificate_digest_bytes, digest_bytes
from ledger.seal.presentation import present
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from ledger.store.abroad import arrival_of
from ledger.store.attested import StoredAttestation, anything_attested, attestations_about
from ledger.store.reading import StoredCertificate, StoredRecord, certificate, certificates_of, granted, path_of
from ledger.store.reading import record as stored_record
from ledger.store.rows import AttestationRow, CertificateRow
from ledger.store.status import statements_about
from ledger.store.writing import AUDIENCES, narrower
from schemas.bundle import MOST_ATTESTATIONS, CertificateLine
from schemas.certificate import CertificateRecord
from schemas.problem import MissingError
from schemas.vocabulary import Audience

Opening: TypeAlias = "Callable[[str], OpenCertificate]"
"""A function that parses a certificate. A caller that reads the same ones again passes one with a cache."""
PathRecord: TypeAlias = StoredRecord | Came
"""A record on the way of a holding, of this registry's log or with a proof from another one."""


MOST_TEXT_BYTES: Final = 8 * 1024 * 1024
"""Bytes of texts that a bundle keeps while it is gathered; what comes after them is read again when it is written."""


class GatheredCertificate(NamedTuple):
    """A certificate: the index of its entry, who sees it (None: everything), and the records from its inputs to it.

    `kept` are its values and its text as it is seen; None where it is read again (`Gathered.shown`). Of a chain,
    `sources` are the digests of the certificates that it shows as inputs.
    """

    digest: bytes
    entry: int
    audience: Audience | None
    path: list[PathRecord]
    kept: tuple[Sequence[bytes], str] | None
    sources: Sequence[bytes] = ()


@dataclass(slots=True)
class Extent:
    """Limit the part of a chain that is gathered, by number of certificates and bytes of their texts.

    The certificates nearest to the subject come first.  A certificate whose inputs do not fit is shown as its public
    view, which ends the walk there; `reached` is true if that happened.
    """

    certificates: int
    size: int
    reached: bool = False

    def admits(self, certificates: int, size: int) -> bool:
        """Return whether there is room for so much, and remember that there was none."""
        fits = certificates <= self.certificates and size <= self.size
        self.reached = self.reached or not fits
        return fits


@dataclass(frozen=True, slots=True)
class BundleView:
    """The view in which a chain is shown: the `audience` of its subject, or the subject's `text` as a reader has it.

    With `as_granted`, each upstream certificate is shown as its issuer granted it to the party that used it, and never
    wider than downstream. Without, the same audience sees the whole chain: only its keeper may request that.
    """

    audience: Audience
    as_granted: bool = False
    text: str | None = None


@dataclass(slots=True)
class Gathered:
    """The content of a bundle, read from one snapshot: each certificate, as it is shown and by digest.

    `statements` ended some of them, `attestations` are about some of them, `lists` are the numbers of their status
    lists, and `abroad` are the other registries that records came from.
    """

    connection: Connection
    certificates: dict[bytes, GatheredCertificate] = field(default_factory=dict)
    statements: dict[bytes, StoredRecord] = field(default_factory=dict)
    attestations: list[StoredAttestation] = field(default_factory=list)
    lists: set[int] = field(default_factory=set)
    abroad: set[str] = field(default_factory=set)
    _size: int = 0

    def shown(self, gathered: GatheredCertificate) -> tuple[Sequence[bytes], str]:
        """Return the values of a certificate, and its text as it is seen."""
        if gathered.kept is not None:
            return gathered.kept
        stored = certificate(self.connection, gathered.digest)
        return stored.values, _as_seen(stored, gathered.audience)

    def _add(
        self,
        stored: StoredCertificate,
        path: list[PathRecord],
        *,
        audience: Audience | None,
        text: str,
        sources: Sequence[bytes] = (),
        keep: bool = False,
    ) -> None:
        """Add a certificate; keep its text as long as there is room, or because it can't be read again."""
        self._size += len(text)
        digest, kept = stored.row.digest, (stored.values, text) if keep or self._size <= MOST_TEXT_BYTES else None
        self.certificates[digest] = GatheredCertificate(digest, stored.issuance.entry, audience, path, kept, sources)

    def add_way(self, holding: bytes, audience: Audience) -> list[PathRecord]:
        """Return the records on the way to a holding, after those that came with it from another registry."""
        way = path_of(self.connection, holding)
        imported = came_with(self.connection, way.came, audience)
        self.abroad |= {record.registry for record in imported}
        return [*imported, *way.records]

    def add_chain(
        self, subject: bytes, view: BundleView, own: Sequence[PathRecord], opening: Opening, extent: Extent | None
    ) -> None:
        """Walk upstream from a certificate as far as the view allows. A batch on several paths gets its widest view.

        Runs that were undone on the way to the reader's `own` holding are needed too.
        """
        seen_as: dict[bytes, Audience] = {}
        size = 0
        waiting = deque([(subject, view.audience)])
        waiting += [
            (each, "public" if view.as_granted else view.audience)
            for each in undone_on(self.connection, logged_here(own))
        ]
        while waiting:
            digest, audience = waiting.pop() if extent is None else waiting.popleft()
            if digest in seen_as and AUDIENCES.index(audience) <= AUDIENCES.index(seen_as[digest]):
                continue
            seen_as[digest] = audience
            try:
                stored = certificate(self.connection, digest)
            except MissingError:
                if arrival_of(self.connection, digest) is None:
                    raise
                continue  # it stands among the lines that it came with
            text = view.text if digest == subject and view.text is not None else _as_seen(stored, audience)
            opened, seen = opening(text), audience
            sources = opened.sources
            size += len(text)
            gathered = len(self.certificates) + len(waiting) + 1
            if (
                extent is not None
                and digest != subject
                and sources
                and not extent.admits(gathered + len(sources), size)
            ):
                seen, text, sources = "public", _as_seen(stored, "public"), []
            cited = [certificate_digest_bytes(source.certificate) for source in sources]
            for source, upstream in zip(sources, cited, strict=True):
                same = not view.as_granted or source.supplier == opened.record.issuer.did
                limit = None if same else granted(self.connection, upstream, party=opened.record.issuer.did) or "public"
                waiting.append((upstream, audience if limit is None else narrower(audience, limit)))
            path = [link for each in sources for link in self.add_way(commitment(each.holding), audience)]
            path += freed_by(self.connection, opened.record)
            for other, same_issuer in beside(self.connection, stored, opened.record, logged_here(path)):
                waiting.append((other, audience if same_issuer or not view.as_granted else "public"))
            self._add(stored, path, audience=seen, text=text, sources=cited, keep=text is view.text)
            self._add_status(stored.row)

    def add_corrected(self, digest: str) -> None:
        """Add a certificate in full, the ways of its inputs, and the certificates that it corrects."""
        while True:
            stored = certificate(self.connection, certificate_digest_bytes(digest))
            opened = open_certificate(stored.text)
            ways = [link for each in opened.sources for link in self.add_way(commitment(each.holding), "public")]
            self._add(stored, [*ways, *freed_by(self.connection, opened.record)], audience=None, text=stored.text)
            if opened.record.follows is None:
                return
            digest = opened.record.follows.certificate

    def add_clear(self, stored: StoredCertificate) -> list[bytes]:
        """Add the public view of a certificate, and the undo that freed its statement.

        Return the digests of the certificates that stand beside it.
        """
        jws = f"{stored.row.jws}~"
        record = open_certificate(jws).record
        freed = freed_by(self.connection, record)
        self._add(stored, [*freed], audience="public", text=jws)
        return [digest for digest, _ in beside(self.connection, stored, record, freed)]

    def add_step(self, issuance: bytes) -> bytes:
        """Add what it takes to judge one issuance, and return the digest of its first certificate.

        Whole are all certificates of it, of those that it follows, and of the runs that an undo on a way undid; with
        them come the ways of their inputs. What these cite, and what that corrects, is as the public sees it.
        """
        subject = certificates_of(self.connection, issuance)[0].row.digest
        whole, taken, clear = [issuance], set[bytes](), list[bytes]()
        while whole:
            step = whole.pop()
            if step in taken:
                continue
            taken.add(step)
            for stored in certificates_of(self.connection, step):
                opened = open_certificate(stored.text)
                ways = [link for each in opened.sources for link in self.add_way(commitment(each.holding), "public")]
                freed = freed_by(self.connection, opened.record)
                self._add(stored, [*ways, *freed], audience=None, text=stored.text)
                self._add_status(stored.row)
                if opened.record.follows is not None:
                    whole.append(digest_bytes(opened.record.follows.record))
                whole += undone_by(logged_here(ways))
                clear += [certificate_digest_bytes(each.certificate) for each in opened.sources]
                clear += undone_on(self.connection, freed)
        while clear:
            digest = clear.pop()
            if digest not in self.certificates and arrival_of(self.connection, digest) is None:
                clear += self._add_cited(certificate(self.connection, digest))
        return subject

    def _add_cited(self, stored: StoredCertificate) -> list[bytes]:
        """Add the public view of a certificate. Return what it corrects, and what the undo that it names undid."""
        jws = f"{stored.row.jws}~"
        record = open_certificate(jws).record
        freed = freed_by(self.connection, record)
        self._add(stored, [*freed], audience="public", text=jws)
        self._add_status(stored.row)
        before = [] if record.follows is None else [certificate_digest_bytes(record.follows.certificate)]
        return [*before, *undone_on(self.connection, freed)]

    def add_attestations(self, way: Iterable[PathRecord], subject: bytes) -> None:
        """Add the attestations of the certificates shown, the subject's first, then the newest.

        An attestation of a certificate that is not shown is left out, because it would disclose that certificate's
        digest.
        """
        if not anything_attested(self.connection):
            return
        links = (*way, *(link for each in self.certificates.values() for link in each.path))
        came = {link.digest for link in links if isinstance(link, Came) and isinstance(link.line, CertificateLine)}
        about = attestations_about(self.connection, self.certificates.keys() | came)
        about.sort(key=lambda each: (each.row.certificate != subject, -each.record.entry))
        self.attestations = about[:MOST_ATTESTATIONS]
        for row, _ in self.attestations:
            self._add_status(row)

    def in_order(self, own: Iterable[PathRecord]) -> list[GatheredCertificate | PathRecord]:
        """Return all records upstream-first, each once.

        A certificate's inputs were logged in an earlier commit. The records on the way to each input come before the
        certificate, from the root on. Within one commit the order of the log says nothing.
        """
        ordered: dict[bytes, GatheredCertificate | PathRecord] = {}
        for digest, shown in sorted(self.certificates.items(), key=lambda item: item[1].entry):
            for link in shown.path:
                ordered.setdefault(link.digest, link)
            ordered[digest] = shown
        for link in (*own, *sorted(self.statements.values(), key=lambda said: said.entry)):
            ordered.setdefault(link.digest, link)
        return list(ordered.values())

    def _add_status(self, row: CertificateRow | AttestationRow) -> None:
        """Add the status list that a record is in, and the statements about it."""
        self.lists.add(row.status_list)
        for statement in statements_about(self.connection, row.status_list, row.status_index):
            self.statements[statement.digest] = statement


def freed_by(connection: Connection, record: CertificateRecord) -> list[StoredRecord]:
    """Return the undo that freed the scheme's statement that a certificate enters again."""
    after = record.instrument.after if record.instrument else None
    return [] if after is None else [stored_record(connection, digest_bytes(after))]


def logged_here(links: Iterable[PathRecord]) -> list[StoredRecord]:
    """Return those of some records that this registry's logs have."""
    return [link for link in links if isinstance(link, StoredRecord)]


def _as_seen(stored: StoredCertificate, audience: Audience | None) -> str:
    """Return a certificate's text as an audience sees it, whole for None. The public view needs no parsing."""
    if audience is None:
        return stored.text
    return f"{stored.row.jws}~" if audience == "public" else present(stored.text, show=audience).text
