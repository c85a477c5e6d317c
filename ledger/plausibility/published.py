"""A figure beside published results of the same product and route.

Rules: a mark, never a refusal, since studies differ in method and are few.  Certified figures are cradle-to-gate, so
only such ranges are compared.  The route follows from the steps of the chain; from 50 % of recycled rare earths on, the
range is that of recycled goods.  Its own step alone is compared with studies of that step and route, both by mass, so
that a chain that is low in every step shows it.  A batch that names no product counts as each product of its kind and
step that its composition fits; where these have several ranges, it has none, and a reader is told why.

This module reads no table (`ledger.factors.published`) and counts no flag (`ledger.plausibility.flags`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import SCALE
from ledger.footprint.circular import recycled_share
from ledger.plausibility.products import fits
from schemas.quantity import trillionths, trillionths_text
from schemas.report import PublishedComparison, StepComparison

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ledger.factors.published import PublishedRange, Route
    from ledger.factors.tables import FactorTables
    from ledger.footprint.inventory import PublishedFacts
    from schemas.report import RangeWord
    from schemas.vocabulary import Step

_ROUTES: Final[Mapping[Step, Route]] = {
    "in-situ-leaching": "ion-clay",
    "acid-roasting": "bastnaesite",
    "alkaline-cracking": "monazite",
}
"""Steps that tell the route of a chain."""
_FAR: Final = 2
"""A figure below the low end divided by this is far below (set here)."""

_PER_KG: Final = ("kg CO2e/kg",)
_PER_OXIDE: Final = (*_PER_KG, "kg CO2e/kg REO")
"""Units of studies that a step is compared with, the second those of oxides; others leave out metals, for example."""


def compare(facts: PublishedFacts, tables: FactorTables) -> PublishedComparison | None:
    """Return the place of a certificate's figure in the published range, or None for electricity."""
    if facts.batch.kind == "electricity":
        return None
    products, routes = _products(facts, tables), routes_of(facts)
    found = _range(tables.published, products, routes)
    if found is None:
        return PublishedComparison(word="none", product=facts.batch.product, route=routes[0])
    return PublishedComparison(
        word=_word(trillionths(facts.footprint.per_kg.location), found),
        product=next(each for each in products if each in found.products),
        route=next(each for each in routes if each in found.routes),
        low=_text(found.low),
        high=_text(found.high),
        read=found.read,
        other=found.other,
        studies=found.named,
        note=found.note or None,
    )


def compare_step(facts: PublishedFacts, tables: FactorTables) -> StepComparison | None:
    """Return the place of a run's own kg CO2e in what studies of its step found; None if its certificate tells none."""
    own = facts.footprint.own_step
    if own is None or facts.batch.kind == "electricity":
        return None
    products, units = _products(facts, tables), _PER_OXIDE if facts.batch.kind == "oxide" else _PER_KG
    studied = [
        each
        for each in tables.published
        if (each.boundary, each.indicator, each.step) == ("gate-to-gate", "ghg", facts.batch.step)
        and each.unit in units
        and (not each.products or not set(products).isdisjoint(each.products))
    ]
    routes: tuple[Route, ...] = (*routes_of(facts), "any")
    found = next((each for route in routes for each in studied if route in each.routes), None)
    if found is None:
        return StepComparison(word="none", lot=facts.batch.lot, step=facts.batch.step, kg_co2e_per_kg=own)
    return StepComparison(
        word=_word(trillionths(own), found),
        lot=facts.batch.lot,
        step=facts.batch.step,
        kg_co2e_per_kg=own,
        low=_text(found.low),
        high=_text(found.high),
        studies=found.named,
        note=found.note or None,
    )


def highest(ranges: Iterable[PublishedRange], products: Sequence[str]) -> PublishedRange | None:
    """Return the range with the highest high end of some products, from virgin material of whatever route, or None."""
    of_product = [each for each in _of_products(ranges, products) if "any-primary" in each.routes]
    return max(of_product, key=lambda each: each.high or 0, default=None)


def routes_of(facts: PublishedFacts) -> tuple[Route, ...]:
    """Return the routes of a batch, the closest first."""
    if 2 * recycled_share(facts.composition) >= SCALE:
        return ("recycled-short-loop",)
    steps = {step.step for step in facts.origin}
    return (*(route for step, route in _ROUTES.items() if step in steps), "any-primary")


def _products(facts: PublishedFacts, tables: FactorTables) -> Sequence[str]:
    """Return the products as which a batch counts."""
    batch = facts.batch
    if batch.product is not None:
        return (batch.product,)
    fractions = {part.element: trillionths(part.fraction) for part in facts.composition}
    made = (each for each in tables.products.values() if each.kind == batch.kind and batch.step in each.steps)
    return tuple(each.id for each in made if fits(each, fractions))


def _range(ranges: Iterable[PublishedRange], products: Sequence[str], routes: Sequence[Route]) -> PublishedRange | None:
    """Return the range of the closest route, or None where there is none, or several."""
    of_product = _of_products(ranges, products)
    of_routes = ([each for each in of_product if route in each.routes] for route in routes)
    found = next(filter(None, of_routes), [])
    return found[0] if len(found) == 1 else None


def _of_products(ranges: Iterable[PublishedRange], products: Sequence[str]) -> list[PublishedRange]:
    """Return the ranges of greenhouse gases, cradle to gate, of some products."""
    return [
        each
        for each in ranges
        if (each.boundary, each.indicator) == ("cradle-to-gate", "ghg")
        and each.low is not None
        and not set(products).isdisjoint(each.products)
    ]


def _word(figure: int, found: PublishedRange) -> RangeWord:
    if found.low is None or found.high is None:
        return "none"
    if figure * _FAR < found.low:
        return "far-below"
    if figure < found.low:
        return "below"
    return "within" if figure <= found.high else "above"


def _text(bound: int | None) -> str | None:
    return None if bound is None else trillionths_text(bound)
