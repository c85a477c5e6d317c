"""`oreprint vocabulary`: the products and steps that a record may name, with labels, windows and sources.

A new product is a row of ``ledger/factors/data/products.csv``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Literal

import typer

from cli.output import reply
from cli.parts import JsonOption
from ledger.factors.products import Product
from ledger.factors.profiles import Profile
from ledger.tables import shipped_steps, shipped_tables
from schemas.quantity import trillionths_text


def command(
    of: Annotated[
        Literal["products", "steps", "profiles"],
        typer.Argument(metavar="[products|steps|profiles]", help="The word list to print."),
    ] = "products",
    *,
    as_json: JsonOption = False,
) -> None:
    """List the products, the steps or the method profiles that a production record may name.

    Example: oreprint vocabulary products
    """
    if of == "steps":
        steps = shipped_steps()
        reply(
            {"steps": [asdict(each) for each in steps]},
            *(f"{each.step}: {each.label} ({each.label_zh}); stage {each.stage}" for each in steps),
            as_json=as_json,
        )
        return
    tables = shipped_tables()
    if of == "profiles":
        reply(
            {"profiles": [_profile(each) for each in tables.profiles.values()]},
            *(line for each in tables.profiles.values() for line in _profile_lines(each)),
            as_json=as_json,
        )
        return
    products = tables.products
    reply(
        {"products": [_document(each) for each in products.values()]},
        *(line for each in products.values() for line in _lines(each)),
        as_json=as_json,
    )


def _lines(product: Product) -> Iterator[str]:
    yield f"{product.id}: {product.label} ({product.label_zh})"
    heading = f", HS {product.hs}" if product.hs else ""
    yield f"  {product.kind}{heading}; made by {', '.join(product.steps)}"
    made = ", ".join(f"{name} {low} to {high}" for name, low, high in _windows(product))
    elements = f"has {', '.join(product.mandatory)}; " if product.mandatory else ""
    yield f"  {elements}mass fractions {made} ({product.status}: {product.source})"


def _profile_lines(profile: Profile) -> Iterator[str]:
    bound = "" if profile.most_excluded is None else f", at most {trillionths_text(profile.most_excluded)} together"
    yield f"{profile.id}: {profile.label} ({profile.label_zh}); {profile.standard}"
    yield f"  {profile.boundary}, per {profile.declared_unit}, GWPs {', '.join(profile.gwp)}, {profile.recycling}"
    yield f"  allocation by {', then '.join(profile.allocation)}; lines of {', '.join(profile.mandatory)}"
    yield f"  exclusions: {profile.exclusions}{bound} ({profile.status}: {profile.source})"
    if profile.unread:
        yield f"  placeholders, not taken from the standard: {', '.join(profile.unread)}"


def _profile(profile: Profile) -> dict[str, object]:
    bound = None if profile.most_excluded is None else trillionths_text(profile.most_excluded)
    return {**asdict(profile), "most_excluded": bound}


def _windows(product: Product) -> Iterator[tuple[str, str, str]]:
    for window in product.windows:
        yield window.what, trillionths_text(window.low), trillionths_text(window.high)


def _document(product: Product) -> dict[str, object]:
    windows = [{"what": what, "low": low, "high": high} for what, low, high in _windows(product)]
    return {**asdict(product), "windows": windows}
