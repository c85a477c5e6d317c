"""As whom a caller sees a certificate.

Rules: without a token, the public; with one, the producer of a certificate all of it, and another party what it was granted; upstream
of it what was granted on (`ledger.bundles.build.View`).  A certificate that isn't here is missing for everybody in the same words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.bundles.build import BundleView
from ledger.lots.issuance import opened
from ledger.lots.lineage import jws_of
from ledger.seal.digest import certificate_digest_bytes
from ledger.store.abroad import foreign_lots
from ledger.store.engine import reading
from ledger.store.reading import certificate_jws, granted

if TYPE_CHECKING:
    from ledger.admin.tokens import Token
    from ledger.registry.registry import OpenRegistry


PUBLIC: Final = BundleView("public", as_granted=True)
"""What everybody sees."""


def view_of(registry: OpenRegistry, digest: str, token: Token | None) -> BundleView:
    """Return the widest view that a caller has of a certificate; raise MissingError `store.record-missing`."""
    if token is None or "read" not in token.scopes:
        return PUBLIC
    subject = certificate_digest_bytes(digest)
    with reading(registry.engine) as connection:
        issuer = opened(certificate_jws(connection, subject)).record.issuer.did
        grant = granted(connection, subject, party=token.tenant)
    return BundleView("auditor" if issuer == token.tenant else grant or "public", as_granted=True)


def arrived(registry: OpenRegistry, digest: str, token: Token | None) -> str | None:
    """Return what the public sees of another registry's certificate, for a party that holds or held its lot here; None for all others."""
    if token is None or "read" not in token.scopes:
        return None
    subject = certificate_digest_bytes(digest)
    with reading(registry.engine) as connection:
        lots = foreign_lots(connection, certificate=subject, owner=token.tenant)
        return f"{jws_of(connection, subject)}~" if lots else None
