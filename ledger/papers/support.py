"""Whether a record supports a paper, before it is made.

Rules: a record that ended, failed or was not fully checked supports none.  What a statement is about must be shown.
A refusal names what is missing and who can add it.  This module only needs the report, the clear part of the record and
the day of delivery, so a page can tell beforehand which papers there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final, Literal

from ledger.chemistry.elements import RARE_EARTHS
from ledger.footprint.origin import UNKNOWN
from ledger.papers.clause import COVERED_COUNTRIES, MAGNET_TYPES, counted, covered_activities
from schemas.certificate import CertificateRecord
from schemas.problem import Problem, RefusedError, Sentence
from schemas.report import Report

PaperKind = Literal["certificate", "crma", "dfars", "figures"]
"""The papers of a record."""

CRMA_ELEMENTS: Final = ("Nd", "Dy", "Pr", "Tb", "B", "Sm", "Ni", "Co")
"""Regulation (EU) 2024/1252, Article 29(1), in its order."""
_STATES: Final = {
    "do-not-rely": "paper.not-genuine",
    "unknown": "paper.unknown-registry",
    "incomplete": "paper.incomplete",
    "withdrawn": "paper.withdrawn",
    "suspended": "paper.suspended",
    "superseded": "paper.superseded",
    "expired": "paper.expired",
}
_OF_ORIGIN: Final = frozenset({"crma", "dfars"})


def check_support(kind: PaperKind, report: Report, record: CertificateRecord, delivery: date | None = None) -> None:
    """Raise RefusedError `paper.*` if a record does not support a paper; `delivery` is as for `refusal`."""
    problem = refusal(kind, report, record, delivery)
    if problem is not None:
        raise RefusedError(problem)


def refusal(kind: PaperKind, report: Report, record: CertificateRecord, delivery: date | None = None) -> Problem | None:
    """Return why a record does not support a paper, or None if it does.

    `delivery` is the day of delivery, by which the DFARS clause covers more or less; None is the day of the report.
    """
    return next(_against(kind, report, record, delivery or day_of(report)), None)


def day_of(report: Report) -> date:
    """Return the day of a verification."""
    return date.fromisoformat(report.checked_at[:10])


def _against(kind: PaperKind, report: Report, record: CertificateRecord, delivery: date) -> Iterator[Problem]:
    issuer = report.certificate.issuer_name if report.certificate else record.issuer.did
    facts = {"lot": record.batch.lot, "issuer": issuer, "kind": record.batch.kind}
    reason = Sentence(report.reason.sentence if report.reason else report.headline)
    if report.state in _STATES:
        yield Problem.at(_STATES[report.state], **facts, reason=reason)
    if kind not in _OF_ORIGIN:
        return
    if report.state == "affected":
        yield Problem.at("paper.affected", **facts)
    if record.batch.kind != "magnet":
        yield Problem.at("paper.not-magnet", **facts)
    if record.batch.product not in MAGNET_TYPES:
        yield Problem.at("paper.magnet-type", **facts)
    stated = {part.element for part in record.composition}
    if not stated & set(CRMA_ELEMENTS):
        yield Problem.at("paper.no-elements", **facts, elements=", ".join(CRMA_ELEMENTS))
    if kind == "dfars":
        yield from _against_origin(report, record, delivery, facts | {"day": delivery.isoformat()})


def _against_origin(
    report: Report, record: CertificateRecord, delivery: date, facts: dict[str, str]
) -> Iterator[Problem]:
    """Yield the reasons against a statement of origin, first those that no further record can mend."""
    covered, magnet = covered_activities(delivery), MAGNET_TYPES[record.batch.product or ""]
    for step in record.origin:
        found = counted(step.step, magnet)
        if step.country in COVERED_COUNTRIES and found is not None and found.activity in covered:
            yield Problem.at("paper.covered-country", **facts, step=step.step, country=step.country)
    shares = [(part.element, each.country) for part in record.composition for each in part.extracted]
    mining = shares if "mined" in covered else []
    for element, country in mining:
        if country in COVERED_COUNTRIES:
            yield Problem.at("paper.extracted-covered", **facts, element=element, country=country)
    if report.chain.state != "complete":
        yield Problem.at("paper.chain", **facts)
    for element, country in mining:
        if country == UNKNOWN and element in RARE_EARTHS:
            yield Problem.at("paper.origin-unknown", **facts, element=element)
