"""Step 6, status: what has ended since, from the status lists of each registry, fresh, included and rightly signed.

Rules: a list counts only if it is the registry's, signed by its status key, and is its own entry of the log at the size
it covers; its age counts from that entry's time and is at most `MOST_AGE_MS`.  A bit that is unknown is never 0.  What
entries shown have set after a list counts as well, and a list that covers an entry and lacks its bit is a lie.  Who set
a bit, and when, comes from statements shown: an upstream batch that had ended *before* it was used makes the run wrong;
one that ended after makes what holds it withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Literal

from ledger.chemistry.exact import divide
from ledger.holdings.mark import status_digest
from ledger.log.entry import EntryKind
from ledger.trust.pinned import Trust
from ledger.trust.registries import TrustedRegistry
from ledger.trust.status import CODE_OF_PURPOSE, StatusList, open_status_list
from ledger.verify.certificate import ShownCertificate
from ledger.verify.findings import Findings, Outcome
from ledger.verify.heads import MOST_AHEAD_MS, BitChange, Heads, ProvenEntry, in_order
from ledger.verify.inputs import Consumed
from ledger.verify.recall import Said
from ledger.verify.rule import Rule
from ledger.verify.walk_state import Ending
from schemas.bundle import StatusLine
from schemas.instant import epoch_ms, instant_text, whole_second
from schemas.problem import CheckError, InputError, OreprintError
from schemas.quantity import trillionths
from schemas.report import Ended
from schemas.sentences import CAUSES, filled
from schemas.status import MOST_AGE_MS
from schemas.vocabulary import PURPOSES, Purpose

_ENDED: Final[dict[Purpose, Ended]] = {"revocation": "withdrawn", "suspension": "suspended"}

Part = Literal["subject", "cited", "corrected", "beside"]
"""The relation of a certificate to the subject: the subject, used by it, corrected by one of these, or none."""

ListKey = tuple[str, Purpose, int]

_OUTCOME: Final[dict[Purpose, tuple[Rule, Outcome]]] = {
    "revocation": (Rule.NOT_WITHDRAWN, Outcome.WITHDRAWN),
    "suspension": (Rule.NOT_SUSPENDED, Outcome.WITHDRAWN),
    "refresh": (Rule.NOT_SUPERSEDED, Outcome.SUPERSEDED),
}


@dataclass(slots=True)
class StatusLists:
    """The status lists at hand, judged at one time (`at`, ms)."""

    trust: Trust
    heads: Heads
    findings: Findings
    at: int
    lists: dict[ListKey, StatusList] = field(default_factory=dict)
    followers: dict[str, ShownCertificate] = field(default_factory=dict)
    oldest: int | None = None
    _listed: dict[ListKey, ProvenEntry] = field(default_factory=dict)
    _any_ended: bool = False
    _endings: dict[str, list[Ending]] = field(default_factory=dict)

    def add(self, line: StatusLine) -> None:
        """Take in one status list; that of a registry that the trust list does not name says nothing."""
        if line.registry not in self.trust.registries:
            return
        registry = self.trust.registry(line.registry)
        opened = self._opened(line, registry)
        if opened is None:
            return
        record = opened.record
        if (record.registry, record.purpose, record.list) in self.lists:
            raise InputError.at("bundle.twice", record.registry)
        place = f"{record.purpose} list {record.list} of {record.registry}"
        logged = self._logged(line, opened, registry, place)
        if logged is None:
            return
        age = self.at - logged.entry.time_ms
        if not -MOST_AHEAD_MS <= age <= MOST_AGE_MS:
            self.findings.add(Rule.STATUS_LIST, Outcome.ABSENT, place, reason=_dated(logged))
            return
        self.oldest = max(age, self.oldest or 0)
        self._any_ended = self._any_ended or bool(record.purpose in _ENDED and opened.bits.strip(b"\0"))
        self.lists[record.registry, record.purpose, record.list] = opened
        self._listed[record.registry, record.purpose, record.list] = logged

    def _opened(self, line: StatusLine, registry: TrustedRegistry) -> StatusList | None:
        """Return the status list of a line, or None where it is not the registry's; the findings say why."""
        try:
            opened = open_status_list(line.credential, keys=registry.status_keys)
            record = opened.record
            if record.registry != line.registry:
                reason = CAUSES["other-registry"]
                raise CheckError.at("trust.status-form", list=record.list, registry=line.registry, reason=reason)
        except OreprintError as error:
            self.findings.fails(Rule.STATUS_LIST, line.registry, error)
            return None
        return opened

    def _logged(
        self, line: StatusLine, opened: StatusList, registry: TrustedRegistry, place: str
    ) -> ProvenEntry | None:
        """Return the entry that put a list into force, or None where it is of another list or of another time."""
        record = opened.record
        logged = self.heads.logged(
            place, line.registry, status_digest(line.credential), line.proof, kind=EntryKind.STATUS_LIST
        )
        if logged is None:
            return None
        listed = logged.entry.listed
        own = (
            listed is not None
            and not (logged.entry.marks or logged.entry.bits)
            and listed.number == record.number
            and listed.digest == sha256(line.credential.encode()).digest()
            and logged.index == record.size
        )
        if not self.findings.require(Rule.STATUS_LIST, place, holds=own, reason=CAUSES["other-list"]):
            return None
        try:
            opened.check_time(logged.entry.time_ms)
            registry.status_public(opened.kid, logged=logged.entry.time_ms)
        except CheckError as error:
            self.findings.fails(Rule.STATUS_LIST, place, error)
            return None
        return logged

    def state(self, seen: ShownCertificate) -> Ended | None:
        """Return whether a certificate has ended, as far as the lists here say; nothing is judged."""
        if not self._any_ended:
            return None
        registry, number, index = seen.status_place
        for purpose, state in _ENDED.items():
            known = self.lists.get((registry, purpose, number))
            if known is not None and index < len(known.bits) * 8 and known.bit(index):
                return state
        return None

    def state_at(self, registry: str, number: int, index: int) -> Ended | Literal["unknown"] | None:
        """Return whether the record at a status place has ended, by fresh lists and shown entries.

        Nothing is judged.
        """
        for purpose, state in _ENDED.items():
            known = self.lists.get((registry, purpose, number))
            if known is None or index >= len(known.bits) * 8:
                return "unknown"
            listed = self._listed[registry, purpose, number]
            changes = self.heads.changes.get((registry, number, index, CODE_OF_PURPOSE[purpose]), ())
            later = [change for change in changes if purpose == "revocation" or not _covers(listed, change.logged)]
            if _after(known.bit(index), later):
                return state
        return None

    def said(self) -> dict[str, Said]:
        """Return the issuer's statement about each ended certificate, if it is shown. A withdrawal is final."""
        found = {}
        for digest, endings in self._endings.items():
            by_time = sorted(endings, key=lambda each: _when(each.logged))
            last = ([each for each in by_time if each.said.oreprint == "withdraw/1"] or by_time)[-1]
            if last.said.oreprint != "lift/1":
                found[digest] = Said(last.said.reason, last.logged.entry.time_ms)
        return found

    def latest(self, digest: str) -> ShownCertificate | None:
        """Return the last certificate here that corrects this one, through those between; None if there is none."""
        found = None
        while (after := self.followers.get(digest)) is not None and after is not found:
            found, digest = after, after.digest
        return found

    def check(self, seen: ShownCertificate, part: Part, *, undone: bool) -> None:
        """Judge the standing of a certificate that plays this part; `undone` says that the run that made it was."""
        for purpose in PURPOSES:
            if self._bit(seen, purpose):
                self._ended(seen, purpose, part, undone=undone)
        until = seen.record.valid_until if part == "subject" else None
        if until is not None:
            self.findings.passed(Rule.NOT_EXPIRED)
            if self.at > epoch_ms(until):
                self.findings.add(Rule.NOT_EXPIRED, Outcome.EXPIRED, seen.place, until=until)

    def _bit(self, seen: ShownCertificate, purpose: Purpose) -> int:
        """Return one status bit of a certificate, from its fresh list and from shown entries after that."""
        registry, number, index = seen.status_place
        place = seen.place
        rule, _ = _OUTCOME[purpose]
        key = (registry, purpose, number)
        changed = self.heads.changes  # by nothing at all in most bundles
        changes = changed.get((registry, number, index, CODE_OF_PURPOSE[purpose]), ()) if changed else ()
        known = self.lists.get(key)
        if known is None:
            reason = filled(CAUSES["no-list"], {"purpose": purpose})
            self.findings.add(Rule.STATUS_LIST, Outcome.ABSENT, place, reason=reason)
            return _after(0, changes)
        self.findings.passed(rule)
        try:
            bit = known.bit(index)
        except CheckError as error:
            self.findings.fails(rule, place, error)
            return 0
        if not changes:
            return bit
        listed = self._listed[key]
        covered = [change for change in changes if _covers(listed, change.logged)]
        if covered and not bit and purpose != "suspension":  # a suspension may have been lifted by what isn't shown
            reason = filled(CAUSES["lacks"], {"index": str(covered[-1].logged.index)})
            self.findings.require(Rule.STATUS_LIST, place, holds=False, reason=reason)
        return _after(bit, (change for change in changes if not _covers(listed, change.logged)))

    def _ended(self, seen: ShownCertificate, purpose: Purpose, part: Part, *, undone: bool) -> None:
        """Record the finding for a bit that is set: it ends the subject, or a batch upstream of it.

        That an upstream batch was corrected is a warning.
        """
        rule, outcome = _OUTCOME[purpose]
        follower = self.latest(seen.digest)
        facts = _corrected(seen, follower) if purpose == "refresh" else {}
        if purpose == "refresh" and part != "subject":
            if part == "cited":
                self.findings.add_as(rule, "status.corrected", Outcome.WARNING, seen.place, facts)
            return
        code = "status.undone" if undone and purpose == "revocation" else rule.value
        self.findings.add_as(rule, code, Outcome.WARNING if part == "beside" else outcome, seen.place, facts)

    def check_endings(self, endings: Iterable[Ending], seen: Mapping[str, ShownCertificate]) -> None:
        """Check that the issuer withdrew, suspended or lifted, at the certificate's own status place."""
        for ending in endings:
            ends = ending.said.ends
            ended = seen.get(ends.certificate)
            if ended is None:
                continue
            record = ended.record
            told = (ending.signer, ending.logged.registry, ends.list, ends.index)
            own = told == (record.issuer.did, record.registry, record.status.list, record.status.index)
            if self.findings.require(Rule.ENDED_BY, ended.place, holds=own, lot=ended.place):
                self._endings.setdefault(ended.digest, []).append(ending)

    def check_use(self, use: Consumed) -> None:
        """Check that a batch was in force when a run used it: not withdrawn, not corrected, and not suspended.

        A correction repeats what the first run used, so that is when it was used.
        """
        logged = use.first.logged
        if logged is None:
            return
        after = self.followers.get(use.upstream.digest)
        corrected = after is not None and after.logged is not None and not in_order(logged, after.logged)
        before = [
            ending for ending in self._endings.get(use.upstream.digest, ()) if not in_order(logged, ending.logged)
        ]
        before.sort(key=lambda ending: _when(ending.logged))
        kinds = [ending.said.oreprint for ending in before]
        suspended = [kind for kind in kinds if kind != "withdraw/1"][-1:] == ["suspend/1"]
        holds = "withdraw/1" not in kinds and not suspended and not corrected
        self.findings.require(Rule.SOURCE_STANDS, use.by.place, holds=holds, upstream=use.upstream.place)


def change_percent(was: str, now: str) -> str | None:
    """Return the change of a figure in percent, with its sign and one decimal; None of what was 0."""
    before, after = trillionths(was), trillionths(now)
    if not before:
        return None
    tenths = divide(abs(after - before) * 1000, abs(before))
    return f"{'-' if after < before else '+'}{tenths // 10}.{tenths % 10}"


def _dated(logged: ProvenEntry) -> str:
    return filled(CAUSES["dated"], {"made": instant_text(whole_second(logged.entry.time_ms))})


def _corrected(seen: ShownCertificate, follower: ShownCertificate | None) -> dict[str, str]:
    """Return which certificate corrects one, and what becomes of its figure."""
    if follower is None:
        return {"follower": CAUSES["hidden-follower"], "change": CAUSES["hidden-figure"]}
    was, now = (each.record.footprint.per_kg.location for each in (seen, follower))
    percent = change_percent(was, now)
    told = {"was": f"{was} kg CO2e per kg", "now": f"{now} kg CO2e per kg", "day": follower.record.issued[:10]}
    cause = "same-figure" if was == now else "first-figure" if percent is None else "changed-figure"
    return {"follower": follower.digest, "change": filled(CAUSES[cause], told | {"percent": percent or ""})}


def _covers(listed: ProvenEntry, change: ProvenEntry) -> bool:
    """Return whether a status list covers a change.

    The change's entry must come before the list's, in the same log or in one that was closed before.
    """
    if listed.origin == change.origin:
        return change.index < listed.index
    return change.entry.time_ms <= listed.entry.time_ms


def _after(bit: int, changes: Iterable[BitChange]) -> int:
    """Return what a bit has become by changes that came after it, the last of which counts."""
    last = max(changes, key=lambda change: _when(change.logged), default=None)
    return bit if last is None else last.value


def _when(logged: ProvenEntry) -> tuple[int, int]:
    """Return what puts entries in order: their time, as each log counts anew, and within a commit their place."""
    return logged.entry.time_ms, logged.index
