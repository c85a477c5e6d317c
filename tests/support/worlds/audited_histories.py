"""Random histories with auditors: two who are honest, and one who lies, among colluding producers and registries.

The honest ones are the real judgement and the real standing (`ledger.auditing`), each with a memory of its own, over
step views that the colluding registries show now, later or never. The liar finds everything right. So with two needed,
a certificate is *audited* as soon as one honest auditor finds it right. No such certificate may fail a verification of
its whole chain, and what is audited together must break nothing of the oracle (`tests.support.worlds.oracle`).
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from ledger.auditing.judging import Judge
from ledger.auditing.logs import ReadLogs
from ledger.auditing.standing import Standing
from ledger.seal.digest import certificate_digest_text
from ledger.store.judged import _TABLES, JudgedStep, Remembered
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.audit import AuditLeaf, AuditState
from tests.support.worlds.oracle import Believed, violation
from tests.support.worlds.random_histories import COLLUDING, HONEST_ACTS, LOGS, VICTIM, History
from tests.support.worlds.recipe import tables
from tests.support.worlds.world import RepeatedMarkError, World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from ledger.log.entry import Entry
    from ledger.seal.certificate import SealedCertificate
    from ledger.store.followed import Bits, FollowedChange
    from ledger.trust.pinned import TrustedRegistry
    from ledger.verify.heads import ProvenEntry
    from schemas.bundle import Proof
    from tests.support.worlds.drafts import Issuance

LATE: Final = 0.15
"""How often a registry keeps a step from an auditor until later."""
LOOKS: Final = 0.35
"""How often auditors look after an act; all of them look at the end."""


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
        from ledger.store.followed import FollowedChange

        return [
            FollowedChange(position, bit.purpose, bit.value, entry.time_ms)
            for position, entry in enumerate(self.entries)
            for bit in entry.bits
            if (bit.list_number, bit.position) == (list_number, place)
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
    """An auditor with a memory, who judges by `judge` and leaves out by `standing`."""

    judge: type[Judge] = Judge
    standing: type[Standing] = Standing
    beside: bool = True
    """Whether it is shown all certificates of an issuance."""
    seen: set[int] = field(default_factory=set)
    memory: Remembered = field(init=False)

    def __post_init__(self) -> None:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.executescript(_TABLES)
        self.memory = Remembered(connection)

    def look(self, history: History, *, hidden: Callable[[], bool]) -> None:
        """Judge every step that is shown and was not judged, in order."""
        logs = logs_of(history.world)
        for number, made in enumerate(history.issuances):
            if number in self.seen or hidden():
                continue
            judge = self.judge(history.world.people.trust, tables(), logs, self.memory, history.world.now_ms + 60_000)
            found = judge.judge(step_of(history, made, beside=self.beside))
            if isinstance(found, JudgedStep):
                self.seen.add(number)
                if self.memory.step_of(found.issuance) is None:
                    self.memory.add(found)

    def right(self, history: History) -> set[str]:
        """Return the certificates that its record would find right now."""
        logs = logs_of(history.world)
        standing = self.standing(history.world.people.trust, logs, history.world.now_ms + 60_000)
        found: set[str] = set()
        for name in LOGS:
            leaves = map(AuditLeaf.parse, standing.leaves(self.memory, name, end=10**9))
            found |= {
                certificate_digest_text(leaf.certificate) for leaf in leaves if leaf.state is not AuditState.REFUSED
            }
        return found


def logs_of(world: World) -> dict[str, ReadLogs]:
    for name in world.logs:
        world._publish(name)
    trust = world.people.trust
    return {name: WorldLogs(trust.registry(name), world.logs.get(name, [])) for name in LOGS}


def step_of(history: History, made: Issuance, *, beside: bool = True) -> list[bytes]:
    """Return the step view of an issuance: whole with what it follows and what was undone, all else public.

    What ended a certificate is not shown; the bits stand in the logs.
    """
    whole = {
        each.digest for one in history.issuances if one.digest in history.undone for each in one.certificates if each
    }
    by_digest = {one.digest: one for one in history.issuances}
    one: Issuance | None = made
    while one is not None:
        whole |= {each.digest for each in one.certificates if each}
        follows = one.run.run.follows
        from ledger.seal.digest import digest_bytes

        one = by_digest.get(digest_bytes(follows.record)) if follows else None
    subject = made.certificate
    said = {digest for digests in history.world._ends.values() for digest in digests} - _needs(history.world, subject)
    others = [each for each in made.certificates if each] if beside else []
    return history.world.bundle(
        subject, lambda digest: "auditor" if digest in whole else "public", beside=others, without=said
    )


def play_audited(
    random: Random,
    cheats: Sequence[Callable[[History], object]],
    auditors: Sequence[HonestAuditor],
    *,
    acts: int,
    honest: float,
) -> History:
    """Return a history like `play`, in which auditors look from time to time and once more at the end."""
    history = History(random, World(seed=random.getrandbits(62), public_rule=True))
    for who in (*COLLUDING, VICTIM)[: random.randint(1, 3)]:
        history.mine(who)
    for _ in range(acts):
        act = random.choice(HONEST_ACTS) if random.random() < honest or not cheats else random.choice(cheats)
        if act in HONEST_ACTS and random.random() < 0.05:
            act = History.change
        with suppress(RepeatedMarkError):
            act(history)
        for auditor in auditors:
            if random.random() < LOOKS:
                auditor.look(history, hidden=lambda: random.random() < LATE)
    for auditor in auditors:
        auditor.look(history, hidden=lambda: random.random() < LATE / 3)
    return history


def audited_wrongly(history: History, auditors: Sequence[HonestAuditor]) -> tuple[str | None, int]:
    """Return what is wrong with all that is audited, or nothing, and how many certificates are audited.

    The public view must be genuine, too: else nobody is told of auditors.
    """
    right = set().union(*(auditor.right(history) for auditor in auditors))
    believed = Believed(history)
    made_by = {each.digest: made for made in history.issuances for each in made.certificates if each}
    policy, trust = Policy(history.world.now_ms + 60_000), history.world.people.trust
    for made in history.issuances:
        for certificate in filter(None, made.certificates):
            if certificate.digest not in right:
                continue
            lines = history.world.bundle(certificate, without=_unsaid(history, certificate))
            whole = report(verify_bundle(lines, trust=trust, tables=tables(), policy=policy))
            if (whole.verdict, whole.chain.state) != ("genuine", "complete"):
                public = verify_bundle(
                    history.world.bundle(certificate, "public"), trust=trust, tables=tables(), policy=policy
                )
                if report(public).verdict != "genuine":
                    continue  # nobody is told of auditors
                return f"{whole.verdict}, {whole.chain.state}: {whole.headline}", len(believed.subjects)
            believed.subjects.append(certificate)
            believed.records |= history.world._needed(certificate, [])[0]
            for digest in _behind(certificate.digest, made_by):
                believed.issuances[digest] = made_by[digest]
    return violation(believed), len(believed.subjects)


def _unsaid(history: History, subject: SealedCertificate) -> set[bytes]:
    """Return the records that end certificates of a chain, set no bit of any of them, and aren't part of the chain.

    No reader of the status lists learns of them, so no registry puts them into a bundle.
    """
    world = history.world
    needed = _needs(world, subject)
    shown = {subject.digest, *(each for digest in needed for each in world.records[digest].shows)}
    status = [
        each.record.status for made in history.issuances for each in made.certificates if each and each.digest in shown
    ]
    places = {(place.list, place.index) for place in status}
    ends = {digest for digests in world._ends.values() for digest in digests}
    return {
        digest
        for digest in ends - needed
        if places.isdisjoint((bit.list_number, bit.position) for bit in world.records[digest].entry.bits)
    }


def _needs(world: World, subject: SealedCertificate) -> set[bytes]:
    """Return the records that the chain of a certificate builds on."""
    found, waiting = set[bytes](), [world.makers[subject.digest]]
    while waiting:
        digest = waiting.pop()
        if digest not in found:
            found.add(digest)
            record = world.records[digest]
            waiting += [*record.builds_on, *(world.makers[each] for each in record.shows)]
    return found


def _behind(subject: str, made_by: dict[str, Issuance]) -> set[str]:
    from tests.support.worlds.oracle import _stands_on

    return _stands_on(subject, made_by, set())
