"""Recipes that are kept here: versions that are written, sent, approved, and then never change.

Rules:

1. A version is written on its predecessor: version n + 1 begins once version n is approved.
2. To replace a draft, the writer names the digest of the text that the new one was written on.
3. Runs follow approved versions only. An approved version never changes.
4. A recipe belongs to the producer that its run names. Nobody else reads it.

Who may approve what is judged in `ledger.desk.recipe_versions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, NamedTuple, cast

import orjson
from sqlalchemy import Connection

from ledger.factors.tables import FactorTables
from ledger.lots.balance import balances_of, certificate_record
from ledger.recipes.checked import CheckedRecipe, checked_recipe
from ledger.recipes.differences import differences
from ledger.recipes.doubts import pinned_of
from ledger.registry.approval import OPERATOR
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_text
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow, add_events
from ledger.store.recipes import APPROVED, RecipeRow, add_recipe, newest_recipes, recipe_digest, recipe_row
from schemas.door import JsonValue, parse_json
from schemas.identifier import is_trial
from schemas.instant import time_text
from schemas.lot import normal_lot
from schemas.problem import MissingError, RefusedError, Sentence

RecipeState = Literal["draft", "sent", "approved"]
_MOST_BYTES: Final = 4 * 2**20
_MOST_TOLD: Final = 8
"""Differences that a refusal names."""


class KeptRecipe(NamedTuple):
    """A version of a recipe that is kept here: its state, who wrote and who approved it, and since when it stands."""

    checked: CheckedRecipe
    since: str
    state: RecipeState
    digest: str
    author: str
    approver: str | None = None
    note: str | None = None

    @property
    def title(self) -> str:
        """Name, version and title, as a list shows them."""
        recipe = self.checked.recipe
        return f"{recipe.recipe} v{recipe.version}  {recipe.title}"


def keep_recipe(registry: OpenRegistry, value: JsonValue, *, party: str, tables: FactorTables | None = None) -> bool:
    """Keep a version of a recipe as approved, as only a command on the host may; return whether it is new.

    Raises:
        InputError: ``recipe.*``, ``document.*``; RefusedError: `recipe.not-yours`, `recipe.version`,
            `recipe.changed-meanwhile` where a draft stands in its place.
    """
    now = registry.runtime.now_ms()
    row = written_row(value, party=party, by=OPERATOR, now_ms=now, tables=tables)
    with writing(registry.engine) as connection:
        same = recipe_row(connection, party, row.name, row.version)
        if same is not None and same.digest == row.digest and same.state == APPROVED:
            return False
        if same is not None and same.state != APPROVED:
            raise changed_meanwhile(same, row)
        check_next(recipe_row(connection, party, row.name), row)
        add_recipe(connection, row._replace(state=APPROVED, approver=OPERATOR))
        record_event(connection, row, OPERATOR, "recipe keep", now)
        connection.commit()
    return True


def written_row(value: JsonValue, *, party: str, by: str, now_ms: int, tables: FactorTables | None = None) -> RecipeRow:
    """Return a document as the row of a draft, with the factor tables of today pinned.

    Raises:
        InputError: ``recipe.*``, ``document.*``; RefusedError: `recipe.not-yours`.
    """
    checked = checked_recipe(value)
    recipe = checked.recipe
    if checked.record.producer != party:
        raise RefusedError.at("recipe.not-yours", "run.producer", producer=checked.record.producer, party=party)
    document = dict(checked.document)
    if tables is not None:
        document["pinned"] = pinned_of(checked.record, tables).model_dump()
    content = orjson.dumps(document).decode()
    return RecipeRow(party, recipe.recipe, recipe.version, content, recipe_digest(content), now_ms, "draft", by)


def check_next(newest: RecipeRow | None, row: RecipeRow) -> None:
    """Check that a version is the one after the newest, or raise RefusedError `recipe.version`."""
    possible = 1 if newest is None else newest.version + (newest.state == APPROVED)
    if row.version != possible or (newest is not None and newest.version == row.version):
        raise RefusedError.at("recipe.version", "version", found=row.version, possible=possible)


def changed_meanwhile(there: RecipeRow, row: RecipeRow) -> RefusedError:
    """Return the refusal of a version that another draft replaced meanwhile; it names the differences."""
    found = differences(document_of(there), document_of(row))
    places = ", ".join(f"{each.place} ({each.before} there, {each.after} here)" for each in found[:_MOST_TOLD])
    told = Sentence(places or "nothing")
    return RefusedError.at("recipe.changed-meanwhile", recipe=row.name, version=row.version, differences=told)


def record_event(connection: Connection, row: RecipeRow, by: str, act: str, now_ms: int) -> None:
    """Write an act on a version into the events of its party."""
    subject = f"{row.name} v{row.version}"
    add_events(connection, [EventRow(now_ms, row.party, by, act, subject, row.digest.hex())])


def kept_recipe(registry: OpenRegistry, party: str, name: str, version: int | None = None) -> KeptRecipe:
    """Return an approved version, the newest unless one is named; raise MissingError `recipe.unknown`.

    Raises:
        RefusedError: `recipe.not-approved` for a named version that is a draft.
    """
    found = any_recipe(registry, party, name, version, approved=version is None)
    if found.state != APPROVED:
        said = {"recipe": name, "version": found.checked.recipe.version, "state": found.state}
        raise RefusedError.at("recipe.not-approved", "version", **said)
    return found


def any_recipe(
    registry: OpenRegistry, party: str, name: str, version: int | None = None, *, approved: bool = False
) -> KeptRecipe:
    """Return a version in any state, the newest unless one is named; raise MissingError `recipe.unknown`."""
    with reading(registry.engine) as connection:
        row = recipe_row(connection, party, name, version, approved=approved)
    if row is None:
        raise MissingError.at("recipe.unknown", recipe=name, party=party)
    return kept(row, registry)


def kept_recipes(registry: OpenRegistry, party: str, *, drafts: bool = False) -> list[KeptRecipe]:
    """Return the newest approved version of each recipe of a party, by name; with `drafts` the newest in any state."""
    with reading(registry.engine) as connection:
        return [kept(row, registry) for row in newest_recipes(connection, party, approved=not drafts)]


def compositions_at_hand(
    registry: OpenRegistry, party: str, recipes: Iterable[CheckedRecipe]
) -> dict[str, Mapping[str, str]]:
    """Return the composition of each lot that a party holds, by lot and by digest; none if no recipe needs them."""
    found: dict[str, Mapping[str, str]] = {}
    if not any(each.needs_compositions for each in recipes):
        return found
    with reading(registry.engine) as connection:
        for each in balances_of(connection, registry.did, owner=party, now_ms=registry.runtime.now_ms()):
            if each.lot.certificate is not None:
                shares = certificate_record(connection, each.lot).composition
                composition = {share.element: share.fraction for share in shares}
                digest = certificate_digest_text(each.lot.certificate)
                found |= {normal_lot(each.lot.lot): composition, digest: composition}
    return found


def kept(row: RecipeRow, registry: OpenRegistry) -> KeptRecipe:
    """Return the version that a row holds."""
    checked = checked_recipe(document_of(row), trial=is_trial(registry.did))
    since, state = time_text(row.at_ms), cast("RecipeState", row.state)
    return KeptRecipe(checked, since, state, row.digest.hex(), row.author, row.approver, row.note)


def document_of(row: RecipeRow) -> Any:  # noqa: ANN401 - whatever the document says
    """Return the document that a row holds."""
    return parse_json(row.content.encode(), max_bytes=_MOST_BYTES)
