"""Certificates of this registry: whether it has one, the newest ones, and those of one issuer."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from ledger.store.engine import reading
from ledger.store.issued import CertificateFilter, IssuedPlace, StoredIssued, issued_by
from ledger.store.reading import certificates, newest_certificates
from schemas.answers.certificates import CertificateList, CertificateState, ListedCertificate
from schemas.instant import epoch_ms
from schemas.lot import normal_lot
from schemas.vocabulary import Kind, unit_of

CERTIFICATES_KEPT: Final = 1024
"""Certificates whose public views stay parsed."""


class IssuedFilter(NamedTuple):
    """Which certificates of an issuer are listed. None means any value. Times are RFC 3339 instants in UTC."""

    lot: str | None = None
    kind: Kind | None = None
    product: str | None = None
    state: CertificateState | None = None
    issued_from: str | None = None
    issued_before: str | None = None


@lru_cache(maxsize=CERTIFICATES_KEPT)
def opened(jws: str) -> OpenCertificate:
    """Return the public view of a stored certificate."""
    return open_certificate(f"{jws}~")


def is_certified_here(registry: OpenRegistry, digest: str) -> bool:
    """Return whether this registry issued the certificate `digest`."""
    with reading(registry.engine) as connection:
        return bool(certificates(connection, [certificate_digest_bytes(digest)]))


def newest_digests(registry: OpenRegistry, most: int) -> list[str]:
    """Return the digests of the last certificates that were issued, the newest first and no more than `most`."""
    with reading(registry.engine) as connection:
        return list(map(certificate_digest_text, newest_certificates(connection, most)))


def list_issued(
    registry: OpenRegistry, issuer: str, wanted: IssuedFilter, *, limit: int, cursor: str | None, origin: str
) -> CertificateList:
    """Return one page of an issuer's certificates, the newest first: at most `limit`, from `cursor` on.

    Links begin with `origin`, such as ``https://registry.example``.
    """
    narrowed = CertificateFilter(
        lot_normal=None if wanted.lot is None else normal_lot(wanted.lot),
        kind=wanted.kind,
        product=wanted.product,
        state=wanted.state,
        from_ms=None if wanted.issued_from is None else epoch_ms(wanted.issued_from),
        before_ms=None if wanted.issued_before is None else epoch_ms(wanted.issued_before),
    )
    after = None if cursor is None else IssuedPlace(*map(int, cursor.split(".")))
    with reading(registry.engine) as connection:  # one more than the page tells whether there is a next page
        found = issued_by(connection, issuer, narrowed, most=limit + 1, after=after)
    page = tuple(_listed(each, origin) for each in found[:limit])
    return CertificateList(
        certificates=page, next="{}.{}".format(*found[limit - 1].place) if len(found) > limit else None
    )


def _listed(each: StoredIssued, origin: str) -> ListedCertificate:
    record, digest = opened(each.jws).record, certificate_digest_text(each.digest)
    batch = record.batch
    return ListedCertificate(
        digest=digest,
        id=record.id,
        lot=batch.lot,
        kind=batch.kind,
        product=batch.product,
        description=batch.description,
        amount=batch.net_mass_kg,
        unit=unit_of(batch.kind),
        issued=record.issued,
        state=each.state,
        url=f"{origin}/c/{digest}",
    )
