"""Hold runs: a person has issued them, but they are signed later, so that a mistake can still be corrected.

Rules:

1. A held run reserves nothing, and its lot name stays free. It is signed when it is due: after the party's minutes, or
   at once when its lot is labelled, shipped or used, or when a person says so.
2. It is checked again when it is due. It goes back to the drafts with a notice if it can no longer be issued, if its
   recipe has a newer version, or if its record would differ from the one that the person saw.
3. The change of the draft and the issuance are one commit. A crash leaves both or neither, and of two processes that
   sign the same run the second finds it signed: no run is lost, none is issued twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final

import orjson
from sqlalchemy import Connection

from ledger.desk.drafts import RunDraft, as_json, draft_in, drafts_of, find_draft, note_event, swap
from ledger.desk.forms import read_form
from ledger.desk.preview import preview_draft
from ledger.desk.recipes import kept_recipe
from ledger.desk.rehearse import compositions_for
from ledger.factors.tables import FactorTables
from ledger.issuing.asked import asked_run
from ledger.issuing.issue import answer_again
from ledger.issuing.prepare import IssueSession, request_digest
from ledger.registry.append import LogTransaction, append
from ledger.registry.approval import RULE as TWO_PERSONS
from ledger.registry.approval import asking
from ledger.registry.registry import OpenRegistry
from ledger.store.approvals import RuleRow, put_rule, rule_of
from ledger.store.desk import EventRow, add_events
from ledger.store.drafts import DraftRow, due_rows
from ledger.store.engine import reading, writing
from ledger.store.lots import issued_requests
from schemas.lot import normal_lot
from schemas.problem import InputError, OreprintError, Problem, RefusedError, StateError
from schemas.record import ProductionRecord

HOLD_MINUTES: Final = 30
"""How long a run is held, unless the party says another time."""
MOST_HOLD_MINUTES: Final = 24 * 60
HOLD_RULE: Final = "hold-minutes"
"""The name of the party rule."""
_MINUTE_MS: Final = 60_000


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
        minutes = _minutes(connection, party) if minutes is None else minutes
        due = now + minutes * _MINUTE_MS
        held = row._replace(state="held", record=record, notice=None, author=by, changed_ms=now, due_ms=due)
        draft = swap(connection, row, held, revision=revision)
        note_event(connection, registry, draft.row, "run hold", draft.lot)
        connection.commit()
    return draft if minutes else sign_draft(registry, party, draft_id, tables=tables)


def hold_minutes(registry: OpenRegistry, party: str) -> int:
    """Return how long the runs of a party are held."""
    with reading(registry.engine) as connection:
        return _minutes(connection, party)


def set_hold_minutes(registry: OpenRegistry, minutes: int, *, party: str, by: str) -> None:
    """Set how long the runs of a party are held, from 0 to 1440 minutes; raise InputError `draft.hold-minutes`."""
    if not 0 <= minutes <= MOST_HOLD_MINUTES:
        raise InputError.at("draft.hold-minutes", "minutes", value=minutes, limit=MOST_HOLD_MINUTES)
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        put_rule(connection, RuleRow(party, HOLD_RULE, str(minutes), now, by))
        add_events(connection, [EventRow(now, party, "", "rule", f"hold runs: {minutes} minutes", "done", by)])
        connection.commit()


def _minutes(connection: Connection, party: str) -> int:
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
    return _sign(registry, find_draft(registry, party, draft_id), tables, frozenset())


def sign_due(registry: OpenRegistry, *, tables: FactorTables) -> list[RunDraft]:
    """Sign the held runs of all parties that are due; return each as it is now.  Errors: as `sign_draft`."""
    with reading(registry.engine) as connection:
        due = [RunDraft(row) for row in due_rows(connection, registry.runtime.now_ms())]
    return [_sign(registry, each, tables, frozenset()) for each in due]


def sign_lots(registry: OpenRegistry, party: str, lots: Iterable[str], *, tables: FactorTables) -> list[RunDraft]:
    """Sign the held runs that are to make some lots, because these are now labelled, shipped or used.

    Return each as it is now.  Errors: as `sign_draft`.
    """
    return _sign_makers(registry, party, lots, tables, frozenset())


def _sign_makers(
    registry: OpenRegistry, party: str, lots: Iterable[str], tables: FactorTables, above: frozenset[str]
) -> list[RunDraft]:
    wanted = {normal_lot(each) for each in lots}
    if not wanted:
        return []
    return [
        _sign(registry, each, tables, above)
        for each in drafts_of(registry, party, ["held"])
        if each.row.id not in above and not wanted.isdisjoint(_made(each))
    ]


def _made(held: RunDraft) -> set[str]:
    return {normal_lot(each["lot"]) for each in held.written()["outputs"]}


def _sign(registry: OpenRegistry, held: RunDraft, tables: FactorTables, above: frozenset[str]) -> RunDraft:
    """Sign a held run, and first those that make what it uses; `above` are runs that wait for this one."""
    row = held.row
    if row.state != "held":
        return held
    record = held.record()
    inputs = [each.lot for each in record.inputs if each.lot is not None]
    _sign_makers(registry, row.party, inputs, tables, above | {row.id})
    try:
        _check_same(registry, held)
        # A crash from here to the commit: the run is still held, and is signed when somebody looks again.
        with asking(registry), append(registry) as transaction:
            return _issued(transaction, held, record, tables)
    except StateError:
        raise
    except OreprintError as error:
        return _back(registry, held, error.problems)


def _check_same(registry: OpenRegistry, held: RunDraft) -> None:
    """Check that the record is the one that the person saw, or raise.

    Raises:
        RefusedError: `draft.recipe-changed`, `draft.record-changed`; InputError with what is wrong now.

    """
    row = held.row
    checked = kept_recipe(registry, row.party, row.recipe).checked
    if checked.recipe.version != row.version:
        raise RefusedError.at("draft.recipe-changed", version=row.version, newest=checked.recipe.version)
    form = read_form(checked, held.typed, compositions_for(registry, row.party, checked))
    if form.made is None:
        raise InputError(*form.problems)
    if orjson.loads(orjson.dumps(form.made.record)) != held.written():
        raise RefusedError.at("draft.record-changed", lot=held.lot)


def _issued(transaction: LogTransaction, held: RunDraft, record: ProductionRecord, tables: FactorTables) -> RunDraft:
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
        issuance = _logged(transaction, row, record, tables)
    issued = row._replace(
        state="issued", issuance=issuance, due_ms=None, notice=None, changed_ms=transaction.registry.runtime.now_ms()
    )
    return swap(connection, row, issued, revision=row.revision)


def _logged(transaction: LogTransaction, row: DraftRow, record: ProductionRecord, tables: FactorTables) -> bytes:
    """Sign and log a run, if its party's rule of two persons lets it pass; return its issuance."""
    session = IssueSession.begin(transaction, tables, [record])
    draft, accepted = session.prepare(record, request_digest(record))
    wanted = partial(asked_run, record, draft, accepted, recipe=f"{row.recipe} v{row.version}")
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
