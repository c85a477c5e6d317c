"""As whom a party sees a certificate.

Rules: the public sees the public view, the issuer everything, and another party what it was granted; upstream each
party sees what its supplier granted on (`ledger.bundles.build.View`). A certificate that is missing is missing for
everybody in the same words.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from ledger.bundles.gather import BundleView
from ledger.lots.certificates import opened
from ledger.lots.lineage import jws_of
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes
from ledger.seal.presentation import present
from ledger.store.abroad import foreign_lots
from ledger.store.engine import reading
from ledger.store.reading import certificate, certificate_jws, granted

PUBLIC: Final = BundleView("public", as_granted=True)
"""The view that everybody sees."""


def view_of(registry: OpenRegistry, digest: str, party: str | None) -> BundleView:
    """Return the widest view that a party, or the public (None), has of a certificate.

    Raises:
        MissingError: `store.record-missing`.
    """
    if party is None:
        return PUBLIC
    with reading(registry.engine) as connection:
        return _view(connection, certificate_digest_bytes(digest), party)


def shown_text(registry: OpenRegistry, digest: str, party: str | None) -> str:
    """Return the text of a certificate as a party, or the public (None), sees it.

    A holder of a lot from another registry gets the public view of the certificate that came with it.

    Raises:
        MissingError: `store.record-missing`; InputError: `seal.certificate-digest`.
    """
    subject = certificate_digest_bytes(digest)
    with reading(registry.engine) as connection:
        if party is not None and foreign_lots(connection, certificate=subject, owner=party):
            return f"{jws_of(connection, subject)}~"
        view = _view(connection, subject, party)
        stored = certificate(connection, subject)
    return present(stored.text, show=view.audience).text


def _view(connection: Connection, subject: bytes, party: str | None) -> BundleView:
    if party is None:
        return PUBLIC
    issuer = opened(certificate_jws(connection, subject)).record.issuer.did
    grant = granted(connection, subject, party=party)
    return BundleView("auditor" if issuer == party else grant or "public", as_granted=True)
