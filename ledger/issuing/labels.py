"""Labels of this registry's certificates, with the issuer's seal if the registry can make it or was given it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from ledger.carrier.printing import LabelOptions, LabelParts, drawn, label_parts
from ledger.carrier.seal import make_seal
from ledger.changes.gs1_keys import gtin_of
from ledger.factors.tables import FactorTables
from ledger.lots.certificates import opened
from ledger.lots.lineage import lot_of
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes
from ledger.store.engine import reading
from ledger.store.reading import certificate_jws
from ledger.store.seals import kept_seal
from ledger.trust.pinned import Trust
from schemas.problem import MissingError, RefusedError


def make_label(
    registry: OpenRegistry, digest: str, wish: LabelOptions, trust: Trust, *, tables: FactorTables, gs1: bool = False
) -> bytes:
    """Return the label of a certificate; with `gs1`, its link is by the GTIN that the issuer gave the lot.

    Raises:
        MissingError: `store.record-missing`; `api.not-found` if the lot has no GTIN.
    """
    parts = parts_of(registry, digest, wish, trust, tables=tables, gs1=gs1)
    return drawn(parts.at(wish.width_mm), wish.format)


def parts_of(
    registry: OpenRegistry, digest: str, wish: LabelOptions, trust: Trust, *, tables: FactorTables, gs1: bool = False
) -> LabelParts:
    """Return what the label of a certificate consists of, to lay it out at any width.  Errors: as `make_label`."""
    key = certificate_digest_bytes(digest)
    with reading(registry.engine) as connection:
        certificate = opened(certificate_jws(connection, key))
        issuer = certificate.record.issuer.did
        signer = None
        with suppress(RefusedError):
            signer = registry.signer(connection, issuer)
        seal = kept_seal(connection, key)
        lot = lot_of(connection, key) if gs1 else None
        gtin = None if lot is None else gtin_of(connection, lot)
    if gs1 and gtin is None:
        raise MissingError.at("api.not-found")
    if signer is not None:
        seal = make_seal(certificate.record, certificate.digest, signer=signer)
    party = trust.parties.get(issuer)
    demo = party is not None and party.demo
    return label_parts(certificate, replace(wish, gtin=gtin), tables=tables, seal=seal, demo=demo)


def stored_seal(registry: OpenRegistry, certificate: bytes) -> str | None:
    """Return the seal that a producer sent with a certificate, given by its digest, or None."""
    with reading(registry.engine) as connection:
        return kept_seal(connection, certificate)
