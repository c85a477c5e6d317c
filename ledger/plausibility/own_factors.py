"""Rules about the values of factors: none below its floor, and a producer's own beside the shipped ones.

This module does not find the shipped rows (`ledger.footprint.shipped`), and does not judge substances
(`ledger.plausibility.fit`).
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from ledger.factors.boundary import PURCHASED
from ledger.footprint.inventory import place_of
from ledger.footprint.masses import figure_text
from ledger.footprint.shipped import own_factors, value_of
from schemas.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.footprint.inventory import Inventory

_LOW: Final = Fraction(4, 5)
"""The part of the shipped value below which an own one is shown (set here)."""


def low_values(run: Inventory) -> Iterator[Problem]:
    """M-FLOOR, flag: a shipped factor is below what its own chemistry gives off."""
    gwp = run.tables.gwp.weights[run.gwp]
    for item in run.supplies:
        if item.fit is not None and item.fit.floor is not None and item.factor is not None:
            value = value_of(item.factor, gwp)
            if value < item.fit.floor:
                found, possible = figure_text(value), figure_text(item.fit.floor)
                yield Problem.at("rule.m-floor", item.place, factor=item.factor.id, found=found, possible=possible)


def low_own_values(run: Inventory) -> Iterator[Problem]:
    """M-FLOOR: a producer's own factor is not below its floor; heat may be, where a supplier tells of it."""
    for own in own_factors(run):
        if own.value < own.due.floor and not (own.told and own.factor.boundary in PURCHASED):
            facts = {"found": figure_text(own.value), "possible": figure_text(own.due.floor)}
            yield Problem.at("rule.m-floor-own", place_of(own.group, own.number), factor=own.factor.id, **facts)


def own_values(run: Inventory) -> Iterator[Problem]:
    """M-OWN, flag: a producer's own factor is below 0.8 of the shipped one."""
    for own in own_factors(run):
        if own.value < own.due.value * _LOW:
            facts = {"found": figure_text(own.value), "possible": figure_text(own.due.value), "other": own.due.name}
            yield Problem.at("rule.m-own", place_of(own.group, own.number), factor=own.factor.id, **facts)
