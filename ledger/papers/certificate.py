"""The certificate of a batch on paper: goods, footprint, composition, claims, and what of it is proven.

Rules: the paper is the producer's and carries no verdict, but the advice of the day; each claim is beside the answer
that the attached record supports.  Flags of a figure are always under it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.papers.paper import (
    NOT_STATED,
    Paper,
    PaperSubject,
    Section,
    Speaker,
    Table,
    goods,
    lot_line,
    nothing_shown,
    notice,
    plain,
)
from ledger.plausibility.answers import flagged
from schemas.report import ClaimAnswer, Plausibility
from schemas.sentences import BESIDE, WORTH


def certificate_paper(subject: PaperSubject, said: Speaker) -> Paper:
    """Return the certificate of a batch as a paper."""
    sections = (
        goods(subject, said),
        _footprint(subject, said),
        _composition(subject, said),
        _claims(subject, said),
        Section(said("What the record proves"), tuple(_proven(subject, said))),
        Section(said("What is declared, not proven"), tuple(_declared(subject, said))),
    )
    title = said("Certificate of lot {lot}").format(lot=subject.record.batch.lot)
    return Paper(title, lot_line(subject, said), notice(subject, said), sections)


def _footprint(subject: PaperSubject, said: Speaker) -> Section:
    figures, worth, range_ = subject.record.footprint, subject.report.plausibility, subject.report.footprint
    if worth is None or range_ is None or subject.record.batch.kind == "electricity":
        return Section(said("Footprint"), (said("Electricity has no footprint here."),))
    digits, per_kg = worth.digits, said("kg CO2e per kg")
    low, high = range_.kg_co2e_per_kg_low, range_.kg_co2e_per_kg_high
    between = NOT_STATED if low is None or high is None else f"{said.figure(low, digits)} – {said.figure(high, digits)}"
    other = said.figure(range_.kg_co2e_per_kg_other_allocation, digits)
    profile = said.profile(subject.chain.tables.profiles.get(figures.method)) or figures.method
    rows = (
        (said("Location-based"), said.figure(figures.per_kg.location, digits), per_kg),
        (said("95 % range, location-based"), between, per_kg),
        (said("By another permitted allocation"), other, per_kg),
        (said("Market-based"), said.figure(figures.per_kg.market, digits), per_kg),
        (said("Whole lot, location-based"), said.figure(figures.total_kg_co2e.location, digits), "kg CO2e"),
    )
    return Section(
        said("Footprint"),
        (
            *_worth(worth, said),
            *_left_out(subject, said),
            said("From the mine to the gate of the plant. {method}, {gwp}, {allocation}.").format(
                method=profile, gwp=figures.gwp, allocation=said.term(f"{figures.allocation}-allocation")
            ),
        ),
        Table((said("Figure"), said("Amount"), said("Unit")), rows, (1,)),
    )


def _left_out(subject: PaperSubject, said: Speaker) -> Iterator[str]:
    """Yield what the chain leaves out without a bound."""
    beside = subject.record.footprint.beside
    if beside is not None and beside.open:
        yield said("Left out, and nobody knows how much it adds: {items}.").format(items="; ".join(beside.open))


def _worth(worth: Plausibility, said: Speaker) -> Iterator[str]:
    """Yield the flags of a figure, and the published range of its product."""
    if words := said("; ").join(said.worded(WORTH[word.key], word.facts) for word in flagged(worth)):
        yield said("Against this figure: {words}.").format(words=words)
    for each in worth.beside:
        if each.key.startswith("step-"):
            yield said.worded(BESIDE[each.key], each.facts)
    published = worth.published
    if published is None or published.low is None or published.high is None:
        yield said("There is no published range for this product.")
        return
    low, high = said.amount(published.low), said.amount(published.high)
    told = said("Published: {low} to {high} kg CO2e per kg. Methods differ.").format(low=low, high=high)
    if published.other:
        told = f"{told} {said('Part of this range is from memory.')}"
    yield f"{told} {'; '.join(published.studies) or published.note or ''}".strip()


def _composition(subject: PaperSubject, said: Speaker) -> Section:
    rows = tuple(
        (
            part.element,
            said.percent(part.fraction),
            *(said("none shown") if nothing_shown(part) else said.percent(each) for each in (part.pre, part.post)),
            ", ".join(f"{said.country(each.country)} {said.percent(each.share)}" for each in part.extracted)
            or NOT_STATED,
        )
        for part in subject.record.composition
    )
    head = (
        said("Element"),
        said("Part of mass"),
        said("Pre-consumer recycled"),
        said("Post-consumer recycled"),
        said("Extracted in"),
    )
    return Section(said("Composition"), (), Table(head, rows, (1, 2, 3))) if rows else Section(said("Composition"))


def _claims(subject: PaperSubject, said: Speaker) -> Section:
    claims = subject.report.claims
    if not claims:
        return Section(said("Claims"), (said("The record makes no claims."),))
    rows = tuple(
        (
            plain(said.claim(claim)),
            said("by the plant that made it") if claim.scope == "run" else said("over the whole chain"),
            said.term(claim.answer),
            _why(subject, said, claim, number),
        )
        for number, claim in enumerate(claims)
    )
    head = (said("Claim"), said("Scope"), said("State"), said("Why"))
    note = said(
        "Attested: you rely on the third party that is named. Declared: you rely on the producer alone. Unknown: some evidence is not shown or not stated."
    )
    return Section(said("Claims"), (note,), Table(head, rows))


def _why(subject: PaperSubject, said: Speaker, claim: ClaimAnswer, number: int) -> str:
    """Return the sentence that decides a claim; if the chain is not shown, the auditors' answer."""
    audited = subject.report.audited
    if audited is not None and subject.report.chain.state == "none":
        answer = plain(said.audited_claim(audited, number))
        if answer:
            return f"{answer}."
    path = f"{' → '.join(claim.path)}: " if len(claim.path) > 1 else ""
    return path + plain(said.reason(claim))


def _proven(subject: PaperSubject, said: Speaker) -> Iterator[str]:
    report, record = subject.report, subject.record
    yield said("{issuer} signed the record, and the log of {registry} holds it.").format(
        issuer=subject.issuer, registry=record.registry
    )
    yield plain(said.reply(report.replies.chain).sentence)
    whole = sum(each.total.taken_kg is not None for each in report.mass)
    if whole:
        yield said(
            "Mass balance, in total and for each tracked element, of the runs shown with their inputs: {runs}."
        ).format(runs=whole)
    figure = report.footprint
    if figure is not None and figure.difference is not None:
        yield said("The figure was computed again from every line. Difference: {difference} kg CO2e.").format(
            difference=said.amount(figure.difference)
        )


def _declared(subject: PaperSubject, said: Speaker) -> Iterator[str]:
    report = subject.report
    yield said("What meters, scales and assays of the plants showed, and where the plants stand.")
    if report.footprint is None or report.footprint.difference is None:
        yield said("The figure, because its lines are not shown.")
    if report.chain.state != "complete":
        yield said("The part of the chain that is not shown.")
    yield from (plain(said.limit(sentence, report.audited)) for sentence in report.not_proven)
