"""Step 2, log: the heads that all proofs lead to, and the entry of each record in the log of its home."""

from __future__ import annotations

from ledger.seal.statement import OpenStatement
from ledger.verify.certificate import ShownCertificate, ShownLine, ShownRecord
from ledger.verify.chain import Chain
from ledger.verify.findings import Outcome
from ledger.verify.heads import dated
from ledger.verify.reading import LineGroup
from ledger.verify.rule import Rule
from schemas.bundle import HeadLine
from schemas.instant import instant_text, whole_second
from schemas.sentences import CAUSES


def check(chain: Chain, group: LineGroup) -> None:
    """Take in heads; find the entry of each record, whose time is the trusted one from here on."""
    chain.each(group.of(HeadLine), _head)
    chain.each(group.records, _check)


def conclude(chain: Chain) -> None:
    """Check that the pinned trust list has not expired."""
    chain.heads.check_trust()


def _head(chain: Chain, line: ShownLine) -> None:
    if isinstance(line.document, HeadLine):
        chain.heads.add(line.document)


def _check(chain: Chain, line: ShownRecord | ShownCertificate) -> None:
    if isinstance(line, ShownCertificate):
        _certificate(chain, line)
        return
    if not chain.heads.names(line.document.registry, line.place):
        chain.paths.unknown.add(line.digest)
        return
    last = line.record.value.not_logged_after if isinstance(line.record, OpenStatement) else None
    line.logged = chain.heads.logged(line.place, line.document.registry, line.digest, line.document.proof, last=last)


def _certificate(chain: Chain, certificate: ShownCertificate) -> None:
    """Find the entry of a certificate's issuance; check that the certificate is as old as it says."""
    record, place, findings = certificate.record, certificate.place, chain.findings
    if not chain.heads.names(record.registry, place):
        chain.paths.unknown.add(certificate.issuance)
        return
    if certificate.proof is None:
        findings.add(Rule.INCLUDED, Outcome.ABSENT, place, reason=CAUSES["no-proof"])
        return
    last = record.not_logged_after
    logged = certificate.logged = chain.heads.logged(
        place, record.registry, certificate.issuance, certificate.proof, last=last
    )
    if logged is None:
        return
    if dated(record.issued, last, logged):
        findings.passed(Rule.ISSUED)
        return
    time = instant_text(whole_second(logged.entry.time_ms))
    findings.require(Rule.ISSUED, place, holds=False, issued=record.issued, logged=time, last=last)
