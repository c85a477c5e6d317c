"""Step 2, log: the heads that all proofs lead to, and the place of a record in them.

Rules: a head counts only when the pinned key of one of the registry's own logs signed it; a record's entry is in the
log of the registry that the record names as home, and of its kind; the trusted time of a record is the time in its
entry.  No mark stands in two entries, whether or not the records that left it are shown.
What this module does not do: it knows no record (`ledger.verify.batch` and `ledger.verify.paths` do).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ledger.log.entry import Entry, Kind, blinded
from ledger.log.head import open_head
from ledger.log.merkle import leaf_hash, verify_inclusion
from ledger.seal.digest import digest_bytes, from_base64url
from ledger.verify.judge import Outcome
from ledger.verify.rule import Rule
from schemas.instant import epoch_ms
from schemas.note import Note
from schemas.problem import CheckError, InputError, OreprintError

if TYPE_CHECKING:
    from ledger.log.head import Head
    from ledger.trust.pinned import Trust, TrustedLog, TrustedRegistry
    from ledger.verify.judge import Judge
    from schemas.bundle import HeadLine, Proof

Assurance = Literal["monitored", "witnessed", "registry-only"]


@dataclass(frozen=True, slots=True)
class Logged:
    """Where and when a record was logged: registry, `index`, and the parsed entry (`entry.time_ms` is trusted time)."""

    registry: str
    index: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class RegistryHead:
    """A registry's head in use, the log it belongs to, and how well it is vouched for."""

    head: Head
    log: TrustedLog
    assurance: Assurance


@dataclass(slots=True)
class Heads:
    """The heads of the registries a bundle speaks of, and where each mark in their entries was left."""

    trust: Trust
    judge: Judge
    by_registry: dict[str, RegistryHead] = field(default_factory=dict)
    marks: dict[bytes, tuple[str, int]] = field(default_factory=dict)

    def add(self, line: HeadLine) -> None:
        """Take in a registry's head, once: two could show two histories.

        Raises:
            InputError: `bundle.head-twice`.

        """
        if line.registry in self.by_registry:
            raise InputError.at("bundle.head-twice", registry=line.registry)
        try:
            registry = self.trust.registry(line.registry)
            origin = Note.parse(line.checkpoint).text.partition("\n")[0]
            log = registry.logs.get(origin)
            if log is None:
                raise CheckError.at("log.origin", origin=origin, log=line.registry)
            head = open_head(line.checkpoint, log.key, cosigners=(*registry.witnesses, *registry.monitors))
            if log.final_size is not None and head.size != log.final_size:
                raise CheckError.at("log.closed", origin=origin, size=head.size, final=log.final_size)
        except OreprintError as error:
            self.judge.refuse(2, line.registry, error)
            return
        self.by_registry[line.registry] = RegistryHead(head, log, self._assurance(registry, head))

    def _assurance(self, registry: TrustedRegistry, head: Head) -> Assurance:
        """Count cosignatures against the registry's policy; too few for a policy that asks for some is absent."""
        signed = {found.key.public for found in head.cosignatures}
        listed = registry.listed
        witnessed = len(signed & {key.public for key in registry.witnesses}) >= listed.witnesses.least
        monitored = len(signed & {key.public for key in registry.monitors}) >= listed.monitors.least
        if not (witnessed and monitored):
            self.judge.note(Rule.INCLUDED, Outcome.ABSENT, listed.id, reason="witnesses or a monitor have not cosigned")
        if not listed.witnesses.least or not witnessed:
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
        kind: Kind = Kind.RECORD,
    ) -> Logged | None:
        """Return where the record of `digest` was logged, by `last` (its notLoggedAfter) where it has one.

        None when the proof does not hold or there is no head to hold it against; the judge knows why.
        """
        known = self.by_registry.get(registry)
        if known is None:
            self.judge.note(Rule.INCLUDED, Outcome.ABSENT, place, reason=f"no head of the log of {registry} is here")
            return None
        entry = self._included(place, known, proof)
        judge = self.judge
        if entry is None:
            return None
        if not judge.require(Rule.NOT_VOIDED, place, holds=proof.index not in known.log.voided, index=proof.index):
            return None
        same = entry.digest == blinded(digest) and entry.kind is kind
        if not judge.require(Rule.SAME_RECORD, place, holds=same, index=proof.index):
            return None
        if last is not None:
            judge.require(Rule.ON_TIME, place, holds=entry.time_ms <= epoch_ms(last), last=last)
        for mark in entry.marks:
            here = (registry, proof.index)
            judge.require(Rule.USED_ONCE, place, holds=self.marks.setdefault(mark, here) == here)
        return Logged(registry, proof.index, entry)

    def _included(self, place: str, known: RegistryHead, proof: Proof) -> Entry | None:
        """Return the entry that a proof is of, or None when it does not lead to the head."""
        try:
            raw = from_base64url(proof.entry)
            entry = Entry.parse(raw)
            if self.judge.silent:
                return entry
            path = [digest_bytes(step) for step in proof.path]
        except InputError as error:
            self.judge.fails(Rule.INCLUDED, place, error)
            return None
        try:
            verify_inclusion(path, size=known.head.size, root=known.head.root, index=proof.index, leaf=leaf_hash(raw))
        except CheckError as error:
            return entry if self.judge.fails(Rule.INCLUDED, place, error) else None
        self.judge.passed(Rule.INCLUDED)
        return entry


def in_order(earlier: Logged, later: Logged) -> bool:
    """Say whether one record was not logged before another that it is built on.

    Only times are compared: entries of one commit have one time, and records of two logs have no order but their times.  That
    nothing builds on what is not yet there is sure already, since a record names the earlier one by its hash.
    """
    return earlier.entry.time_ms <= later.entry.time_ms
