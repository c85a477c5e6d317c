"""Judge one step: by the verifier, told what the auditor knows, and by the rules that only a memory can keep.

Rules (design of the audit, section 5; the verifier holds the rest):

1. The verifier finds no failure and nothing absent.  It leaves nothing open but the certificates of what cited
   certificates were made of, and their claims, both told apart by digest.  Every figure differs by 0 from the
   auditor's own, every certificate of the issuance is shown whole, and every entry shown was read in its log.
2. Every certificate that a shown run cites or follows, or that such an undo undid, is right in the auditor's memory.
   A cited one of another registry may be closed by other auditors instead (`ledger.auditing.others`).
3. By the logs, whatever statements are shown, no bit of a cited certificate was set when the first run used it.  A
   lift counts only where its statement was shown and judged, now or later (`lifts_to_judge`).
4. No rare-earth input of the run is without a certificate.  (Gains are summed up from what memory knows.)
5. No lot stands under two first issuances, and no line alone names an instrument that another standing run has.

What has ended since is right all the same: the auditor leaves it out of its records (`ledger.auditing.standing`), and
what was made before it ended may stand.  A step is *refused* only for what bytes bind: whoever has the same bytes finds
the same.  What is missing, or could be, makes it wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from ledger.auditing.logs import ReadLogs
from ledger.auditing.others import OtherAuditors
from ledger.factors.tables import FactorTables
from ledger.log.entry import Entry, PurposeCode
from ledger.seal.audit import seal_inside
from ledger.seal.digest import certificate_digest_bytes, from_base64url
from ledger.seal.disclosure import open_value
from ledger.seal.statement import open_statement
from ledger.store.judged import EdgeKind, JudgedCertificate, JudgedStep, ReliedOn, Remembered, UsedKey
from ledger.tables import release_digest
from ledger.trust.pinned import Trust
from ledger.verify.certificate import ShownCertificate
from ledger.verify.chain import Chain, Policy
from ledger.verify.findings import Finding, Outcome
from ledger.verify.inputs import Consumed
from ledger.verify.learned import leaf_of, learned
from ledger.verify.memory import KnownCertificate
from ledger.verify.rule import Rule
from ledger.verify.verify import verify_bundle
from schemas.audit import AuditLeaf, AuditState, Inside
from schemas.bundle import BundleLine, SplitLine, StatementLine, read_line
from schemas.claim import WEAKEST_FIRST, Answer
from schemas.instant import epoch_ms
from schemas.lot import normal_lot
from schemas.problem import OreprintError
from schemas.sentences import CHECKS, CODES, filled

EXCUSED: Final = frozenset({Rule.SOURCE_SHOWN.code, Rule.ANSWERED.code})
"""Checks that may stay open for cited certificates: memory has judged them."""
OF_BYTES: Final = 7
"""The first of the verifier's steps whose failures are bound by bytes, where the steps before it found nothing wrong:
certificates and runs are then those that were signed and logged."""
BY_LACK: Final = frozenset(
    {
        *(Rule.SOURCE_SHOWN, Rule.PATH, Rule.FIRST_RUN, Rule.UNDO_ALL, Rule.OWN_HOLDING),
        *(Rule.ATTESTATION_ENTRY, Rule.ATTESTATION_SIGNED, Rule.ATTESTOR, Rule.ATTESTED, Rule.ATTESTATION_STANDS),
    }
)
"""Checks that fail where a line is left out of a bundle, and those of others' attestations: they refuse nothing."""


class Waits(NamedTuple):
    """Why a step can't be judged: a word, and the certificate that must be judged before, if one is."""

    reason: str
    upstream: bytes | None = None
    relied: str | None = None
    """The certificate of another registry that other auditors may close."""


@dataclass(frozen=True, slots=True)
class Judge:
    """The basis of a judgement: trust, tables, logs by registry, the memory, the time (ms), and other auditors."""

    trust: Trust
    tables: FactorTables
    logs: Mapping[str, ReadLogs]
    memory: Remembered
    at_ms: int
    others: OtherAuditors | None = None

    def judge(self, lines: Sequence[bytes]) -> JudgedStep | Waits:
        """Judge the step in a bundle."""
        while True:
            found, relied = self._once(lines)
            if relied is None:
                return found
            self.memory.rely(relied)  # one more each time: what a step cites ends

    def _once(self, lines: Sequence[bytes]) -> tuple[JudgedStep | Waits, ReliedOn | None]:
        """Judge a step by what is known; return what others found of a certificate that was not, if they did."""
        try:
            documents = [read_line(line, "") for line in lines]
            chain = verify_bundle(
                documents,
                trust=self.trust,
                tables=self.tables,
                policy=Policy(at_ms=self.at_ms),
                memory=KnownByMemory(self.memory),
            )
        except OreprintError as error:
            return Waits(error.code), None
        step = _Step.of(chain)
        if step is None:
            return Waits("auditor.whole"), None
        found = self._judged(step, documents)
        missing = chain.seen.get(found.relied) if isinstance(found, Waits) and found.relied else None
        closed = self.others.close(chain, missing, documents) if missing and self.others else None
        return found, closed

    def _judged(self, step: _Step, documents: Sequence[BundleLine]) -> JudgedStep | Waits:
        upstream = self._upstream(step)  # first: what was not judged yet is also what the verifier lacks
        if isinstance(upstream, Waits):
            return upstream
        wrong = step.wrong()
        if wrong is None:
            self._judge_lifts(step.chain)
        lack = self._lacks(step, documents)
        if lack is not None:
            return lack
        if wrong is not None and not _binds(step):
            return Waits(wrong)
        refused = wrong is not None or upstream or self._used_too_late(step) or self._twice(step)
        return self._made(step, documents, refused=bool(refused))

    def _judge_lifts(self, chain: Chain) -> None:
        """Remember the lifts that are shown: the verifier found nothing wrong, so who may lift did."""
        for each in chain.endings:
            logs = self.logs.get(each.logged.registry)
            position = None if logs is None else logs.position(each.logged)
            if each.said.oreprint == "lift/1" and each.said.ends.certificate in chain.seen and position is not None:
                self.memory.lift(each.logged.registry, [position])

    # -- the rules ----------------------------------------------------------------------------------------------------

    def _lacks(self, step: _Step, documents: Sequence[BundleLine]) -> Waits | None:
        """Return what of rule 1 can't be judged, or what of rule 4 keeps the chain from being whole."""
        lack = step.lack()
        if lack is not None:
            return Waits(lack)
        by_registry: dict[str, list[tuple[bytes, int]]] = {}
        for registry, digest, index in _entries(step.chain, documents):
            by_registry.setdefault(registry, []).append((digest, index))
        for registry, entries in by_registry.items():
            if registry not in self.logs or not self.logs[registry].has(entries):
                return Waits("auditor.unread")
        if step.chain.branches_of.get(step.subject.issuance):
            return Waits("auditor.uncertified")
        return Waits("auditor.lift") if any(map(self._lifted_unseen, step.chain.inputs.consumed.values())) else None

    def _lifted_unseen(self, use: Consumed) -> bool:
        """Return whether a suspension of a batch that this auditor judged was lifted by a statement that it didn't."""
        record = use.upstream.record
        if self.memory.step_with(certificate_digest_bytes(use.upstream.digest)) is None:
            return False  # others judge that
        unseen = self.logs[record.registry].lifts(self.memory.lifted(record.registry))
        return (record.status.list, record.status.index) in unseen

    def _upstream(self, step: _Step) -> Waits | bool:
        """Return what rule 2 waits for, or whether anything that the step builds on was refused."""
        refused, shown = False, {each.digest for each in step.shown()}
        for certificate in step.built_on():
            digest = certificate_digest_bytes(certificate.digest)
            known = self.memory.step_with(digest)
            if known is not None:
                refused = refused or known.refused
            elif certificate.record.registry == step.subject.record.registry or certificate.digest in shown:
                return Waits("auditor.upstream", digest)
            elif self.memory.relied_on(digest) is None:
                return Waits("auditor.relied", relied=certificate.digest)
        return refused

    def _used_too_late(self, step: _Step) -> bool:
        """Return whether a batch had ended, by its own log, when the first run used it (rule 3)."""
        for use in step.chain.inputs.consumed.values():
            first, logs = use.first.logged, self.logs.get(use.upstream.record.registry)
            if first is None or logs is None:
                return True
            status = use.upstream.record.status
            position = logs.position(first) if first.registry == use.upstream.record.registry else None
            if logs.ended_before(status.list, status.index, position=position, time_ms=first.entry.time_ms):
                return True
        return False

    def _twice(self, step: _Step) -> bool:
        """Return whether a lot, a certificate or an instrument of the step is also in another one (rule 5)."""
        made_by = [self.memory.step_with(certificate_digest_bytes(each.digest)) for each in step.own]
        known = any(other is not None and other.issuance != step.subject.issuance for other in made_by)
        if known or self.memory.other_lots(step.lots, step.first):
            return True
        return any(
            self._stands(other) for said in step.instruments for other in self.memory.others_naming(said, step.first)
        )

    def _stands(self, issuance: bytes) -> bool:
        """Return whether a step's run still stands: no certificate of it was withdrawn, nor ended by an undo."""
        step = self.memory.step_of(issuance)
        if step is None or step.registry not in self.logs:
            return True
        bits = self.logs[step.registry].bits()
        places = self.memory.places_of(step.seq)
        return not any(place in bits.get((number, PurposeCode.REVOCATION), ()) for _, number, place in places)

    # -- what is remembered -------------------------------------------------------------------------------------------

    def _made(self, step: _Step, documents: Sequence[BundleLine], *, refused: bool) -> JudgedStep | Waits:
        logged = step.subject.logged
        position = None if logged is None else self.logs[logged.registry].position(logged)
        if logged is None or position is None:
            return Waits("auditor.unread")
        known = {} if refused else learned(step.chain)
        return JudgedStep(
            issuance=step.subject.issuance,
            registry=logged.registry,
            position=position,
            time_ms=logged.entry.time_ms,
            first=step.first,
            refused=refused,
            rules=release_digest(),
            certificates=tuple(_kept(step.chain, each, known.get(each.digest)) for each in step.own),
            edges=tuple(sorted({*step.edges()})),
            keys=tuple(sorted({*step.keys(), *_signers(documents)})),
            lots=step.lots,
            instruments=step.instruments,
        )


@dataclass(frozen=True, slots=True)
class _Step:
    """The chain of a verified step view: its subject, and all certificates of its issuance."""

    chain: Chain
    subject: ShownCertificate
    own: tuple[ShownCertificate, ...]

    @classmethod
    def of(cls, chain: Chain) -> _Step | None:
        subject = chain.seen.get(chain.subject or "")
        if subject is None or subject.issuance not in chain.paths.issued:
            return None
        own = tuple(each for each in chain.seen.values() if each.issuance == subject.issuance)
        return cls(chain, subject, own)

    @property
    def first(self) -> bytes:
        return self.chain.paths.first(self.subject.issuance)

    @property
    def lots(self) -> tuple[tuple[str, str], ...]:
        run = self.chain.view.run
        outputs = () if run is None else run.outputs
        plant = self.subject.record.batch.facility.id
        return tuple((plant, normal_lot(output.lot)) for output in outputs if output is not None)

    @property
    def instruments(self) -> tuple[tuple[str, str], ...]:
        uses = self.chain.instruments.uses
        return tuple(sorted(key for key, by in uses.items() if self.subject.issuance in by))

    def wrong(self) -> str | None:
        """Return the code of the first failure, or of a figure that is not the auditor's own."""
        failed = (each.code for each in self.chain.findings.all if each.outcome is Outcome.FAILED)
        return next(failed, None) or (None if all(map(self._is_own_figure, self.own)) else Rule.CLEAR_FIGURES.code)

    def _is_own_figure(self, certificate: ShownCertificate) -> bool:
        redone = self.chain.view.redone
        if redone is None or not redone.complete:
            return True  # what is lacking is told by `lack`
        figures = redone.shared.outputs[certificate.record.output]
        return figures.total.location == self.chain.figures.claimed(certificate)

    def lack(self) -> str | None:
        """Return the code of what is absent, or withheld without an excuse."""
        cited = {each.digest for each in self.chain.seen.values() if each.issuance not in self.chain.paths.issued}
        for found in self.chain.findings.all:
            if found.outcome is Outcome.ABSENT or (found.outcome is Outcome.WITHHELD and not _excused(found, cited)):
                return found.code
        redone = self.chain.view.redone
        whole = redone is not None and redone.complete and len(self.own) == sum(map(any, self.subject.values))
        return None if whole else "auditor.whole"

    def built_on(self) -> Iterator[ShownCertificate]:
        """Yield every certificate that a shown run cites or follows, and those of runs that an undo undid."""
        yield from (use.upstream for use in self.chain.inputs.consumed.values())
        yield from self.shown()

    def shown(self) -> list[ShownCertificate]:
        """Return the certificates of the runs that are shown whole beside the step's own."""
        shown = self.chain.paths.issued.keys() - {self.subject.issuance}
        return [each for each in self.chain.seen.values() if each.issuance in shown]

    def edges(self) -> Iterator[tuple[bytes, EdgeKind]]:
        """Yield the certificates that the step builds on: used batches, the run that it follows, undone runs."""
        for (issuance, _), use in self.chain.inputs.consumed.items():
            if issuance == self.subject.issuance:
                yield certificate_digest_bytes(use.upstream.digest), EdgeKind.INPUT
        before = self.subject.predecessor
        for each in self.chain.seen.values():
            if before is not None and each.issuance == before.issuance:
                yield certificate_digest_bytes(each.digest), EdgeKind.FOLLOWED
            elif each.issuance in self.chain.paths.undone and each.issuance != self.subject.issuance:
                yield certificate_digest_bytes(each.digest), EdgeKind.UNDONE

    def keys(self) -> Iterator[UsedKey]:
        """Yield the keys that signed the certificates of the step."""
        for each in self.own:
            if each.key is not None and each.logged is not None:
                batch = each.record.batch
                yield UsedKey(each.key.kid, each.logged.entry.time_ms, batch.facility.id, batch.kind)


class KnownByMemory:
    """The memory's answers to the verifier about cited certificates: only those that are right, to it or to others."""

    def __init__(self, memory: Remembered) -> None:
        self._memory = memory

    def get(self, certificate: str, /) -> KnownCertificate | None:
        """Return the memory of a certificate, or None."""
        digest = certificate_digest_bytes(certificate)
        kept = self._memory.certificate(digest)
        if kept is not None:
            answers = AuditLeaf.parse(kept.leaf).answers
            return KnownCertificate(open_value(kept.inside, Inside), answers) if kept.inside else None
        relied = self._memory.relied_on(digest)
        if relied is None:
            return None
        return KnownCertificate(
            open_value(relied.inside, Inside), tuple(WEAKEST_FIRST[each - 1] for each in relied.answers)
        )


def lifts_to_judge(memory: Remembered, registry: str, logs: ReadLogs) -> list[int]:
    """Return where the steps stand of which a suspension was lifted by a statement that was not judged."""
    places = logs.lifts(memory.lifted(registry))
    return sorted({found for place in places if (found := memory.position_at(registry, *place)) is not None})


def why(reason: str) -> str:
    """Return the sentence for the reason for which a step waits."""
    known = CHECKS.get(reason)
    return filled((known.open or known.failed) if known else CODES.get(reason, reason), {}, missing="…")


def _binds(step: _Step) -> bool:
    """Return whether the bytes bind all failures, so that no missing line can be the cause."""
    lack = {rule.code for rule in BY_LACK}
    failed = [each for each in step.chain.findings.all if each.outcome is Outcome.FAILED]
    return all(each.step >= OF_BYTES and each.code not in lack for each in failed)


def _excused(found: Finding, cited: set[str]) -> bool:
    return found.code in EXCUSED and found.facts.get("certificate") in cited


def _entries(chain: Chain, documents: Sequence[BundleLine]) -> Iterator[tuple[str, bytes, int]]:
    """Yield the entry of each record shown: the registry that logged it, its blinded digest, and its index."""
    for certificate in chain.seen.values():
        if certificate.logged is not None:
            yield certificate.logged.registry, certificate.logged.entry.digest, certificate.logged.index
    for document in documents:
        if isinstance(document, SplitLine | StatementLine):
            entry = Entry.parse(from_base64url(document.proof.entry))
            yield document.registry, entry.digest, document.proof.index


def _signers(documents: Sequence[BundleLine]) -> Iterator[UsedKey]:
    """Yield the keys that signed the statements shown."""
    for document in documents:
        if isinstance(document, StatementLine):
            entry = Entry.parse(from_base64url(document.proof.entry))
            yield UsedKey(open_statement(document.statement, kind=document.kind).jws.kid, entry.time_ms)


def _kept(chain: Chain, certificate: ShownCertificate, known: KnownCertificate | None) -> JudgedCertificate:
    """Return the row to remember of a certificate: of a refused one, only that it was refused."""
    record, digest = certificate.record, certificate_digest_bytes(certificate.digest)
    if known is None:
        answers = tuple[Answer, ...]("unknown" for _ in record.claims)
        leaf = AuditLeaf(certificate.issuance, record.output, digest, AuditState.REFUSED, bytes(32), answers)
    else:
        leaf = leaf_of(chain, certificate.digest, known, AuditState.RIGHT)
    until = None if record.valid_until is None else epoch_ms(record.valid_until)
    run = chain.paths.issued[certificate.issuance].text
    inside = "" if known is None else seal_inside(known.inside, run=run).text
    return JudgedCertificate(digest, record.status.list, record.status.index, until, leaf.to_bytes(), inside)
