"""Step 8, mass: all outputs of a run together are within its inputs, and the run is one that can be.

Rules: some plausibility rules ask for the figures of the run, so these are computed here already; step 9 compares them.
"""

from __future__ import annotations

from ledger.verify.capacity import check_capacity
from ledger.verify.certificate import ShownCertificate
from ledger.verify.chain import Chain
from ledger.verify.reading import LineGroup


def check(chain: Chain, group: LineGroup) -> None:
    """Check the balance, the shares and the physics of each run, and what each certificate says of its composition."""
    shown = [certificate for certificate in group.certificates if certificate.grown and certificate.run is not None]
    chain.each(shown, _balance)
    chain.each(shown, _compute)
    chain.each(shown, _provenance)
    chain.provenance.judge()
    chain.each(shown, _physics)
    chain.each(group.certificates, _clear)


def balance(chain: Chain, group: LineGroup) -> None:
    """Check the balance of each run alone, on which later runs build."""
    chain.each(group.certificates, _balance)


def conclude(chain: Chain) -> None:
    """Carry on gains of which more was shown late; check what each plant has made in a year."""
    if chain.mass.late:
        chain.mass.carry_late(chain.inputs.consumed.values())
    check_capacity(chain)


def _balance(chain: Chain, certificate: ShownCertificate) -> None:
    run, before = certificate.run, len(chain.findings.all)
    if run is not None and certificate.grown:
        chain.mass.check(run, certificate, certificate.named)
        chain.branches_of[certificate.issuance] = chain.mass.open_branches(run)
        certificate.view.withhold(chain.findings.all[before:])


def _compute(chain: Chain, certificate: ShownCertificate) -> None:
    if certificate.run is not None:
        chain.figures.compute(certificate.run, certificate)


def _provenance(chain: Chain, certificate: ShownCertificate) -> None:
    run, before = certificate.run, len(chain.findings.all)
    if run is not None:
        shared = chain.figures.computed[certificate.issuance].shared
        chain.provenance.check(run, certificate, certificate.named, shared)
        certificate.view.withhold(chain.findings.all[before:])


def _physics(chain: Chain, certificate: ShownCertificate) -> None:
    run, view, before = certificate.run, certificate.view, len(chain.findings.all)
    if run is not None:
        view.inventory = chain.provenance.conclude(run, certificate)
        view.withhold(chain.findings.all[before:])


def _clear(chain: Chain, certificate: ShownCertificate) -> None:
    for each in certificate.beside:
        chain.provenance.check_clear(each)
        chain.mass.check_clear(each)
