"""Find what in the next version of a trust list can weaken what its reader relies on.

Rules:

1. Per registry, and for witnesses, monitors and auditors each: of t needed before, t' are needed after, and n of those
   who may count are newly named.  The change is harmless if t is 0 or t' - n >= t: then enough of those of before still
   have to agree, whoever is new.  This is sound against true containment, and harmless steps add up to harmless ones.
   Witnesses and monitors are told apart by their public keys, never by names.
2. A new registry, a registry that is dropped, a new, changed or missing log, a log that is opened again or ends
   earlier, another status key, and newly voided entries are never harmless.  That a log's key leaked is: fewer heads
   count.
3. A harmful change of a registry counts if the quorums of before, of witnesses and of monitors, have signed the list
   (`oreprint witness endorse`).  A registry without watchers has a quorum of nobody.  Nobody can vouch for a registry
   that is new: only the reader can.

This module verifies no signatures (`ledger.trust.pinned` does).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal, NamedTuple, TypeAlias

from ledger.log.vkey import VerifierKey
from ledger.trust.terms import watching
from schemas.instant import epoch_ms
from schemas.trust import Log, Quorum, Registry, TrustList

WhatChanged: TypeAlias = Literal["new", "dropped", "witnesses", "monitors", "auditors", "logs", "status-key", "voided"]


class HarmfulChange(NamedTuple):
    """A change that can weaken what a reader relies on; `dropped` are the names of watchers that count no more."""

    registry: str
    what: WhatChanged
    dropped: tuple[str, ...] = ()


def harmless(*, before: int, after: int, new: int) -> bool:
    """Return whether a quorum of `after`, `new` of whose members are newly named, holds one of `before` (rule 1)."""
    return before == 0 or after - new >= before


def harmful_changes(before: TrustList, after: TrustList, signers: Collection[bytes] = ()) -> list[HarmfulChange]:
    """Return the changes that only the reader can accept; `signers` are the public keys that have cosigned it."""
    known, now = ({each.id: each for each in listed.registries} for listed in (before, after))
    found = [HarmfulChange(name, "new") for name in now if name not in known]
    for name, registry in known.items():
        if not endorsed(registry, signers):
            found += _changes(registry, now[name]) if name in now else [HarmfulChange(name, "dropped")]
    return found


def endorsed(registry: Registry, signers: Collection[bytes]) -> bool:
    """Return whether the watchers of a registry have signed a list (rule 3)."""
    return all(
        len(_publics(asked).keys() & signers) >= asked.least for asked in (registry.witnesses, registry.monitors)
    )


def _changes(before: Registry, after: Registry) -> Iterator[HarmfulChange]:
    for what in ("witnesses", "monitors"):
        asked, named = getattr(before, what), getattr(after, what)
        was, now = watching(asked), watching(named)
        new = sum(public not in was or not term.within(was[public]) for public, term in now.items())
        if not harmless(before=asked.least, after=named.least, new=new):
            kept = _publics(named)
            yield HarmfulChange(
                before.id, what, tuple(name for public, name in _publics(asked).items() if public not in kept)
            )
    if before.auditors is not None:
        named = after.auditors.parties if after.auditors else ()
        needed = after.auditors.least if after.auditors else 0
        new = len({*named} - {*before.auditors.parties})
        if not harmless(before=before.auditors.least, after=needed, new=new):
            yield HarmfulChange(
                before.id, "auditors", tuple(each for each in before.auditors.parties if each not in named)
            )
    if not _goes_on(before.logs, after.logs):
        yield HarmfulChange(before.id, "logs")
    if before.all_status_keys() != after.all_status_keys():
        yield HarmfulChange(before.id, "status-key")
    if {*after.voided} - {*before.voided}:
        yield HarmfulChange(before.id, "voided")


def _publics(asked: Quorum) -> dict[bytes, str]:
    """Return the names of cosigners by their public keys."""
    return {key.public: key.name for key in map(VerifierKey.parse, asked.keys)}


def _goes_on(before: tuple[Log, ...], after: tuple[Log, ...]) -> bool:
    """Return whether these are the same logs, of each of which no more heads count than before."""
    known, now = ({log.origin: log for log in logs} for logs in (before, after))
    return known.keys() == now.keys() and all(_counts_no_more(log, now[origin]) for origin, log in known.items())


def _counts_no_more(before: Log, after: Log) -> bool:
    """Return whether a log is as long as it was, or closed where it was open, and has no longer a good key."""
    ends = before.final_size is None or (after.final_size or -1) >= before.final_size
    leaks = before.compromised is None or (
        after.compromised is not None and epoch_ms(after.compromised) <= epoch_ms(before.compromised)
    )
    rooted = before.final_root == after.final_root or (before.final_root is None and before.compromised is None)
    return before.key == after.key and ends and leaks and rooted
