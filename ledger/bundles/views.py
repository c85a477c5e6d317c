"""As whom a reader sees a certificate.

Rules: the public sees the public view, the issuer everything, another party what it was granted, and who has a private
link what its issuer chose for that one certificate; upstream each
party sees what its supplier granted on (`ledger.bundles.build.View`). A certificate that is missing is missing for
everybody in the same words.
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

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
from schemas.vocabulary import Audience

PUBLIC: Final = BundleView("public", as_granted=True)
"""The view that everybody sees."""


class SharedView(NamedTuple):
    """What a private link opens: one certificate, by its digest, for an audience."""

    certificate: str
    audience: Audience

    def of(self, digest: str) -> BundleView:
        """Return the view of a certificate that the link gives; of another one it is the public's."""
        return BundleView(self.audience, as_granted=True) if digest == self.certificate else PUBLIC


Reader: TypeAlias = str | SharedView | None
"""Who reads: a party by its DID, somebody with a private link, or the public (None)."""


def view_of(registry: OpenRegistry, digest: str, reader: Reader) -> BundleView:
    """Return the widest view that a reader has of a certificate.

    Raises:
        MissingError: `store.record-missing`.
    """
    if reader is None:
        return PUBLIC
    if isinstance(reader, SharedView):
        return reader.of(digest)
    with reading(registry.engine) as connection:
        return _view(connection, certificate_digest_bytes(digest), reader)


def shown_text(registry: OpenRegistry, digest: str, reader: Reader) -> str:
    """Return the text of a certificate as a reader sees it.

    A holder of a lot from another registry gets the public view of the certificate that came with it.

    Raises:
        MissingError: `store.record-missing`; InputError: `seal.certificate-digest`.
    """
    subject = certificate_digest_bytes(digest)
    with reading(registry.engine) as connection:
        if isinstance(reader, str) and foreign_lots(connection, certificate=subject, owner=reader):
            return f"{jws_of(connection, subject)}~"
        view = _view(connection, subject, reader) if isinstance(reader, str) else view_of(registry, digest, reader)
        stored = certificate(connection, subject)
    return present(stored.text, show=view.audience).text


def _view(connection: Connection, subject: bytes, party: str) -> BundleView:
    issuer = opened(certificate_jws(connection, subject)).record.issuer.did
    grant = granted(connection, subject, party=party)
    return BundleView("auditor" if issuer == party else grant or "public", as_granted=True)
