"""Step 11, attestations: who vouches for what, verified the same way as everything else.

Rules:

1. An attestation is a record of the log like any other: of the registry it names, in an entry that is its own, on time,
   rightly signed. One that isn't is a forgery, and a bundle with a forgery in it is not to be relied on.
2. It counts only if the pinned trust list names its attestor for everything that it says it examined, when it was
   logged; if what it is about is a certificate or a run of this chain; if its attestor made none of it, keeps none of
   its logs, and has not left its key with a registry, which then signs in its name; and while it stands: not withdrawn,
   not suspended, not run out.  One that doesn't count is told, with the reason, and changes nothing.
3. One of the figure by an attestor with an accreditation, unmodified, lifts the flags of that run that doubt a meter or
   a sale (`ledger.plausibility.flags`): its attestor examined both. One of the plant tells where it stands. The report
   names both.
4. One that counts is somebody's word.  It turns no failure into a pass and shows nothing that is withheld: of withheld
   inputs behind which its attestor looked, the headline says whose word stands for them.  An opinion other than
   unmodified is a warning.

A bundle does not show an attestor's reasons, or what the attestor was shown. The registry that logs an attestation
checks the latter (`unshown`); an attestation that was logged otherwise is its attestor's word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ledger.holdings.mark import attestation_digest
from ledger.seal.attestation import OpenAttestation, open_attestation
from ledger.seal.sdjwt import OpenInput, OpenRun
from ledger.trust.pinned import Trust, TrustedKey
from ledger.verify.certificate import ShownCertificate
from ledger.verify.findings import Findings, Outcome
from ledger.verify.heads import Heads, ProvenEntry, dated
from ledger.verify.rule import Rule
from ledger.verify.status_lists import StatusLists
from ledger.verify.walk_state import Ending
from schemas.attestation import LEVELLED, Attestation
from schemas.bundle import Proof
from schemas.instant import epoch_ms
from schemas.problem import InputError, OreprintError
from schemas.report import Vouched
from schemas.requests import AttestationRequest
from schemas.sentences import NOT_COUNTED
from schemas.vocabulary import AttestationScope


@dataclass(slots=True)
class Word:
    """A shown attestation: its log entry, its key if the trust list has that, and why it doesn't count.

    `seen` are the certificates of the chain that it is about, `other_run` says that it names one with a run that isn't
    its own; `why` is a key of `NOT_COUNTED`, None for one that counts.
    """

    opened: OpenAttestation
    logged: ProvenEntry
    key: TrustedKey | None
    seen: tuple[ShownCertificate, ...] = ()
    other_run: bool = False
    why: str | None = None

    @property
    def name(self) -> str:
        """The attestor's name in the trust list, never the name that it gives itself."""
        return (
            self.key.party.names_with(self.opened.record.attestor.names)[0].text
            if self.key
            else self.opened.record.attestor.did
        )


@dataclass(slots=True)
class Attestations:
    """The attestations of a bundle."""

    trust: Trust
    heads: Heads
    findings: Findings
    words: dict[str, Word] = field(default_factory=dict)

    def take(self, registry: str, text: str, proof: Proof) -> Word | None:
        """Read an attestation: form, place in the log, signature (rule 1). Return None if one of them fails.

        Raises:
            InputError: what `open_attestation` refuses; `bundle.twice`.
        """
        opened = open_attestation(text)
        record, place = opened.record, f"attestation {proof.index}"
        if opened.digest in self.words:
            raise InputError.at("bundle.twice", opened.digest)
        logged = self.heads.logged(place, registry, attestation_digest(text), proof, last=record.not_logged_after)
        if logged is None:
            return None
        plain = not (logged.entry.marks or logged.entry.bits)
        own = plain and record.registry == registry and dated(record.issued, record.not_logged_after, logged)
        key = self.trust.keys.get(opened.jws.kid)
        if not self.findings.require(Rule.ATTESTATION_ENTRY, place, holds=own) or not self._signed(opened, key, place):
            return None
        word = self.words[opened.digest] = Word(opened, logged, key)
        return word

    def _signed(self, opened: OpenAttestation, key: TrustedKey | None, place: str) -> bool:
        """Judge the signature, where the trust list has the key.

        Else there is nothing to judge it by, and it can't count.
        """
        if key is None:
            return True
        try:
            opened.jws.verify(key.public)
        except OreprintError as error:
            return self.findings.fails(Rule.ATTESTATION_SIGNED, place, error)
        self.findings.passed(Rule.ATTESTATION_SIGNED)
        return True

    def close(
        self, chain: Collection[ShownCertificate], endings: Iterable[Ending], standing: StatusLists, at_ms: int
    ) -> None:
        """Judge what each is worth, once the whole chain is known (rule 2).

        `chain` are the certificates that the subject stands on.
        """
        makers = {seen.record.issuer.did for seen in chain}
        makers |= {f"did:web:{seen.record.registry}" for seen in chain}
        subjects: dict[str, list[ShownCertificate]] = {}
        for seen in chain:
            subjects.setdefault(seen.digest, []).append(seen)
            subjects.setdefault(seen.run_digest, []).append(seen)
        for ending in endings:
            self._ended_by(ending)
        for word in self.words.values():
            record = word.opened.record
            word.seen = tuple(subjects.get(record.subject, ()))
            named = subjects.get(record.certificate, word.seen)
            word.other_run = record.run is not None and any(seen.run_digest != record.run for seen in named)
            self._weigh(word, makers, standing, at_ms)

    def _ended_by(self, ending: Ending) -> None:
        """Check that only its attestor withdraws an attestation, at its own status place."""
        ends = ending.said.ends
        word = self.words.get(ends.certificate)
        if word is None:
            return
        record = word.opened.record
        told = (ending.signer, ending.logged.registry, ends.list, ends.index)
        own = told == (record.attestor.did, record.registry, record.status.list, record.status.index)
        place = f"attestation {word.logged.index}"
        self.findings.require(Rule.ENDED_BY, place, holds=own, lot=place)

    def _weigh(self, word: Word, makers: Collection[str], standing: StatusLists, at_ms: int) -> None:
        record, place = word.opened.record, f"attestation {word.logged.index}"
        weighed = (
            (Rule.ATTESTOR, unnamed(record, word.key, logged_ms=word.logged.entry.time_ms)),
            (Rule.ATTESTED, _not_of(word)),
            (Rule.INDEPENDENT, _dependent(word, makers)),
            (Rule.ATTESTATION_STANDS, _over(word, standing, at_ms)),
        )
        for rule, reason in weighed:
            if reason and rule not in self.findings.off:
                word.why = reason
                self.findings.add(rule, Outcome.WARNING, place, attestor=word.name, reason=NOT_COUNTED[reason])
                return
            self.findings.passed(rule)
        self.findings.passed(Rule.OPINION)
        if record.opinion != "unmodified":
            facts = {"attestor": word.name, "opinion": record.opinion, "note": record.note or ""}
            self.findings.add(Rule.OPINION, Outcome.WARNING, word.seen[0].place, **facts)

    def vouched(self, withheld: Mapping[bytes, Collection[int]]) -> tuple[int, tuple[str, ...]]:
        """Return how many withheld inputs accepted attestors examined, by issuance, and the attestors' names."""
        covered: set[tuple[bytes, int]] = set()
        names: list[str] = []
        for word in self.words.values():
            record = word.opened.record
            if word.why is not None or record.opinion != "unmodified":
                continue
            looked = {
                (seen.issuance, branch.input)
                for seen in word.seen
                for branch in record.branches or ()
                if branch.input in withheld.get(seen.issuance, ())
            }
            covered |= looked
            names += [word.name] if looked and word.name not in names else []
        return len(covered), tuple(names)

    def accredited(self, seen: ShownCertificate, scope: AttestationScope) -> tuple[str, ...]:
        """Return the names of those who examined this of a certificate's run, and whose word lifts a doubt (rule 3)."""
        names = dict.fromkeys(
            word.name
            for word in self.words.values()
            if word.why is None
            and scope in word.opened.record.scopes
            and word.opened.record.opinion == "unmodified"
            and word.opened.record.subject in {seen.digest, seen.run_digest}
            and word.key is not None
            and word.key.party.attests is not None
            and word.key.party.attests.accreditation
        )
        return tuple(names)

    def told(self) -> tuple[Vouched, ...]:
        """Return what the report says of each attestation."""
        return tuple(map(_told, self.words.values()))


def unnamed(record: Attestation, key: TrustedKey | None, *, logged_ms: int) -> str:
    """Return the code in `NOT_COUNTED` of why the trust list doesn't accept this attestation, or "" if it does.

    `key` is the attestor's key in the trust list, or None.
    """
    if key is None:
        return "no-key"
    attests = key.party.attests
    try:
        key.check_time(logged_ms)
    except OreprintError:
        return "not-then"
    if attests is None or not set(record.scopes).issubset(attests.scopes):
        return "not-for-this"
    if logged_ms < epoch_ms(attests.since) or (attests.until is not None and logged_ms >= epoch_ms(attests.until)):
        return "not-then"
    own = key.may_be_called(record.attestor.names, record.attestor.registration, logged=logged_ms)
    return "" if own else "other-name"


def unshown(record: Attestation | AttestationRequest, run: OpenRun | None) -> tuple[AttestationScope, str] | None:
    """Return a scope whose required parts the attestor was not shown, and those parts.

    None where it was shown enough.

    Figures and balances take the whole run, a closed branch the inputs that it names; an assay or a visit of the plant
    takes nothing of it.
    """
    for scope in record.scopes:
        if scope not in LEVELLED:
            continue
        if run is None:
            return scope, "the run"
        if scope == "closed-branch":
            inputs = (branch.input for branch in record.branches or ())
            hidden = [number for number in inputs if number >= len(run.inputs) or not _source_shown(run.inputs[number])]
            if hidden:
                return scope, f"where input {hidden[0]} of the run comes from"
        elif not (all(map(_source_shown, run.inputs)) and run.lines_shown and None not in run.outputs):
            return scope, "all inputs, lines and outputs of the run"
    return None


def _source_shown(shown: OpenInput | None) -> bool:
    return shown is not None and shown.source is not None


def _dependent(word: Word, makers: Collection[str]) -> str:
    """Return why an attestor is no third party (`NOT_COUNTED`), or nothing."""
    if word.opened.record.attestor.did in makers:
        return "party"
    return "kept" if word.key is not None and word.key.party.custodial else ""


def _not_of(word: Word) -> str:
    """Return why an attestation is of nothing in this chain (`NOT_COUNTED`), or nothing."""
    record = word.opened.record
    if not word.seen:
        return "elsewhere"
    if word.other_run:
        return "other-run"
    if record.producer != word.seen[0].record.issuer.did:
        return "other-producer"
    inputs = word.seen[0].record.counts.inputs
    if any(branch.input >= inputs for branch in record.branches or ()):
        return "no-input"
    return ""


def _over(word: Word, standing: StatusLists, at_ms: int) -> str:
    """Return why an attestation does not stand any more (`NOT_COUNTED`), or nothing."""
    record = word.opened.record
    state = standing.state_at(record.registry, record.status.list, record.status.index)
    return state or ("expired" if at_ms > epoch_ms(record.valid_until) else "")


def _told(word: Word) -> Vouched:
    record, party = word.opened.record, word.key.party if word.key else None
    return Vouched(
        digest=word.opened.digest,
        attestor=record.attestor.did,
        attestor_name=word.name,
        attestor_key="unknown" if party is None else "custodial" if party.custodial else "own",
        accreditation=party.attests.accreditation if party and party.attests else None,
        subject=record.subject,
        lots=tuple(seen.place for seen in word.seen),
        scopes=record.scopes,
        level=record.level,
        criteria=record.criteria,
        opinion=record.opinion,
        note=record.note,
        inputs=tuple(branch.input for branch in record.branches or ()),
        behind=sum(branch.certificates for branch in record.branches or ()),
        examined=record.examined,
        valid_until=record.valid_until,
        counted=word.why is None,
        reason=word.why,
    )
