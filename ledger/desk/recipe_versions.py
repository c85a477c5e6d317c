"""Take a version of a recipe from draft to approval: it is written, sent, then approved or returned with a note.

Rules:

1. To save a draft, name the digest of the draft that it was written on. If somebody saved another one meanwhile,
   nothing changes, and the refusal names the differences.
2. Saving a version that was sent makes it a draft again, so that nobody approves a text that changed after reading.
3. To approve a version, name the digest of the text that was read.
4. The second person is judged at one place, `_check_second`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from ledger.desk.approvals import check_approver
from ledger.desk.recipes import KeptRecipe, changed_meanwhile, check_next, document_of, kept, record_event, written_row
from ledger.factors.tables import FactorTables
from ledger.recipes.differences import Difference, differences
from ledger.registry.approval import OPERATOR
from ledger.registry.registry import OpenRegistry
from ledger.store.engine import reading, writing
from ledger.store.people import people_of
from ledger.store.recipes import APPROVED, RecipeRow, add_recipe, recipe_row, swap_recipe
from schemas.door import JsonValue
from schemas.problem import AccessError, MissingError, RefusedError


def propose_recipe(
    registry: OpenRegistry,
    value: JsonValue,
    *,
    party: str,
    by: str,
    tables: FactorTables | None = None,
    base: str | None = None,
) -> KeptRecipe:
    """Save a version as a draft; `base` is the digest of the draft that it was written on, None for a new version.

    Raises:
        InputError: ``recipe.*``, ``document.*``; RefusedError: `recipe.not-yours`, `recipe.version`,
            `recipe.changed-meanwhile`.
    """
    now = registry.runtime.now_ms()
    row = written_row(value, party=party, by=by, now_ms=now, tables=tables)
    with writing(registry.engine) as connection:
        there = recipe_row(connection, party, row.name, row.version)
        if there is None:
            check_next(recipe_row(connection, party, row.name), row)
            add_recipe(connection, row)
        elif there.digest == row.digest and there.state == "draft":
            return kept(there, registry)
        elif there.state == APPROVED:
            raise RefusedError.at("recipe.version", "version", found=row.version, possible=there.version + 1)
        elif there.digest.hex() != base or not swap_recipe(connection, row, expected=there.digest):
            raise changed_meanwhile(there, row)
        record_event(connection, row, by, "recipe draft", now)
        connection.commit()
    return kept(row, registry)


def send_recipe(registry: OpenRegistry, party: str, name: str, *, digest: str, by: str) -> KeptRecipe:
    """Send the newest draft for approval; it may still be edited, which makes it a draft again.

    Raises:
        MissingError: `recipe.unknown`; RefusedError: `recipe.no-draft`, `recipe.not-as-read`.
    """
    with _newest(registry, party, name, digest) as (connection, row):
        if row.state == APPROVED:
            raise RefusedError.at("recipe.no-draft", recipe=name, version=row.version, state=row.state)
        sent = row._replace(state="sent", note=None)
        _put(registry, connection, sent, by, "recipe send")
    return kept(sent, registry)


def approve_recipe(registry: OpenRegistry, party: str, name: str, *, digest: str, by: str) -> KeptRecipe:
    """Approve the version that was sent, as it was read; from now on runs follow it and it never changes.

    Raises:
        MissingError: `recipe.unknown`; RefusedError: `recipe.not-sent`, `recipe.not-as-read`; AccessError:
            `approval.own`, `approval.inviter`, `approval.new-approver`.
    """
    with _newest(registry, party, name, digest) as (connection, row):
        if row.state != "sent":
            raise RefusedError.at("recipe.not-sent", recipe=name, version=row.version, state=row.state)
        _check_second(connection, row, by, now_ms=registry.runtime.now_ms())
        approved = row._replace(state=APPROVED, approver=by)
        _put(registry, connection, approved, by, "recipe approve")
    return kept(approved, registry)


def recipe_refusal(registry: OpenRegistry, found: KeptRecipe, *, party: str, by: str) -> AccessError | None:
    """Return why somebody may not approve the newest version of a recipe, so that no page offers it."""
    with reading(registry.engine) as connection:
        row = recipe_row(connection, party, found.checked.recipe.recipe)
        try:
            if row is not None:
                _check_second(connection, row, by, now_ms=registry.runtime.now_ms())
        except AccessError as error:
            return error
    return None


def return_recipe(registry: OpenRegistry, party: str, name: str, *, digest: str, note: str, by: str) -> KeptRecipe:
    """Return the version that was sent to its author, with a note; errors: as `approve_recipe`."""
    with _newest(registry, party, name, digest) as (connection, row):
        if row.state != "sent":
            raise RefusedError.at("recipe.not-sent", recipe=name, version=row.version, state=row.state)
        returned = row._replace(state="draft", note=note)
        _put(registry, connection, returned, by, "recipe return")
    return kept(returned, registry)


def changes_of(registry: OpenRegistry, party: str, name: str, version: int | None = None) -> list[Difference]:
    """Return what a version, the newest unless one is named, changes in the version before; all of it in the first."""
    with reading(registry.engine) as connection:
        row = recipe_row(connection, party, name, version)
        if row is None:
            raise MissingError.at("recipe.unknown", recipe=name, party=party)
        before = recipe_row(connection, party, name, row.version - 1)
    return differences({} if before is None else document_of(before), document_of(row))


@contextmanager
def _newest(registry: OpenRegistry, party: str, name: str, digest: str) -> Iterator[tuple[Connection, RecipeRow]]:
    """Give the newest version of a recipe under the write lock, if it still is the one that was read."""
    with writing(registry.engine) as connection:
        row = recipe_row(connection, party, name)
        if row is None:
            raise MissingError.at("recipe.unknown", recipe=name, party=party)
        if row.digest.hex() != digest:
            raise RefusedError.at("recipe.not-as-read", recipe=name, version=row.version)
        yield connection, row
        connection.commit()


def _put(registry: OpenRegistry, connection: Connection, row: RecipeRow, by: str, act: str) -> None:
    now = registry.runtime.now_ms()
    swap_recipe(connection, row._replace(at_ms=now), expected=row.digest)
    record_event(connection, row, by, act, now)


def _check_second(connection: Connection, row: RecipeRow, by: str, *, now_ms: int) -> None:
    """Check that somebody may approve a version that another one wrote, as of every act that needs two persons.

    A command on the host is above the parties. Who is alone at the desk of a party approves alone.

    Raises:
        AccessError: `approval.own`, `approval.inviter`, `approval.new-approver`.
    """
    at_work = [f"person:{each.id}" for each in people_of(connection, row.party) if each.ended_ms is None]
    if by != OPERATOR and at_work != [by]:
        check_approver(connection, row, by, now_ms=now_ms)
