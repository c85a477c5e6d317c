"""Step 9, footprint: the figures of a run, computed again, are the declared ones to the last digit.

No instrument is used by two runs.
"""

from __future__ import annotations

from ledger.verify.certificate import ShownCertificate
from ledger.verify.chain import Chain
from ledger.verify.reading import LineGroup
from ledger.verify.rule import Rule


def check(chain: Chain, group: LineGroup) -> None:
    """Compare the figures of each run, and those that each certificate says in clear."""
    chain.each(group.certificates, _check)
    chain.each(group.certificates, _clear)


def conclude(chain: Chain) -> None:
    """Check that no two runs use one electricity instrument.

    A run that was undone uses none, and a correction none of its own.
    """
    undone = chain.paths.first_undone()
    for (scheme, statement), users in chain.instruments.uses.items():
        runs = {chain.paths.first(issuance): place for issuance, place in users.items()}
        standing = [place for first, place in runs.items() if first not in undone]
        place = standing[-1] if standing else ""
        once = len(standing) < 2
        chain.findings.require(Rule.INSTRUMENTS, place, holds=once, scheme=scheme, statement=statement)


def _check(chain: Chain, certificate: ShownCertificate) -> None:
    run, view, findings = certificate.run, certificate.view, chain.findings
    if run is not None and certificate.grown:
        before = len(findings.all)
        chain.instruments.check(run, certificate)
        view.redone = chain.figures.check(run, certificate)
        view.withhold(findings.all[before:])


def _clear(chain: Chain, certificate: ShownCertificate) -> None:
    for each in certificate.beside:
        chain.figures.check_clear(each, certificate.view.redone)
