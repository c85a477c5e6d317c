"""A magnet's statement of origin for DFARS 252.225-7052: each step, its country, and where elements were extracted.

`ledger.papers.clause` says what was read, what the clause covers on a day, and what each step counts as.

Rules: the statement is made only of a chain that is shown whole, in which nothing that the clause covers on the day of
delivery was done in a covered country; from 2027 every rare earth needs a country of extraction.  What nobody states,
such as the origin of bought boron, cobalt and iron, stands there as unknown.  It states facts by step and never that a
delivery complies.  It is *proven* that lots were made of each other; where a plant stands is *declared* by its signed
certificate.  Contract, part, consignee and signatory are of whoever takes the paper.  Exceptions of the clause are not
judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Final, NamedTuple

from ledger.footprint.origin import UNKNOWN
from ledger.papers.clause import (
    ACTIVITIES,
    COVERED_COUNTRIES,
    MAGNET_TYPES,
    NAMED_ELEMENTS,
    WHOLE_CHAIN_FROM,
    Activity,
    MagnetType,
    counted,
    covered_activities,
)
from ledger.papers.delivery import StatedDelivery
from ledger.papers.paper import (
    DIGITS,
    NOT_STATED,
    Paper,
    PaperSubject,
    Section,
    Speaker,
    Table,
    goods,
    lot_line,
    notice,
    unknown_part,
)
from ledger.papers.support import CRMA_ELEMENTS, check_support, day_of
from ledger.verify.graph import chain_graph
from schemas.certificate import CertificateRecord
from schemas.chain import ChainBatch
from schemas.identifier import Country
from schemas.vocabulary import Step, unit_of

BLANK: Final = "_" * 40
"""Stands for what is to be filled in by hand."""


class _Done(NamedTuple):
    """A step of the chain: where it was done, and the lot that it made, if that has a certificate."""

    step: Step
    country: Country
    batch: ChainBatch | None = None


def dfars_paper(subject: PaperSubject, said: Speaker, delivery: StatedDelivery | None = None) -> Paper:
    """Return the statement of origin of a magnet for a delivery, or raise RefusedError `paper.*`.

    Without a day of delivery, it is for the day of the verification.
    """
    wanted = delivery or StatedDelivery()
    day = wanted.day or day_of(subject.report)
    check_support("dfars", subject.report, subject.record, day)
    shown = _shown(subject)
    done = [_Done(each.step, each.country, each) for each in shown.values()]
    done += _uncertified(subject.record, done)
    sections = (
        goods(subject, said),
        _delivery(wanted, day, said),
        Section(said("What the clause covers"), tuple(_clause(subject.record, done, day, said))),
        _activities(subject.record, done, day, said),
        _path(subject, done, shown, said),
        _extraction(subject.record, said),
        _mapping(done, _type(subject.record), said),
        Section(said("What this statement is not"), tuple(_limits(said))),
    )
    title = said("Statement of origin for DFARS 252.225-7052")
    return Paper(title, lot_line(subject, said), notice(subject, said), sections)


def _type(record: CertificateRecord) -> MagnetType:
    return MAGNET_TYPES[record.batch.product or ""]


def _shown(subject: PaperSubject) -> dict[str, ChainBatch]:
    """Return the lots of goods in the chain by certificate, upstream first."""
    chain = subject.chain
    graph = chain_graph(subject.seen.digest, subject.opened, chain.tables, chain.trust)
    return {each.certificate: each for each in graph.batches if unit_of(each.kind) == "kg"}


def _uncertified(record: CertificateRecord, certified: Iterable[_Done]) -> list[_Done]:
    """Return the steps of the record that have no certificate of their own: their users state them."""
    known = {(each.step, each.country) for each in certified}
    others = dict.fromkeys((each.step, each.country) for each in record.origin)
    goods_steps = (each for each in others if counted(each[0], _type(record)) is not None)
    return [_Done(step, country) for step, country in goods_steps if (step, country) not in known]


# -- the delivery and the clause ------------------------------------------------------------------------------------


def _delivery(delivery: StatedDelivery, day: date, said: Speaker) -> Section:
    rows = (
        (said("Contract number"), delivery.contract or BLANK),
        (said("Part number"), delivery.part or BLANK),
        (said("Consignee"), delivery.consignee or BLANK),
        (said("Day of delivery"), said.day(day.isoformat())),
        (said("Signatory, name and position"), delivery.signatory or BLANK),
        (said("Signature and date"), BLANK),
    )
    lines = (said("Whoever took this paper entered this. It is not in the record, and nobody checked it."),)
    return Section(said("Delivery"), lines, Table((said("What"), said("Value")), rows, form=True))


def _clause(record: CertificateRecord, done: Iterable[_Done], day: date, said: Speaker) -> Iterator[str]:
    countries = ", ".join(map(said.country, COVERED_COUNTRIES))
    type_ = said(_type(record))
    yield said("Type of magnet: {type}. Covered countries: {countries}.").format(type=type_, countries=countries)
    told = {"day": said.day(day.isoformat()), "from": said.day(WHOLE_CHAIN_FROM.isoformat())}
    if day >= WHOLE_CHAIN_FROM:
        named = ", ".join(NAMED_ELEMENTS[_type(record)])
        yield said(
            "For a delivery on {day} the clause covers the whole chain, from the mining of {elements} to the finished magnet: mined, refined, separated, melted or produced."
        ).format(**told, elements=named)
    else:
        yield said(
            "For a delivery on {day} the clause covers only what is melted or produced. From {from} it covers also what is mined, refined or separated."
        ).format(**told)
    yield _result(record, done, said)
    by_activity = _by_activity(done, _type(record))
    if open_ := [each for each in covered_activities(day) if not _known(each, by_activity[each], record)]:
        yield said("Unknown, wholly or in part: {activities}.").format(activities=", ".join(map(said, open_)))
    yield said(
        "Text read: the clause of May 2024, and DFARS 225.7018-2 and -3, in the edition of 10 November 2025. Not read: later versions, class deviations, 10 U.S.C. 4872, your contract."
    )


def _result(record: CertificateRecord, done: Iterable[_Done], said: Speaker) -> str:
    """Return that no covered country is stated, for which activities if not for all, and what is unknown."""
    elements = ", ".join(_unknown(record))
    found = dict.fromkeys(_stated(record, done))
    if not found and not elements:
        return said("No covered country is stated.")
    if not found:
        return said("No covered country is stated; unknown for {elements}.").format(elements=elements)
    parts = ", ".join(f"{said(activity)}: {said.country(country)}" for activity, country in found)
    told = said(
        "No covered country is stated for what is melted or produced. From {from} the clause covers also: {parts}."
    ).format(**{"from": said.day(WHOLE_CHAIN_FROM.isoformat())}, parts=parts)
    return f"{told} {said('Unknown for {elements}.').format(elements=elements)}" if elements else told


def _stated(record: CertificateRecord, done: Iterable[_Done]) -> Iterator[tuple[Activity, Country]]:
    """Yield the activities that were done in covered countries; none of them is covered on the day of delivery."""
    for part in record.composition:
        yield from (("mined", each.country) for each in part.extracted if each.country in COVERED_COUNTRIES)
    for each in done:
        found = counted(each.step, _type(record))
        if found is not None and each.country in COVERED_COUNTRIES:
            yield found.activity, each.country


def _unknown(record: CertificateRecord) -> list[str]:
    """Return the elements of unknown origin: those of which nobody states it, and those that the clause names."""
    stated = {part.element for part in record.composition if part.extracted and not unknown_part(part)}
    unknown = [part.element for part in record.composition if unknown_part(part)]
    return unknown + [each for each in NAMED_ELEMENTS[_type(record)] if each not in {*stated, *unknown}]


# -- mined, refined, separated, melted, produced --------------------------------------------------------------------


def _activities(record: CertificateRecord, done: Iterable[_Done], day: date, said: Speaker) -> Section:
    covered, by_activity = covered_activities(day), _by_activity(done, _type(record))
    rows = []
    for activity in ACTIVITIES:
        steps = [*_steps_told(by_activity[activity], said)]
        if activity == "mined":
            steps += _elements_told(record, said)
        whole = said.term("declared") if _known(activity, by_activity[activity], record) else said("partly unknown")
        rows.append(
            (
                said(activity),
                said("yes") if activity in covered else said("not on that day"),
                "; ".join(steps) or said("no step of the chain shown"),
                whole if steps else said.term("unknown"),
            )
        )
    head = (said("Activity"), said("Covered"), said("Where, and in which lots"), said("State"))
    lines = (
        said("Proven: each lot was made of the lots named in its row. Signatures, the log and mass balances show it."),
        said("Declared: the country of a plant, by the signed certificate of its lot."),
    )
    return Section(said("Mined, refined, separated, melted, produced"), lines, Table(head, tuple(rows)))


def _by_activity(done: Iterable[_Done], magnet: MagnetType) -> dict[Activity, list[_Done]]:
    found: dict[Activity, list[_Done]] = {activity: [] for activity in ACTIVITIES}
    for each in done:
        step = counted(each.step, magnet)
        if step is not None:
            found[step.activity].append(each)
    return found


def _known(activity: Activity, done: Collection[_Done], record: CertificateRecord) -> bool:
    """Return whether an activity was done in known countries alone, as far as the chain goes."""
    if not done or any(each.country == UNKNOWN for each in done):
        return False
    return activity != "mined" or not _unknown(record)


def _steps_told(done: Iterable[_Done], said: Speaker) -> Iterator[str]:
    """Yield each step with its country, and the lots that were made there."""
    lots: dict[tuple[Step, Country], list[str]] = {}
    for each in done:
        lots.setdefault((each.step, each.country), []).extend([each.batch.lot] if each.batch else [])
    for (step, country), made in lots.items():
        told = f"{said.term(step)}, {said.country(country)}"
        yield f"{told} ({', '.join(made)})" if made else f"{told} ({said('a material without a certificate')})"


def _elements_told(record: CertificateRecord, said: Speaker) -> Iterator[str]:
    """Yield each country of extraction with its elements, and the elements that nobody states."""
    by_country: dict[Country, list[str]] = {}
    for part in record.composition:
        for each in part.extracted:
            by_country.setdefault(each.country, []).append(part.element)
    by_country.pop(UNKNOWN, None)
    for country, elements in by_country.items():
        yield said("{elements} from {country}").format(elements=", ".join(elements), country=said.country(country))
    if unknown := _unknown(record):
        yield said("origin unknown: {elements}").format(elements=", ".join(unknown))


# -- the path -------------------------------------------------------------------------------------------------------


def _path(subject: PaperSubject, done: Iterable[_Done], shown: Mapping[str, ChainBatch], said: Speaker) -> Section:
    rows = tuple(_row(each, shown, subject, said) for each in done)
    head = (said("Step"), said("Country"), said("Lot"), said("Plant"), said("Elements"), said("Made of"), said("State"))
    return Section(said("Path of origin, step by step"), (), Table(head, rows))


def _row(done: _Done, shown: Mapping[str, ChainBatch], subject: PaperSubject, said: Speaker) -> tuple[str, ...]:
    begin, batch = (said.term(done.step), said.country(done.country)), done.batch
    if batch is None:
        state = said.term("unknown" if done.country == UNKNOWN else "declared")
        return *begin, said("a material without a certificate"), NOT_STATED, NOT_STATED, NOT_STATED, state
    record = subject.chain.seen[batch.certificate].record
    held = {part.element for part in record.composition}
    sources = [shown.get(each.certificate or "") for each in batch.branches]
    upstream = dict.fromkeys(each.lot for each in sources if each)
    return (
        *begin,
        batch.lot,
        f"{record.batch.facility.name}, {batch.issuer}",
        ", ".join(element for element in CRMA_ELEMENTS if element in held),
        ", ".join(upstream) or said("first step"),
        said("lots proven, country declared"),
    )


def _extraction(record: CertificateRecord, said: Speaker) -> Section:
    rows = [
        (
            part.element,
            said.country(each.country),
            said.percent(each.share, DIGITS),
            said.term("unknown") if each.country == UNKNOWN else said("share proven, country declared"),
        )
        for part in record.composition
        for each in part.extracted
    ]
    held = {row[0] for row in rows}
    rows += [
        (element, said.country(UNKNOWN), NOT_STATED, said.term("unknown"))
        for element in NAMED_ELEMENTS[_type(record)]
        if element not in held
    ]
    head = (said("Element"), said("Extracted in"), said("Part of the element"), said("State"))
    lines = (
        said(
            "Proven: the share, by the masses that the chain shows. Declared: the country, by the plant that mined or bought it."
        ),
    )
    return Section(said("Where each element was extracted"), lines, Table(head, tuple(rows), (2,)))


def _mapping(done: Iterable[_Done], magnet: MagnetType, said: Speaker) -> Section:
    """Return what each step of the chain counts as, and why."""
    steps = dict.fromkeys(each.step for each in done)
    rows = tuple(
        (said.term(step), said(found.activity), said(found.reason))
        for step, found in ((each, counted(each, magnet)) for each in steps)
        if found is not None
    )
    head = (said("Step"), said("Counts as"), said("Why"))
    return Section(said("How each step counts"), (), Table(head, rows))


def _limits(said: Speaker) -> Iterator[str]:
    yield said(
        "It states facts. Whether a delivery meets the clause is for the contractor and the contracting officer."
    )
    yield said("Exceptions of the clause, such as recycled magnets and nonavailability, are not judged.")
    yield said("The record follows rare earths, boron, cobalt and nickel. It does not follow iron and other elements.")
