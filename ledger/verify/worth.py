"""What the figure of a verified certificate is worth, by the flags found in its chain.

Rules: flags of the run that made the batch and those of upstream runs stand apart.  Where a run is not shown, what its
certificate states counts.

What this module does not do: it judges nothing, and changes no verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.plausibility.worth import Known, told

if TYPE_CHECKING:
    from ledger.verify.certificate import ShownCertificate
    from ledger.verify.chain import Chain
    from schemas.report import Plausibility


def plausibility(chain: Chain, seen: ShownCertificate) -> Plausibility:
    """Return what the figure of the subject of a verification is worth."""
    found = chain.provenance.flags.get(seen.issuance)
    stated = seen.record.footprint.flags
    own = found or stated
    return told(
        seen.record,
        chain.tables,
        own=None if own is None else own.own,
        upstream=sum(_known_flags(chain, seen).values()),
        run=chain.view.run,
        known=Known(
            findings=len(chain.registry_word.findings) if chain.registry_word else 0,
            corrected=len({found.place for found in chain.findings.all if found.code == "status.corrected"}),
        ),
    )


def _known_flags(chain: Chain, seen: ShownCertificate) -> dict[bytes, int]:
    """Return the open flags of each issuance upstream: those found, or else those stated."""
    known: dict[bytes, int] = {}
    for each in (chain.seen[digest] for digest in chain.cited if digest in chain.seen):
        flags = chain.provenance.flags.get(each.issuance) or each.record.footprint.flags
        if flags is not None and each.issuance != seen.issuance:
            known[each.issuance] = flags.own
    return known
