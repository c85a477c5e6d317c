"""Step 11, auditors: who else judged every step of a chain, and whether their records count.

Rules:

1. A record counts if it is in the registry's log, signed by a key that was good then, of a party that the pinned list
   names as an auditor of the registry; if it was made and logged within a day; if its auditor had read the log as far
   as the certificate; and if it judged by accepted rules and no older trust list than the reader's.
2. Its leaf counts if its path leads to the record, and it is about this very certificate.  An auditor counts once, by
   the highest number shown.
3. This changes no verdict, no claim and nothing that is said of the chain.  One auditor who refuses makes the chain
   `disputed`.  The registry's own record is told apart and never counts.  What does not count is told with the reason,
   and whatever is wrong with a record is no error of the certificate.

A list's digest says nothing of its age, so a list counts as older unless it is pinned, or follows a pinned one.  A
digest that the reader does not know is another registry's as long as all lists that it pinned are among the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from ledger.claims.rules import by_records
from ledger.holdings.mark import audit_digest, trust_digest
from ledger.log.audit_tree import verify_path
from ledger.seal.audit import OpenAudit, open_audit
from ledger.seal.digest import certificate_digest_bytes, digest_bytes, digests_bytes, from_base64url, to_base64url
from ledger.trust.pinned import open_later, open_trust
from ledger.trust.registries import TrustedRegistry
from ledger.verify.certificate import ShownCertificate
from ledger.verify.chain import Chain
from ledger.verify.heads import MOST_AHEAD_MS, ProvenEntry, dated
from schemas.audit import AuditLeaf, AuditRecord, AuditState
from schemas.bundle import AuditLine, ShownLeaf
from schemas.claim import WEAKEST_FIRST, Answer
from schemas.instant import epoch_ms
from schemas.problem import OreprintError
from schemas.report import Audited, AuditedState, AuditorsWord, Judged
from schemas.sentences import AUDITED, AUDITED_NOT_PROVEN, filled
from schemas.status import MOST_AGE_MS

RECORDS_KEPT: Final = 64
"""Records that stay read, with their signatures verified: those of an hour are the same for all scans (hot path, see
bench/verifying.py)."""
FOUND_RIGHT: Final = frozenset[AuditedState]({"audited", "relied"})
_STATES: Final[dict[AuditState, Judged]] = {
    AuditState.RIGHT: "right",
    AuditState.RELIED: "relied",
    AuditState.REFUSED: "refused",
}


class _NotCountedError(Exception):
    """A record or a leaf does not count, for this reason (a key of `NOT_AUDITED`)."""


class _Said(NamedTuple):
    """A record that counts as such, whatever its leaf says."""

    line: AuditLine
    record: AuditRecord


class _Heard(NamedTuple):
    """A leaf that holds, and whose it is."""

    word: AuditorsWord
    leaf: AuditLeaf


class _Audits:
    """The auditors' records about one certificate."""

    def __init__(self, chain: Chain, seen: ShownCertificate, *, doubt: str) -> None:
        """Take the records of a chain; for a `doubt` about the certificate itself none of them counts."""
        self.chain, self.seen, self.doubt = chain, seen, doubt
        self.registry: TrustedRegistry | None = chain.trust.registries.get(seen.record.registry)
        listed = self.registry.listed.auditors if self.registry else None
        self.required = listed.least if listed else 0
        self.parties = listed.parties if listed else ()
        self.rules = frozenset(listed.rules if listed else ())
        self.own_did = f"did:web:{seen.record.registry}"
        self.heard: dict[str, _Heard] = {}
        self.not_counted: list[AuditorsWord] = []
        for said in self._latest(self._said(line) for line in chain.audits):
            self._hear(said)

    def _word(self, record: AuditRecord, reason: str | None = None, state: Judged | None = None) -> AuditorsWord:
        party = self.chain.trust.parties.get(record.auditor)
        name = party.names[0].text if party else record.auditor
        return AuditorsWord(
            auditor=record.auditor, name=name, number=record.number, made=record.made, state=state, reason=reason
        )

    def _said(self, line: AuditLine) -> _Said | None:
        """Return a record that counts as such (rule 1), or None."""
        try:
            opened = _opened(line.audit)
        except OreprintError:
            self.not_counted.append(AuditorsWord(auditor="", name="", reason="unreadable"))
            return None
        try:
            self._check(line, opened)
        except _NotCountedError as error:
            self.not_counted.append(self._word(opened.record, str(error)))
            return None
        return _Said(line, opened.record)

    def _check(self, line: AuditLine, opened: OpenAudit) -> None:
        record, registry, seen = opened.record, self.registry, self.seen
        if self.doubt:
            raise _NotCountedError(self.doubt)
        if registry is None or {line.registry, record.registry} != {seen.record.registry}:
            raise _NotCountedError("elsewhere")
        if record.auditor not in (*self.parties, self.own_did):
            raise _NotCountedError("not-listed")
        with self.chain.findings.muted():
            logged = self.chain.heads.logged("", line.registry, audit_digest(line.audit), line.proof)
        if logged is None or logged.entry.marks or logged.entry.bits:
            raise _NotCountedError("not-logged")
        self._check_signed(opened, registry, logged)
        self._check_time(record, logged)
        self._check_head(record, registry, logged)
        if record.auditor != self.own_did:
            self._check_basis(record)

    def _check_signed(self, opened: OpenAudit, registry: TrustedRegistry, logged: ProvenEntry) -> None:
        """Check that a key signed the record that was good when it was logged."""
        time_ms, key = logged.entry.time_ms, self.chain.trust.keys.get(opened.jws.kid)
        try:
            if opened.record.auditor == self.own_did:
                if opened.jws.kid not in dict(registry.status_keys):
                    raise _NotCountedError("no-key")
                public = registry.status_public(opened.jws.kid, logged=time_ms)
            elif key is None or key.party.attests is None:
                raise _NotCountedError("no-key")
            else:
                key.check_time(time_ms)
                attests, public = key.party.attests, key.public
                if time_ms < epoch_ms(attests.since) or (attests.until and time_ms >= epoch_ms(attests.until)):
                    raise _NotCountedError("not-then")
        except OreprintError as error:
            raise _NotCountedError("not-then") from error
        if not _signed(opened.jws.text, public):
            raise _NotCountedError("not-signed")

    def _check_time(self, record: AuditRecord, logged: ProvenEntry) -> None:
        """Check that record and entry are at most a day old, and of one time."""
        now_ms, made, entered = self.chain.policy.at_ms, epoch_ms(record.made), logged.entry.time_ms
        if max(made, entered) > now_ms + MOST_AHEAD_MS:
            raise _NotCountedError("ahead")
        if min(made, entered) < now_ms - MOST_AGE_MS:
            raise _NotCountedError("stale")
        if entered > epoch_ms(record.not_logged_after) or not dated(record.made, record.not_logged_after, logged):
            raise _NotCountedError("late")

    def _check_head(self, record: AuditRecord, registry: TrustedRegistry, logged: ProvenEntry) -> None:
        """Check that the auditor had read the log as far as the certificate, and not further than its own entry."""
        head, logs, issued = record.head, [*registry.logs], self.seen.logged
        if head.origin not in logs or logged.origin not in logs:
            raise _NotCountedError("head")
        at, own = logs.index(head.origin), logs.index(logged.origin)
        final = registry.logs[head.origin].final_size
        most = logged.index if at == own else final or 0  # a log before that of the record is closed
        if at > own or head.size > most:
            raise _NotCountedError("head")
        shown = self.chain.heads.of_log(self.seen.record.registry, head.origin)
        if shown is not None and shown.size == head.size and shown.root != digest_bytes(head.root):
            raise _NotCountedError("head")
        if issued is None or issued.origin not in logs:
            raise _NotCountedError("not-read")
        behind = logs.index(issued.origin)
        if behind > at or (behind == at and issued.index >= head.size):
            raise _NotCountedError("not-read")

    def _check_basis(self, record: AuditRecord) -> None:
        """Check by which rules and trust lists the auditor judged."""
        if not self.rules.issuperset(record.rules):
            raise _NotCountedError("rules")
        used, pinned, known = frozenset(record.trust), 0, set[str]()
        notes = self.chain.trust.notes
        for note in notes:
            current = self._current(note) & used
            known |= current
            pinned += bool(current)
            if not current and self.seen.record.registry in open_trust(note).registries:
                raise _NotCountedError("old-list")
        if used - known and pinned < len(notes):
            raise _NotCountedError("old-list")

    def _current(self, note: str) -> set[str]:
        """Return the digests of a pinned list and of the list in the bundle, if that follows it."""
        notes, shown = [note], self.chain.shown_list
        if shown is not None and shown != note:
            try:
                open_later(open_trust(note), shown)
                notes.append(shown)
            except OreprintError:
                pass  # it is another registry's, or an older one
        return {to_base64url(trust_digest(each)) for each in notes}

    def _latest(self, said: Iterator[_Said | None]) -> list[_Said]:
        """Return the record with the highest number of each auditor (rule 2)."""
        by_auditor: dict[str, list[_Said]] = {}
        for each in filter(None, said):
            by_auditor.setdefault(each.record.auditor, []).append(each)
        latest = list[_Said]()
        for records in by_auditor.values():
            number = max(each.record.number for each in records)
            newest = {each.line.audit: each for each in records if each.record.number == number}
            older = [each for each in records if each.record.number < number]
            self.not_counted += [self._word(each.record, "replaced") for each in older]
            if len(newest) > 1:
                self.not_counted += [self._word(each.record, "twice") for each in newest.values()]
            else:
                latest += newest.values()
        return latest

    def _hear(self, said: _Said) -> None:
        """Take in what a record says of the certificate."""
        try:
            leaf = self._leaf(said)
        except _NotCountedError as error:
            self.not_counted.append(self._word(said.record, str(error)))
            return
        reason = "refused" if leaf.state is AuditState.REFUSED else None
        word = self._word(said.record, reason, _STATES[leaf.state])
        self.heard[said.record.auditor] = _Heard(word, leaf)

    def _leaf(self, said: _Said) -> AuditLeaf:
        """Return the record's leaf of the certificate; it must be the only one."""
        reasons, found = ["no-leaf"], dict[bytes, AuditLeaf]()
        for shown in said.line.leaves:
            try:
                leaf = self._held(shown, said.record)
                found[leaf.to_bytes()] = leaf
            except _NotCountedError as error:
                reasons.append(str(error))
        if len(found) != 1:
            raise _NotCountedError("leaf" if found else reasons[-1])
        return next(iter(found.values()))

    def _held(self, shown: ShownLeaf, record: AuditRecord) -> AuditLeaf:
        """Return a leaf that is in the record's tree and about the certificate."""
        seen = self.seen
        try:
            raw = from_base64url(shown.leaf)
            leaf = AuditLeaf.parse(raw)
        except OreprintError as error:
            raise _NotCountedError("leaf") from error
        own = (seen.issuance, seen.record.output, certificate_digest_bytes(seen.digest))
        if (leaf.issuance, leaf.output, leaf.certificate) != own:
            raise _NotCountedError("other-leaf")
        if len(leaf.answers) != len(seen.record.claims):
            raise _NotCountedError("leaf")
        try:
            path, root = digests_bytes(shown.path), digest_bytes(record.root)
            verify_path(path, depth=record.depth, root=root, index=shown.index, leaf=raw)
        except OreprintError as error:
            raise _NotCountedError("path") from error
        return leaf

    def told(self) -> Audited:
        """Return what the report says of the auditors."""
        own = self.heard.pop(self.own_did, None)
        listed = [self.heard[did] for did in dict.fromkeys(self.parties) if did in self.heard]
        refusing = [each for each in listed if each.leaf.state is AuditState.REFUSED]
        counted = [each for each in listed if each.leaf.state is not AuditState.REFUSED]
        right = [each for each in counted if each.leaf.state is AuditState.RIGHT]
        enough = self.required or 1
        state: AuditedState = "none"
        if refusing:
            state = "disputed"
        elif len(right) >= enough:
            state = "audited"
        elif len(counted) >= enough:
            state = "relied"
        elif counted:
            state = "short"
        speaking = right if state == "audited" else counted
        words, facts = self._words(state, speaking, refusing, own)
        return Audited(
            state=state,
            required=self.required,
            of=len(self.parties),
            counted=tuple(each.word for each in counted),
            not_counted=(*(each.word for each in refusing), *self.not_counted),
            registry=own.word if own else None,
            answers=self._answers(speaking) if state in FOUND_RIGHT else (),
            words=words,
            facts=facts,
            sentence=filled(AUDITED[words], facts),
        )

    def _answers(self, speaking: Sequence[_Heard]) -> tuple[Answer, ...]:
        """Return the weakest answer to each claim, of all who speak; they saw records, and no meter."""
        rows = zip(self.seen.record.claims, *(each.leaf.answers for each in speaking), strict=True)
        return tuple(by_records(claim.id, min(row, key=WEAKEST_FIRST.index)) for claim, *row in rows)

    def _words(
        self, state: AuditedState, speaking: Sequence[_Heard], refusing: Sequence[_Heard], own: _Heard | None
    ) -> tuple[str, dict[str, str]]:
        """Return the key of the sentence, and its facts."""
        names = ", ".join(each.word.name for each in speaking)
        match state:
            case "audited" | "relied":
                made = min(each.word.made or "" for each in speaking)
                facts = {"k": str(len(speaking)), "names": names, "made": made}
                return (state if len(speaking) > 1 else f"{state}-one"), facts
            case "short":
                return state, {"m": str(len(speaking)), "k": str(self.required), "names": names}
            case "disputed":
                return state, {"m": str(len(speaking)), "name": ", ".join(each.word.name for each in refusing)}
            case "none":
                held = own is not None and own.leaf.state is not AuditState.REFUSED
                return ("registry", {"registry": self.seen.record.registry}) if held else ("none", {})


def counted_leaves(chain: Chain, seen: ShownCertificate) -> tuple[int, dict[str, AuditLeaf]]:
    """Return how many auditors a certificate's registry requires, and the leaf of each of them who counts, by its DID.

    Whether the certificate is genuine and its log monitored, the caller has asked.
    """
    found = _Audits(chain, seen, doubt="")
    return found.required, {did: found.heard[did].leaf for did in found.parties if did in found.heard}


_opened = lru_cache(RECORDS_KEPT)(open_audit)


@lru_cache(RECORDS_KEPT)
def _signed(text: str, public: bytes) -> bool:
    """Return whether a key signed a record."""
    try:
        _opened(text).jws.verify(public)
    except OreprintError:
        return False
    return True


def audited(chain: Chain, seen: ShownCertificate, *, genuine: bool, monitored: bool) -> Audited:
    """Return what auditors say of a certificate's chain; nothing counts unless the record is genuine and monitored."""
    doubt = "not-genuine" if not genuine else "" if monitored else "not-monitored"
    return _Audits(chain, seen, doubt=doubt).told()


def not_proven(word: Audited | None) -> tuple[str, ...]:
    """Return what stays unproven although auditors found a chain right."""
    if word is None or word.state not in FOUND_RIGHT:
        return ()
    keys = ("measured", "alone" if word.facts["k"] == "1" else "together", "last-day")
    return tuple(filled(AUDITED_NOT_PROVEN[key], word.facts) for key in keys)
