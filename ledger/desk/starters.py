"""Starter recipes of a party, made of the examples that ship with Oreprint.

Rules: a starter belongs to one plant of the party. Its numbers are marked as examples (`ledger.recipes.starter`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from ledger.desk.examples import chosen, example_products
from ledger.desk.recipes import keep_recipe, kept_recipes
from ledger.factors.tables import FactorTables
from ledger.recipes.starter import starter_recipe
from ledger.registry.parties import membership
from ledger.registry.pinned import own_trust
from ledger.registry.registry import OpenRegistry
from ledger.store.engine import reading
from schemas.door import parse_value
from schemas.problem import MissingError


def starter_of(  # noqa: PLR0913 - as many as it takes to say which
    registry: OpenRegistry,
    step: str,
    product: str | None,
    *,
    party: str,
    tables: FactorTables,
    name: str | None = None,
    plant: str | None = None,
    kinds: Collection[str] = (),
) -> dict[str, Any]:
    """Return the starter recipe of a step, and of a product if one is named, for a plant of a party.

    Without `plant` it is for the only one. Only goods of `kinds` are certified, if any are named.

    Raises:
        MissingError: `example.no-product`, `example.other-step`; `recipe.no-plant` without a plant of that name, or
            without the only one.
    """
    plants = membership(registry, party).facilities
    here = [each for each in plants if plant in {None, each.id}]
    if len(here) != 1:
        raise MissingError.at("recipe.no-plant", "--plant", possible=", ".join(each.id for each in plants) or "none")
    example = parse_value(chosen(step, product).text.encode(), media="yaml")
    run: dict[str, Any] = example if isinstance(example, dict) else {}
    for output in run["outputs"] if kinds else ():
        if output["kind"] not in kinds:
            output["certify"] = False  # the plant makes it, but may not certify it
    return starter_recipe(run, producer=party, plant=here[0], name=name or step, tables=tables)


def listed_kinds(registry: OpenRegistry, party: str) -> tuple[str, ...]:
    """Return the kinds of goods that a party may certify by the registry's trust list; none before it has one."""
    with reading(registry.engine) as connection:
        trust = own_trust(connection)
    listed = trust.parties.get(party) if trust else None
    return listed.kinds if listed else ()


def offered_starters(registry: OpenRegistry, tables: FactorTables, party: str) -> dict[str, tuple[str, ...]]:
    """Return the steps that have a starter, each with those of its products that a party may certify."""
    kinds = listed_kinds(registry, party)
    found = {}
    for step, products in example_products().items():
        fitting = tuple(each for each in products if not kinds or tables.products[each].kind in kinds)
        if fitting or not products:
            found[step] = fitting
    return found


def keep_starters(
    registry: OpenRegistry,
    tables: FactorTables,
    *,
    party: str,
    plant: str,
    steps: Iterable[str],
    products: Collection[str] = (),
    kinds: Collection[str] = (),
) -> list[str]:
    """Keep a starter recipe for each step of a party's plant, and for each product that it makes; return their names.

    A recipe that is kept already stays. A step without a shipped example gets no recipe.
    """
    known = {each.checked.recipe.recipe for each in kept_recipes(registry, party, drafts=True)}
    made = {name: of for step in steps for name, of in _named(step, products) if name not in known}
    for name, (step, product) in made.items():
        recipe = starter_of(registry, step, product, party=party, tables=tables, name=name, plant=plant, kinds=kinds)
        keep_recipe(registry, recipe, party=party, tables=tables)
    return [*made]


def _named(step: str, products: Collection[str]) -> Iterator[tuple[str, tuple[str, str | None]]]:
    """Yield the name of each starter of a step, with its step and product; the first has the name of the step."""
    made = example_products().get(step)
    if made is None:
        return
    fitting = [product for product in products if product in made]
    if not fitting:
        yield step, (step, None)
    for number, product in enumerate(fitting):
        yield f"{step}-{product}" if number else step, (step, product)
