"""Starter recipes of a party, made of the examples that ship with Oreprint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
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
    registry: OpenRegistry, tables: FactorTables, *, party: str, plant: str, steps: Iterable[str]
) -> list[str]:
    """Keep a starter recipe for each step of a party's plant; return their names. What is kept already stays."""
    from ledger.desk.recipes import keep_recipe, kept_recipes

    known = {each.checked.recipe.recipe for each in kept_recipes(registry, party, drafts=True)}
    made = [step for step in dict.fromkeys(steps) if step not in known]
    for step in made:
        keep_recipe(
            registry,
            _starter(registry, tables, step, None, name=None, plant=plant, party=party),
            party=party,
            tables=tables,
        )
    return made


def _starter(
    registry: OpenRegistry,
    tables: FactorTables,
    step: str,
    product: str | None,
    *,
    name: str | None,
    plant: str | None,
    party: str,
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
    run = example if isinstance(example, dict) else {}
    return starter_recipe(run, producer=party, plant=here[0], name=name or step, tables=tables)
