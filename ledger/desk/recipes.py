"""Recipes that are kept here: versions that never change.

Rules:

1. A version is written on its predecessor: a document is accepted as version n only if version n - 1 is the newest.
2. The same document again changes nothing.
3. A recipe belongs to the producer that its run names. Nobody else reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final, NamedTuple

import orjson

from ledger.lots.balance import balances_of, certificate_record
from ledger.recipes.checked import CheckedRecipe, checked_recipe
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_text
from ledger.store.desk import EventRow, add_events
from ledger.store.engine import reading, writing
from ledger.store.recipes import RecipeRow, add_recipe, newest_recipes, recipe_row
from schemas.door import JsonValue, parse_json
from schemas.instant import instant_text, whole_second
from schemas.lot import normal_lot
from schemas.problem import MissingError, RefusedError

_MOST_BYTES: Final = 4 * 2**20


class KeptRecipe(NamedTuple):
    """A version of a recipe that is kept here, and since when."""

    checked: CheckedRecipe
    since: str

    @property
    def title(self) -> str:
        """Name, version and title, as a list shows them."""
        recipe = self.checked.recipe
        return f"{recipe.recipe} v{recipe.version}  {recipe.title}"


def keep_recipe(registry: OpenRegistry, value: JsonValue, *, party: str, by: str = "local") -> bool:
    """Keep a version of a recipe; return whether it is new.

    Raises:
        InputError: ``recipe.*``, ``document.*``; RefusedError: `recipe.not-yours`, `recipe.version`.

    """
    checked = checked_recipe(value)
    recipe = checked.recipe
    if checked.record.producer != party:
        raise RefusedError.at("recipe.not-yours", "run.producer", producer=checked.record.producer, party=party)
    content = orjson.dumps(checked.document).decode()
    digest = sha256(content.encode()).digest()
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        same = recipe_row(connection, party, recipe.recipe, recipe.version)
        if same is not None and same.digest == digest:
            return False
        newest = recipe_row(connection, party, recipe.recipe)
        possible = 1 if newest is None else newest.version + 1
        if recipe.version != possible:
            raise RefusedError.at("recipe.version", "version", found=recipe.version, possible=possible)
        add_recipe(connection, RecipeRow(party, recipe.recipe, recipe.version, content, digest, now))
        subject = f"{recipe.recipe} v{recipe.version}"
        add_events(connection, [EventRow(now, party, by, "recipe keep", subject, digest.hex())])
        connection.commit()
    return True


def kept_recipe(registry: OpenRegistry, party: str, name: str, version: int | None = None) -> KeptRecipe:
    """Return a kept recipe, its newest version unless one is named; raise MissingError `recipe.unknown`."""
    with reading(registry.engine) as connection:
        row = recipe_row(connection, party, name, version)
    if row is None:
        raise MissingError.at("recipe.unknown", recipe=name, party=party)
    return _kept(row)


def kept_recipes(registry: OpenRegistry, party: str) -> list[KeptRecipe]:
    """Return the newest version of each recipe of a party, by name."""
    with reading(registry.engine) as connection:
        return [_kept(row) for row in newest_recipes(connection, party)]


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


def _kept(row: RecipeRow) -> KeptRecipe:
    value = parse_json(row.content.encode(), max_bytes=_MOST_BYTES)
    return KeptRecipe(checked_recipe(value), instant_text(whole_second(row.at_ms)))
