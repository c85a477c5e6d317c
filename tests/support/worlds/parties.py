"""Who takes part in a world of tests: producers and registries with their keys, and the trust list that names them.

Keys are made from names, so they are the same in every run. Nothing here exists outside of tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from ledger.log.vkey import KeyType, VerifierKey
from ledger.seal.digest import to_base64url
from ledger.seal.signer import SoftwareSigner
from ledger.trust.guests import GUEST_NAMES
from ledger.trust.pinned import Trust, open_trust, sign_trust
from schemas.document import replace
from schemas.instant import instant_text
from schemas.name import Name
from schemas.trust import Log, Party, PartyKey, Quorum, Registry, Scheme, TrustList
from tests.support.worlds.recipe import SCHEME

if TYPE_CHECKING:
    from collections.abc import Callable

START_MS: Final = 1_780_000_000_000
"""2026-05-28: when the history of a world begins."""
PRODUCERS: Final = ("ann", "ben", "cat")
REGISTRIES: Final = ("one.example", "two.example")
FACILITY: Final = "https://plants.example/1"


@lru_cache(maxsize=4096)
def key(name: str) -> SoftwareSigner:
    """Return the key of a name."""
    return SoftwareSigner.from_raw(f"{did(name)}#k", sha256(f"key of {name}".encode()).digest())


def did(name: str) -> str:
    """Return the DID of a producer or registry."""
    return f"did:web:{name}" if "." in name else f"did:web:{name}.example"


def vkey(name: str, type_: KeyType = KeyType.ED25519) -> VerifierKey:
    """Return the verifier key of a log, witness, monitor or trust signer of this name."""
    return VerifierKey(name, key(name).public, type_)


@dataclass(frozen=True)
class Cast:
    """The parties of a world, the trust list that names them, and its note."""

    trust: Trust
    note: str

    @property
    def listed(self) -> TrustList:
        return self.trust.listed

    def changed(self, change: Callable[[TrustList], TrustList]) -> Cast:
        """Return this cast under another trust list."""
        return cast_of(change(self.listed))


@lru_cache(maxsize=8)
def cast(
    producers: tuple[str, ...] = PRODUCERS, registries: tuple[str, ...] = REGISTRIES, guests: tuple[str, ...] = ()
) -> Cast:
    """Return producers who may do everything, registries with one witness and one monitor each, and guests."""
    return cast_of(
        TrustList(
            oreprint="trust/1",
            number=2,
            issued=instant_text(START_MS),
            expires="2099-01-01T00:00:00Z",
            threshold=1,
            keys=(vkey("trust.example").to_text(),),
            parties=(*map(_party, producers), *map(_guest, guests)),
            registries=tuple(map(_registry, registries)),
            schemes=(Scheme(scheme=SCHEME, registry=registries[0], since="2020-01-01T00:00:00Z", agents=()),),
        )
    )


def cast_of(listed: TrustList) -> Cast:
    """Return the cast of a trust list."""
    note = sign_trust(listed, [(vkey("trust.example"), key("trust.example").sign)])
    return Cast(open_trust(note), note)


def _party(name: str) -> Party:
    return Party(
        did=did(name),
        names=(Name(lang="en", text=name.title()),),
        keys=(_party_key(name),),
        facilities=(FACILITY,),
        kinds=("concentrate", "oxide", "metal", "alloy", "in-process"),
        statements=("move", "undo", "withdraw", "suspend", "lift"),
        custodial=False,
    )


def _guest(name: str) -> Party:
    return replace(_party(name), names=GUEST_NAMES, facilities=(), kinds=(), statements=("move",), custodial=True)


def _party_key(name: str) -> PartyKey:
    return PartyKey(kid=key(name).kid, public=to_base64url(key(name).public), since="2020-01-01T00:00:00Z")


def _registry(name: str) -> Registry:
    witness, monitor = (vkey(f"{who}.{name}", KeyType.COSIGNATURE).to_text() for who in ("witness", "monitor"))
    return Registry(
        id=name,
        logs=(Log(origin=f"{name}/log", key=vkey(f"{name}/log").to_text()),),
        status_key=_party_key(name),
        witnesses=Quorum(least=1, keys=(witness,)),
        monitors=Quorum(least=1, keys=(monitor,)),
        voided=(),
    )
