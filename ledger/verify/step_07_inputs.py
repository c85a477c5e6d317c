"""Step 7, inputs: match certificate and run, and trace each input from its holding back to its batch.

Rules: records come upstream-first, so a split or a move is taken in before what uses its holdings.  In the end a batch
must not have ended before it was used, of no batch more was taken, by all runs together, than its net mass (also where
the way of a holding is withheld), and the reader's own holding is of the subject and unused.  What an undone run used
may be used again, and a correction uses nothing of its own.
"""

from __future__ import annotations

from ledger.verify.certificate import ShownCertificate, ShownLine, ShownRecord
from ledger.verify.chain import Chain
from ledger.verify.findings import Outcome
from ledger.verify.inputs import Consumed
from ledger.verify.reading import LineGroup
from ledger.verify.rule import Rule
from schemas.bundle import HoldingLine
from schemas.quantity import milligrams


def check(chain: Chain, group: LineGroup) -> None:
    """Trace the inputs of each run; take in splits, statements and the reader's own holdings."""
    chain.each(group.records, _check)
    chain.each(group.of(HoldingLine), _holding)


def conclude(chain: Chain) -> None:
    """Check the time and mass of every use, and the reader's own holding."""
    findings, consumed = chain.findings, chain.inputs.consumed
    for certificate, place in chain.inputs.awaited.items():
        late = certificate in chain.seen
        findings.require(Rule.SOURCE_SHOWN, place, holds=not late, certificate=certificate)
    chain.paths.check_undos()
    _own_holding(chain)
    for use in consumed.values():
        chain.standing.check_use(use)
    _check_batches(chain)


def _check(chain: Chain, line: ShownRecord | ShownCertificate) -> None:
    if isinstance(line, ShownCertificate):
        _certificate(chain, line)
        return
    ending = chain.paths.take(line)
    if ending is not None:
        chain.endings.append(ending)


def _holding(chain: Chain, line: ShownLine) -> None:
    if isinstance(line.document, HoldingLine):
        used = chain.paths.use("holding", line.document.creator, line.document.holding)
        chain.owned += [used] if used else []


def _certificate(chain: Chain, certificate: ShownCertificate) -> None:
    """Check the run of a certificate, as all of its views together show it.

    What an earlier view withheld is checked now, and so not withheld any more, unless something was built on that view.
    """
    inputs, view, findings = chain.inputs, certificate.view, chain.findings
    if view.run is None:
        inputs.withhold(certificate, view)
        chain.mass.recall(certificate, chain.memory.get(certificate.digest))
        return
    for each in certificate.beside:
        inputs.own_output(view.run, each, certificate.named)
    if not certificate.grown:
        return
    if certificate.issuance in inputs.built_on:
        chain.mass.late = True
    else:
        findings.forget(view.withheld)
    view.withheld = []
    before = len(findings.all)
    inputs.check(view.run, certificate, first=certificate.issuance not in chain.branches_of)
    view.withhold(findings.all[before:])


def _check_batches(chain: Chain) -> None:
    """Check that of no batch more was taken than there was of it."""
    paths = chain.paths
    undone = paths.first_undone()
    uses: dict[tuple[bytes, int], Consumed] = {}
    for (issuance, number), use in chain.inputs.consumed.items():
        first = paths.first(issuance)
        if first not in undone:
            uses.setdefault((first, number), use)
    taken: dict[tuple[bytes, int], int] = {}
    for use in uses.values():
        upstream, record = use.upstream, use.upstream.record
        root = paths.first(upstream.issuance), record.output
        taken[root] = taken.get(root, 0) + use.mass_mg
        holds = taken[root] <= milligrams(record.batch.net_mass_kg)
        facts = {"lot": upstream.place, "net": record.batch.net_mass_kg}
        chain.findings.require(Rule.WITHIN_BATCH, use.by.place, holds=holds, **facts)


def _own_holding(chain: Chain) -> None:
    """Check that the reader's holdings are unused holdings of the subject, and that a requested one is there."""
    policy, findings = chain.policy, chain.findings
    if policy.received_as is not None:
        chain.owned = [own for own in chain.owned if own.holder.owner == policy.received_as]
    if not chain.owned and policy.received_mg is not None:
        findings.add(Rule.OWN_HOLDING, Outcome.ABSENT, "", owner=policy.received_as)
    subject = chain.seen.get(chain.subject or "")
    lot = (chain.paths.first(subject.issuance), subject.record.output) if subject else None
    twice = len({own.mark for own in chain.owned}) < len(chain.owned)
    for own in tuple(chain.owned):
        used, root = own.mark in chain.heads.marks, own.held.root
        if used or root not in {None, (lot[0], None) if lot else None}:
            findings.require(Rule.OWN_HOLDING, "holding", holds=root == lot and not (used or twice))
            continue
        chain.owned.remove(own)  # its way is withheld: what can't be told to be of this lot is no answer
        if policy.received_mg is None:
            findings.add(Rule.ROOT, Outcome.WITHHELD, "holding")
        else:
            findings.add(Rule.OWN_HOLDING, Outcome.ABSENT, "", owner=policy.received_as)
