"""What Articles 28 and 29 of Regulation (EU) 2024/1252 ask for of a magnet, as far as its record has it.

Article 28(1)(b) and (4): who is responsible and its postal address, the type of the magnet, its weight, composition and
coating.  Article 29(1): for each of eight elements, the share recovered from post-consumer waste.  The pre-consumer
share stands beside it and is not asked for.

Read: Article 28(1) to (3) and (4)(a), and Article 29(1), in the German version.  Of the rest of Article 28(4) only a
summary was read, and nothing of the acts by Articles 28(2) and 29(2).

Rules: a share is *proven* if every kilogram of it was followed to certified scrap through the chain that is shown; the
proven share stands beside the share that the record states.  That scrap is pre- or post-consumer is always *declared*,
by the plant that takes it in.  Of an element whose origin nobody states no recycled share is shown, which is not 0 %.
The table says what it lacks, and claims no conformity: shares are by mass balance, not by the delegated act of
Article 29(2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ledger.chemistry.exact import SCALE, divide
from ledger.claims.answer import ClaimFinding
from ledger.claims.evidence import recycled_part
from ledger.claims.rules import own_criteria
from ledger.footprint.digits import shown
from ledger.papers.clause import MAGNET_TYPES
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
    nothing_shown,
    notice,
    plain,
    unknown_part,
)
from ledger.papers.support import CRMA_ELEMENTS, check_support
from schemas.figures import ElementShare
from schemas.quantity import milligrams, trillionths, trillionths_text
from schemas.report import ClaimAnswer
from schemas.sentences import REASONS, filled

_MG_OF_KG = 10**6
_PERCENT = " %"
_LEAST = SCALE // 10**6
"""Smaller parts come from rounding: each share of an element is rounded by itself."""


def crma_paper(subject: PaperSubject, said: Speaker) -> Paper:
    """Return the table of a magnet, or raise RefusedError `paper.*`."""
    check_support("crma", subject.report, subject.record)
    sections = (
        goods(subject, said),
        _article_28(subject, said),
        _article_29(subject, said),
        Section(said("What is proven, and what is declared"), tuple(_proven(subject, said))),
        Section(said("What this table is not"), tuple(_limits(said))),
    )
    title = said("Magnet information by Regulation (EU) 2024/1252, Articles 28 and 29")
    return Paper(title, lot_line(subject, said), notice(subject, said), sections)


def _article_28(subject: PaperSubject, said: Speaker) -> Section:
    batch = subject.record.batch
    declared, type_ = said.term("declared"), MAGNET_TYPES[batch.product or ""]
    coating = f"{batch.coating.kind}, {said.amount(batch.coating.mass_kg)} kg" if batch.coating else said("none stated")
    elements = ", ".join(f"{each.element} {said.percent(each.fraction)}" for each in subject.record.composition)
    rows = (
        (said("Type of magnet"), said(type_), declared),
        (said("Net mass of the lot"), f"{said.amount(batch.net_mass_kg)} kg", declared),
        (said("Chemical composition"), elements, declared),
        (said("Coating"), coating, declared),
        (said("Place in the product, glues, additives, access and removal"), said("not in this record"), NOT_STATED),
    )
    lines = (said("The last row is for the maker of the product, who knows it."),)
    head = (said("What"), said("Value"), said("State"))
    return Section(said("Article 28: type and composition"), lines, Table(head, rows))


def _article_29(subject: PaperSubject, said: Speaker) -> Section:
    parts = {part.element: part for part in subject.record.composition}
    found = subject.chain.claims.recycled(subject.seen, subject.chain.cited)
    mass = milligrams(subject.record.batch.net_mass_kg)
    rows = tuple(
        (element, *_share(parts[element], mass, found[element], subject, said))
        if element in parts
        else (element, said("not in the composition"), *(NOT_STATED,) * 6)
        for element in CRMA_ELEMENTS
    )
    head = (
        said("Element"),
        said("Part of mass"),
        said("Mass, kg"),
        said("Post-consumer, stated"),
        said("of it proven"),
        said("Pre-consumer, stated"),
        said("of it proven"),
        said("Why"),
    )
    lines = (
        said(
            "Article 29(1) asks for the share recovered from post-consumer waste. The pre-consumer share is told beside it."
        ),
        said("Shares are parts of the element's mass in the lot. A share without proof rests on the producer alone."),
    )
    return Section(said("Article 29: recycled share by element"), lines, Table(head, rows, (1, 2, 3, 4, 5, 6)))


def _share(
    part: ElementShare, mass_mg: int, found: ClaimFinding, subject: PaperSubject, said: Speaker
) -> tuple[str, ...]:
    kg = trillionths_text(divide(trillionths(part.fraction) * mass_mg, _MG_OF_KG))
    none, begin = said("none shown"), (said.percent(part.fraction, DIGITS), said.figure(kg, DIGITS))
    if nothing_shown(part):
        return *begin, none, none, none, none, _unstated(part, said)
    proven = found.answer == "proven"
    shares = (part.post, part.pre)
    told = (each for share in shares for each in (said.percent(share), said.percent(share) if proven else none))
    return *begin, *told, _why(part, found, subject, said)


def _why(part: ElementShare, found: ClaimFinding, subject: PaperSubject, said: Speaker) -> str:
    facts = _rounded(found.facts)
    answer = ClaimAnswer(
        id="recycled-content",
        scope="chain",
        answer=found.answer,
        said=found.answer,
        own_criteria=own_criteria("recycled-content"),
        element=part.element,
        path=(subject.record.batch.lot, *found.path),
        reason=found.reason,
        sentence=filled(REASONS[found.reason], facts),
        facts=facts,
    )
    path = f"{' → '.join(answer.path)}: " if found.path else ""
    why = path + plain(said.reason(answer))
    return f"{why} {_unstated(part, said)}".strip()


def _unstated(part: ElementShare, said: Speaker) -> str:
    """Return how much of an element has no stated origin, or nothing; a recycled part may be what has none."""
    unknown = unknown_part(part) - recycled_part(part)
    if unknown >= SCALE - _LEAST:
        return said("The origin of this element is not stated.")
    if unknown < _LEAST:
        return ""
    least = said.percent(trillionths_text(unknown), DIGITS)
    return said("The origin of at least {part} of it is not stated.").format(part=least)


def _rounded(facts: Mapping[str, str]) -> dict[str, str]:
    """Return the facts of a finding, each share in percent rounded as in the table."""
    return {
        name: f"{shown(value.removesuffix(_PERCENT), DIGITS)}{_PERCENT}" if value.endswith(_PERCENT) else value
        for name, value in facts.items()
    }


def _proven(subject: PaperSubject, said: Speaker) -> Iterator[str]:
    yield said(
        "Proven, where the table says so: the chain shown follows every kilogram of the share to certified scrap, by signed records and mass balances."
    )
    yield said(
        "Declared, always: whether scrap is pre-consumer or post-consumer. The plant that takes scrap in states the class, and no later record can prove it."
    )
    for opened in subject.opened:
        batch = opened.record.batch
        if batch.step == "scrap-collection":
            yield said("Taken in as scrap: {lot}, at {plant}, {country}.").format(
                lot=batch.lot, plant=batch.facility.name, country=said.country(batch.facility.country)
            )
    yield said("Declared: masses, assays, type, coating, plant and days, by whoever signed them.")
    yield said("The postal address is in the trust list. The registry vouches for it.")


def _limits(said: Speaker) -> Iterator[str]:
    yield said(
        "Shares are by mass balance along the chain. The rules of a delegated act by Article 29(2) are not applied."
    )
    yield said("It is about one lot of magnets. Articles 28 and 29 are about products that contain magnets.")
    yield said("It is no declaration of conformity.")
    yield said(
        "Text read: Article 28(1) to (3) and (4)(a), and Article 29(1), in the German version. Read only in summary: the rest of Article 28(4). Not read: the acts by Articles 28(2) and 29(2)."
    )
