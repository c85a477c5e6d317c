"""Run an auditor: follow the logs, judge every step, and sign which certificates are right.

Rules:

1. An auditor reads the registry's log as a monitor does (`ledger.witnessing.monitor`), and every other log that its
   memory leads to. Only what it read itself counts, below a head that the quorum and a monitor cosigned within a day.
2. Steps are judged in the order of the log, each once. A step that waits is judged again when its answer can have
   changed.
3. A record holds all results for one registry that are still valid (`ledger.auditing.standing`).
4. A record's number is written down before anything with it is signed, and the signed bytes are written down before
   they are sent. So no crash lets an auditor sign a number twice: it sends the signed bytes again, and skips a number
   under which nothing was signed. Numbers are at least the tens of seconds since 1970, so an auditor that lost its
   memory begins above its old ones.
5. What was judged by rules that the trust list no longer accepts is judged again.

The caller gives the clock, randomness, the key, and what reads logs and steps and sends records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from ledger.auditing.judging import Judge, Waits, lifts_to_judge
from ledger.auditing.logs import FRESH_MS, ReachedLogs, ReadLogs
from ledger.auditing.others import OtherAuditors
from ledger.auditing.standing import Standing
from ledger.factors.tables import FactorTables
from ledger.files.atomic import locked, make_private_folder, write_durably
from ledger.footprint.versions import ENGINE
from ledger.holdings.mark import trust_digest
from ledger.log.audit_tree import AuditTree
from ledger.seal.audit import open_audit, seal_audit
from ledger.seal.digest import certificate_digest, to_base64url
from ledger.seal.signer import Signer
from ledger.store.judged import JudgedStep, JudgedSteps, Remembered, WaitingStep
from ledger.tables import release_digest
from ledger.trust.pinned import Trust
from ledger.trust.registries import TrustedRegistry
from ledger.witnessing.monitor import Monitor
from schemas.audit import AuditedHead, AuditLeaf, AuditRecord, AuditState
from schemas.bundle import CertificateLine, EndLine, Header, read_line
from schemas.instant import epoch_ms, time_text
from schemas.problem import InputError, OreprintError, RefusedError, StateError
from schemas.sent_audit import MOST_INSIDES, SentAudit

MEMORY_FOLDER: Final = "audits"
"""The folder in an auditor's home."""
MEMORY: Final = "audited.db"
"""The file in an auditor's folder with what it remembers."""
TO_LOG_MS: Final = 60 * 60 * 1000
"""How long a record may be logged after it was made: until the next one."""
PAGE: Final = 32
"""Steps that are fetched at once."""
_TICK_MS: Final = 10 * 1000
_FINAL: Final = frozenset({"auditor.uncertified"})
"""Reasons to wait that no later round can change."""


class AuditRound(NamedTuple):
    """The result of a round: the steps judged in it, those that wait by reason, and the record that was logged, if any.

    `right` and `refused` are the certificates in the record.
    """

    judged: int
    waiting: dict[str, int]
    record: AuditRecord | None
    right: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Auditor:
    """An auditor of one registry, in the name of the party that `signer` signs for.

    `read` gives what reads the public files of a registry, and the public bundles of its certificates; `steps` the step
    views from a position on, so many at most; `send` sends a record with its leaves; `insides` asks another registry
    what lies inside leaves about a certificate, for the text of a holding.
    """

    folder: Path
    signer: Signer
    trust: Trust
    tables: FactorTables
    registry: TrustedRegistry
    read: Callable[[TrustedRegistry], Callable[[str], bytes]]
    steps: Callable[[int, int], bytes]
    send: Callable[[bytes], object]
    now_ms: Callable[[], int]
    random: Callable[[int], bytes]
    insides: Callable[[TrustedRegistry, str, str], Sequence[str]] = field(default=lambda *_: ())
    progress: Callable[[int, int], None] = field(default=lambda *_: None)

    @property
    def memory(self) -> JudgedSteps:
        """The memory, in the auditor's folder."""
        return JudgedSteps(self.folder / MEMORY)

    def round(self) -> AuditRound:
        """Read on, judge new steps, and make a record of all valid certificates.

        Raises:
            StateError: `auditor.rules`, `auditor.head`, `store.unreadable`, and what `read`, `steps` and `send` raise.
            CheckError: what is wrong with the registry's log, as a monitor finds it.
        """
        make_private_folder(self.folder)
        with locked(self.folder / "auditor.lock"):
            self._send_unsent()
            accepted = self.registry.listed.auditors.rules if self.registry.listed.auditors else ()
            if accepted and release_digest() not in accepted:
                raise StateError.at("auditor.rules", registry=self.registry.listed.id)
            logs = self._read_logs()
            with self.memory.writing() as memory:
                memory.forget_others(accepted or (release_digest(),))
            judged = self._judge_new(logs) + self._judge_waiting(logs)
            self._judge_lifts(logs)
            with self.memory.reading() as memory:
                waiting = [each.reason for each in memory.waiting(self.registry.listed.id)]
            found = AuditRound(judged, {reason: waiting.count(reason) for reason in sorted({*waiting})}, None)
            return self._record(logs, found)

    # -- reading ------------------------------------------------------------------------------------------------------

    def _read_logs(self) -> ReachedLogs:
        """Read the registry's own log; another one is read when something leads there."""
        return ReachedLogs(self._read_log(self.registry), lambda name: self._read_log(self.trust.registry(name)))

    def _others(self) -> OtherAuditors:
        """Return the auditors of other registries, as they can be asked now."""
        named = self.registry.listed.auditors
        return OtherAuditors(
            self.trust,
            self.tables,
            self.now_ms(),
            named.least if named else 1,
            lambda registry, digest: self.read(registry)(f"v1/certificates/{digest}/bundle"),
            self.insides,
        )

    def _read_log(self, registry: TrustedRegistry) -> ReadLogs:
        """Read a registry's logs to a head that counts; raise StateError `auditor.head` where it has none."""
        place = self.folder / "logs" / registry.listed.id
        monitor = Monitor.that_only_reads(place, self.trust, registry, self.read(registry), self.now_ms, self.progress)
        head = monitor.audit()
        now = self.now_ms()
        if not all(registry.vouched(head, since_ms=now - FRESH_MS)):
            raise StateError.at("auditor.head", registry=registry.listed.id)
        return ReadLogs.of(registry, monitor.followed, head)

    # -- judging ------------------------------------------------------------------------------------------------------

    def _judge_new(self, logs: Mapping[str, ReadLogs]) -> int:
        """Judge the steps that were not fetched yet; return how many."""
        own, judged = self.registry.listed.id, 0
        with self.memory.reading() as memory:
            after = memory.fetched(own)
        while steps := list(apart(self.steps(after, PAGE))):
            with self.memory.writing() as memory:
                for lines in steps:
                    judged += self._judge(memory, logs, lines)
                reached = memory.fetched(own)
            # A crash in between: the page is fetched and judged again.
            if reached <= after:
                break  # none of it is in a log that was read: the next round sees more
            after = reached
            self.progress(after, logs[own].end)
        return judged

    def _judge_waiting(self, logs: Mapping[str, ReadLogs]) -> int:
        """Judge again the steps that wait, where that can have changed; return how many were judged."""
        own, judged = self.registry.listed.id, 0
        with self.memory.reading() as memory:
            waiting = memory.waiting(own)
        for step in waiting:
            with self.memory.writing() as memory:
                missing = step.upstream is not None and memory.certificate(step.upstream) is None
                if step.reason not in _FINAL and not missing:
                    for lines in apart(self.steps(step.position, 1)):
                        judged += self._judge(memory, logs, lines)
        return judged

    def _judge_lifts(self, logs: Mapping[str, ReadLogs]) -> None:
        """Look again at the steps of which a suspension was lifted since: the verifier judges who lifted it."""
        own = self.registry.listed.id
        with self.memory.writing() as memory:
            for position in lifts_to_judge(memory, own, logs[own]):
                for lines in apart(self.steps(position, 1)):
                    Judge(self.trust, self.tables, logs, memory, self.now_ms(), self._others()).judge(lines)

    def _judge(self, memory: Remembered, logs: Mapping[str, ReadLogs], lines: Sequence[bytes]) -> int:
        """Judge one step and remember it; return 1, or 0 where it waits or is known."""
        own = self.registry.listed.id
        judge = Judge(self.trust, self.tables, logs, memory, self.now_ms(), self._others())
        found = judge.judge(lines)
        position = _position(logs[own], lines) if isinstance(found, Waits) else found.position
        if position is None:
            return 0
        memory.arrive(own, position + 1)
        if isinstance(found, JudgedStep):
            if memory.step_of(found.issuance) is None:
                memory.add(found)
                return 1
        else:
            memory.wait(own, WaitingStep(position, found.reason, found.upstream))
        return 0

    # -- records ------------------------------------------------------------------------------------------------------

    def _record(self, logs: Mapping[str, ReadLogs], found: AuditRound) -> AuditRound:
        """Make, sign and send a record of all valid certificates; none if the head is older than the last one's."""
        own = self.registry.listed.id
        read, now = logs[own], self.now_ms()
        head = read.head
        with self.memory.reading() as memory:
            last = memory.last_record(own)
            if last is not None and last.origin == head.origin and head.size < last.size:
                return found
            leaves = list(Standing(self.trust, logs, now, self._others().still).leaves(memory, own, end=read.end))
            insides = _untold(memory, leaves)
            rules = memory.rules() or [release_digest()]
        fill: list[bytes] = []
        tree = AuditTree.build(leaves, self._filling(fill))
        with self.memory.writing() as memory:
            number = memory.reserve(now // _TICK_MS, own, head.origin, head.size)
            memory.tell(insides, number)
        # A crash here: the number is gone, and nothing was signed with it.
        record = AuditRecord(
            oreprint="audit/1",
            registry=own,
            auditor=self.signer.kid.partition("#")[0],
            number=number,
            head=AuditedHead(origin=head.origin, size=head.size, root=to_base64url(head.root)),
            depth=tree.depth,
            root=to_base64url(tree.root),
            engine=ENGINE,
            rules=tuple(rules),
            trust=tuple(to_base64url(trust_digest(note)) for note in self.trust.notes),
            made=time_text(now),
            not_logged_after=time_text(now + TO_LOG_MS),
        )
        text = seal_audit(record, signer=self.signer)
        sent = SentAudit(text, tuple(leaves), tuple(fill), tuple(insides.values()))
        write_durably(self._outgoing(number), sent.to_bytes())
        # A crash from here on: the next round sends what was signed, byte for byte.
        self._send(number)
        refused = sum(AuditLeaf.parse(leaf).state is AuditState.REFUSED for leaf in leaves)
        return found._replace(record=record, right=len(leaves) - refused, refused=refused)

    def _filling(self, kept: list[bytes]) -> Iterator[bytes]:
        """Yield random leaves without end, and keep them."""
        while True:
            kept.append(self.random(32))
            yield kept[-1]

    def _outgoing(self, number: int) -> Path:
        return self.folder / f"record-{number}"

    def _send(self, number: int) -> None:
        self.send(self._outgoing(number).read_bytes())
        with self.memory.writing() as memory:
            memory.sent(number)
        self._outgoing(number).unlink()

    def _send_unsent(self) -> None:
        """Send what was signed and not logged, if it still may be."""
        for path in sorted(self.folder.glob("record-*")):
            record = open_audit(SentAudit.parse(path.read_bytes()).text).record
            if epoch_ms(record.not_logged_after) < self.now_ms():
                path.unlink()
            elif record.registry == self.registry.listed.id:
                with suppress(RefusedError):  # it stays until it may be logged no more
                    self._send(record.number)


def _untold(memory: Remembered, leaves: Sequence[bytes]) -> dict[bytes, str]:
    """Return what lies inside leaves and was not sent yet, by certificate: at most `MOST_INSIDES` texts."""
    untold = memory.untold()
    shown = {AuditLeaf.parse(leaf).certificate for leaf in leaves} if untold else set[bytes]()
    return dict([each for each in untold if each[0] in shown][:MOST_INSIDES])


def _position(logs: ReadLogs, lines: Sequence[bytes]) -> int | None:
    """Return the position of a step's subject in the logs as they were read, or None if it is unknown."""
    with suppress(OreprintError):
        header, documents = read_line(lines[0], ""), (read_line(line, "") for line in lines[1:])
        for each in documents:
            if isinstance(header, Header) and isinstance(each, CertificateLine):
                jws = each.certificate.partition("~")[0]
                if certificate_digest(jws) == header.subject:
                    return logs.position_of(each.proof)
    return None


def apart(answer: bytes) -> Iterator[list[bytes]]:
    """Yield the lines of each bundle of an answer; raise InputError `bundle.line` where it ends within one."""
    lines: list[bytes] = []
    for line in answer.splitlines(keepends=True):
        lines.append(line)
        if line.startswith(b'{"t":"end"') and isinstance(read_line(line, ""), EndLine):
            yield lines
            lines = []
    if lines:
        raise InputError.at("bundle.line")
