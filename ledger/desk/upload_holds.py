"""Hold the rows of an uploaded workbook: a person has issued them, but they are signed later (`ledger.desk.held_rows`).

Rules: of each run at most one row is held. Until a row is signed, it can be taken back, or replaced by a later upload.
"""

from __future__ import annotations

from typing import NamedTuple

from ledger.desk.held_rows import WAITS
from ledger.desk.judge_workbook import DIFFERS
from ledger.desk.upload_rows import stored_row
from ledger.desk.uploads import IssueWish, check_issuable
from ledger.factors.tables import FactorTables
from ledger.registry.registry import OpenRegistry
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow, add_events
from ledger.store.uploads import HELD, UploadedRow, choose, held_until, keep_states, replace_held, take_back_held
from schemas.instant import MINUTE_MS


class HeldUpload(NamedTuple):
    """An upload with held rows: how many, and when the first is signed."""

    id: str
    name: str
    rows: int
    due_ms: int


def held_uploads(registry: OpenRegistry, party: str) -> list[HeldUpload]:
    """Return the uploads of a party that have held rows, the one that is due first before the others."""
    with reading(registry.engine) as connection:
        return [HeldUpload(*each) for each in held_until(connection, party)]


def hold_upload(
    registry: OpenRegistry, party: str, upload: str, *, tables: FactorTables, wish: IssueWish, minutes: int
) -> int:
    """Hold the rows of an upload that are ready, so that they are signed in some minutes; return how many are.

    They take the place of what was held of the same runs. All of it is one commit.  Errors: as `issue_upload`.
    """
    rows = check_issuable(registry, party, upload, tables=tables, wish=wish)
    now = registry.runtime.now_ms()
    held: list[UploadedRow] = []
    for number, row in rows.items():
        if row.state == "ready":
            row.state, row.due_ms, row.author = HELD, now + minutes * MINUTE_MS, wish.by
            row.warnings = [each for each in row.warnings if each.code not in {DIFFERS, *WAITS}]
            held.append(stored_row(party, upload, number, row))
    with writing(registry.engine) as connection:
        choose(connection, party, upload, wish.chosen)
        add_events(connection, [EventRow(now, party, "", "upload hold", upload, wish.chosen, wish.by)])
        kept = keep_states(connection, [("ready", each) for each in held])
        replace_held(connection, party, upload, [each.run for each in kept])
        connection.commit()
    return len(kept)


def take_back(registry: OpenRegistry, party: str, upload: str, *, by: str, number: int | None = None) -> int:
    """Let the held rows of an upload, or one of them, be ready again, so that they are not signed; return how many."""
    with writing(registry.engine) as connection:
        taken = take_back_held(connection, party, upload, number)
        event = EventRow(registry.runtime.now_ms(), party, "", "upload take back", upload, f"{taken} rows", by)
        add_events(connection, [event])
        connection.commit()
    return taken
