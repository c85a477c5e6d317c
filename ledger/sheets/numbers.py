"""One certificate's figure taken apart by stage, gas, scope and source, as far as the certificate shows it.

Rules: figures are location-based kg CO2e, all exact.  The weights of the run's allocation share the figures of lines
and inputs among the outputs, so the parts sum to the batch's total.  A withheld run has no sources.

This module computes nothing anew, does not round for display, and does not draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from ledger.factors.figures import co2e, parsed_groups, parsed_rows
from ledger.footprint.allocation import allocate
from ledger.footprint.engine import Terms, share_of, weights_of
from ledger.seal.sdjwt import OpenCertificate, OpenInput, OpenRun
from schemas.certificate import CertificateRecord
from schemas.quantity import trillionths
from schemas.vocabulary import GASES, GROUPS, STAGES, Gas

WITHHELD: Final = "withheld"


class FigurePart(NamedTuple):
    """A part of the whole: its name, its kg CO2e (scaled), and a certificate's digest if it is a batch."""

    name: str
    amount: int
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Numbers:
    """A batch's total and its parts, scaled kg CO2e; `sources` is empty if the run is withheld."""

    total: int
    stages: tuple[FigurePart, ...]
    gases: tuple[FigurePart, ...]
    matrix: Mapping[tuple[str, str], int]
    scopes: tuple[FigurePart, ...]
    sources: tuple[FigurePart, ...]


def numbers_of(opened: OpenCertificate, gwp: Mapping[Gas, int]) -> Numbers:
    """Return the parts of a certificate's total."""
    record, figures = opened.record, opened.record.footprint
    rows = parsed_rows(figures.rows)
    matrix: dict[tuple[str, str], int] = {
        (stage, gas): co2e({(stage, gas): pair}, gwp).location for (stage, gas), pair in rows.items()
    }
    stages: dict[str, int] = {
        stage: sum(amount for (each, _), amount in matrix.items() if each == stage) for stage in STAGES
    }
    gases: dict[str, int] = {gas: sum(amount for (_, each), amount in matrix.items() if each == gas) for gas in GASES}
    scopes = (
        FigurePart("scope 1", trillionths(figures.scope_1)),
        FigurePart("scope 2", trillionths(figures.scope_2.location)),
        FigurePart("scope 3", trillionths(figures.scope_3.location)),
    )
    return Numbers(
        total=trillionths(figures.total_kg_co2e.location),
        stages=_parts(stages),
        gases=_parts(gases),
        matrix=matrix,
        scopes=scopes,
        sources=_sources(record, opened.run, gwp) if opened.run else (),
    )


def _parts(amounts: Mapping[str, int]) -> tuple[FigurePart, ...]:
    return tuple(FigurePart(name, amount) for name, amount in amounts.items() if amount)


def _sources(record: CertificateRecord, run: OpenRun, gwp: Mapping[Gas, int]) -> tuple[FigurePart, ...]:
    """Return the contributions of the run's own lines, by group, and of its inputs, to the batch."""
    own = parsed_groups(run.value.own)
    groups: dict[str, int] = {
        group: co2e({key: pair for key, pair in own.items() if key[0] == group}, gwp).location
        for group in GROUPS
        if group != "credits"  # credits are apart from every total
    }
    inputs = [_input(number, shown, gwp) for number, shown in enumerate(run.inputs, 1)]
    whole = [*_parts(groups), *(part for part in inputs if part is not None)]
    hidden = co2e(parsed_rows(run.value.upstream), gwp).location - sum(part.amount for part in inputs if part)
    if any(part is None for part in inputs) and hidden:
        whole.append(FigurePart(WITHHELD, hidden))
    return _of_this(record, run, whole)


def _input(number: int, shown: OpenInput | None, gwp: Mapping[Gas, int]) -> FigurePart | None:
    if shown is None or shown.source is None:
        return None
    amount = co2e(parsed_rows(shown.source.rows), gwp).location
    return FigurePart(f"{number}. {shown.value.material}", amount, shown.source.certificate)


def _of_this(record: CertificateRecord, run: OpenRun, whole: Sequence[FigurePart]) -> tuple[FigurePart, ...]:
    """Return this batch's share of each part of its run."""
    value = run.value
    terms = Terms(value.stage, value.gwp, value.allocation.method, value.allocation.mass_key)
    weights = weights_of(terms, [share_of(made) for made in value.made])
    return tuple(part._replace(amount=allocate(part.amount, weights)[record.output]) for part in whole)
