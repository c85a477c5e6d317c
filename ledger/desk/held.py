"""Hold runs: a person has issued them, but they are signed later, so that a mistake can still be corrected.

Rules:

1. A held run reserves nothing, and its lot name stays free. It is signed when it is due: after the party's minutes, or
   at once when its lot is labelled, shipped or used, or when a person says so.
2. It is checked again when it is due. It goes back to the drafts with a notice if it can no longer be issued, if its
   recipe has a newer version, or if its record would differ from the one that the person saw.
3. The change of the draft and the issuance are one commit. A crash leaves both or neither, and of two processes that
   sign the same run the second finds it signed: no run is lost, none is issued twice.
4. Runs that make what others use are signed before them, whether they were typed or uploaded. Rows of workbooks are
   signed together (`ledger.desk.held_rows`).
5. Lots of rows that name a customer are shipped once no row of the upload is held (`ledger.desk.upload_shipping`), but
   not where a lot was signed because it is labelled, shipped or used: a person decides about that one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import groupby
from typing import Final, TypeAlias

import orjson
from sqlalchemy import Connection

from ledger.desk.drafts import RunDraft, as_json, draft_in, find_draft, note_event, swap
from ledger.desk.forms import read_form
from ledger.desk.held_rows import ROUND, RowOutcome, sign_rows
from ledger.desk.held_runs import HeldKey, HeldRuns, compositions_of
from ledger.desk.preview import preview_draft
from ledger.desk.recipes import kept_recipe
from ledger.desk.upload_shipping import ship_upload
from ledger.factors.tables import FactorTables
from ledger.issuing.asked import asked_run
from ledger.issuing.issue import answer_again
from ledger.issuing.prepare import IssueSession, request_digest
from ledger.registry.append import LogTransaction, append
from ledger.registry.approval import OPERATOR, ByRecipe, asking
from ledger.registry.approval import RULE as TWO_PERSONS
from ledger.registry.registry import OpenRegistry
from ledger.store.approvals import RuleRow, put_rule, rule_of
from ledger.store.drafts import DraftRow, due_rows
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow, add_events
from ledger.store.lots import issued_requests
from ledger.store.uploads import RowKey, due_row, held_keys, holder_of
from schemas.instant import MINUTE_MS
from schemas.problem import InputError, OreprintError, Problem, RefusedError, StateError
from schemas.record import ProductionRecord

HOLD_MINUTES: Final = 30
"""How long a run is held, unless the party says another time."""
MOST_HOLD_MINUTES: Final = 24 * 60
HOLD_RULE: Final = "hold-minutes"
"""The name of the party rule."""
Signed: TypeAlias = "RunDraft | RowOutcome"
"""A run that was signed, as it is now: one that was typed, or a row of a workbook."""


def hold_draft(
    registry: OpenRegistry,
    party: str,
    draft_id: str,
    *,
    revision: int,
    tables: FactorTables,
    by: str,
    minutes: int | None = None,
) -> RunDraft:
    """Hold a draft that could be issued now; return it. 0 minutes sign it at once; None takes the party's rule.

    If a second person may have to approve it, it is not held: that person is asked at once.

    Raises:
        MissingError: `draft.unknown`; RefusedError: `draft.changed`, `draft.issued`, `draft.recipe-changed`; InputError
            with all that keeps it from being issued, each at its field.
    """
    draft = find_draft(registry, party, draft_id)
    shown = preview_draft(registry, draft, tables=tables)
    if shown.differences is not None:
        raise RefusedError.at("draft.recipe-changed", version=draft.row.version, newest=shown.newest)
    if shown.rehearsed.problems or shown.form.made is None:
        raise InputError(*shown.rehearsed.problems)
    record = orjson.dumps(shown.form.made.record).decode()
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        row = draft_in(connection, party, draft_id).row
        minutes = minutes_in(connection, party) if minutes is None else minutes
        due = now + minutes * MINUTE_MS
        held = row._replace(state="held", record=record, notice=None, author=by, changed_ms=now, due_ms=due)
        draft = swap(connection, row, held, revision=revision)
        note_event(connection, registry, draft.row, "run hold", draft.lot)
        connection.commit()
    return draft if minutes else sign_draft(registry, party, draft_id, tables=tables)


def hold_minutes(registry: OpenRegistry, party: str) -> int:
    """Return how long the runs of a party are held."""
    with reading(registry.engine) as connection:
        return minutes_in(connection, party)


def set_hold_minutes(registry: OpenRegistry, minutes: int, *, party: str, by: str) -> None:
    """Set how long the runs of a party are held, from 0 to 1440 minutes; raise InputError `draft.hold-minutes`."""
    if not 0 <= minutes <= MOST_HOLD_MINUTES:
        raise InputError.at("draft.hold-minutes", "minutes", value=minutes, limit=MOST_HOLD_MINUTES)
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        put_rule(connection, RuleRow(party, HOLD_RULE, str(minutes), now, by))
        add_events(connection, [EventRow(now, party, "", "rule", f"hold runs: {minutes} minutes", "done", by)])
        connection.commit()


def minutes_in(connection: Connection, party: str) -> int:
    """Return the minutes of a party's rule; 0 where a second person may have to approve a run."""
    second, own = rule_of(connection, party, TWO_PERSONS), rule_of(connection, party, HOLD_RULE)
    if second is not None and second.value in {"warnings", "all"}:
        return 0
    return HOLD_MINUTES if own is None else int(own.value)


def sign_draft(registry: OpenRegistry, party: str, draft_id: str, *, tables: FactorTables) -> RunDraft:
    """Sign a held run now; return it as issued, or as a draft again with a notice of what no longer fits.

    Raises:
        MissingError: `draft.unknown`; StateError: as `ledger.registry.append.append`; the run is then still held.
    """
    if find_draft(registry, party, draft_id).row.state == "held":
        _sign_all(registry, party, [draft_id], tables)
    return find_draft(registry, party, draft_id)


def sign_due(registry: OpenRegistry, *, tables: FactorTables) -> list[Signed]:
    """Sign held runs of all parties that are due; return each as it is now, nothing once none is due.

    One call signs some of them, at most a round of the rows of one workbook.  Errors: as `sign_draft`.
    """
    now = registry.runtime.now_ms()
    with reading(registry.engine) as connection:
        wanted: dict[str, list[HeldKey]] = {}
        for row in due_rows(connection, now):
            wanted.setdefault(row.party, []).append(row.id)
        due, by = due_row(connection, now), None
        if due is not None:
            wanted.setdefault(due[0], []).extend(held_keys(connection, *due, most=ROUND, due_ms=now))
            by = holder_of(connection, *due)
    signed = [one for party, keys in wanted.items() for one in _sign_all(registry, party, keys, tables)]
    if due is not None:
        ship_if_signed(registry, *due, by)
    return signed


def sign_lots(registry: OpenRegistry, party: str, lots: Iterable[str], *, tables: FactorTables) -> list[Signed]:
    """Sign the held runs that are to make some lots, because these are now labelled, shipped or used.

    Return each as it is now.  Errors: as `sign_draft`.
    """
    wanted = [*lots]
    return _sign_all(registry, party, HeldRuns.of(registry, party).makers(wanted), tables) if wanted else []


def sign_upload(registry: OpenRegistry, party: str, upload: str, *, tables: FactorTables) -> Iterator[list[RowOutcome]]:
    """Sign the held rows of an upload now, and yield what became of each round.  Errors: as `sign_draft`."""
    with reading(registry.engine) as connection:
        by = holder_of(connection, party, upload)
    while True:
        with reading(registry.engine) as connection:
            keys: list[HeldKey] = [*held_keys(connection, party, upload, most=ROUND)]
        signed = _sign_all(registry, party, keys, tables)
        if not signed:
            break
        yield [each for each in signed if isinstance(each, RowOutcome)]
    ship_if_signed(registry, party, upload, by)


def ship_if_signed(registry: OpenRegistry, party: str, upload: str, by: str | None) -> None:
    """Ship what the rows of an upload say, once none of it is held, so that a customer gets one shipment."""
    with reading(registry.engine) as connection:
        held = held_keys(connection, party, upload, most=1)
    if not held:
        ship_upload(registry, party, upload, by=by or OPERATOR)


def _sign_all(registry: OpenRegistry, party: str, keys: Iterable[HeldKey], tables: FactorTables) -> list[Signed]:
    """Sign held runs, and first those that make what they use (rule 4)."""
    signed: list[Signed] = []
    wanted = [*keys]
    order = HeldRuns.of(registry, party).upstream_first(wanted) if wanted else []
    for are_rows, some in groupby(order, key=lambda each: isinstance(each, RowKey)):
        if are_rows:
            rows = [each for each in some if isinstance(each, RowKey)]
            for at in range(0, len(rows), ROUND):
                signed += sign_rows(registry, party, rows[at : at + ROUND], tables=tables)
        else:
            signed += [_sign(registry, find_draft(registry, party, str(each)), tables) for each in some]
    return signed


def _sign(registry: OpenRegistry, held: RunDraft, tables: FactorTables) -> RunDraft:
    """Sign a held run."""
    if held.row.state != "held":
        return held
    record = held.record()
    try:
        recipe = _check_same(registry, held)
        # A crash from here to the commit: the run is still held, and is signed when somebody looks again.
        with asking(registry), append(registry) as transaction:
            return _issued(transaction, held, record, recipe, tables)
    except StateError:
        raise
    except OreprintError as error:
        return _back(registry, held, error.problems)


def _check_same(registry: OpenRegistry, held: RunDraft) -> ByRecipe:
    """Check that the record is the one that the person saw, or raise; return the recipe with what it finds odd.

    Raises:
        RefusedError: `draft.recipe-changed`, `draft.record-changed`; InputError with what is wrong now.
    """
    row = held.row
    checked = kept_recipe(registry, row.party, row.recipe).checked
    if checked.recipe.version != row.version:
        raise RefusedError.at("draft.recipe-changed", version=row.version, newest=checked.recipe.version)
    form = read_form(checked, held.typed, compositions_of(registry, row.party, [checked]))
    if form.made is None:
        raise InputError(*form.problems)
    if orjson.loads(orjson.dumps(form.made.record)) != held.written():
        raise RefusedError.at("draft.record-changed", lot=held.lot)
    return ByRecipe.of(f"{row.recipe} v{row.version}", form.made.warnings)


def _issued(
    transaction: LogTransaction, held: RunDraft, record: ProductionRecord, recipe: ByRecipe, tables: FactorTables
) -> RunDraft:
    """Issue a held run and mark it as issued, in one commit."""
    connection, row = transaction.connection, held.row
    now = draft_in(connection, row.party, row.id)
    if now.row.state != "held" or now.row.revision != row.revision:
        return now  # another process was quicker, or a person took it back
    digest = request_digest(record)
    before = issued_requests(connection, [digest])
    if before:
        issuance = answer_again(transaction.registry, connection, before[digest]).issuance
    else:
        issuance = _logged(transaction, row, record, recipe, tables)
    issued = row._replace(
        state="issued", issuance=issuance, due_ms=None, notice=None, changed_ms=transaction.registry.runtime.now_ms()
    )
    return swap(connection, row, issued, revision=row.revision)


def _logged(
    transaction: LogTransaction, row: DraftRow, record: ProductionRecord, recipe: ByRecipe, tables: FactorTables
) -> bytes:
    """Sign and log a run, if its party's rule of two persons lets it pass; return its issuance."""
    session = IssueSession.begin(transaction, tables, [record])
    draft, accepted = session.prepare(record, request_digest(record))
    wanted = partial(asked_run, record, draft, accepted, recipe=recipe)
    passed = transaction.gate.check("issue", row.party, row.author, wanted)
    transaction.log(*accepted.postings)
    submission = accepted.submission
    add_events(transaction.connection, [passed.event(", ".join(submission.lots), after=submission.issuance)])
    return submission.issuance


def _back(registry: OpenRegistry, held: RunDraft, problems: tuple[Problem, ...]) -> RunDraft:
    """Put a held run back among the drafts with a notice, unless it changed meanwhile."""
    row, now = held.row, registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        there = draft_in(connection, row.party, row.id)
        if there.row.state != "held" or there.row.revision != row.revision:
            return there
        back = row._replace(state="draft", record=None, notice=as_json(problems), due_ms=None, changed_ms=now)
        draft = swap(connection, row, back, revision=row.revision)
        note_event(connection, registry, draft.row, "run back", problems[0].code)
        connection.commit()
    return draft
