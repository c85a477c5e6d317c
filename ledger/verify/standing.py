"""Step 6, status: what has ended since, from the status lists of each registry, fresh, included and rightly signed.

Rules: a list counts only if it is the registry's, signed by its status key, and is its own entry of the log at the size it
covers; its age counts from that entry's time and is at most `MOST_AGE_MS`.  A bit that is unknown is never 0.  Who set a
bit, and when, comes from statements shown: an upstream batch that had ended *before* it was used makes the run wrong;
one that ended after makes what holds it withdrawn.

What this module does not do: it rebuilds no list from the log (`oreprint audit` and monitors do).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from ledger.holdings.mark import status_digest
from ledger.log.entry import Kind
from ledger.trust.status import open_status_list
from ledger.verify.judge import Outcome
from ledger.verify.rule import Rule
from schemas.instant import epoch_ms
from schemas.problem import CheckError, OreprintError
from schemas.vocabulary import PURPOSES, Purpose

if TYPE_CHECKING:
    from ledger.trust.pinned import Trust
    from ledger.trust.status import StatusList
    from ledger.verify.batch import Seen
    from ledger.verify.heads import Heads
    from ledger.verify.judge import Judge
    from schemas.bundle import StatusLine

MOST_AGE_MS: Final = 24 * 60 * 60 * 1000
"""A status list older than a day says nothing (design of the certificate: status)."""
MOST_AHEAD_MS: Final = 5 * 60 * 1000
"""Clocks may differ by five minutes (threat model, 3: freshness)."""

ListKey = tuple[str, Purpose, int]

_OUTCOME: Final[dict[Purpose, tuple[Rule, Outcome]]] = {
    "revocation": (Rule.NOT_WITHDRAWN, Outcome.WITHDRAWN),
    "suspension": (Rule.NOT_SUSPENDED, Outcome.WITHDRAWN),
    "refresh": (Rule.NOT_SUPERSEDED, Outcome.SUPERSEDED),
}


@dataclass(slots=True)
class Standing:
    """The status lists at hand, judged at one time (`at`, ms)."""

    trust: Trust
    heads: Heads
    judge: Judge
    at: int
    lists: dict[ListKey, StatusList] = field(default_factory=dict)
    oldest: int | None = None

    def add(self, line: StatusLine) -> None:
        """Take in one status list."""
        try:
            registry = self.trust.registry(line.registry)
            opened = open_status_list(line.credential, kid=registry.status_kid, public=registry.status_public)
            record = opened.record
            if record.registry != line.registry:
                raise CheckError.at(
                    "trust.status-form", list=record.list, registry=line.registry, reason="it is another registry's"
                )
        except OreprintError as error:
            self.judge.fails(Rule.STATUS_LIST, line.registry, error)
            return
        place = f"{record.purpose} list {record.list} of {record.registry}"
        logged = self.heads.logged(place, line.registry, status_digest(line.credential), line.proof)
        if logged is None:
            return
        listed = logged.entry.listed
        own = (
            logged.entry.kind is Kind.STATUS_LIST
            and listed is not None
            and listed.number == record.number
            and listed.digest == sha256(line.credential.encode()).digest()
            and logged.index == record.size
        )
        if not self.judge.require(Rule.STATUS_LIST, place, holds=own, reason="its entry in the log is another list's"):
            return
        age = self.at - logged.entry.time_ms
        if not -MOST_AHEAD_MS <= age <= MOST_AGE_MS:
            self.judge.note(Rule.STATUS_LIST, Outcome.ABSENT, place, reason=f"it is {age // 1000} s old")
            return
        self.oldest = max(age, self.oldest or 0)
        self.lists[record.registry, record.purpose, record.list] = opened

    def check(self, seen: Seen, *, subject: bool) -> None:
        """Judge a certificate's standing; of an upstream one, superseded is a warning."""
        status, place = seen.record.status, seen.place
        for purpose in PURPOSES:
            rule, outcome = _OUTCOME[purpose]
            known = self.lists.get((seen.record.registry, purpose, status.list))
            if known is None:
                self.judge.note(Rule.STATUS_LIST, Outcome.ABSENT, place, reason=f"no fresh {purpose} list is here")
                continue
            self.judge.made[rule] += 1
            try:
                ended = known.bit(status.index)
            except CheckError as error:
                self.judge.fails(rule, place, error)
                continue
            if ended and rule not in self.judge.off:
                milder = outcome is Outcome.SUPERSEDED and not subject
                self.judge.note(rule, Outcome.WARNING if milder else outcome, place)
        until = seen.record.valid_until
        if subject and until is not None and self.at > epoch_ms(until):
            self.judge.note(Rule.NOT_EXPIRED, Outcome.EXPIRED, place, until=until)
