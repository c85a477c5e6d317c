"""Certificates of this registry: whether it has one, and the newest ones."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from ledger.store.engine import reading
from ledger.store.reading import certificates, newest_certificates

CERTIFICATES_KEPT: Final = 1024
"""Certificates whose public views stay parsed."""


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
