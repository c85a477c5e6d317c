"""Versions of a trust list as a registry publishes them: each with its place in a log that watchers have cosigned."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from ledger.holdings.mark import trust_digest
from ledger.log.entry import Entry, EntryKind, ListVersion, blinded
from ledger.log.head import sign_head
from ledger.log.merkle import leaf_hash
from ledger.seal.digest import to_base64url
from ledger.trust.pinned import proposed_list
from schemas.trust import ListProof, TrustFile
from tests.support.worlds.parties import START_MS, key, vkey
from tests.support.worlds.world import cosign

if TYPE_CHECKING:
    from collections.abc import Sequence

WATCHERS = ("witness.one.example", "monitor.one.example")


def logged(
    note: str,
    *watchers: str,
    entered: str | None = None,
    origin: str = "one.example/log",
    kind: EntryKind = EntryKind.TRUST_LIST,
    path: Sequence[str] = (),
) -> TrustFile:
    """Return a version in a log of one entry; `entered` is the note that stands there, else this one."""
    there = note if entered is None else entered
    listed = ListVersion(proposed_list(there).number, sha256(there.encode()).digest())
    entry = Entry(kind, START_MS, blinded(trust_digest(there)), (), (), listed).to_bytes()
    head = sign_head(vkey(origin), size=1, root=leaf_hash(entry), sign=key(origin).sign)
    checkpoint = cosign(head, *(watchers or WATCHERS), time_s=START_MS // 1000)
    place = ListProof(checkpoint=checkpoint, entry=to_base64url(entry), index=0, path=tuple(path))
    return TrustFile(note=note, logged=place)
