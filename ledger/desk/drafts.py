"""Keep drafts of runs: nothing that was typed is lost, also when two people change the same draft.

Rules:

1. A change names the revision that it was made of (compare and swap). A change of an older revision is refused, and
   the form shows both texts.
2. A draft names the version of its recipe. It takes a newer version only if a person asks for it (`save_draft`).
3. A draft belongs to its party. Other parties cannot find it.
4. Changing a held run makes it a draft again (`ledger.desk.held`). An issued run never changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from ledger.desk.forms import MOST_CHARACTERS, MOST_FIELDS, Typed
from ledger.desk.recipes import kept_recipe
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_text
from ledger.store.drafts import DraftRow, DraftState, add_draft, change_draft, draft_row, draft_rows, remove_draft
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow, add_events
from schemas.door import validated
from schemas.problem import InputError, MissingError, Problem, RefusedError
from schemas.record import ProductionRecord

_ID_BYTES: Final = 12
MOST_LISTED: Final = 1000
OPEN: Final[tuple[DraftState, ...]] = ("draft", "held")
"""States of what is not signed yet."""


@dataclass(frozen=True, slots=True)
class RunDraft:
    """A draft as it is stored, with what its JSON says."""

    row: DraftRow

    @property
    def name(self) -> str:
        """Its name in the log of the server."""
        return self.row.id

    @property
    def typed(self) -> Typed:
        """The typed values, by field."""
        typed: dict[str, str] = orjson.loads(self.row.typed)
        return typed

    @property
    def notice(self) -> tuple[Problem, ...]:
        """The problems that kept it from being signed when it was due; empty if there were none."""
        return tuple(Problem(*each) for each in orjson.loads(self.row.notice or "[]"))

    @property
    def lot(self) -> str:
        """The lot of its first output, as far as it was typed."""
        return self.typed.get("lot", "").strip()

    def written(self) -> dict[str, Any]:
        """Return the record that a held or issued run had when it was held."""
        record: dict[str, Any] = orjson.loads(self.row.record or "{}")
        return record

    def record(self) -> ProductionRecord:
        """Return `written` as a checked record."""
        return validated(ProductionRecord, self.written())


def new_draft(registry: OpenRegistry, party: str, recipe: str, typed: Typed, *, by: str) -> RunDraft:
    """Keep a new draft on the newest version of a recipe.

    Raises:
        MissingError: `recipe.unknown`; InputError: `draft.size`.
    """
    version = kept_recipe(registry, party, recipe).checked.recipe.version
    draft_id = registry.runtime.random(_ID_BYTES).hex()
    now = registry.runtime.now_ms()
    row = DraftRow(draft_id, party, recipe, version, "draft", 1, kept_typed(typed), None, None, by, now)
    with writing(registry.engine) as connection:
        add_draft(connection, row)
        connection.commit()
    return RunDraft(row)


def find_draft(registry: OpenRegistry, party: str, draft_id: str) -> RunDraft:
    """Return a draft of a party; raise MissingError `draft.unknown`."""
    with reading(registry.engine) as connection:
        return draft_in(connection, party, draft_id)


def draft_in(connection: Connection, party: str, draft_id: str) -> RunDraft:
    """Return a draft as a transaction sees it; raise MissingError `draft.unknown`."""
    row = draft_row(connection, party, draft_id)
    if row is None:
        raise MissingError.at("draft.unknown")
    return RunDraft(row)


def drafts_of(
    registry: OpenRegistry,
    party: str,
    states: Iterable[DraftState] = OPEN,
    *,
    recipe: str | None = None,
    most: int = MOST_LISTED,
) -> list[RunDraft]:
    """Return the drafts of a party in some states, the last changed first."""
    with reading(registry.engine) as connection:
        return [RunDraft(row) for row in draft_rows(connection, party, tuple(states), recipe=recipe, most=most)]


def save_draft(
    registry: OpenRegistry,
    party: str,
    draft_id: str,
    typed: Typed,
    *,
    revision: int,
    by: str,
    version: int | None = None,
) -> RunDraft:
    """Keep what was typed, on the revision that the form was made of; a held run becomes a draft again.

    `version` is the version of the recipe to go on with; None keeps the draft's.

    Raises:
        MissingError: `draft.unknown`; RefusedError: `draft.changed`, `draft.issued`; InputError: `draft.size`.
    """
    kept, now = kept_typed(typed), registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        row = draft_in(connection, party, draft_id).row
        changed = row._replace(
            state="draft", typed=kept, record=None, notice=None, due_ms=None, author=by, changed_ms=now,
            version=version or row.version,
        )  # fmt: skip
        draft = swap(connection, row, changed, revision=revision)
        connection.commit()
    return draft


def discard_draft(registry: OpenRegistry, party: str, draft_id: str, *, revision: int, by: str) -> None:
    """Delete a draft or a held run.  Errors: as `save_draft`."""
    with writing(registry.engine) as connection:
        draft = draft_in(connection, party, draft_id)
        check_open(draft.row)
        if not remove_draft(connection, party, draft_id, revision=revision):
            raise RefusedError.at("draft.changed")
        note_event(connection, registry, draft.row._replace(author=by), "draft discard", draft.lot)
        connection.commit()


def swap(connection: Connection, row: DraftRow, changed: DraftRow, *, revision: int) -> RunDraft:
    """Store a changed row in place of the one with `revision`; raise RefusedError `draft.changed`, `draft.issued`."""
    check_open(row)
    changed = changed._replace(revision=revision + 1)
    if not change_draft(connection, changed, revision=revision):
        raise RefusedError.at("draft.changed")
    return RunDraft(changed)


def check_open(row: DraftRow) -> None:
    """Check that a draft is not issued, or raise RefusedError `draft.issued`."""
    if row.state == "issued":
        raise RefusedError.at("draft.issued")


def digest_about(row: DraftRow) -> str:
    """Return the digest of the certificate that a draft puts right; raise MissingError `draft.unknown`."""
    if row.about is None:
        raise MissingError.at("draft.unknown")
    return certificate_digest_text(row.about)


def note_event(connection: Connection, registry: OpenRegistry, row: DraftRow, action: str, outcome: str) -> None:
    """Store an event: the author of the row did something to the draft."""
    now = registry.runtime.now_ms()
    add_events(connection, [EventRow(now, row.party, row.author, action, row.id, outcome)])


def as_json(problems: Sequence[Problem]) -> str:
    """Return problems as a draft keeps them."""
    return orjson.dumps([[each.code, each.place, dict(each.facts)] for each in problems]).decode()


def kept_typed(typed: Typed) -> str:
    """Return the typed values as a draft keeps them; raise InputError `draft.size`."""
    if len(typed) > MOST_FIELDS or any(len(each) > MOST_CHARACTERS for each in (*typed, *typed.values())):
        raise InputError.at("draft.size", fields=MOST_FIELDS, limit=MOST_CHARACTERS)
    filled = {name: text for name, text in typed.items() if text.strip()}
    return orjson.dumps(filled, option=orjson.OPT_SORT_KEYS).decode()
