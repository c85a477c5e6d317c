"""Every place of a trust list that a key can stand in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.log.vkey import KeyType, VerifierKey
from ledger.seal.digest import to_base64url
from schemas.document import replace
from schemas.trust import Party, Quorum, Registry, TrustList

if TYPE_CHECKING:
    from collections.abc import Callable


def _with_party(listed: TrustList, number: int, **changed: object) -> TrustList:
    parties: list[Party] = list(listed.parties)
    (own,) = parties[number].keys
    parties[number] = replace(parties[number], keys=(replace(own, **changed),))
    return replace(listed, parties=tuple(parties))


def with_registry(listed: TrustList, number: int = 0, **changed: object) -> TrustList:
    registries: list[Registry] = list(listed.registries)
    registries[number] = replace(registries[number], **changed)
    return replace(listed, registries=tuple(registries))


def _with_log(listed: TrustList, public: bytes) -> TrustList:
    (log,) = listed.registries[0].logs
    return with_registry(listed, logs=(replace(log, key=VerifierKey(log.origin, public).to_text()),))


def quorum(name: str, *publics: bytes, least: int = 1) -> Quorum:
    return Quorum(least=least, keys=tuple(VerifierKey(name, each, KeyType.COSIGNATURE).to_text() for each in publics))


PLACES: dict[str, Callable[[TrustList, bytes], TrustList]] = {
    "trust list": lambda listed, key: replace(
        listed, keys=(*listed.keys, VerifierKey("second.example", key).to_text())
    ),
    "issuer": lambda listed, key: _with_party(listed, 0, public=to_base64url(key)),
    "another issuer": lambda listed, key: _with_party(listed, 1, public=to_base64url(key)),
    "log": _with_log,
    "status": lambda listed, key: with_registry(
        listed, status_key=replace(listed.registries[0].status_key, public=to_base64url(key))
    ),
    "witness": lambda listed, key: with_registry(listed, witnesses=quorum("w1.example", key)),
    "another witness": lambda listed, key: with_registry(listed, 1, witnesses=quorum("w2.example", key)),
    "monitor": lambda listed, key: with_registry(listed, monitors=quorum("m1.example", key)),
}
"""Everywhere in a trust list where a key is named."""
