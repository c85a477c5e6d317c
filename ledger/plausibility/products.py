"""V-PROD: an output that names a product is made as the vocabulary says, and lies within its composition window.

This module does not read the vocabulary (`ledger.factors.products`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import SCALE
from ledger.chemistry.stoichiometry import re_mass, reo_mass
from schemas.problem import Problem
from schemas.quantity import trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ledger.factors.products import Product
    from ledger.footprint.inventory import Inventory, Outgoing

_TRACE: Final = SCALE // 1000
"""The mass fraction below which an element is an impurity."""


def product_as_made(run: Inventory) -> Iterator[Problem]:
    """V-PROD: an output with a product name has its kind and its elements, and comes from a step that makes it."""
    for item in run.outgoing:
        if item.product and item.product not in run.tables.products:
            yield Problem.at("rule.v-prod-unknown", f"{item.place}.product", found=item.product)
    for item, product in _products(run):
        if item.kind != product.kind:
            yield Problem.at("rule.v-prod-kind", item.place, product=product.id, found=item.kind, possible=product.kind)
        if run.step not in product.steps:
            possible = ", ".join(product.steps)
            yield Problem.at("rule.v-prod-step", item.place, product=product.id, found=run.step, possible=possible)
        if missing := [element for element in product.mandatory if item.fractions.get(element, 0) < _TRACE]:
            yield Problem.at("rule.v-prod-element", item.place, product=product.id, found=", ".join(missing))
        yield from _strange_inputs(run, item, product)


def _strange_inputs(run: Inventory, item: Outgoing, product: Product) -> Iterator[Problem]:
    strange = {given.kind for given in run.incoming if given.kind not in (*product.inputs, "by-product", product.kind)}
    if strange:
        found, possible = ", ".join(sorted(strange)), ", ".join(product.inputs)
        yield Problem.at("rule.v-prod-input", item.place, product=product.id, found=found, possible=possible)


def product_window(run: Inventory) -> Iterator[Problem]:
    """V-PROD, flag: a product lies within its composition window."""
    for item, product in _products(run):
        for window in product.windows:
            fraction = _fraction(item.fractions, window.what)
            if not window.low <= fraction <= window.high:
                yield Problem.at(
                    "rule.v-prod",
                    item.place,
                    product=product.id,
                    what=window.what,
                    found=trillionths_text(fraction),
                    possible=f"{trillionths_text(window.low)} to {trillionths_text(window.high)}",
                )


def _products(run: Inventory) -> Sequence[tuple[Outgoing, Product]]:
    named = ((item, run.tables.products.get(item.product)) for item in run.outgoing if item.product)
    return [(item, product) for item, product in named if product is not None]


def fits(product: Product, fractions: Mapping[str, int]) -> bool:
    """Return whether a composition has a product's elements and lies within its windows."""
    return all(fractions.get(element, 0) >= _TRACE for element in product.mandatory) and all(
        window.low <= _fraction(fractions, window.what) <= window.high for window in product.windows
    )


def _fraction(fractions: Mapping[str, int], what: str) -> int:
    match what:
        case "RE":
            return re_mass(fractions)
        case "REO":
            return min(reo_mass(fractions), 2 * SCALE)
        case _:
            return fractions.get(what, 0)
