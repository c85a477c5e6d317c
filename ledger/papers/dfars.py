"""A magnet's statement of origin for DFARS 252.225-7052: each step, its country, and where elements were extracted.

The clause (84 FR 18156, 84 FR 72239, 89 FR 46816) covers samarium-cobalt and neodymium-iron-boron magnets melted or
produced in a covered country, and from 2027-01-01 also those mined, refined or separated there.

Rules: the statement is made only of a chain that is shown whole, in which every rare earth has a country of
extraction, and no step and no element has a covered one.  What else nobody states, such as the origin of bought boron
and cobalt, stands there as unknown.  It states facts by step and never that a delivery complies.  It is *proven* that
lots were made of each other; where a plant stands is *declared* by its signed certificate.  Exceptions of the clause
are not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ledger.papers.paper import NOT_STATED, Paper, PaperSubject, Section, Speaker, Table, lot_line, notice
from ledger.papers.support import COVERED_COUNTRIES, CRMA_ELEMENTS, MAGNET_TYPES, UNKNOWN, check_support
from ledger.verify.graph import chain_graph
from schemas.chain import ChainBatch
from schemas.figures import ElementShare
from schemas.vocabulary import unit_of


def dfars_paper(subject: PaperSubject, said: Speaker) -> Paper:
    """Return the statement of origin of a magnet, or raise RefusedError `paper.*`."""
    check_support("dfars", subject.report, subject.record)
    sections = (
        Section(said("What the clause covers"), tuple(_clause(subject, said))),
        _path(subject, said),
        _extraction(subject, said),
        Section(said("What this statement is not"), tuple(_limits(said))),
    )
    title = said("Statement of origin for DFARS 252.225-7052")
    return Paper(title, lot_line(subject, said), notice(subject, said), sections)


def _clause(subject: PaperSubject, said: Speaker) -> Iterator[str]:
    covered = ", ".join(map(said.country, COVERED_COUNTRIES))
    type_ = said(MAGNET_TYPES[subject.record.batch.product or ""])
    yield said("Type of magnet: {type}. Covered countries: {countries}.").format(type=type_, countries=covered)
    yield said(
        "Until 31 December 2026 the clause is about melting and production. From 1 January 2027 it is also about mining, refining and separation."
    )
    yield said("Below, no step and no element has a covered country.")
    if unknown := [part.element for part in subject.record.composition if _unknown(part)]:
        yield said("Nobody states the country of extraction of {elements}. This statement does not cover that.").format(
            elements=", ".join(unknown)
        )


def _path(subject: PaperSubject, said: Speaker) -> Section:
    chain = subject.chain
    graph = chain_graph(subject.seen.digest, subject.opened, chain.tables, chain.trust)
    shown = {each.certificate: each for each in graph.batches if unit_of(each.kind) == "kg"}
    rows = [_row(batch, shown, subject, said) for batch in shown.values()]
    rows += _uncertified(subject, shown.values(), said)
    head = (said("Step"), said("Country"), said("Lot"), said("Plant"), said("Elements"), said("Made of"), said("State"))
    lines = (
        said("Proven: each lot was made of the lots named in its row. Signatures, the log and mass balances show it."),
        said("Declared: the country of a plant, by the signed certificate of its lot."),
    )
    return Section(said("Path of origin, step by step"), lines, Table(head, tuple(rows)))


def _row(batch: ChainBatch, shown: Mapping[str, ChainBatch], subject: PaperSubject, said: Speaker) -> tuple[str, ...]:
    record = subject.chain.seen[batch.certificate].record
    held = {part.element for part in record.composition}
    sources = [shown.get(each.certificate or "") for each in batch.branches]
    upstream = dict.fromkeys(each.lot for each in sources if each)
    return (
        said.term(batch.step),
        said.country(batch.country),
        batch.lot,
        f"{record.batch.facility.name}, {batch.issuer}",
        ", ".join(element for element in CRMA_ELEMENTS if element in held),
        ", ".join(upstream) or said("first step"),
        said("lots proven, country declared"),
    )


def _uncertified(subject: PaperSubject, batches: Iterable[ChainBatch], said: Speaker) -> Iterator[tuple[str, ...]]:
    """Yield the steps of the record that have no certificate of their own: their users state them."""
    certified = {(batch.step, batch.country) for batch in batches}
    for step in dict.fromkeys((each.step, each.country) for each in subject.record.origin):
        if step not in certified:
            bought = said("a material without a certificate")
            state = said.term("unknown" if step[1] == UNKNOWN else "declared")
            yield said.term(step[0]), said.country(step[1]), bought, NOT_STATED, NOT_STATED, NOT_STATED, state


def _extraction(subject: PaperSubject, said: Speaker) -> Section:
    rows = tuple(
        (
            part.element,
            said.country(each.country),
            said.percent(each.share, 6),
            said.term("unknown") if each.country == UNKNOWN else said("share proven, country declared"),
        )
        for part in subject.record.composition
        for each in part.extracted
    )
    head = (said("Element"), said("Extracted in"), said("Part of the element"), said("State"))
    lines = (
        said(
            "Proven: the share, by the masses that the chain shows. Declared: the country, by the plant that mined or bought it."
        ),
    )
    return Section(said("Where each element was extracted"), lines, Table(head, rows, (2,)))


def _unknown(part: ElementShare) -> bool:
    return any(each.country == UNKNOWN for each in part.extracted)


def _limits(said: Speaker) -> Iterator[str]:
    yield said(
        "It states facts. Whether a delivery meets the clause is for the contractor and the contracting officer."
    )
    yield said("Exceptions of the clause, such as recycled magnets and nonavailability, are not judged.")
    yield said("The record follows rare earths, boron, cobalt and nickel. It does not follow iron and other elements.")
