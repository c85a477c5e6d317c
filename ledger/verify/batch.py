"""Steps 1 to 6 for one certificate: form, log, issuer, signature, same record, status.

Rules: the certificate's own value is recomputed and put in its output's place among the values given, so that its entry is
that of the issuance in which it stands, also when the run is withheld; its key must have been good for this issuer,
plant and kind at the time in its entry, and it is said where it was made before these were registered, or a year ago; the number of marks is the signed number of inputs with a holding, or one.

What this module does not do: whatever is in the run (`ledger.verify.inputs`, `mass`, `figures`) and the state of the lists (`ledger.verify.standing`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from ledger.holdings.mark import certificate_value, issuance_digest
from ledger.seal.digest import digests_bytes
from ledger.verify.heads import dated
from ledger.verify.judge import Outcome
from ledger.verify.rule import Rule
from schemas.instant import epoch_ms, instant_text, whole_second
from schemas.problem import OreprintError

if TYPE_CHECKING:
    from ledger.seal.sdjwt import OpenCertificate
    from ledger.trust.pinned import Trust, TrustedKey
    from ledger.verify.heads import Heads, Logged
    from ledger.verify.judge import Judge
    from schemas.bundle import Proof
    from schemas.certificate import CertificateRecord


MOST_LATE_MS: Final = 366 * 24 * 60 * 60 * 1000
"""From the first moment of a batch's last day to its entry: 365 days after it are a usual time to register (T05 of the threat model)."""


@dataclass(slots=True, eq=False)
class Seen:
    """A certificate that was shown: what later certificates and the report need of it; its text is not kept.

    `issuance` is the record digest of its issuance; `signed` says that its issuer's key signed it; `logged` is None where no
    proof held; by `place` findings name it: the lot as printed.
    """

    digest: str
    run_digest: str
    issuance: bytes
    values: tuple[bytes, ...]
    logged: Logged | None
    signed: bool
    place: str
    record: CertificateRecord

    @classmethod
    def of(
        cls, opened: OpenCertificate, issuance: bytes, values: tuple[bytes, ...], *, logged: Logged | None, signed: bool
    ) -> Self:
        """Return what is kept of a certificate that was opened."""
        record, place = opened.record, opened.record.batch.lot
        run = record.run[0].digest
        return cls(opened.digest, run, issuance, values, logged, signed, place, record)

    @property
    def follows(self) -> str | None:
        """The digest of the certificate that this one corrects."""
        return self.record.follows.certificate if self.record.follows else None

    @property
    def status_place(self) -> tuple[str, int, int]:
        """The place of the certificate's status bits: the registry, the number of the list and the index in it."""
        return self.record.registry, self.record.status.list, self.record.status.index


def check_batch(
    opened: OpenCertificate, values: tuple[str, ...], proof: Proof | None, *, trust: Trust, heads: Heads, judge: Judge
) -> Seen:
    """Judge a certificate whose form is right; `values` and `proof` are those of its issuance, if there are any."""
    record = opened.record
    run, *raws = digests_bytes((record.run[0].digest, *values))
    raw = tuple(raws)
    place = record.batch.lot
    issuance = issuance_digest(run, raw)
    logged = None
    if proof is not None:
        if not judge.silent:
            _own_place(opened, raw, judge)
        logged = heads.logged(place, record.registry, issuance, proof, last=record.not_logged_after)
    else:
        judge.note(Rule.INCLUDED, Outcome.ABSENT, place, reason="no proof that it was logged came with it")
    if judge.silent:
        return Seen.of(opened, issuance, raw, logged=logged, signed=True)
    if logged is not None:
        _check_date(record, logged, judge)
        due = 1 if record.follows else (record.counts.holdings or 1) + (record.instrument is not None)
        judge.require(
            Rule.MARK_COUNT, place, holds=len(logged.entry.marks) == due, found=len(logged.entry.marks), due=due
        )
    signed = _check_issuer(opened, logged, trust=trust, judge=judge)
    return Seen.of(opened, issuance, raw, logged=logged, signed=signed)


def _check_date(record: CertificateRecord, logged: Logged, judge: Judge) -> None:
    """Hold that a certificate is as old as it says."""
    if dated(record.issued, record.not_logged_after, logged):
        judge.passed(Rule.ISSUED)
        return
    time = instant_text(whole_second(logged.entry.time_ms))
    told = {"issued": record.issued, "logged": time, "last": record.not_logged_after}
    judge.require(Rule.ISSUED, record.batch.lot, holds=False, **told)


def _check_registered(record: CertificateRecord, logged: Logged, key: TrustedKey, trust: Trust, judge: Judge) -> None:
    """Say so of a batch that was registered late: made before its plant or its issuer was, or more than a year ago."""
    made = record.batch.produced.end
    plant = trust.plants.get(record.batch.facility.id)
    since = plant.since if plant and plant.since else key.registered
    time = logged.entry.time_ms
    if made >= since and time - epoch_ms(f"{made}T00:00:00Z") <= MOST_LATE_MS:
        judge.passed(Rule.LATE)
        return
    told = {"made": made, "logged": instant_text(whole_second(time)), "since": since}
    judge.note(Rule.LATE, Outcome.WARNING, record.batch.lot, **told)


def _own_place(opened: OpenCertificate, values: tuple[bytes, ...], judge: Judge) -> None:
    """Hold that the certificate's own value stands at its own output's place, with the status place it names."""
    record = opened.record
    own = certificate_value(opened.digest_bytes, status_list=record.status.list, status_index=record.status.index)
    at_place = len(values) == record.counts.outputs and record.output < len(values) and values[record.output] == own
    judge.require(Rule.OWN_PLACE, record.batch.lot, holds=at_place, output=record.output)


def _check_issuer(opened: OpenCertificate, logged: Logged | None, *, trust: Trust, judge: Judge) -> bool:
    """Judge steps 3 and 4: a key good for this issuer, plant and kind at the trusted time, and its signature over these bytes.

    Without a trusted time the key is looked up all the same, so that the signature can be judged; the missing proof is
    noted already.
    """
    record, place = opened.record, opened.record.batch.lot
    try:
        key = trust.known_key(opened.kid)
        if logged is not None:
            key.check_time(logged.entry.time_ms)
    except OreprintError as error:
        reason = error.problems[0].sentence()
        failed = not judge.require(Rule.ISSUER_KEY, place, holds=False, did=record.issuer.did, reason=reason)
        if failed or opened.kid not in trust.keys:
            return False
        key = trust.known_key(opened.kid)
    if logged is not None:
        _check_registered(record, logged, key, trust, judge)
    own = judge.require(
        Rule.ISSUER_KEY, place, holds=key.party.did == record.issuer.did, did=record.issuer.did, kid=opened.kid
    )
    may = key.may_certify(record.batch.facility.id, record.batch.kind)
    judge.require(
        Rule.ISSUER_MAY, place, holds=may, did=key.party.did, facility=record.batch.facility.id, kind=record.batch.kind
    )
    named = all(name in key.party.names for name in record.issuer.names)
    named = named and record.issuer.registration in {None, key.party.registration}
    judge.require(Rule.ISSUER_NAMES, place, holds=named, did=key.party.did)
    try:
        opened.verify(key.public)
    except OreprintError as error:
        judge.fails(Rule.SIGNED, place, error)
        return Rule.SIGNED in judge.off
    judge.passed(Rule.SIGNED)
    return own
