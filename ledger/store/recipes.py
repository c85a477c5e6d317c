"""The kept versions of recipes.

Rules: a version is only ever added. No certificate, mark or mass depends on this table (as `ledger.store.desk`). This
module judges nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from ledger.store.desk import RECIPES
from ledger.store.engine import insert_rows


class RecipeRow(NamedTuple):
    """One version of a recipe."""

    party: str
    name: str
    version: int
    content: str
    digest: bytes
    at_ms: int


def add_recipe(connection: Connection, row: RecipeRow) -> None:
    """Store a new version of a recipe."""
    insert_rows(connection, RECIPES, [row])


def recipe_row(connection: Connection, party: str, name: str, version: int | None = None) -> RecipeRow | None:
    """Return a version of a party's recipe, the newest unless one is named; None where there is none."""
    column = RECIPES.c
    query = select(RECIPES).where(column.party == party, column.name == name)
    if version is not None:
        query = query.where(column.version == version)
    row = connection.execute(query.order_by(column.version.desc()).limit(1)).first()
    return None if row is None else RecipeRow(*row)


def newest_recipes(connection: Connection, party: str) -> list[RecipeRow]:
    """Return the newest version of each recipe of a party, by name."""
    column = RECIPES.c
    newest = (
        select(column.name, func.max(column.version).label("version"))
        .where(column.party == party)
        .group_by(column.name)
        .subquery()
    )
    query = select(RECIPES).join(newest, (column.name == newest.c.name) & (column.version == newest.c.version))
    return [RecipeRow(*row) for row in connection.execute(query.where(column.party == party).order_by(column.name))]
