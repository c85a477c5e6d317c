"""Step 3, issuer: by the trust list, the key was valid for issuer, plant and product kind at the entry's time.

Rules: a batch that was made before its plant or its issuer was registered, or more than a year before its entry, is a
warning. Without a trusted time the key is looked up all the same, so that the signature can be judged; the missing
proof is recorded already. A key that the list does not name is no failure where it does not name the registry either.
"""

from __future__ import annotations

from typing import Final

from ledger.trust.pinned import TrustedKey
from ledger.verify.certificate import ShownCertificate
from ledger.verify.chain import Chain
from ledger.verify.findings import Outcome
from ledger.verify.reading import LineGroup
from ledger.verify.rule import Rule
from schemas.instant import DAY_MS, epoch_ms, instant_text, whole_second
from schemas.problem import OreprintError

MOST_LATE_MS: Final = 366 * DAY_MS
"""Most time from the first moment of a batch's last day to its entry.

365 days are a usual time to register (T05 of the threat model).
"""


def check(chain: Chain, group: LineGroup) -> None:
    """Find the key of each certificate's issuer, and check that it may certify this."""
    chain.each(group.certificates, _check)


def _check(chain: Chain, certificate: ShownCertificate) -> None:
    record, place, findings = certificate.record, certificate.place, chain.findings
    key = certificate.key = _key(chain, certificate)
    if key is None:
        return
    if certificate.logged is not None:
        _check_registered(chain, certificate, key, certificate.logged.entry.time_ms)
    party, issuer, batch = key.party, record.issuer, record.batch
    # step 4 judges the signature of a key that is somebody else's, too
    certificate.signed = findings.require(
        Rule.ISSUER_KEY, place, holds=party.did == issuer.did, did=issuer.did, kid=_kid(certificate)
    )
    may = key.may_certify(batch.facility.id, batch.kind)
    findings.require(Rule.ISSUER_MAY, place, holds=may, did=party.did, facility=batch.facility.id, kind=batch.kind)
    logged = certificate.logged.entry.time_ms if certificate.logged is not None else None
    named = key.may_be_called(issuer.names, issuer.registration, logged=logged)
    findings.require(Rule.ISSUER_NAMES, place, holds=named, did=party.did)


def _kid(certificate: ShownCertificate) -> str:
    return certificate.opened.kid if certificate.opened else ""


def _key(chain: Chain, certificate: ShownCertificate) -> TrustedKey | None:
    """Return the issuer's key; None where the trust list lacks it, or it was not good at the time."""
    kid, trust = _kid(certificate), chain.trust
    try:
        key = trust.known_key(kid)
        if certificate.logged is not None:
            key.check_time(certificate.logged.entry.time_ms)
    except OreprintError as error:
        if certificate.record.registry not in trust.registries:  # step 2 says so
            return None
        did, reason = certificate.record.issuer.did, error.problems[0].sentence()
        off = chain.findings.require(Rule.ISSUER_KEY, certificate.place, holds=False, did=did, reason=reason)
        return trust.keys.get(kid) if off else None
    return key


def _check_registered(chain: Chain, certificate: ShownCertificate, key: TrustedKey, time_ms: int) -> None:
    """Warn of a batch that was registered late."""
    batch = certificate.record.batch
    end = batch.produced.end
    plant = chain.trust.plants.get(batch.facility.id)
    since = plant.since if plant and plant.since else key.registered
    if end >= since and time_ms - epoch_ms(f"{end}T00:00:00Z") <= MOST_LATE_MS:
        chain.findings.passed(Rule.LATE)
        return
    facts = {"made": end, "logged": instant_text(whole_second(time_ms)), "since": since}
    chain.findings.add(Rule.LATE, Outcome.WARNING, certificate.place, **facts)
