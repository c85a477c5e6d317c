"""The workbook that a party fills in: its recipes of today, its stock, its customers, and the factors of lines."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.desk.contacts import list_contacts
from ledger.desk.recipes import kept_recipe, kept_recipes
from ledger.factors.tables import FactorTables
from ledger.lots.balance import balances_of
from ledger.registry.registry import OpenRegistry
from ledger.store.engine import reading
from ledger.workbook.template import Choices, template
from schemas.columns import LANGUAGES
from schemas.quantity import kg_text


def blank_workbook(
    registry: OpenRegistry, party: str, language: str, *, tables: FactorTables, names: Sequence[str] = ()
) -> bytes:
    """Return a workbook for the runs of a party's recipes, with stock, customers and factors to choose from.

    It is for all approved recipes, or for those of `names`; raise MissingError `recipe.unknown`.
    """
    chosen = [kept_recipe(registry, party, each) for each in names] or kept_recipes(registry, party)
    recipes = [each.checked for each in chosen]
    now = registry.runtime.now_ms()
    with reading(registry.engine) as connection:
        balances = balances_of(connection, registry.did, owner=party, now_ms=now, at_hand=True)
        stock = {each.lot.lot: kg_text(each.left_mg) for each in balances if each.left_mg}
    factors = sorted(row for table in tables.sets.values() for row in table.rows)
    customers = [each.name for each in list_contacts(registry, party).contacts]
    spoken = [each for each in LANGUAGES if each == language]
    return template(recipes, *spoken, party=party, choices=Choices(stock, factors, customers))
