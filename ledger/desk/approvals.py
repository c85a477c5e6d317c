"""Approving: what waits for a second person, how it differs from the last one, and who decides.

Rules:

1. Who asks for something does not approve it, by whatever session or token.
2. A decision is an event. An act is returned with a note, and is refused until it differs.
3. Changes of roles, approved recipes and a weaker rule of two persons need a second person, where the party has two.
4. A person approves nothing for a day after getting a role. A role that the registry's operator gave counts at once.
5. Whoever added a person or gave its roles alone may have its link, and so act in its name. So nobody approves an act
   of a person with whom it shares such a giver, or whose giver it is. Who was added by the operator, or by two, has
   none.

What an approval binds, and that it is used once, is held by `ledger.registry.approval`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple, TypeAlias

from sqlalchemy import Connection

from ledger.registry.approval import (
    APPROVED_MS,
    MODES,
    OPERATOR,
    RULE,
    Change,
    Gate,
    Mode,
    Passed,
    RequestedAct,
    Verb,
    asking,
    changes,
)
from ledger.registry.registry import OpenRegistry
from ledger.store.approvals import (
    ApprovalRow,
    ApprovalState,
    Listed,
    RuleRow,
    approval,
    approvals_of,
    decide,
    last_used,
    put_rule,
    rule_of,
)
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow, add_events
from ledger.store.people import PersonRow, people_of, person_row
from ledger.store.recipes import RecipeRow
from schemas.instant import DAY_MS, time_text
from schemas.problem import AccessError, InputError, MissingError, RefusedError

NEW_APPROVER_MS: Final = DAY_MS
MOST_NOTE: Final = 500
"""Characters of a note."""
_EACH_RUN: Final = re.compile(
    r"^(inputs|rule|recipe|certificates|reason)\b|^record\.(run|note|period)\b|\.(lot|digest)$|^record\.inputs\[|^findings\..*$"
)
"""Places that differ in every run, so that they say nothing about this one; findings are told beside them."""


Approval: TypeAlias = ApprovalRow
"""An act that needs two persons, and what became of it."""


class Compared(NamedTuple):
    """An act that waits, and how it differs from the last act of its series that was approved and done.

    `new_findings` are warnings that the last one did not have. `effect` is the largest change of a footprint, in kg
    CO2e/kg, None where there is nothing to compare it with.
    """

    row: Approval
    last: Approval | None
    changes: tuple[Change, ...]
    new_findings: tuple[str, ...]
    effect: Decimal | None

    @property
    def kind(self) -> tuple[str, ...]:
        """The places that differ: acts with the same ones are grouped."""
        places = (each.place for each in self.changes if not each.place.startswith("figures"))
        return tuple(sorted({re.sub(r"\[(\d+)[^\]]*\]", r"[\1]", each) for each in places} | set(self.new_findings)))


class Group(NamedTuple):
    """Acts that differ from the last approved one at the same places, the one with the largest effect first."""

    places: tuple[str, ...]
    acts: tuple[Compared, ...]

    @property
    def effect(self) -> Decimal | None:
        """The largest effect of them."""
        return self.acts[0].effect


def waiting(registry: OpenRegistry, party: str) -> list[Group]:
    """Return what waits for a second person, grouped by difference; the group with the largest effect first."""
    with reading(registry.engine) as connection:
        found = [_compared(connection, row) for row in approvals_of(connection, party, "waiting")]
    groups: dict[tuple[str, ...], list[Compared]] = {}
    for each in sorted(found, key=_size, reverse=True):
        groups.setdefault(each.kind, []).append(each)
    return [Group(places, tuple(acts)) for places, acts in groups.items()]


def listed(
    registry: OpenRegistry, party: str, state: Listed | None = None, *, author: str | None = None
) -> list[Approval]:
    """Return the newest approvals of a party, the oldest of them first; of one state and author, or of all."""
    with reading(registry.engine) as connection:
        return approvals_of(connection, party, state, author=author)


def compared(registry: OpenRegistry, approval_id: str, *, party: str) -> Compared:
    """Return an approval with what it differs in; raise MissingError `approval.unknown`."""
    with reading(registry.engine) as connection:
        return _compared(connection, _found(connection, approval_id, party))


def approve(registry: OpenRegistry, approval_id: str, *, party: str, by: str) -> Approval:
    """Approve what waits.

    Raises:
        MissingError: `approval.unknown`; AccessError: `approval.own`, `approval.inviter`, `approval.new-approver`;
            RefusedError: `approval.decided`.
    """
    return _decided(registry, approval_id, "approved", party=party, by=by)


def send_back(registry: OpenRegistry, approval_id: str, *, party: str, by: str, note: str) -> Approval:
    """Send what waits back to its author, with a note; raise as `approve`; InputError `approval.note`."""
    if not 0 < len(note.strip()) <= MOST_NOTE or not note.isprintable():
        raise InputError.at("approval.note", "note", limit=MOST_NOTE)
    return _decided(registry, approval_id, "returned", party=party, by=by, note=note.strip())


def two_persons(registry: OpenRegistry, party: str) -> Mode:
    """Return a party's rule of two persons."""
    with reading(registry.engine) as connection:
        row = rule_of(connection, party, RULE)
    return "off" if row is None else checked_mode(row.value)


def set_two_persons(registry: OpenRegistry, mode: str, *, party: str, by: str) -> None:
    """Set a party's rule of two persons; a weaker one needs a second person, where the party has two (rule 3).

    Raises:
        InputError: `party-rule.mode`; UnapprovedError: `approval.*`.
    """
    new = checked_mode(mode)
    with asking(registry), writing(registry.engine) as connection:
        now = registry.runtime.now_ms()
        gate = Gate.of(registry, connection, now_ms=now)
        old = gate.rules.get(party)
        was = "off" if old is None else checked_mode(old.value)
        if new == was:
            return
        asked = RequestedAct("the rule of two persons", {"was": was, "now": new})
        weaker = MODES.index(new) < MODES.index(was)
        outcome = second_person(gate, "rule", party, by, asked) if weaker else "done"
        put_rule(connection, RuleRow(party, RULE, new, now, by))
        add_events(connection, [Passed("rule", party, by, outcome, now).event(f"two persons: {was} -> {new}")])
        connection.commit()


def checked_mode(value: str) -> Mode:
    """Return a rule of two persons; raise InputError `party-rule.mode`."""
    for mode in MODES:
        if value == mode:
            return mode
    raise InputError.at("party-rule.mode", "two-persons", value=value, known=", ".join(MODES))


def _decided(
    registry: OpenRegistry, approval_id: str, state: ApprovalState, *, party: str, by: str, note: str = ""
) -> Approval:
    with writing(registry.engine) as connection:
        now = registry.runtime.now_ms()
        row = _found(connection, approval_id, party)
        check_approver(connection, row, by, now_ms=now)
        if not decide(connection, row.id, state, approver=by, now_ms=now, note=note):
            raise RefusedError.at("approval.decided", state="used" if row.used else row.state)
        subject = f"{row.verb} {row.subject}"
        add_events(connection, [EventRow(now, party, "", state, subject, row.id, by, None, row.bound)])
        connection.commit()
    return row._replace(state=state, approver=by, decided_ms=now, note=note)


def _found(connection: Connection, approval_id: str, party: str) -> Approval:
    row = approval(connection, approval_id, party=party)
    if row is None:
        raise MissingError.at("approval.unknown", id=approval_id)
    return row


# -- how it differs ------------------------------------------------------------------------------------------------


def _compared(connection: Connection, row: Approval) -> Compared:
    last = last_used(connection, row.party, row.series) if row.series else None
    if last is None:
        return Compared(row, None, (), tuple(_findings(row)), None)
    told = tuple(each for each in changes(last.parts, row.parts) if not _EACH_RUN.search(each.place))
    known = _findings(last)
    new = tuple(each for each in _findings(row) if each not in known)
    return Compared(row, last, told, new, _effect(figures(last), figures(row)))


def _findings(row: Approval) -> list[str]:
    return [*json.loads(row.parts).get("findings", {})]


def figures(row: Approval) -> list[Decimal]:
    """Return the footprint of each certificate that an act would issue, in kg CO2e/kg."""
    return [Decimal(each["kg_co2e_per_kg"]) for each in json.loads(row.parts).get("figures", ())]


def _effect(was: Sequence[Decimal], now: Sequence[Decimal]) -> Decimal | None:
    if len(was) != len(now) or not now:
        return None
    return max((new - old for old, new in zip(was, now, strict=True)), key=abs)


def _size(each: Compared) -> Decimal:
    return Decimal("Infinity") if each.effect is None else abs(each.effect)


# -- who decides ---------------------------------------------------------------------------------------------------


def check_approver(connection: Connection, row: ApprovalRow | RecipeRow, by: str, *, now_ms: int) -> None:
    """Check that somebody may decide about an act (rules 1, 4 and 5).

    Raises:
        AccessError: `approval.own`, `approval.inviter`, `approval.one-giver`, `approval.new-approver`.
    """
    if by == row.author:
        raise AccessError.at("approval.own")
    person = _person(connection, by)
    if person is None:
        return
    asking_person = _person(connection, row.author)
    givers = _lone_givers(connection, person)
    others = {row.author} if asking_person is None else {row.author} | _lone_givers(connection, asking_person)
    if row.author in givers:
        raise AccessError.at("approval.inviter")
    if ({by} | givers) & others:
        raise AccessError.at("approval.one-giver")
    since = person.roles_ms + NEW_APPROVER_MS
    if person.roles_author != OPERATOR and now_ms < since:
        raise AccessError.at("approval.new-approver", since=time_text(since))


def approval_refusal(registry: OpenRegistry, row: ApprovalRow, by: str) -> AccessError | None:
    """Return why somebody may not decide about an act, so that no page offers it; None if it may."""
    with reading(registry.engine) as connection:
        try:
            check_approver(connection, row, by, now_ms=registry.runtime.now_ms())
        except AccessError as error:
            return error
    return None


def second_person(gate: Gate, verb: Verb, party: str, by: str, asked: RequestedAct) -> str:
    """Let a change of rules, roles or recipes be done: with an approval, where the party has two people.

    Call it within `asking` and the transaction that writes the change. It returns the outcome for the event.

    Raises:
        UnapprovedError: `approval.needed`, `approval.changed`, `approval.expired`; RefusedError: `approval.returned`;
            AccessError: `approval.author`.
    """
    if by == OPERATOR:
        if gate.registry.served:
            raise AccessError.at("approval.author")
        return "done"
    # otherwise a person could end the others, and then change the rule alone
    lately = gate.now_ms - APPROVED_MS
    people = [each for each in people_of(gate.connection, party) if each.ended_ms is None or each.ended_ms > lately]
    return gate.approved(verb, party, by, asked, "two people") if len(people) > 1 else "done"


def _person(connection: Connection, author: str) -> PersonRow | None:
    kind, _, name = author.partition(":")
    return person_row(connection, name) if kind == "person" else None


def _lone_givers(connection: Connection, person: PersonRow) -> set[str]:
    """Return who added a person or gave its roles alone, who did that for those people, and so on (rule 5)."""
    found: set[str] = set()
    waiting = _alone(person)
    while waiting:
        author = waiting.pop()
        found.add(author)
        giver = _person(connection, author)
        if giver is not None:
            waiting |= _alone(giver) - found
    return found


def _alone(person: PersonRow) -> set[str]:
    """Return who added a person or gave its roles alone; nobody for whom the operator or two people stand in."""
    if person.roles_author == OPERATOR or len(person.roles_author.split()) > 1:
        return set()
    return {each for each in (person.author, person.roles_author) if each != OPERATOR and " " not in each}


def given_by(by: str, outcome: str) -> str:
    """Return the author of a role as it is kept: with the person who approved it, where there was one."""
    approver = outcome.removeprefix("approved by ")
    return by if approver == outcome else f"{by} {approver}"


def lone_approvers(registry: OpenRegistry, party: str) -> list[str]:
    """Return the names of those who may approve by role, but were added by one person alone: rule 5 may stop them."""
    with reading(registry.engine) as connection:
        people = [each for each in people_of(connection, party) if each.ended_ms is None]
        return [each.name for each in people if "quality" in each.roles.split() and _alone(each)]
