"""Party rules, and what two persons approve.

Rules: an approval is used by one UPDATE that finds it unused. No certificate, mark or mass depends on these tables (as
`ledger.store.desk_schema`). This module judges nothing (`ledger.registry.approval`).
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from sqlalchemy import BigInteger, Connection, Text, bindparam, delete, select, update

from ledger.store.desk_schema import APPROVALS, PARTY_RULES
from ledger.store.engine import ask, insert_rows

ApprovalState = Literal["waiting", "approved", "returned", "void"]
Listed = Literal["waiting", "approved", "returned", "void", "used"]
"""The lists of approvals: those in a state and not used, or those that were used."""
MOST_LISTED: Final = 1000
"""Approvals of one list."""


class RuleRow(NamedTuple):
    """A rule of a party: its name and value, since when, and who set it."""

    party: str
    name: str
    value: str
    at_ms: int
    author: str


class ApprovalRow(NamedTuple):
    """An act that somebody asked for, and what became of it; `parts` is all that is approved, as JSON."""

    id: str
    party: str
    verb: str
    author: str
    subject: str
    series: str
    bound: bytes
    parts: str
    asked_ms: int
    state: ApprovalState = "waiting"
    approver: str | None = None
    decided_ms: int | None = None
    note: str = ""
    used: int | None = None


_RULES: Final = select(PARTY_RULES).where(PARTY_RULES.c.name == bindparam("name", type_=Text))
_OF_PARTY: Final = select(APPROVALS).where(APPROVALS.c.party == bindparam("party", type_=Text))
_ABOUT: Final = (
    _OF_PARTY.where(APPROVALS.c.verb == bindparam("verb", type_=Text))
    .where(APPROVALS.c.subject == bindparam("subject", type_=Text))
    .where(APPROVALS.c.author == bindparam("author", type_=Text))
    .where(APPROVALS.c.used.is_(None), APPROVALS.c.state != "void")
    .order_by(APPROVALS.c.asked_ms.desc())
)
_USE: Final = (
    update(APPROVALS)
    .where(APPROVALS.c.id == bindparam("which", type_=Text), APPROVALS.c.used.is_(None))
    .values(used=bindparam("now", type_=BigInteger))
)


def rules_named(connection: Connection, name: str) -> dict[str, RuleRow]:
    """Return this rule of every party that has set it."""
    return {row[0]: RuleRow(*row) for row in ask(connection, _RULES, name)}


def rule_of(connection: Connection, party: str, name: str) -> RuleRow | None:
    """Return a rule of a party, or None where it has not set it."""
    row = connection.execute(
        select(PARTY_RULES).where(PARTY_RULES.c.party == party, PARTY_RULES.c.name == name)
    ).first()
    return None if row is None else RuleRow(*row)


def put_rule(connection: Connection, row: RuleRow) -> None:
    """Set a rule of a party, in place of the one before."""
    connection.execute(delete(PARTY_RULES).where(PARTY_RULES.c.party == row.party, PARTY_RULES.c.name == row.name))
    insert_rows(connection, PARTY_RULES, [row])


def add_approval(connection: Connection, row: ApprovalRow) -> None:
    """Store what waits for an approval. What the same author had asked for before, about the same, is void."""
    same = (APPROVALS.c.party == row.party, APPROVALS.c.verb == row.verb, APPROVALS.c.subject == row.subject)
    unused = (APPROVALS.c.author == row.author, APPROVALS.c.used.is_(None), APPROVALS.c.state != "returned")
    connection.execute(update(APPROVALS).where(*same, *unused).values(state="void"))
    insert_rows(connection, APPROVALS, [row])


def asked_about(connection: Connection, party: str, verb: str, subject: str, author: str) -> list[ApprovalRow]:
    """Return what an author has asked for about something and not used, the newest first."""
    return [ApprovalRow(*row) for row in ask(connection, _ABOUT, party, verb, subject, author)]


def approval(connection: Connection, approval_id: str, *, party: str) -> ApprovalRow | None:
    """Return an approval of a party, or None."""
    row = connection.execute(select(APPROVALS).where(APPROVALS.c.id == approval_id, APPROVALS.c.party == party)).first()
    return None if row is None else ApprovalRow(*row)


def approvals_of(
    connection: Connection, party: str, state: Listed | None = None, *, author: str | None = None
) -> list[ApprovalRow]:
    """Return the newest approvals of a party, the oldest of them first; of one state and author, or of all."""
    query = select(APPROVALS).where(APPROVALS.c.party == party)
    if state == "used":
        query = query.where(APPROVALS.c.used.is_not(None))
    elif state is not None:
        query = query.where(APPROVALS.c.state == state, APPROVALS.c.used.is_(None))
    if author is not None:
        query = query.where(APPROVALS.c.author == author)
    query = query.order_by(APPROVALS.c.asked_ms.desc(), APPROVALS.c.id).limit(MOST_LISTED)
    return [ApprovalRow(*row) for row in connection.execute(query)][::-1]


def asked_since(connection: Connection, party: str, since_ms: int) -> dict[str, dict[str, bool]]:
    """Return the runs of a party for which an approval was asked, by series and subject: whether it was used."""
    column = APPROVALS.c
    query = select(column.series, column.subject, column.used).where(
        column.party == party, column.verb == "issue", column.asked_ms >= since_ms, column.state != "void"
    )
    found: dict[str, dict[str, bool]] = {}
    for series, subject, used in connection.execute(query.order_by(column.asked_ms)):
        found.setdefault(series, {})[subject] = used is not None or found.get(series, {}).get(subject, False)
    return found


def last_used(connection: Connection, party: str, series: str) -> ApprovalRow | None:
    """Return the approval that was used last in a series, or None."""
    query = (
        select(APPROVALS)
        .where(APPROVALS.c.party == party, APPROVALS.c.series == series, APPROVALS.c.used.is_not(None))
        .order_by(APPROVALS.c.used.desc(), APPROVALS.c.id)
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else ApprovalRow(*row)


def decide(
    connection: Connection, approval_id: str, state: ApprovalState, *, approver: str, now_ms: int, note: str
) -> bool:
    """Write down a decision; return whether the approval was waiting for one."""
    place = (APPROVALS.c.id == approval_id, APPROVALS.c.state == "waiting", APPROVALS.c.used.is_(None))
    decision = {"state": state, "approver": approver, "decided_ms": now_ms, "note": note}
    return connection.execute(update(APPROVALS).where(*place).values(**decision)).rowcount == 1


def use(connection: Connection, approval_id: str, *, now_ms: int) -> bool:
    """Use an approval; return whether it was unused."""
    return connection.execute(_USE, {"which": approval_id, "now": now_ms}).rowcount == 1
