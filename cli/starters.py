"""Starter recipes of a party, made of the examples that ship with Oreprint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from ledger.factors.tables import FactorTables
    from ledger.registry.registry import OpenRegistry


def starter_of(
    step: str, product: str | None, *, name: str | None, plant: str | None, party: str, home: Path | None
) -> dict[str, Any]:
    """Return the starter recipe of a step, for a plant of a party.

    Raises:
        MissingError: `example.no-product`, `example.other-step`; `recipe.no-plant` without a plant of that name, or
            without the only one.

    """
    from cli.parts import open_to_read, tables_of

    return _starter(open_to_read(home), tables_of(home), step, product, name=name, plant=plant, party=party)


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

    What is kept already stays. A step of which no example ships gets none. Only goods of `kinds` are certified, if
    any are named.
    """
    from ledger.desk.recipes import keep_recipe, kept_recipes

    known = {each.checked.recipe.recipe for each in kept_recipes(registry, party, drafts=True)}
    made = {name: of for step in steps for name, of in _named(step, products) if name not in known}
    for name, (step, product) in made.items():
        recipe = _starter(registry, tables, step, product, name=name, plant=plant, party=party, kinds=kinds)
        keep_recipe(registry, recipe, party=party, tables=tables)
    return [*made]


def _named(step: str, products: Collection[str]) -> Iterator[tuple[str, tuple[str, str | None]]]:
    """Yield the name of each starter of a step, with its step and product; the first has the name of the step."""
    from cli.commands.example import shipped

    examples = [each for each in shipped() if each.step == step]
    fitting = [product for product in products if any(product in each.products for each in examples)]
    if examples and not fitting:
        yield step, (step, None)
    for number, product in enumerate(fitting):
        yield f"{step}-{product}" if number else step, (step, product)


def _starter(  # noqa: PLR0913 - as many as it takes to say which
    registry: OpenRegistry,
    tables: FactorTables,
    step: str,
    product: str | None,
    *,
    name: str | None,
    plant: str | None,
    party: str,
    kinds: Collection[str] = (),
) -> dict[str, Any]:
    from cli.commands.example import chosen
    from ledger.recipes.starter import starter_recipe
    from ledger.registry.parties import membership
    from schemas.door import parse_value
    from schemas.problem import MissingError

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
