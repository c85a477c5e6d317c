"""The items of a statement that stand beside the figure: aircraft, both electricity sets, free scrap, own factors.

Rules: a certificate of engine 1 tells none of them.  What is 0 is told as 0.

This module judges nothing and computes no figure (`ledger.footprint.beside`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.chemistry.exact import SCALE, divide
from ledger.footprint.beside import parsed_besides
from ledger.plausibility.told import figure_with, percent
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.certificate import CertificateRecord

    Rounded = Callable[[str], str]
    """Round a figure for people."""


def each_kg(record: CertificateRecord, total: int) -> str:
    """Return a scaled total of a batch per kg of net mass."""
    return trillionths_text(divide(total * SCALE, trillionths(record.batch.net_mass_kg)))


def aircraft(record: CertificateRecord, figure: Rounded) -> tuple[tuple[str, ...], Any] | None:
    """Return the emissions of aircraft in the whole chain, None if the certificate does not tell them."""
    beside = record.footprint.beside
    if beside is None:
        return None
    rows, partial = parsed_besides(beside.rows), "aircraft" in beside.partial
    amount = each_kg(record, rows["aircraft"].location if "aircraft" in rows else 0)
    words = f"{'at least ' if partial else ''}{figure(amount)} kg CO2e per kg, over the whole chain"
    return (words,), {"kg_co2e_per_kg": amount, "partial": partial}


def entered_free(record: CertificateRecord) -> tuple[tuple[str, ...], Any] | None:
    """Return how much rare earth entered free of burden, None if the certificate does not tell it."""
    beside = record.footprint.beside
    if beside is None:
        return None
    pre, post, waste = beside.free
    partial = "entered-free" in beside.partial
    words = (
        f"of the rare earth {'at least ' if partial else ''}{percent(pre)} % as pre-consumer scrap, {percent(post)} % as "
        f"post-consumer scrap, {percent(waste)} % as other waste"
    )
    return (words,), {"pre_consumer": pre, "post_consumer": post, "waste": waste, "partial": partial}


def own_factors(record: CertificateRecord, figure: Rounded) -> tuple[tuple[str, ...], Any] | None:
    """Return the share of factors that are not public, or None if the certificate does not tell it."""
    bounds, beside = record.footprint.quality.withheld, record.footprint.beside
    if bounds is None or beside is None:
        return None
    low, high = map(percent, bounds)
    partial, shipped = "shipped-factors" in beside.partial, figure_with(record, "shipped-factors")
    amount = None if shipped is None else each_kg(record, shipped.location)
    words = [f"{low} %" if bounds[0] == bounds[1] else f"between {low} % and {high} %"]
    words[0] += " of the kg CO2e rests on factors that are not public"
    if amount is not None:
        words.append(f"with shipped factors in their place {figure(amount)} kg CO2e per kg")
    if partial:
        words.append("some of them have no shipped factor to compare, or are in certificates of engine version 1")
    return tuple(words), {"low": bounds[0], "high": bounds[1], "shipped_kg_co2e_per_kg": amount, "partial": partial}


def both_figures(record: CertificateRecord, figure: Rounded) -> tuple[list[str], dict[str, Any]]:
    """Return the figure by location and by market, with both sets of electricity factors, in words and as values."""
    figures, beside = record.footprint, record.footprint.beside
    first = f"{figure(figures.per_kg.location)} kg CO2e per kg by location, {figure(figures.per_kg.market)} by market"
    if beside is None:
        return [first], {"instruments": None, "other_set": None, "grid_power": None}
    told_of = ", ".join(beside.instruments).replace("-", " ") or "no instrument"
    unsure = " (and what certificates of engine version 1 do not tell)" if "instruments" in beside.partial else ""
    other = figure_with(record, "other-electricity-set")
    sets = {name: None if other is None else each_kg(record, getattr(other, name)) for name in ("location", "market")}
    found = [f"{first}; by market it rests on {told_of}{unsure}"]
    if sets["location"] is not None and sets["market"] is not None:
        partial = ", where tables have one" if "other-electricity-set" in beside.partial else ""
        found.append(
            f"with the other set of factors{partial}: {figure(sets['location'])} kg CO2e per kg by location, "
            f"{figure(sets['market'])} by market"
        )
    elif "other-electricity-set" in beside.partial:
        found.append("no table has the other set of factors")
    bought, unseen = figure_with(record, "grid-power"), "grid-power" in beside.partial
    on_grid = None if bought is None else each_kg(record, bought.location)
    if on_grid is not None:
        where = ", where tables know the grid" if unseen else ""
        found.append(f"with power of the grid in place of the plants' own{where}: {figure(on_grid)} kg CO2e per kg")
    elif unseen:
        found.append("how much the plants' own power lowers the figure is not known: no table has their grid")
    return found, {"instruments": list(beside.instruments), "other_set": sets, "grid_power": on_grid}
