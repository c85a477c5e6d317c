"""Add a seal to a report, and make the report of a seal alone.

Rules: with its certificate, a seal is one more check of step 5.  An unreadable seal, one that its issuer's key did not
sign, or one that contradicts the certificate gives *do not rely*; a sound one changes no verdict.  A seal alone gives
*could not be fully checked* at best, with a list of everything unchecked.

This module looks no certificate up and reads no clock.
"""

from __future__ import annotations

from typing import Final

from ledger.carrier.seal import SealFinding, check_seal, judge_seal, open_seal, verify_seal_against
from ledger.footprint.digits import MANY, shown
from ledger.plausibility.answers import UNANSWERED, answered
from ledger.trust.pinned import Trust
from schemas.certificate import CertificateRecord
from schemas.document import replace
from schemas.identifier import Mark, mark_of
from schemas.instant import time_text
from schemas.problem import OreprintError
from schemas.report import STEPS, CertificateSummary, ChainSummary, Check, Report, Result
from schemas.sentences import CHECKS, NOT_PROVEN

_CODE: Final = "record.seal"
_STEP: Final = STEPS.index("same-record") + 1
_SIGNATURE: Final = (STEPS.index("signature") + 1, "signature.valid")
_REFUSED: Final = "Do not rely on the seal on the label. {reason}"
_ALONE: Final = (
    "Only the seal was checked: {issuer} signed it, for lot {lot}, {mass} kg, {figure} kg CO2e per kg. Not checked: "
    "whether it was logged, is still valid, and adds up. Look up its certificate."
)


def with_seal(found: Report, seal: str, *, record: CertificateRecord, digest: str, trust: Trust) -> Report:
    """Return the report of a certificate with the check of the seal on its label."""
    try:
        opened = open_seal(seal)
        check_seal(opened, trust=trust)
        verify_seal_against(record, digest, opened)
    except OreprintError as error:
        reason = error.problems[0].sentence()
        failed = _check(_CODE, "failed", CHECKS[_CODE].failed.format(reason=reason), step=_STEP)
        changed = {
            "verdict": "do-not-rely",
            "headline": _REFUSED.format(reason=reason),
            "reason": failed,
            "checks": _ordered(found.checks, failed),
        }
        return answered(replace(found, **changed))
    return replace(found, checks=_ordered(found.checks, _check(_CODE, "passed", CHECKS[_CODE].passed, step=_STEP)))


def seal_report(seal: str, *, trust: Trust, at_ms: int) -> Report:
    """Return the report of a seal alone, judged by the pinned trust list."""
    finding = judge_seal(seal, trust=trust)
    found = Report(
        **UNANSWERED,
        mark=_mark(finding),
        verdict=finding.verdict,
        headline=_headline(finding),
        assurance="registry-only",
        certificate=_summary(finding),
        checks=tuple(_checks_alone(finding)),
        footprint=None,
        chain=ChainSummary(state="none", certificates=0, tiers=0, withheld=0),
        mass=(),
        claims=(),
        not_proven=tuple(NOT_PROVEN.values()),
        checked_at=time_text(at_ms),
        log_size=None,
        status_age_s=None,
    )
    return answered(found)


def _headline(finding: SealFinding) -> str:
    if finding.seal is None or finding.party is None:
        return _REFUSED.format(reason=finding.problem.sentence() if finding.problem else "").strip()
    content = finding.seal.value
    return _ALONE.format(
        issuer=finding.party.names[0].text,
        lot=content.lot,
        mass=content.net_mass_kg,
        figure=shown(content.kg_co2e_per_kg, MANY),
    )


def _mark(finding: SealFinding) -> Mark | None:
    if finding.seal is None:
        return None
    demo = finding.party is not None and finding.party.demo
    return mark_of(finding.seal.value.registry, demo=demo)


def _summary(finding: SealFinding) -> CertificateSummary | None:
    """Return the seal's summary of its certificate (without id and kind), or None unless its issuer signed it."""
    if finding.seal is None or finding.party is None:
        return None
    content = finding.seal.value
    return CertificateSummary(
        digest=content.certificate,
        id="",
        issuer=content.issuer,
        issuer_name=finding.party.names[0].text,
        issuer_key="custodial" if finding.party.custodial else "own",
        lot=content.lot,
        kind="",
        net_mass_kg=content.net_mass_kg,
    )


def _checks_alone(finding: SealFinding) -> tuple[Check, ...]:
    """Return one check for the seal, and one for each step that needs a certificate."""
    if finding.problem is not None:
        sentence = CHECKS[_CODE].failed.format(reason=finding.problem.sentence())
        return (_check(_CODE, "failed", sentence, step=_STEP),)
    step, code = _SIGNATURE
    signed = _check(code, "passed", "The issuer's key signed the seal.", step=step)
    opened = (
        _check(_CODE, "not-checked", CHECKS[_CODE].open, step=number)
        for number in range(1, len(STEPS) + 1)
        if number != step
    )
    return _ordered(tuple(opened), signed)


def _check(code: str, result: Result, sentence: str, *, step: int) -> Check:
    return Check(step=step, code=code, result=result, sentence=sentence)


def _ordered(checks: tuple[Check, ...], added: Check) -> tuple[Check, ...]:
    return tuple(sorted((*checks, added), key=lambda check: check.step))
