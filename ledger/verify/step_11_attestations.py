"""Step 11, attestations: who vouches for what, checked the same way as everything else.

Auditors' records are taken in here, too; what they are worth is judged last of all (`ledger.verify.audits`).
"""

from __future__ import annotations

from ledger.verify.certificate import ShownLine
from ledger.verify.chain import Chain
from ledger.verify.reading import LineGroup
from schemas.bundle import MOST_ATTESTATIONS, MOST_AUDITS, AttestationLine, AuditLine
from schemas.problem import InputError


def check(chain: Chain, group: LineGroup) -> None:
    """Take in attestations and auditors' records, which stand after all records."""
    chain.each(group.of(AttestationLine), _check)
    chain.each(group.of(AuditLine), _audit)


def conclude(chain: Chain) -> None:
    """Judge what each attestation is worth."""
    if chain.attestations.words:
        above = [certificate for digest, certificate in chain.seen.items() if digest in chain.above]
        chain.attestations.close(above, chain.endings, chain.standing, chain.policy.at_ms)
        lifted = {seen.run_digest for seen in above if chain.attestations.accredited(seen, "figure")}
        chain.findings.forget([each for each in chain.findings.all if each.facts.get("attestable") in lifted])


def _check(chain: Chain, line: ShownLine) -> None:
    read = line.document
    if not isinstance(read, AttestationLine):
        return
    if len(chain.attestations.words) >= MOST_ATTESTATIONS:
        raise InputError.at("bundle.records", limit=MOST_ATTESTATIONS)
    chain.attestations.take(read.registry, read.attestation, read.proof)


def _audit(chain: Chain, line: ShownLine) -> None:
    if isinstance(line.document, AuditLine):
        if len(chain.audits) >= MOST_AUDITS:
            raise InputError.at("bundle.records", limit=MOST_AUDITS)
        chain.audits.append(line.document)
