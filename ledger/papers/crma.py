"""What Articles 28 and 29 of Regulation (EU) 2024/1252 ask for of a magnet, as far as its record has it.

Article 28(1)(b) and (4): the type of the magnet, its weight, composition and coating.  Article 29(1): for each of eight
elements, the share recovered from post-consumer waste.  The pre-consumer share stands beside it and is not asked for.

Rules: a share is *proven* if every kilogram of it was followed to certified scrap through the chain that is shown,
else *declared*.  The table says what it lacks, and claims no conformity: shares are by mass balance, not by the
delegated act of Article 29(2).
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.chemistry.exact import divide
from ledger.claims.answer import ClaimFinding
from ledger.papers.paper import NOT_STATED, Paper, PaperSubject, Section, Speaker, Table, lot_line, notice, plain
from ledger.papers.support import CRMA_ELEMENTS, MAGNET_TYPES, check_support
from schemas.figures import ElementShare
from schemas.quantity import milligrams, trillionths, trillionths_text
from schemas.report import ClaimAnswer

_MG_OF_KG = 10**6


def crma_paper(subject: PaperSubject, said: Speaker) -> Paper:
    """Return the table of a magnet, or raise RefusedError `paper.*`."""
    check_support("crma", subject.report, subject.record)
    sections = (_article_28(subject, said), _article_29(subject, said), _limits(said))
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
    return Section(said("Article 28: type and composition"), lines, Table(_head(said), rows))


def _head(said: Speaker) -> tuple[str, ...]:
    return said("What"), said("Value"), said("State")


def _article_29(subject: PaperSubject, said: Speaker) -> Section:
    parts = {part.element: part for part in subject.record.composition}
    found = subject.chain.claims.recycled(subject.seen, subject.chain.cited)
    mass = milligrams(subject.record.batch.net_mass_kg)
    rows = tuple(
        (element, *_share(parts[element], mass, found[element], subject, said))
        if element in parts
        else (element, said("not in the composition"), *(NOT_STATED,) * 5)
        for element in CRMA_ELEMENTS
    )
    head = (
        said("Element"),
        said("Part of mass"),
        said("Mass, kg"),
        said("Post-consumer recycled"),
        said("Pre-consumer recycled"),
        said("State"),
        said("Why"),
    )
    lines = (
        said(
            "Article 29(1) asks for the share recovered from post-consumer waste. The pre-consumer share is told beside it."
        ),
        said("Proven: the chain shown with the record accounts for the share. Declared: you rely on the producer."),
    )
    return Section(said("Article 29: recycled share by element"), lines, Table(head, rows, (1, 2, 3, 4)))


def _share(
    part: ElementShare, mass_mg: int, found: ClaimFinding, subject: PaperSubject, said: Speaker
) -> tuple[str, ...]:
    kg = trillionths_text(divide(trillionths(part.fraction) * mass_mg, _MG_OF_KG))
    answer = ClaimAnswer(
        id="recycled-content",
        scope="chain",
        answer=found.answer,
        said=found.answer,
        element=part.element,
        path=(subject.record.batch.lot, *found.path),
        reason=found.reason,
        sentence=found.sentence(),
        facts=dict(found.facts),
    )
    path = f"{' → '.join(answer.path)}: " if found.path else ""
    why = path + plain(said.reason(answer))
    return (
        said.percent(part.fraction, 6),
        said.amount(kg),
        said.percent(part.post, 6),
        said.percent(part.pre, 6),
        said.term(found.answer),
        why,
    )


def _limits(said: Speaker) -> Section:
    return Section(said("What this table is not"), tuple(_limit_lines(said)))


def _limit_lines(said: Speaker) -> Iterator[str]:
    yield said(
        "Shares are by mass balance along the chain. The rules of a delegated act by Article 29(2) are not applied."
    )
    yield said("It is about one lot of magnets. Articles 28 and 29 are about products that contain magnets.")
    yield said("It is no declaration of conformity.")
