"""Publish a proposed trust list that others have signed, and change who holds its keys.

Rules: what the home can sign alone is published at once (`ledger.admin.holders`).  A list proposed for a parties file
is published with what that file enters; one for a key or a log by the command that asked for it, run again.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from ledger.admin.holders import (
    HOLDERS_CHANGE,
    PARTIES_CHANGE,
    check_signatures,
    holder_key,
    parties_of,
    take_signatures,
)
from ledger.admin.init import endorsers, init_told, open_book
from ledger.admin.keys import leak_time, list_anew
from ledger.admin.trust_list import kept_trust
from ledger.registry.folder import Home
from ledger.registry.registry import OpenRegistry, Runtime
from ledger.seal.keys import check_public_key
from ledger.trust.pinned import proposed_list
from ledger.trust.terms import dates_after
from schemas.document import replace
from schemas.door import parse_document
from schemas.parties import Parties
from schemas.problem import InputError, Problem, StateError
from schemas.trust import TrustList


def change_holders(
    home: Home,
    registry: OpenRegistry,
    *,
    keys: Sequence[str],
    least: int,
    leaked: str | None = None,
    passphrase: bytes,
) -> TrustList:
    """Have these keys sign the trust list from now on, `least` of them each version; return the list that says so.

    With `leaked`, an instant, those that sign no more were in others' hands from then on.

    Raises:
        InputError: `log.vkey`, `list.holder-cosigns`, `seal.key-*`, `trust.twice`, `trust.key-shared`,
            `list.holders-least`, `trust.key-ended`, `quantity.instant`.
        StateError: `list.holders-wait`, where others must sign that too; as `ledger.registry.append.append`.
    """
    found = [holder_key(text) for text in keys]
    for key in found:
        check_public_key(key.public)
    if len({key.public for key in found}) < len(found):
        raise InputError.at("trust.twice", "keys", name=", ".join(key.name for key in found))
    if not 1 <= least <= len(found):
        raise InputError.at("list.holders-least", "--least", least=least, named=len(found))
    if leaked is not None:
        leak_time(leaked)
    texts = tuple(key.to_text() for key in found)

    def change(_connection: Connection, now_ms: int, before: TrustList) -> tuple[TrustList, dict[str, object]]:
        dates = dates_after(before, texts, now_ms=now_ms, leaked=leaked)
        changed: dict[str, object] = {"keys": texts, "threshold": least, "dates": dates}
        return replace(before, **changed), changed

    return list_anew(home, registry, change, HOLDERS_CHANGE, passphrase=passphrase)


def enter_holders(home: Home, registry: OpenRegistry, wanted: Parties, *, passphrase: bytes) -> Problem | None:
    """Have those sign the trust list whom a parties file names, beside the home.

    Return what they must do first; None where nothing waits.

    Raises:
        as `change_holders`.
    """
    known = kept_trust(home)
    if wanted.holders is None or known is None:
        return None
    at_home = {key.to_text() for key, _ in endorsers(home, registry.did, passphrase=passphrase)}
    own = [key for key in known.listed.keys if key in at_home]
    keys = tuple(dict.fromkeys((*own, *(holder_key(each).to_text() for each in wanted.holders.keys))))
    least = wanted.holders.least or len(keys) // 2 + 1
    if ({*keys}, least) == ({*known.listed.keys}, known.listed.threshold):
        return None
    try:
        change_holders(home, registry, keys=keys, least=least, passphrase=passphrase)
    except StateError as error:
        if error.code != "list.holders-wait":
            raise
        return error.problems[0]
    return None


def publish_proposal(home: Home, runtime: Runtime, note: str, *, passphrase: bytes) -> tuple[TrustList, bool]:
    """Take the signatures on a proposed list home; publish it if the home knows the change and enough have signed.

    Return the list, and whether it was published.

    Raises:
        MissingError: `list.proposal-unknown`; StateError: `list.holders-wait`; as `init_told`, `change_holders`.
    """
    taken = take_signatures(home, note)
    listed, what, before = proposed_list(taken.note), taken.change.partition(" ")[0], kept_trust(home)
    if what == PARTIES_CHANGE:
        wanted = parse_document(Parties, parties_of(home, listed.number).read_bytes(), media="json")
        init_told(home, wanted, runtime, passphrase=passphrase)
        return listed, True
    if what == HOLDERS_CHANGE:
        registry = open_book(home, runtime, passphrase=passphrase)
        leaked = None if before is None else _leaked(before.listed, listed)
        change_holders(home, registry, keys=listed.keys, least=listed.threshold, leaked=leaked, passphrase=passphrase)
        return listed, True
    if before is not None:
        check_signatures(home, before, taken.note)
    return listed, False


def _leaked(before: TrustList, after: TrustList) -> str | None:
    """Return from when others may have had the keys that sign no more, as a proposed list says; None if never."""
    return next((each.compromised for each in after.dates or () if each.key in before.keys), None)
