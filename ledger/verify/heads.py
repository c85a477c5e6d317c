"""Step 2, log: the heads that all proofs lead to, and the place of a record in them.

Rules: a head counts only when the pinned key of one of the registry's own logs signed it; a record's entry is in the
log of the registry that the record names as home, and of its kind; the trusted time of a record is the time in its
entry.  Cosignatures count that are not older than a day (of a closed log's last head they may be of any age) and not of
a time to come.  No mark stands in two entries, whether or not the records that left it are shown. What this module does
not do: it knows no record (`ledger.verify.verify` and `ledger.verify.paths` do).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from ledger.holdings.move import TIME_TO_LOG_MS
from ledger.log.entry import Entry, EntryKind, StatusBit, blinded
from ledger.log.head import Head, open_head
from ledger.log.merkle import NeighbourProofs, leaf_hash
from ledger.seal.digest import digests_bytes, from_base64url
from ledger.trust.pinned import Trust
from ledger.trust.registries import TrustedLog, TrustedRegistry
from ledger.verify.findings import Findings, Outcome
from ledger.verify.rule import Rule
from schemas.bundle import HeadLine, Proof
from schemas.frozen import Frozen
from schemas.instant import epoch_ms
from schemas.note import Note
from schemas.problem import CheckError, InputError, OreprintError
from schemas.sentences import CAUSES, filled
from schemas.status import MOST_AGE_MS

MOST_AHEAD_MS: Final = 5 * 60 * 1000
"""Clocks may differ by five minutes (threat model, 3: freshness)."""

Assurance = Literal["monitored", "witnessed", "registry-only"]


class ProvenEntry(Frozen):
    """The proven entry of a record: its registry, `index`, parsed entry and log origin.

    `entry.time_ms` is trusted time.

    The origin is empty where a record is taken out of a database, which has one log.
    """

    registry: str
    index: int
    entry: Entry
    origin: str = ""


class BitChange(NamedTuple):
    """An entry that set a status bit to a value."""

    value: int
    logged: ProvenEntry


@dataclass(slots=True)
class RegistryHead:
    """A registry's head in use, the log it belongs to, how well it is vouched for, and the proofs that lead to it."""

    head: Head
    log: TrustedLog
    assurance: Assurance
    proofs: NeighbourProofs = field(init=False)

    def __post_init__(self) -> None:
        """Begin with no proof."""
        self.proofs = NeighbourProofs(self.head.size, self.head.root)


@dataclass(slots=True)
class Heads:
    """The heads of a bundle's registries, and the effects of their shown entries: nullifiers and status bits.

    Of each registry there is one head, of the log in use, and beside it those of logs that it has `closed`; heads of
    registries that the trust list does not name are `unknown`, and say nothing.  `changes` go by registry, list, index
    and purpose.
    """

    trust: Trust
    findings: Findings
    at_ms: int
    by_registry: dict[str, RegistryHead] = field(default_factory=dict)
    closed: dict[str, list[RegistryHead]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    marks: dict[bytes, tuple[str, int]] = field(default_factory=dict)
    changes: dict[tuple[str, int, int, int], list[BitChange]] = field(default_factory=dict)

    def check_trust(self) -> None:
        """Check that the pinned trust list has not expired: one that has says nothing any more."""
        expires = self.trust.listed.expires
        self.findings.passed(Rule.TRUST_CURRENT)
        if self.at_ms >= epoch_ms(expires):
            self.findings.add(Rule.TRUST_CURRENT, Outcome.ABSENT, "", expires=expires)

    def add(self, line: HeadLine) -> None:
        """Take in the head of a registry's log, once: two could show two histories.

        Raises:
            InputError: `bundle.head-twice`.
        """
        try:
            registry = self.trust.registry(line.registry)
            origin = line.checkpoint.partition("\n")[0]
            log = registry.logs.get(origin)
            if log is None:
                Note.parse(line.checkpoint)  # what is no note is refused as such
                raise CheckError.at("log.origin", origin=origin, log=line.registry)
            head = open_head(line.checkpoint, log.key, cosigners=registry.cosigners)
            registry.check_head(head)
        except OreprintError as error:
            if not self.names(line.registry, line.registry):
                self.unknown.add(line.registry)
            else:
                self.findings.refuse(2, line.registry, error)
            return
        self._take(line.registry, RegistryHead(head, log, self._assurance(registry, head, log)))

    def names(self, registry: str, place: str) -> bool:
        """Return whether the trust list names a registry; one that it does not name is recorded as not known."""
        if registry in self.trust.registries:
            return True
        code, facts = "trust.registry-unknown", {"registry": registry}
        self.findings.add_as(Rule.INCLUDED, code, Outcome.ABSENT, place, facts)
        return False

    def _take(self, registry: str, found: RegistryHead) -> None:
        present, closed = self.by_registry.get(registry), self.closed.get(registry, [])
        if present is None:
            self.by_registry[registry] = found
            return
        twice = found.head.origin in {each.head.origin for each in (present, *closed)}
        if twice or (present.log.final_size is None and found.log.final_size is None):
            raise InputError.at("bundle.head-twice", registry=registry)
        if present.log.final_size is not None:
            self.by_registry[registry], found = found, present
        self.closed[registry] = [*closed, found]

    def _of(self, registry: str, proof: Proof) -> RegistryHead | None:
        """Return the head that a proof leads to.

        The registry's only one, or that of its log in use, where it leads to none.
        """
        head_in_use, closed = self.by_registry.get(registry), self.closed.get(registry)
        if head_in_use is None or not closed:
            return head_in_use
        return next((head for head in (head_in_use, *closed) if _leads_to(proof, head)), head_in_use)

    def of_log(self, registry: str, origin: str) -> Head | None:
        """Return the head that is shown of one log of a registry, or None."""
        known = self.by_registry.get(registry)
        heads = (*([known] if known else []), *self.closed.get(registry, ()))
        return next((each.head for each in heads if each.head.origin == origin), None)

    def _assurance(self, registry: TrustedRegistry, head: Head, log: TrustedLog) -> Assurance:
        """Count cosignatures against the registry's policy; too few for a policy that asks for some is absent."""
        listed = registry.listed
        since = self.at_ms - MOST_AGE_MS if head.size != log.final_size else 0
        witnessed, monitored = registry.vouched(head, since_ms=since, until_ms=self.at_ms + MOST_AHEAD_MS)
        good = registry.counts(head)
        if not (good and witnessed and monitored):
            cosigned = "not-cosigned-lately" if all(registry.vouched(head)) else "not-cosigned"
            reason = CAUSES[cosigned if good else "log-leaked"]
            self.findings.add(Rule.INCLUDED, Outcome.ABSENT, listed.id, reason=reason)
        if not good or not listed.witnesses.least or not witnessed:
            return "registry-only"
        return "monitored" if listed.monitors.least and monitored else "witnessed"

    def logged(
        self,
        place: str,
        registry: str,
        digest: bytes,
        proof: Proof,
        *,
        last: str | None = None,
        kind: EntryKind = EntryKind.RECORD,
    ) -> ProvenEntry | None:
        """Return where the record of `digest` was logged, by `last` (its notLoggedAfter) where it has one.

        None when the proof does not hold or there is no head to hold it against; the findings say why.
        """
        known = self._of(registry, proof)
        if known is None:
            reason = filled(CAUSES["no-head"], {"registry": registry})
            self.findings.add(Rule.INCLUDED, Outcome.ABSENT, place, reason=reason)
            return None
        entry = self._included(place, known, proof)
        findings = self.findings
        if entry is None:
            return None
        if not findings.require(Rule.NOT_VOIDED, place, holds=proof.index not in known.log.voided, index=proof.index):
            return None
        same = entry.digest == blinded(digest) and entry.kind is kind
        if not findings.require(Rule.SAME_RECORD, place, holds=same, index=proof.index):
            return None
        if last is not None:
            findings.require(Rule.ON_TIME, place, holds=entry.time_ms <= epoch_ms(last), last=last)
        for mark in entry.marks:
            here = (known.head.origin, proof.index)
            findings.require(Rule.USED_ONCE, place, holds=self.marks.setdefault(mark, here) == here)
        logged = ProvenEntry(registry, proof.index, entry, known.head.origin)
        for bit in entry.bits:
            self._changed(registry, bit, logged)
        return logged

    def _changed(self, registry: str, bit: StatusBit, logged: ProvenEntry) -> None:
        """Note that an entry set a status bit, once however often the entry is shown."""
        known = self.changes.setdefault((registry, bit.list_number, bit.position, bit.purpose), [])
        change = BitChange(bit.value, logged)
        if not known or known[-1] != change:
            known.append(change)

    def _included(self, place: str, known: RegistryHead, proof: Proof) -> Entry | None:
        """Return the entry that a proof is of, or None when it does not lead to the head."""
        try:
            raw = from_base64url(proof.entry)
            entry = Entry.parse(raw)
        except InputError as error:
            self.findings.fails(Rule.INCLUDED, place, error)
            return None
        try:
            known.proofs.verify(proof.path, index=proof.index, leaf=leaf_hash(raw), hashes=digests_bytes)
        except InputError as error:
            self.findings.fails(Rule.INCLUDED, place, error)
            return None
        except CheckError as error:
            return entry if self.findings.fails(Rule.INCLUDED, place, error) else None
        self.findings.passed(Rule.INCLUDED)
        return entry


def _leads_to(proof: Proof, known: RegistryHead) -> bool:
    """Return whether a proof leads to a head. Remember a valid proof, so that `_included` finds it at once."""
    try:
        leaf = leaf_hash(from_base64url(proof.entry))
        known.proofs.verify(proof.path, index=proof.index, leaf=leaf, hashes=digests_bytes)
    except OreprintError:
        return False
    return True


def dated(issued: str, last: str, logged: ProvenEntry) -> bool:
    """Return whether a record's date fits its entry.

    It may be up to a week older, and clocks may differ a little.
    """
    made, end, time = epoch_ms(issued), epoch_ms(last), logged.entry.time_ms
    return made <= time + MOST_AHEAD_MS and end <= made + TIME_TO_LOG_MS + MOST_AHEAD_MS


def in_order(earlier: ProvenEntry, later: ProvenEntry) -> bool:
    """Return whether one record was logged no earlier than another that it builds on.

    Only times are compared: two logs have no common order, and entries of one commit have one time.  That nothing
    builds on what is not yet there is sure already, since a record names the earlier one by its hash.
    """
    return earlier.entry.time_ms <= later.entry.time_ms
