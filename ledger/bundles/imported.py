"""The part of a holding's way that lies in other registries, as it came with the holding.

Rules: where the way of a holding begins here with a move that was logged elsewhere, all lines that came with it stand
before it; each certificate among them is shown as widely as it came, and never wider than the audience asked for.  A
line of this registry's own that comes back is proven anew, since its proof leads to an older head.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.holdings.mark import split_digest, statement_digest
from ledger.seal.digest import certificate_digest, certificate_digest_bytes
from ledger.seal.presentation import present
from ledger.store.abroad import head_of, lines_of, lists_of
from ledger.store.reading import StoredRecord
from ledger.store.rows import ArrivalRow
from schemas.bundle import BundleLine, CertificateLine, HeadLine, Proof, SplitLine, StatementLine, StatusLine
from schemas.certificate import CertificateRecord
from schemas.document import replace
from schemas.lot import normal_lot
from schemas.problem import StateError
from schemas.quantity import milligrams
from schemas.vocabulary import Audience

Recorded = CertificateLine | SplitLine | StatementLine
"""A line that shows a record."""


class Came(NamedTuple):
    """An imported record: the registry whose log has it, its key, its line."""

    registry: str
    digest: bytes
    line: Recorded

    def proven_by(self, proof: Proof) -> Recorded:
        """Return the line with another proof."""
        return replace(self.line, proof=proof)


def arrival_row(
    record: CertificateRecord, move: bytes, issuance: bytes, certificate: tuple[bytes, str], transfer: bytes
) -> ArrivalRow:
    """Return the row of a holding that came by `move`, of the first `issuance` and a `certificate` (digest, JWS)."""
    batch = record.batch
    return ArrivalRow(
        move,
        issuance,
        record.output,
        batch.facility.id,
        batch.lot,
        normal_lot(batch.lot),
        batch.kind,
        milligrams(batch.net_mass_kg),
        certificate[0],
        record.id,
        record.status.list,
        record.status.index,
        certificate[1],
        record.registry,
        transfer,
    )


def key_of(line: Recorded) -> bytes:
    """Return the digest of a certificate or record in a line."""
    match line:
        case CertificateLine():
            return certificate_digest_bytes(certificate_digest(line.certificate.partition("~")[0]))
        case SplitLine():
            return split_digest(line.split)
        case StatementLine():
            return statement_digest(line.statement)


def came_with(connection: Connection, move: StoredRecord | None, audience: Audience) -> list[Came]:
    """Return all that came with a move from another registry, as an audience may see it; nothing for None."""
    found = [] if move is None else lines_of(connection, move.digest)
    return [Came(kept.registry, key_of(line), line) for kept in found if (line := _seen_as(kept.read, audience))]


def _seen_as(line: BundleLine, audience: Audience) -> Recorded | None:
    match line:
        case CertificateLine(certificate=text):
            jws = text.partition("~")[0]
            shown = f"{jws}~" if audience == "public" else present(text, show=audience).text
            return replace(line, certificate=shown)
        case SplitLine() | StatementLine():
            return line
        case _:
            return None


def heads_of(connection: Connection, registries: Iterable[str]) -> Iterator[HeadLine]:
    """Yield the head of each of these other registries."""
    for registry in sorted(registries):
        note = head_of(connection, registry)
        if note is None:
            raise StateError.at("store.unreadable", reason=f"there is no head of {registry}")
        yield HeadLine(t="head", registry=registry, checkpoint=note)


def all_lists(connection: Connection, registries: Iterable[str]) -> Iterator[StatusLine]:
    """Yield the status lists that each of these other registries gave last."""
    for registry in sorted(registries):
        yield from lists_of(connection, registry)
