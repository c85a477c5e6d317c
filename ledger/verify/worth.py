"""What the figure of a verified certificate is worth, by the flags found in its chain.

Rules: flags of the run that made the batch and those of upstream runs stand apart.  Where a run is not shown, what its
certificate states counts.  What an attestation lifts counts no more; the line says how many flags, and by whose word.

What this module does not do: it judges nothing, and changes no verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ledger.plausibility.published import compare_step
from ledger.plausibility.worth import Known, told
from schemas.sentences import CAUSES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.verify.certificate import ShownCertificate
    from ledger.verify.chain import Chain
    from ledger.verify.findings import Finding
    from schemas.report import Plausibility, StepComparison


def plausibility(chain: Chain, seen: ShownCertificate) -> Plausibility:
    """Return what the figure of the subject of a verification is worth."""
    own, *_ = _flags_of(chain, [seen]).values() or (None,)
    others = [chain.seen[digest] for digest in chain.cited if digest in chain.seen]
    upstream = _flags_of(chain, others)
    upstream.pop(seen.issuance, None)
    return told(
        seen.record,
        chain.tables,
        own=None if own is None else own.left,
        upstream=sum(each.left for each in upstream.values()),
        run=chain.view.run,
        known=Known(
            findings=len(chain.registry_word.findings) if chain.registry_word else 0,
            corrected=len({found.place for found in chain.findings.all if _changes_figure(found)}),
            lifted=sum(each.lifted for each in (own, *upstream.values()) if each is not None),
            attestors=tuple(dict.fromkeys(name for each in (own, *upstream.values()) if each for name in each.by)),
            meter_attested_by=own.by if own is not None else (),
            figure_attested_by=chain.attestations.accredited(seen, "figure"),
            plant_attested_by=chain.attestations.accredited(seen, "on-site"),
            steps=_steps_of(chain, [each for each in others if each.issuance != seen.issuance]),
        ),
    )


def _steps_of(chain: Chain, certificates: Iterable[ShownCertificate]) -> tuple[StepComparison, ...]:
    """Return the own steps of some certificates beside studies, those of one run once, in the order of their lots."""
    runs = {each.issuance: compare_step(each.record, chain.tables) for each in certificates}
    return tuple(sorted(filter(None, runs.values()), key=lambda step: (step.step, step.lot)))


def _changes_figure(found: Finding) -> bool:
    """Return whether a finding is about a batch upstream whose figure was corrected."""
    return found.code == "status.corrected" and found.facts["change"] != CAUSES["same-figure"]


class _Flags(NamedTuple):
    """The flags of a run that are left, those that attestations lifted, and the names of who did."""

    left: int
    lifted: int
    by: tuple[str, ...]


def _flags_of(chain: Chain, certificates: Iterable[ShownCertificate]) -> dict[bytes, _Flags]:
    """Return the flags of each issuance of some certificates: those found, or else those stated."""
    known: dict[bytes, _Flags] = {}
    for each in certificates:
        flags = chain.provenance.flags.get(each.issuance) or each.record.footprint.flags
        if flags is None or (each.issuance in known and known[each.issuance].by):
            continue
        names = chain.attestations.accredited(each, "figure") if flags.attestable else ()
        lifted = (flags.attestable or 0) if names else 0
        known[each.issuance] = _Flags(flags.own - lifted, lifted, names)
    return known
