"""When the signatures of a witness, a monitor, or a holder of the trust list count.

Rules: what a key signed before its end counts on.  A key that leaked never counts: whoever has it writes any time.
A key with wider dates is another key (`ledger.trust.following`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from ledger.log.vkey import VerifierKey
from schemas.instant import MILLISECONDS, epoch_ms, instant_text, whole_second
from schemas.problem import InputError
from schemas.trust import KeyDates, Quorum, TrustList

NEVER: Final = 0


class KeyTerm(NamedTuple):
    """A key of a quorum, and from when until when it counts, in ms since 1970 UTC; without an end `until` is None."""

    key: VerifierKey
    since: int = 0
    until: int | None = None

    def holds(self, at_ms: int) -> bool:
        """Return whether a signature of this time counts."""
        return self.since <= at_ms and (self.until is None or at_ms < self.until)

    def within(self, other: KeyTerm) -> bool:
        """Return whether all that counts by this one counts by the other, too."""
        ends = other.until is None or (self.until is not None and self.until <= other.until)
        return (other.since <= self.since and ends) or (self.until is not None and self.until <= self.since)


def terms_of(keys: Iterable[str], dates: Iterable[KeyDates] | None) -> dict[bytes, KeyTerm]:
    """Return every key of a quorum or list, ended ones too, by its public bytes.

    Raises:
        InputError: `trust.twice` for a key with two dates; `trust.key-ended` for an ended key that still counts.
    """
    named = {key.public: KeyTerm(key) for key in map(VerifierKey.parse, keys)}
    dated: dict[bytes, KeyTerm] = {}
    for each in dates or ():
        term = _term(each)
        if term.key.public in dated:
            raise InputError.at("trust.twice", "dates", name=term.key.name)
        if (term.until is None) != (term.key.public in named):
            raise InputError.at("trust.key-ended", "dates", name=term.key.name)
        dated[term.key.public] = term
    return named | dated


def watching(asked: Quorum) -> dict[bytes, KeyTerm]:
    """Return `terms_of` a quorum."""
    return terms_of(asked.keys, asked.dates)


def dates_after(
    before: Quorum | TrustList, keys: Iterable[str], *, now_ms: int, leaked: str | None = None
) -> tuple[KeyDates, ...] | None:
    """Return the dates of the next keys: new ones count from now, dropped ones until the next second.

    With `leaked`, an instant, the dropped ones were in others' hands from then on.  A key that comes back has the dates
    that it had.

    Raises:
        InputError: `trust.key-ended`, for a key that leaked.
    """
    publics = {VerifierKey.parse(key).public: key for key in keys}
    known = {VerifierKey.parse(each.key).public: each for each in before.dates or ()}
    counted = {VerifierKey.parse(key).public: key for key in before.keys}
    now, end = (instant_text(whole_second(now_ms) + more) for more in (0, MILLISECONDS))
    found: dict[bytes, KeyDates | None] = dict(known)
    for public, key in publics.items():
        was = known.get(public)
        if was is not None and was.compromised is not None:
            raise InputError.at("trust.key-ended", "keys", name=VerifierKey.parse(key).name)
        since = was.since if was is not None else now if public not in counted else None
        found[public] = KeyDates(key=key, since=since) if since else None
    for public, key in counted.items():
        if public not in publics:
            since = known[public].since if public in known else None
            found[public] = KeyDates(key=key, since=since, until=end, compromised=leaked)
    return tuple(filter(None, found.values())) or None


def _term(each: KeyDates) -> KeyTerm:
    since = 0 if each.since is None else epoch_ms(each.since)
    until = None if each.until is None else epoch_ms(each.until)
    return KeyTerm(VerifierKey.parse(each.key), since, until if each.compromised is None else NEVER)
