"""Step 10, claims: each answer to a claim is the one that the run and the certificates of its inputs give."""

from __future__ import annotations

from ledger.verify.certificate import ShownCertificate
from ledger.verify.chain import Chain
from ledger.verify.reading import LineGroup


def check(chain: Chain, group: LineGroup) -> None:
    """Check the claims of each certificate."""
    chain.each(group.certificates, _check)


def _check(chain: Chain, certificate: ShownCertificate) -> None:
    for each in certificate.beside:
        chain.claims.check(each, certificate.run, certificate.view.inventory, certificate.named)
