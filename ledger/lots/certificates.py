"""Certificates of this registry: whether it has one, and the newest ones."""

from __future__ import annotations

from typing import Final

from ledger.files.cache import Bounded
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from ledger.store.engine import reading
from ledger.store.reading import certificates, newest_certificates

MOST_KEPT_BYTES: Final = 8 * 1024 * 1024
"""Bytes of certificates whose public views stay parsed: some thousand of usual ones."""
_TIMES_ITS_TEXT: Final = 4
"""Memory of an open certificate, in sizes of its text: the text, and its objects (3 times that, measured by
`tracemalloc`)."""


def _weight(opened_: OpenCertificate) -> int:
    return len(opened_.jws.raw) * _TIMES_ITS_TEXT


_OPENED: Final[Bounded[str, OpenCertificate]] = Bounded(MOST_KEPT_BYTES, name="open certificates", weigh=_weight)


def opened(jws: str) -> OpenCertificate:
    """Return the public view of a stored certificate."""
    kept = _OPENED.get(jws)
    if kept is None:
        kept = open_certificate(f"{jws}~")
        _OPENED.put(jws, kept)
    return kept


def is_certified_here(registry: OpenRegistry, digest: str) -> bool:
    """Return whether this registry issued the certificate `digest`."""
    with reading(registry.engine) as connection:
        return bool(certificates(connection, [certificate_digest_bytes(digest)]))


def newest_digests(registry: OpenRegistry, most: int) -> list[str]:
    """Return the digests of the last certificates that were issued, the newest first and no more than `most`."""
    with reading(registry.engine) as connection:
        return list(map(certificate_digest_text, newest_certificates(connection, most)))
