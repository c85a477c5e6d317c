"""Step 5, same record: the entry is that of the issuance in which this certificate stands at its output's place.

Rules: the certificate's own value is computed again and compared with the one at its place, also when the run is
withheld.  The number of marks is the signed number of inputs with a holding, or one.  In the end a lot of a plant is
one batch.
"""

from __future__ import annotations

from ledger.holdings.mark import NO_CERTIFICATE, certificate_value
from ledger.seal.digest import digest_bytes
from ledger.seal.sdjwt import OpenCertificate
from ledger.seal.statement import OpenStatement
from ledger.verify.certificate import ShownCertificate, ShownRecord
from ledger.verify.chain import Chain
from ledger.verify.reading import LineGroup
from ledger.verify.rule import Rule
from schemas.certificate import CertificateRecord
from schemas.lot import normal_lot
from schemas.run import RunFollows
from schemas.statement import Undo


def check(chain: Chain, group: LineGroup) -> None:
    """Check that each certificate is the one that its entry is of."""
    chain.each(group.records, _check)


def conclude(chain: Chain) -> None:
    """Check that a lot of a plant is one batch."""
    lots: dict[tuple[str, str], tuple[bytes, int]] = {}
    for certificate in chain.seen.values():
        if (
            certificate.follows is None or certificate.follows in chain.seen
        ):  # else it can't be told which batch it is of
            lot, plant = certificate.place, certificate.record.batch.facility.id
            root = chain.paths.first(certificate.issuance), certificate.record.output
            same = lots.setdefault((plant, normal_lot(lot)), root) == root
            chain.findings.require(Rule.LOT_ONCE, lot, holds=same, lot=lot, facility=plant)


def _check(chain: Chain, line: ShownRecord | ShownCertificate) -> None:
    if isinstance(line, ShownCertificate):
        _certificate(chain, line)
    elif line.logged is not None:
        undo = line.record.value if isinstance(line.record, OpenStatement) else None
        if isinstance(undo, Undo):
            chain.instruments.undoes[line.digest] = digest_bytes(undo.issuance)


def _certificate(chain: Chain, certificate: ShownCertificate) -> None:
    record, place, findings = certificate.record, certificate.place, chain.findings
    if certificate.opened is not None and certificate.proof is not None:
        holds = _stands_at_place(certificate, certificate.opened)
        findings.require(Rule.OWN_PLACE, place, holds=holds, output=record.output)
    if certificate.logged is not None:
        marks = certificate.logged.entry.marks
        due = 1 if record.follows else (record.counts.holdings or 1) + (record.instrument is not None)
        findings.require(Rule.MARK_COUNT, place, holds=len(marks) == due, found=len(marks), due=due)
    chain.instruments.check_clear(certificate)
    if certificate.run is None:
        return
    run = certificate.run.value
    for each in certificate.beside:
        certified = [value != NO_CERTIFICATE for value in each.values]
        in_place = not certified or certified == [made.certified for made in run.made]
        findings.require(Rule.OWN_PLACE, each.place, holds=in_place, output=each.record.output)
        same = _same_predecessor(run.follows, each.record)
        findings.require(Rule.FOLLOWS_NAMES, each.place, holds=same)


def _stands_at_place(certificate: ShownCertificate, opened: OpenCertificate) -> bool:
    """Return whether the run has the certificate's value at its output, with the certificate's status place."""
    record, values = certificate.record, certificate.values
    own = certificate_value(opened.digest_bytes, status_list=record.status.list, status_index=record.status.index)
    return len(values) == record.counts.outputs and record.output < len(values) and values[record.output] == own


def _same_predecessor(follows: RunFollows | None, record: CertificateRecord) -> bool:
    """Return whether a certificate and its run correct the same issuance, and the certificate at its own place."""
    if follows is None or record.follows is None:
        return follows is None and record.follows is None
    replaced = follows.ends[record.output] if record.output < len(follows.ends) else None
    named = replaced is not None and replaced.certificate == record.follows.certificate
    return named and record.follows.record == follows.record
