"""What a figure is worth: its flags, its placeholders, its place in the published range, and the rules that judged it.

Rules: "genuine" speaks of the record, this of the figure.  Flags of the run that made the batch and those of upstream
runs stand apart.  Where a run is not shown, what its certificate states counts.

This module judges nothing (`ledger.plausibility.rules`) and changes no verdict.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from ledger.footprint.digits import FEW, digits_of, shown
from ledger.footprint.versions import ENGINE
from ledger.plausibility.demands import profile_summary
from ledger.plausibility.published import compare, compare_step
from ledger.plausibility.told import (
    beside_facts,
    largest_words,
    measured_summary,
    own_power_saves,
    place_facts,
    step_facts,
    steps_words,
)
from schemas.quantity import trillionths, trillionths_text
from schemas.report import OpenFlag, Plausibility, WorthWord
from schemas.sentences import FLAG_PARTS, FLAGS, WORTH, filled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.factors.tables import FactorTables
    from ledger.footprint.inventory import PublishedFacts
    from ledger.seal.sdjwt import OpenRun
    from schemas.certificate import OpenFlags
    from schemas.report import PublishedComparison, StepComparison


class Known(NamedTuple):
    """What is known beyond a certificate and its flags: findings of its registry, and corrected batches upstream.

    `steps` are the own steps of upstream runs that are shown.

    `lifted` flags count no more by the word of `attestors`; `meter_attested_by` are those who lifted flags of the run
    that made the batch, `plant_attested_by` those who inspected its plant, and
    `figure_attested_by` those who attest the figure, None where nobody looked for attestations.
    """

    findings: int = 0
    corrected: int = 0
    lifted: int = 0
    attestors: tuple[str, ...] = ()
    meter_attested_by: tuple[str, ...] = ()
    plant_attested_by: tuple[str, ...] = ()
    figure_attested_by: tuple[str, ...] | None = None
    steps: tuple[StepComparison, ...] = ()


def alone(record: PublishedFacts, tables: FactorTables, run: OpenRun | None = None) -> Plausibility:
    """Return what the figure of a certificate is worth as far as the certificate alone tells."""
    stated = record.footprint.flags
    return told(record, tables, own=None if stated is None else stated.own, upstream=0, run=run)


def told(
    record: PublishedFacts,
    tables: FactorTables,
    *,
    own: int | None,
    upstream: int,
    run: OpenRun | None,
    known: Known = Known(),  # noqa: B008 - it is frozen
) -> Plausibility:
    """Return what a figure is worth, by its own open flags and those of upstream runs that are shown."""
    figures = record.footprint
    stated = figures.flags
    inputs = None if stated is None else stated.inputs
    notes, flags = (stated.notes if stated else None) or (), _open_flags(stated)
    published = compare(record, tables)
    far = published is not None and published.word == "far-below" and not known.figure_attested_by
    step = compare_step(record, tables)
    steps = known.steps if step is None else (step, *known.steps)
    words = (*_words(record, published, own, upstream, known), *_steps_words(steps), *_known_words(known))
    return Plausibility(
        qualified=bool(own or upstream or inputs or figures.placeholders or far or known.findings or known.corrected),
        sentence="; ".join(filled(WORTH[word.key], word.facts) for word in words),
        words=words,
        flags=own,
        open=tuple(flag for flag in flags if flag.rule not in notes) if own else (),
        notes=tuple(flag for flag in flags if flag.rule in notes),
        measured=measured_summary(figures.quality),
        upstream_flags=upstream,
        flagged_inputs=inputs,
        placeholders=figures.placeholders,
        digits=digits_of(figures.quality),
        published=published,
        steps=steps,
        rules=figures.engine,
        profile=profile_summary(record, run, tables),
        beside=(
            *beside_facts(record, attestors=known.meter_attested_by),
            *step_facts(step, figures.quality),
            *place_facts(record, tables, inspectors=known.plant_attested_by),
        ),
        lifted=known.lifted,
        attestors=known.attestors,
    )


def _open_flags(stated: OpenFlags | None) -> tuple[OpenFlag, ...]:
    """Return the open flags that a certificate states, those with most of the figure first."""
    if stated is None:
        return ()
    parts = {each.rule: trillionths(each.part) for each in stated.parts or ()}
    rules = sorted(stated.rules or (), key=lambda rule: (-parts.get(rule, -1), rule))
    return tuple(_open_flag(rule, parts.get(rule)) for rule in rules)


def _open_flag(rule: str, part: int | None) -> OpenFlag:
    percent = None if part is None else trillionths_text(part * 100)
    told = (
        FLAG_PARTS["unknown"]
        if percent is None
        else filled(FLAG_PARTS.get(rule, FLAG_PARTS["known"]), {"percent": percent})
    )
    return OpenFlag(rule=rule, sentence=f"{FLAGS.get(rule, rule)} {told}", percent=percent)


def _words(
    record: PublishedFacts, published: PublishedComparison | None, own: int | None, upstream: int, known: Known
) -> Iterator[WorthWord]:
    figures = record.footprint
    if published is not None:
        yield from _range_words(published, known)
    if own is None:
        yield WorthWord(key="flags-unknown")
    elif own:
        yield WorthWord(key="flags", facts={"flags": str(own)})
    elif not (upstream or known.lifted or (figures.flags and figures.flags.inputs)):
        yield WorthWord(key="no-flags")
    if upstream:
        yield WorthWord(key="flags-upstream", facts={"flags": str(upstream)})
    elif figures.flags is not None and figures.flags.inputs:
        yield WorthWord(key="flagged-inputs", facts={"inputs": str(figures.flags.inputs)})
    if known.lifted:
        yield WorthWord(key="lifted", facts={"flags": str(known.lifted), "names": ", ".join(known.attestors)})
    yield from _word_alone(record)
    if figures.placeholders:
        yield WorthWord(key="placeholders", facts={"lines": str(figures.placeholders)})
    if figures.engine != ENGINE:
        yield WorthWord(key="old-rules", facts={"version": figures.engine})


def _word_alone(record: PublishedFacts) -> Iterator[WorthWord]:
    """Yield how much rests on the producers' word alone, from 1 % of the figure on, and what their own power saves."""
    measured = measured_summary(record.footprint.quality)
    if measured is not None and Decimal(measured.word) >= 1:
        yield WorthWord(key="word", facts={"share": shown(measured.word, FEW), "largest": largest_words(measured)})
    if (bought := own_power_saves(record)) is not None:
        yield WorthWord(key="grid-power", facts={"figure": bought})


def _steps_words(steps: Sequence[StepComparison]) -> Iterator[WorthWord]:
    """Yield in how many steps of the chain the figure is below what studies of that step found, if in any."""
    low = [each for each in steps if each.word in {"below", "far-below"}]
    if low:
        studied = str(sum(each.word != "none" for each in steps))
        facts = {"below": str(len(low)), "of": studied, "steps": steps_words(low)}
        yield WorthWord(key="steps-below", facts=facts)


def _known_words(known: Known) -> Iterator[WorthWord]:
    if known.corrected:
        yield WorthWord(key="corrected", facts={"batches": str(known.corrected)})
    if known.findings:
        yield WorthWord(key="registry", facts={"findings": str(known.findings)})


def _range_words(published: PublishedComparison, known: Known) -> Iterator[WorthWord]:
    """Yield where the figure lies; one far below all others asks for an attestation."""
    yield _range_word(published)
    if published.word == "far-below" and known.figure_attested_by is not None:
        names = ", ".join(known.figure_attested_by)
        yield WorthWord(key="attested", facts={"names": names}) if names else WorthWord(key="unattested")


def _range_word(published: PublishedComparison) -> WorthWord:
    if published.word == "none":
        return WorthWord(key="unnamed" if published.product is None else "none")
    if published.read == 0 and not published.studies:
        return WorthWord(key=f"{published.word}-composed")
    if published.read == 1:
        return WorthWord(key=f"{published.word}-one")
    return WorthWord(key=published.word, facts={"read": str(published.read)})
