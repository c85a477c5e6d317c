"""One figure by each method: by declared prices, by reference prices and by mass, and with what is left out.

Rules: values are kg CO2e per kg of net mass, location-based.  A certificate without a figure under reference prices has
none here: its economic figure stands for it.  For people, figures have as many digits as their quality supports.

This module computes no figure (`ledger.footprint.engine`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from ledger.footprint.digits import shown_figure
from ledger.footprint.indicators import per_kg_text
from schemas.quantity import plain

if TYPE_CHECKING:
    from schemas.certificate import Footprint

Method = Literal["declared-prices", "reference-prices", "mass"]
LABEL: Final[dict[Method, str]] = {
    "declared-prices": "by declared prices",
    "reference-prices": "by reference prices",
    "mass": "by mass",
}


class ByMethod(NamedTuple):
    """A figure by one method, in kg CO2e per kg."""

    method: Method
    per_kg: str


def by_methods(figures: Footprint, net_mass_kg: str) -> list[ByMethod]:
    """Return a figure by each method that its certificate carries, the declared one first."""
    economic = figures.allocation == "economic"
    declared, other = figures.total_kg_co2e.location, figures.alternative.total_kg_co2e.location
    found: list[tuple[Method, str]] = [("declared-prices", declared) if economic else ("mass", declared)]
    if not economic:
        found.append(("declared-prices", other))
    if figures.reference is not None:
        found.append(("reference-prices", figures.reference.location))
    if economic:
        found.append(("mass", other))
    return [ByMethod(method, per_kg_text(total, net_mass_kg)) for method, total in found]


def methods_line(figures: Footprint, net_mass_kg: str) -> str:
    """Return a figure by each method in one line for people."""
    found = by_methods(figures, net_mass_kg)
    return "; ".join(f"{shown_figure(each.per_kg, figures.quality)} {LABEL[each.method]}" for each in found)


def left_out_line(figures: Footprint, net_mass_kg: str) -> str:
    """Return the figure with all that is left out at most, in one line for people; empty if nothing has a bound.

    What nobody bounded, in the whole chain, is not in it, and is named.
    """
    if figures.left_out is None:
        return ""
    out, each = per_kg_text(figures.left_out, net_mass_kg), figures.per_kg.location
    whole, more = (shown_figure(text, figures.quality) for text in (plain(Decimal(each) + Decimal(out)), out))
    words = f"at most {whole} with all that is left out and bounded ({more} more)"
    unbounded = figures.beside.open if figures.beside else None
    return f"{words}; not in it, since nobody bounded it: {'; '.join(unbounded)}" if unbounded else words
