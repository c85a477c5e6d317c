"""Step 4, signature: the issuer's key signed exactly these bytes."""

from __future__ import annotations

from ledger.verify.certificate import ShownCertificate
from ledger.verify.chain import Chain
from ledger.verify.reading import LineGroup
from ledger.verify.rule import Rule
from schemas.problem import OreprintError


def check(chain: Chain, group: LineGroup) -> None:
    """Verify the signature of each certificate whose key the trust list has."""
    chain.each(group.certificates, _check)


def _check(chain: Chain, certificate: ShownCertificate) -> None:
    opened, key = certificate.opened, certificate.key
    if opened is None or key is None:
        return
    try:
        opened.verify(key.public)
    except OreprintError as error:
        certificate.signed = chain.findings.fails(Rule.SIGNED, certificate.place, error)
        return
    chain.findings.passed(Rule.SIGNED)
