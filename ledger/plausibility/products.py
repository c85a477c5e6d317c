"""V-PROD: an output that names a product is made as the vocabulary says, and lies within its composition window.

M-DILUTE: magnets of finished alloy take no iron.

This module does not read the vocabulary (`ledger.factors.products`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.stoichiometry import re_mass, reo_mass
from ledger.footprint.masses import figure_text
from ledger.plausibility.amounts import bought
from ledger.plausibility.divisors import magnet_class
from schemas.problem import Problem
from schemas.quantity import trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ledger.factors.products import Product
    from ledger.footprint.inventory import Inventory, Outgoing

_MG_IN_SCALED: Final = SCALE // 10**6
"""One milligram in scaled kilograms."""
_RESIN_PART: Final = 80
"""A bonded magnet is an 80th of carbon at least: 2 % of polymer (products.csv) with 60 % of carbon (factor_fit.csv)."""
_OF_ALLOY: Final = ("magnet-production", "machining", "coating")
_MOST_IRON: Final = 50
"""Iron of tools and additions is at most a 50th of the magnets (set here)."""
_FIFTH: Final = 5
"""Where a fifth of the magnets is metal or master alloy, the plant melts its alloy itself (set here)."""
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


def resinless(run: Inventory) -> Iterator[Problem]:
    """V-PROD, flag: magnets that count as bonded hold a resin that somebody brought, and are not sintered ones."""
    bonded = [item for item in run.products_of("magnet") if magnet_class(item) == "bonded"]
    mass = sum(item.net_mass_mg for item in bonded) * _MG_IN_SCALED
    brought = sum(each.elements.get("C", 0) for each in run.incoming)
    brought += sum(elements.get("C", 0) for _, _, elements in bought(run) if elements.get("H"))
    if bonded and brought * _RESIN_PART < mass:
        yield Problem.at("rule.v-prod-resin", bonded[0].place, found=bonded[0].lot)


def diluted(run: Inventory) -> Iterator[Problem]:
    """M-DILUTE, flag: iron without rare earth is bought for magnets or powder that are made of finished alloy."""
    made = [item for item in run.outgoing if item.kind in {"magnet", "powder"}]
    goods = [each.elements for each in run.incoming] + [each for _, _, each in bought(run) if re_mass(each)]
    rich = sum(sum(each.values()) for each in goods if _is_metal(each))
    iron = [(place, line, each) for place, line, each in bought(run) if each.get("Fe") and not re_mass(each)]
    whole = sum(item.net_mass_mg for item in made) * _MG_IN_SCALED
    mass = sum(each["Fe"] for _, _, each in iron)
    if run.step in _OF_ALLOY and made and mass * _MOST_IRON > whole and rich * _FIFTH < whole:
        place, line, _ = iron[0]
        found = figure_text(divide(mass * 100 * SCALE, whole))
        yield Problem.at("rule.m-dilute", place, material=line.name, found=found)


def _is_metal(elements: Mapping[str, int]) -> bool:
    """Return whether goods are rare-earth metal or master alloy, which take iron to become magnets."""
    return re_mass(elements) * 2 > sum(elements.values())


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
