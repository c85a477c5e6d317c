"""Honest auditors of a world: the real judgement and the real standing, with a memory of their own, over step views."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from ledger.auditing.judging import Judge, lifts_to_judge
from ledger.auditing.logs import ReadLogs
from ledger.auditing.others import OtherAuditors
from ledger.auditing.standing import Standing
from ledger.log.entry import PurposeCode
from ledger.seal.digest import digest_bytes
from ledger.store.followed import FollowedChange
from ledger.store.judged import _TABLES, JudgedStep, Remembered
from schemas.audit import AuditLeaf
from tests.support.worlds.random_histories import LOGS
from tests.support.worlds.recipe import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from ledger.log.entry import Entry
    from ledger.seal.certificate import SealedCertificate
    from ledger.store.followed import Bits
    from ledger.trust.registries import TrustedRegistry
    from ledger.verify.heads import ProvenEntry
    from schemas.bundle import Proof
    from tests.support.worlds.audited_histories import Watched
    from tests.support.worlds.drafts import Issuance
    from tests.support.worlds.random_histories import History
    from tests.support.worlds.world import World

HONEST: Final = {LOGS[0]: "eva", LOGS[1]: "fay"}
"""The honest auditor of each registry."""


class WorldLogs(ReadLogs):
    """The log of a world, as an auditor has read all of it."""

    def __init__(self, registry: TrustedRegistry, entries: Sequence[Entry]) -> None:
        object.__setattr__(self, "registry", registry)
        object.__setattr__(self, "entries", tuple(entries))

    entries: tuple[Entry, ...]

    @property
    @override
    def end(self) -> int:
        return len(self.entries)

    @property
    @override
    def followed(self) -> WorldLogs:  # type: ignore[override]
        return self

    @override
    def position(self, logged: ProvenEntry) -> int | None:
        return logged.index

    @override
    def has(self, entries: Sequence[tuple[bytes, int]]) -> bool:
        return all(index < self.end and self.entries[index].digest == digest for digest, index in entries)

    @override
    def position_of(self, proof: Proof) -> int | None:
        return proof.index

    def changes_at(self, list_number: int, place: int) -> list[FollowedChange]:
        return [
            FollowedChange(position, bit.purpose, bit.value, entry.time_ms)
            for position, entry in enumerate(self.entries)
            for bit in entry.bits
            if (bit.list_number, bit.position) == (list_number, place)
        ]

    @override
    def lifts(self, judged: Collection[int]) -> list[tuple[int, int]]:
        return [
            (bit.list_number, bit.position)
            for position, entry in enumerate(self.entries)
            for bit in entry.bits
            if bit.purpose == PurposeCode.SUSPENSION and not bit.value and position not in judged
        ]

    @override
    def bits(self) -> Bits:
        found: Bits = {}
        for entry in self.entries:
            for bit in entry.bits:
                places = found.setdefault((bit.list_number, bit.purpose), set())
                (places.add if bit.value else places.discard)(bit.position)
        return found

    @override
    def voided(self) -> set[int]:
        return set()


@dataclass
class HonestAuditor:
    """An auditor of one registry with a memory, who judges by `judge` and leaves out by `standing`."""

    registry: str
    judge: type[Judge] = Judge
    standing: type[Standing] = Standing
    beside: bool = True
    """Whether it is shown all certificates of an issuance."""
    undone: bool = True
    """Whether it is shown runs that were undone on a way whole."""
    seen: set[int] = field(default_factory=set)
    memory: Remembered = field(init=False)

    def __post_init__(self) -> None:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.executescript(_TABLES)
        self.memory = Remembered(connection)

    def look(self, history: Watched, *, hidden: Callable[[], bool]) -> None:
        """Judge every step of the registry that is shown and was not judged, in order; and lifts, if they are shown."""
        logs = logs_of(history.world)
        for number, made in enumerate(history.issuances):
            if number in self.seen or history.home(made) != self.registry or hidden():
                continue
            found = self._judge(history, logs, made)
            if isinstance(found, JudgedStep):
                self.seen.add(number)
                if self.memory.step_of(found.issuance) is None:
                    self.memory.add(found)
        for position in lifts_to_judge(self.memory, self.registry, logs[self.registry]):
            at = (self.registry, position)
            for made in history.issuances:
                record = history.world.records[made.digest]
                if (record.registry, record.index) == at and not hidden():
                    self._judge(history, logs, made)

    def _judge(self, history: Watched, logs: dict[str, ReadLogs], made: Issuance) -> object:
        judge = self.judge(
            history.world.people.trust, tables(), logs, self.memory, now_of(history), self.others(history)
        )
        return judge.judge(step_of(history, made, beside=self.beside, undone=self.undone))

    def others(self, history: Watched) -> OtherAuditors:
        """Return how it asks the other registry, which collude."""
        by_digest = {each.digest: each for made in history.issuances for each in made.certificates if each}

        def bundle(registry: TrustedRegistry, digest: str) -> bytes:
            certificate, name = by_digest[digest], registry.listed.id
            return b"".join(history.public(certificate, history.shown(name, certificate)))

        def insides(registry: TrustedRegistry, digest: str, _: str) -> list[str]:
            name, certificate = registry.listed.id, by_digest[digest]
            return [history.inside(name, certificate), history.told_inside(name, certificate)]

        trust = history.world.people.trust
        return OtherAuditors(trust, tables(), now_of(history), 2, bundle, insides)

    def leaves(self, history: Watched) -> list[AuditLeaf]:
        """Return the leaves of its record now."""
        logs = logs_of(history.world)
        standing = self.standing(history.world.people.trust, logs, now_of(history), self.others(history).still)
        return [*map(AuditLeaf.parse, standing.leaves(self.memory, self.registry, end=10**9))]

    def record(self, history: Watched) -> None:
        history.record(HONEST[self.registry], self.registry, self.leaves(history))


def now_of(history: History) -> int:
    return history.world.now_ms + 60_000


def logs_of(world: World) -> dict[str, ReadLogs]:
    trust = world.people.trust
    return {name: WorldLogs(trust.registry(name), world.logs.get(name, [])) for name in LOGS}


def step_of(history: Watched, made: Issuance, *, beside: bool = True, undone: bool = True) -> list[bytes]:
    """Return the step view of an issuance: whole with what it follows and what was undone, all else public.

    What ended a certificate is not shown; the bits stand in the logs.
    """
    whole = {
        each.digest
        for one in history.issuances
        if one.digest in history.undone and undone
        for each in one.certificates
        if each
    }
    by_digest = {one.digest: one for one in history.issuances}
    one: Issuance | None = made
    while one is not None:
        whole |= {each.digest for each in one.certificates if each}
        follows = one.run.run.follows
        one = by_digest.get(digest_bytes(follows.record)) if follows else None
    subject = made.certificate
    said = {digest for digests in history.world._ends.values() for digest in digests} - needs(history.world, subject)
    others = [each for each in made.certificates if each] if beside else []
    return history.world.bundle(
        subject, lambda digest: "auditor" if digest in whole else "public", beside=others, without=said, audits=()
    )


def needs(world: World, subject: SealedCertificate) -> set[bytes]:
    """Return the records that the chain of a certificate builds on."""
    found, waiting = set[bytes](), [world.makers[subject.digest]]
    while waiting:
        digest = waiting.pop()
        if digest not in found:
            found.add(digest)
            record = world.records[digest]
            waiting += [*record.builds_on, *(world.makers[each] for each in record.shows)]
    return found
