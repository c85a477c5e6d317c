"""Suggestions for the form of a new run: the next lot number, today, and the oldest stock of each input.

Rules: readings and masses are never filled in, because nobody would read the meter again. A suggestion promises
nothing; issuing judges what was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ledger.desk.drafts import drafts_of
from ledger.desk.held_runs import HeldRuns
from ledger.lots.balance import LotBalance, balances_of, certificate_record
from ledger.recipes.checked import CheckedRecipe
from ledger.registry.registry import OpenRegistry
from ledger.store.abroad import foreign_lots
from ledger.store.engine import reading
from ledger.store.lots import ever_held, lots_named, lots_of_plant
from schemas.columns import INPUT_PAIRS
from schemas.instant import time_text
from schemas.lot import normal_lot
from schemas.quantity import kg_text

_LOOKED_AT: Final = 500
"""Lots of the plant among which the highest number is looked for."""
MOST_STOCK: Final = 200
"""Lots that a form offers as inputs."""


class Stock(NamedTuple):
    """A lot that could be an input: what it is, and how much of it is unused, in kg."""

    lot: str
    what: str
    left_kg: str


def stock_of(registry: OpenRegistry, party: str, checked: CheckedRecipe | None = None) -> list[Stock]:
    """Return the lots that a party could use, the oldest first.

    With a recipe, lots of the same product as its usual inputs go before the others.
    """
    usual = {normal_lot(each.lot) for each in checked.record.inputs if each.lot is not None} if checked else set()
    now = registry.runtime.now_ms()
    with reading(registry.engine) as connection:
        found = [
            (each, certificate_record(connection, each.lot).batch)
            for each in balances_of(connection, registry.did, owner=party, now_ms=now, at_hand=True)
            if each.lot.certificate is not None and _usable(each)
        ]
        named = (
            lot for each in usual for lot in lots_named(connection, each) + foreign_lots(connection, lot_normal=each)
        )
        held = [lot for lot in named if lot.certificate is not None and ever_held(connection, lot, owner=party)]
        like = {(batch.kind, batch.product) for batch in (certificate_record(connection, lot).batch for lot in held)}
    found.sort(key=lambda one: (one[1].kind, one[1].product) not in like)
    return [Stock(each.lot.lot, batch.description, kg_text(each.left_mg)) for each, batch in found[:MOST_STOCK]]


def _usable(each: LotBalance) -> bool:
    return each.state == "standing" and each.left_mg > 0 and each.lot.kind != "electricity"


def suggested(registry: OpenRegistry, party: str, checked: CheckedRecipe, stock: Sequence[Stock]) -> dict[str, str]:
    """Return the fields that a new form begins with."""
    day = time_text(registry.runtime.now_ms())[:10]
    typed = {"start": day}
    lot = next_lot(registry, party, checked)
    if lot is not None:
        typed["lot"] = lot
    for number, each in enumerate(stock[: len(checked.record.inputs)][:INPUT_PAIRS], 1):
        typed[f"input{number}_lot"] = each.lot
    return typed


def next_lot(registry: OpenRegistry, party: str, checked: CheckedRecipe) -> str | None:
    """Return the lot after the highest of the recipe's pattern, among the plant's lots, drafts and held runs."""
    pattern = checked.recipe.lots
    if pattern is None or "{n}" not in pattern:
        return None
    with reading(registry.engine) as connection:
        made = [each.lot for each in lots_of_plant(connection, checked.record.facility, most=_LOOKED_AT)]
    drafts = [each.lot for each in drafts_of(registry, party)]
    return counted_up(pattern, (*made, *drafts, *HeldRuns.of(registry, party).lots))


def counted_up(pattern: str, lots: Iterable[str]) -> str:
    """Return the next lot of a pattern such as ``AL-{n}``; the number keeps its leading zeros."""
    before, _, after = pattern.partition("{n}")
    shape = re.compile(rf"{re.escape(before)}([0-9]{{1,12}}){re.escape(after)}")
    numbers = [found[1] for each in lots if (found := shape.fullmatch(each))]
    highest = max(numbers, key=int, default="0")
    return f"{before}{int(highest) + 1:0{len(highest)}d}{after}"
