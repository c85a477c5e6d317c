"""What a registry says of a certificate from its memory of all others: unsigned, and its own word.

Rules:

1. It is worked out when it is asked for, from the certificates that stand then.  No verifier can redo it from a bundle,
   so it is no check and changes no verdict; a finding is a mark against the figure all the same.
2. Nobody's trade is shown.  A finding names no run, lot, line or amount.  Of a plant is told what each of its
   certificates shows: plant, product, month and figure.  The middle of the figures is told from three lots on, so that
   it is nobody's own, and the number of lots is not told.
3. The months are the twelve up to that in which the batch was made, so that the answer stays when a plant closes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from sqlalchemy import Connection

from ledger.chemistry.exact import divide
from ledger.factors.tables import FactorTables
from ledger.footprint.inventory import Inventory
from ledger.lots.issuance import run_row
from ledger.lots.named_runs import NamedRuns
from ledger.lots.whole_run import WholeRun
from ledger.plausibility.elsewhere import HEAT, NOTHING, SCRAP, spare
from ledger.plausibility.rules import Breach, PlausibilityRule
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes
from ledger.seal.sdjwt import open_certificate
from ledger.store.engine import reading
from ledger.store.memory import figures_of_month, first_month, leans_of, shared_otherwise, unused_in_process
from ledger.store.reading import certificate
from ledger.store.rows import LeanRow, RunRow
from ledger.verify.tables import NamedTables
from schemas.certificate import CertificateRecord
from schemas.instant import date_of, instant_text, whole_second
from schemas.problem import MissingError, Problem
from schemas.quantity import millionths_text
from schemas.report import PlantMonths, RegistryFinding, RegistryWord
from schemas.sentences import CODES, filled

Code = Literal[
    "registry.method",
    "registry.prices",
    "registry.run-elsewhere",
    "registry.run-other",
    "registry.run-ended",
    "registry.run-usual",
    "registry.scrap-elsewhere",
    "registry.scrap-ended",
    "registry.scrap-more",
    "registry.stock",
    "registry.months",
]

LEAST_LOTS: Final = 3
"""Lots from which on the middle of their figures is told (set here)."""
USUAL_MONTHS: Final = 9
"""Certified months of twelve below which a plant is flagged (set here: a quarter of a year for repairs)."""
MOST_OF_MONTH: Final = 200
"""Figures of a month that are looked at: their middle hardly moves after that."""
_LEAST_USUAL: Final = (6, 10)
"""A run below 0.6 of what it and those that take of it usually need, as in Q-JOINT."""
_SCRAP_ASSAY: Final = (105, 100)
"""Assays of swarf, with its oil and rust, differ by so much (set here)."""
_STOCK_DAYS: Final = 366
_YEAR_MONTHS: Final = 12

_OF_RULE: Final[dict[Code, str]] = {
    "registry.method": "A-METHOD",
    "registry.prices": "A-PRICE-OLD",
    "registry.run-elsewhere": "Q-ABSENT",
    "registry.run-other": "Q-ABSENT",
    "registry.run-usual": "Q-ABSENT",
    "registry.scrap-elsewhere": "S-SCRAP",
}
"""Findings that an issuer is told, with the rule that each belongs to."""


def _elsewhere(_inventory: Inventory) -> Iterator[Problem]:
    """Find nothing: a run alone doesn't show it."""
    return iter(())


_RULES: Final = {
    code: PlausibilityRule(rule, "flag", "what the registry knows of other runs", _elsewhere)
    for code, rule in _OF_RULE.items()
}


def registry_word(registry: OpenRegistry, digest: str, *, tables: FactorTables) -> RegistryWord | None:
    """Return what `word_of` returns now, of an open registry."""
    with reading(registry.engine) as connection:
        return word_of(connection, registry.did, digest, tables=tables, now_ms=registry.runtime.now_ms())


def word_of(
    connection: Connection, registry: str, digest: str, *, tables: FactorTables, now_ms: int
) -> RegistryWord | None:
    """Return what a registry says of one of its certificates, None of one that it has not.

    `digest` is ``zQm…``; `now_ms` is the time at which it is asked.
    """
    try:
        stored = certificate(connection, certificate_digest_bytes(digest))
    except MissingError:
        return None
    opened = open_certificate(stored.text)
    whole = WholeRun.of(opened, stored.issuance.digest)
    months = _months(connection, opened.record)
    memory = RegistryMemory(NamedRuns(connection, NamedTables(tables)))
    codes = dict.fromkeys(memory.findings(whole, leans_of(connection, whole.issuance)))
    if _stock_is_old(connection, whole, now_ms):
        codes["registry.stock"] = None
    if months is not None and months.few:
        codes["registry.months"] = None
    facts = {} if months is None else {"months": str(months.certified), "through": months.through}
    return RegistryWord(
        registry=registry,
        months=months,
        findings=tuple(
            RegistryFinding(
                code=code, sentence=filled(CODES[code], facts), facts=facts if code.endswith("months") else {}
            )
            for code in codes
        ),
    )


@dataclass(slots=True)
class RegistryMemory:
    """What a registry remembers, as far as one transaction asks."""

    named: NamedRuns
    _ways: dict[RunRow, tuple[Code, ...]] = field(default_factory=dict)
    _accepted: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)

    def findings(self, whole: WholeRun, leans: list[LeanRow]) -> Iterator[Code]:
        """Yield what is found of a run that is stored, and of what it takes of others."""
        inputs = [facts for facts, _ in whole.inputs]
        yield from self._sharing(run_row(whole.first, whole.run, inputs))
        for lean in leans:
            yield from self._lean(whole, lean)

    def flags(self, whole: WholeRun, row: RunRow, leans: list[LeanRow]) -> tuple[Breach, ...]:
        """Return what the issuer of a run is told that is about to be logged; scrap that is short is not (rule 2)."""
        codes = [*self._sharing(row), *(code for lean in leans for code in self._lean(whole, lean))]
        if row.shared_by is not None:
            self._accepted.setdefault((row.producer, row.feed, row.year), set()).add(row.shared_by)
        told = dict.fromkeys(code for code in codes if code in _RULES)
        return tuple(Breach(_RULES[code], Problem.at(code)) for code in told)

    def _sharing(self, own: RunRow) -> tuple[Code, ...]:
        """Return whether standing runs of the same producer, feed and year share out in another way."""
        if own.shared_by is None:
            return ()
        key = own._replace(issuance=b"", facility="", run="", first_day="", last_day="")
        if key not in self._ways:
            others = shared_otherwise(self.named.connection, own)
            ways = (each.shared_by or "" for each in others if self.named.life(each.issuance).stands)
            self._ways[key] = tuple(dict.fromkeys(_departure(own.shared_by, way) for way in ways))
        here = self._accepted.get((own.producer, own.feed, own.year), set()) - {own.shared_by}
        return (*self._ways[key], *(_departure(own.shared_by, way) for way in sorted(here)))

    def _lean(self, whole: WholeRun, lean: LeanRow) -> Iterator[Code]:
        scrap = lean.pool == SCRAP
        if lean.on_run is None:
            yield "registry.scrap-elsewhere" if scrap else "registry.run-elsewhere"
        elif not self.named.life(lean.on_run).stands:
            yield "registry.scrap-ended" if scrap else "registry.run-ended"
        elif scrap:
            if self._scrap_is_short(lean):
                yield "registry.scrap-more"
        elif self.named.present(lean.on_run).whole.run.producer != whole.run.producer:
            yield "registry.run-other"
        elif lean.pool not in {NOTHING, HEAT} and self._is_unusual(lean, lean.on_run):
            yield "registry.run-usual"

    def _is_unusual(self, lean: LeanRow, first: bytes) -> bool:
        """Return whether a run has far less than it and all that take of it usually need."""
        known = spare(self.named.present(first).inventory, lean.pool)
        others = sum(each.usual for each in self.named.leaning(first, lean.pool) if each.issuance != lean.issuance)
        least, whole = _LEAST_USUAL
        return known.has * whole < (known.usual + lean.usual + others) * least

    def _scrap_is_short(self, lean: LeanRow) -> bool:
        """Return whether more rare earth was used as scrap of a run than that run tells of, up to this use."""
        first = lean.on_run or b""
        used = 0
        for each in self.named.leaning(first, SCRAP):
            used += each.need
            if (each.issuance, each.place) == (lean.issuance, lean.place):
                break
        most, whole = _SCRAP_ASSAY
        return used * whole > spare(self.named.present(first).inventory, SCRAP).has * most


def _departure(own: str, other: str) -> Code:
    return "registry.method" if own.split(maxsplit=1)[0] != other.split(maxsplit=1)[0] else "registry.prices"


def _stock_is_old(connection: Connection, whole: WholeRun, now_ms: int) -> bool:
    """Return whether material in process of a run was not drawn within a year; some of it that was never is enough."""
    if all(each.kind != "in-process" for each in whole.outputs):
        return False
    today = instant_text(whole_second(now_ms))[:10]
    days = (date_of(today) - date_of(whole.run.period.end)).days
    return days > _STOCK_DAYS and unused_in_process(connection, whole.first)


def _months(connection: Connection, record: CertificateRecord) -> PlantMonths | None:
    """Return how much of a year up to a batch its plant has certified of its product (rule 3)."""
    batch = record.batch
    plant, product = batch.facility.id, batch.product
    first = None if product is None else first_month(connection, plant, product)
    if product is None or first is None:
        return None
    through = batch.produced.end[: len(first)]
    months = _months_before(through)
    by_month = [figures_of_month(connection, plant, product, month, most=MOST_OF_MONTH) for month in months]
    figures = [figure for month in by_month for figure in month]
    certified = sum(map(bool, by_month))
    return PlantMonths(
        product=product,
        through=through,
        certified=certified,
        few=certified < USUAL_MONTHS and first < months[0],
        median_kg_co2e_per_kg=_median(figures) if len(figures) >= LEAST_LOTS else None,
    )


def _median(figures: list[int]) -> str:
    """Return the middle of figures in millionths, as text."""
    ordered, last = sorted(figures), len(figures) - 1
    return millionths_text(divide(ordered[last // 2] + ordered[-(-last // 2)], 2))


def _months_before(through: str) -> list[str]:
    """Return the twelve months up to one, the first one first."""
    last = int(through[:4]) * _YEAR_MONTHS + int(through[5:]) - 1
    numbers = range(last - _YEAR_MONTHS + 1, last + 1)
    return [f"{number // _YEAR_MONTHS}-{number % _YEAR_MONTHS + 1:02d}" for number in numbers]
