"""The kept versions of recipes.

Rules: an approved version is never written again. No certificate, mark or mass depends on this table (as
`ledger.store.desk_schema`). This module judges nothing.
"""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, func, select, update

from ledger.store.desk_schema import RECIPES
from ledger.store.engine import insert_rows

APPROVED = "approved"
"""State of a version that runs may follow."""


class RecipeRow(NamedTuple):
    """One version of a recipe."""

    party: str
    name: str
    version: int
    content: str
    digest: bytes
    at_ms: int
    state: str
    author: str
    approver: str | None = None
    note: str | None = None


def recipe_digest(content: str) -> bytes:
    """Return the digest of a recipe, whatever the order of its members; raise ValueError for what is no JSON."""
    return sha256(orjson.dumps(orjson.loads(content), option=orjson.OPT_SORT_KEYS)).digest()


def add_recipe(connection: Connection, row: RecipeRow) -> None:
    """Store a new version of a recipe."""
    insert_rows(connection, RECIPES, [row])


def swap_recipe(connection: Connection, row: RecipeRow, *, expected: bytes) -> bool:
    """Replace a version whose content has the expected digest and which is not approved; return whether it had."""
    column = RECIPES.c
    place = (column.party == row.party) & (column.name == row.name) & (column.version == row.version)
    swap = (column.digest == expected) & (column.state != APPROVED)
    return connection.execute(update(RECIPES).where(place, swap).values(**row._asdict())).rowcount == 1


def recipe_row(
    connection: Connection, party: str, name: str, version: int | None = None, *, approved: bool = False
) -> RecipeRow | None:
    """Return a version of a party's recipe, the newest unless one is named; None where there is none."""
    column = RECIPES.c
    query = select(RECIPES).where(column.party == party, column.name == name)
    if version is not None:
        query = query.where(column.version == version)
    if approved:
        query = query.where(column.state == APPROVED)
    row = connection.execute(query.order_by(column.version.desc()).limit(1)).first()
    return None if row is None else RecipeRow(*row)


def newest_recipes(connection: Connection, party: str, *, approved: bool = False) -> list[RecipeRow]:
    """Return the newest version of each recipe of a party, by name; of the approved ones only if so asked."""
    column = RECIPES.c
    counted = (column.party == party) & (column.state == APPROVED) if approved else column.party == party
    newest = (
        select(column.name, func.max(column.version).label("version")).where(counted).group_by(column.name).subquery()
    )
    query = select(RECIPES).join(newest, (column.name == newest.c.name) & (column.version == newest.c.version))
    return [RecipeRow(*row) for row in connection.execute(query.where(column.party == party).order_by(column.name))]
