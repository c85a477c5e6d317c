"""Publish a proposed trust list that others have signed, and change who holds its keys.

Rules: what the home can sign alone is published at once (`ledger.admin.holders`).  A list proposed for a parties file
is published with what that file enters; one for a key or a log by the command that asked for it, run again.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.admin.holders import (
    HOLDERS_CHANGE,
    PARTIES_CHANGE,
    check_signatures,
    holder_key,
    parties_of,
    take_signatures,
)
from ledger.admin.init import init_told, list_signer, open_book
from ledger.admin.trust_list import keep_trust, kept_trust
from ledger.files.atomic import refusals_told
from ledger.registry.append import append, behind_commit
from ledger.registry.folder import Home
from ledger.registry.lists import next_trust
from ledger.registry.registry import OpenRegistry, Runtime
from ledger.seal.keys import check_public_key
from ledger.store.reading import latest_published
from ledger.trust.pinned import open_trust, proposed_list
from schemas.door import parse_document
from schemas.parties import Parties
from schemas.problem import InputError, MissingError
from schemas.trust import TrustList


def change_holders(
    home: Home, registry: OpenRegistry, *, keys: Sequence[str], least: int, passphrase: bytes
) -> TrustList:
    """Have these keys sign the trust list from now on, `least` of them each version; return the list that says so.

    Raises:
        InputError: `log.vkey`, `list.holder-cosigns`, `seal.key-*`, `trust.twice`, `trust.key-shared`,
            `list.holders-least`.
        StateError: `list.holders-wait`, where others must sign that too; as `ledger.registry.append.append`.
    """
    found = [holder_key(text) for text in keys]
    for key in found:
        check_public_key(key.public)
    if len({key.public for key in found}) < len(found):
        raise InputError.at("trust.twice", "keys", name=", ".join(key.name for key in found))
    if not 1 <= least <= len(found):
        raise InputError.at("list.holders-least", "--least", least=least, named=len(found))
    signer = list_signer(home, registry.did, HOLDERS_CHANGE, passphrase=passphrase)
    with append(registry) as transaction:
        stored = latest_published(transaction.connection, "trust")
        if stored is None:
            raise MissingError.at("store.record-missing")
        known = open_trust(stored.text)
        changed = {"keys": tuple(key.to_text() for key in found), "threshold": least}
        now = signer.time(known, transaction.now_ms)
        note, posting = next_trust(known, changed, signer.signed, now_ms=now)
        transaction.log(posting)
    with behind_commit(registry), refusals_told(home.trust):
        keep_trust(home, registry.engine)
    return open_trust(note).listed


def publish_proposal(home: Home, runtime: Runtime, note: str, *, passphrase: bytes) -> tuple[TrustList, bool]:
    """Take the signatures on a proposed list home; publish it if the home knows the change and enough have signed.

    Return the list, and whether it was published.

    Raises:
        MissingError: `list.proposal-unknown`; StateError: `list.holders-wait`; as `init_told`, `change_holders`.
    """
    taken = take_signatures(home, note)
    listed, what = proposed_list(taken.note), taken.change.partition(" ")[0]
    if what == PARTIES_CHANGE:
        wanted = parse_document(Parties, parties_of(home, listed.number).read_bytes(), media="json")
        init_told(home, wanted, runtime, passphrase=passphrase)
        return listed, True
    if what == HOLDERS_CHANGE:
        registry = open_book(home, runtime, passphrase=passphrase)
        change_holders(home, registry, keys=listed.keys, least=listed.threshold, passphrase=passphrase)
        return listed, True
    known = kept_trust(home)
    if known is not None:
        check_signatures(home, known, taken.note)
    return listed, False
