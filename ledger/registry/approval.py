"""The gate of two persons: what one person asks for, another approves, before it is logged.

Rules:

1. A party's rule `two-persons` says what needs a second person: nothing (`off`), what ends a lot (`withdrawals`), also
   runs with warnings that the last approved run of their kind did not have (`warnings`), or everything (`all`).
   Warnings are the findings of plausibility rules and those of the recipe that a run was made by (`ByRecipe`).
2. An approval binds everything that would be signed (`RequestedAct.parts`) and the rule.  The act is prepared anew in
   the transaction that logs it.  Any difference voids the approval, and so do three days.
3. It is used once, in the commit that logs the act.  The person that approves is not the one that asks.
4. An act that is refused because it needs an approval is kept for an approver; nothing else is changed.
5. Who operates the registry stands above the gate: its command leaves an event.  A server never does: where it can't
   say who acts, it is refused.
6. A transaction looks the rules up once.  A party without a rule costs nothing more.

Who may approve is decided in `ledger.desk.approvals`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Final, Literal, NamedTuple, get_args

from sqlalchemy import Connection

from ledger.registry.notices import notify
from ledger.registry.registry import OpenRegistry
from ledger.store.approvals import ApprovalRow, RuleRow, add_approval, asked_about, last_used, rules_named, use
from ledger.store.engine import writing
from ledger.store.events import EventRow
from schemas.door import JsonValue
from schemas.instant import instant_text, whole_second
from schemas.problem import AccessError, Problem, RefusedError, Sentence

OPERATOR: Final = "operator"
"""The author of what a command on the registry's own machine does."""
RULE: Final = "two-persons"
"""The name of the party rule."""
Mode = Literal["off", "withdrawals", "warnings", "all"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
"""From the weakest to the strictest; each asks for what those before it ask for."""
Verb = Literal[
    "issue", "correct", "replace", "undo", "withdraw", "suspend", "lift", "attest", "rule", "roles", "recipe"
]
ENDING: Final[frozenset[Verb]] = frozenset({"replace", "undo", "withdraw", "suspend", "lift"})
"""What ends a lot or a certificate, or lets it stand again."""
APPROVED_MS: Final = 72 * 60 * 60 * 1000
"""For so long an approval may be used."""
_ID_BYTES: Final = 6
_MOST_TOLD: Final = 8
"""Differences that a refusal names."""


class RequestedAct(NamedTuple):
    """What somebody wants to do.

    `subject` is what people call it, such as the lots. `parts` is all that an approval binds, by name; those that a
    rule may look at are `record`, `inputs`, `tables`, `figures` and `findings`. Runs of one `series` are compared.
    """

    subject: str
    parts: Mapping[str, JsonValue]
    series: str = ""


class ByRecipe(NamedTuple):
    """The recipe that a run was made by: its name and version, and what it finds odd in the run.

    `findings` are sentences by code and place, as those of plausibility rules are by rule and place.
    """

    called: str = ""
    findings: Mapping[str, str] = {}

    @classmethod
    def of(cls, called: str, warnings: Iterable[Problem]) -> ByRecipe:
        """Return a recipe with the warnings of `ledger.recipes.expand`; a reason goes by the key that it excuses."""
        return cls(called, {f"{each.code} {each.facts.get('key', each.place)}": each.words() for each in warnings})


NO_RECIPE: Final = ByRecipe()


class Passed(NamedTuple):
    """An act that may be logged: what, for whom, by whom, and why it may."""

    verb: Verb
    party: str
    author: str
    outcome: str
    now_ms: int

    def event(self, subject: str, *, before: bytes | None = None, after: bytes | None = None) -> EventRow:
        """Return the event of the act; `before` and `after` are the digests of what it changed."""
        token = self.author.removeprefix("token:") if self.author.startswith("token:") else ""
        return EventRow(self.now_ms, self.party, token, self.verb, subject, self.outcome, self.author, before, after)


class Change(NamedTuple):
    """A difference between two acts: its place, what it was and what it is; None where it is not there."""

    place: str
    was: str | None
    now: str | None

    @property
    def sentence(self) -> str:
        """The difference in words."""
        share = f" ({self.percent})" if self.percent else ""
        return f"{self.place}: {self.was or 'nothing'} -> {self.now or 'nothing'}{share}"

    @property
    def percent(self) -> str | None:
        """By how much a number has changed, such as ``+22 %``; None of anything else."""
        was, now = (_number(each) for each in (self.was, self.now))
        return f"{(now - was) / was * 100:+.3g} %" if was and now is not None else None


class UnapprovedError(RefusedError):
    """An act that waits for a second person; `row` is what is kept for that one."""

    row: ApprovalRow

    @classmethod
    def of(cls, row: ApprovalRow, code: str, **facts: str) -> UnapprovedError:
        """Return the refusal of an act that `row` asks for."""
        error = cls.at(code, id=row.id, subject=row.subject, **facts)
        error.row = row
        return error

    def kept(self, connection: Connection) -> UnapprovedError:
        """Keep what is asked for, unless it is kept already; return the refusal that names it (rule 4)."""
        row = self.row
        for each in asked_about(connection, row.party, row.verb, row.subject, row.author):
            if (each.bound, each.state) == (row.bound, "waiting"):
                row = each
                break
        else:
            add_approval(connection, row)
            facts = {"verb": row.verb, "approval": row.id}
            notify(
                connection, party=row.party, kind="approval-due", subject=row.subject, facts=facts, now_ms=row.asked_ms
            )
        first = self.problems[0]
        told = {name: value for name, value in first.facts.items() if name not in {"id", "subject"}}
        return UnapprovedError.of(row, first.code, **told)


@dataclass(slots=True)
class Gate:
    """The rules of all parties in one transaction (rule 6)."""

    registry: OpenRegistry
    connection: Connection
    now_ms: int
    rules: Mapping[str, RuleRow]

    @classmethod
    def of(cls, registry: OpenRegistry, connection: Connection, *, now_ms: int) -> Gate:
        """Look the rules up."""
        return cls(registry, connection, now_ms, rules_named(connection, RULE))

    def check(self, verb: Verb, party: str, author: str, asked: Callable[[], RequestedAct]) -> Passed:
        """Let an act pass, with its approval where the party's rule asks for one, which is used up then.

        Raises:
            UnapprovedError: `approval.needed`, `approval.changed`, `approval.expired`; RefusedError:
                `approval.returned`; AccessError: `approval.author`.
        """
        rule = self.rules.get(party)
        outcome = "done" if rule is None else self._outcome(verb, rule, author, asked)
        return Passed(verb, party, author, outcome, self.now_ms)

    def approved(self, verb: Verb, party: str, author: str, asked: RequestedAct, rule: str) -> str:
        """Use the approval of an act that needs one, whatever the rule; return who approved it; raise as `check`."""
        parts = text_of({**asked.parts, "rule": rule})
        bound = sha256(parts.encode()).digest()
        known = asked_about(self.connection, party, verb, asked.subject, author)
        same = next((each for each in known if each.bound == bound), None)
        new_id = self.registry.runtime.random(_ID_BYTES).hex()
        new = ApprovalRow(new_id, party, verb, author, asked.subject, asked.series, bound, parts, self.now_ms)
        match same:
            case None:
                former = next((each for each in known if each.state == "approved"), None)
                if former is None:
                    raise UnapprovedError.of(new, "approval.needed")
                raise UnapprovedError.of(new, "approval.changed", changes=_told(changes(former.parts, parts)))
            case ApprovalRow(state="returned"):
                raise RefusedError.at("approval.returned", subject=asked.subject, note=same.note)
            case ApprovalRow(state="approved") if same.approver != author:
                decided = same.decided_ms or 0
                if self.now_ms - decided > APPROVED_MS or not use(self.connection, same.id, now_ms=self.now_ms):
                    raise UnapprovedError.of(new, "approval.expired", approved=instant_text(whole_second(decided)))
                return f"approved by {same.approver}"
            case _:
                raise UnapprovedError.of(same, "approval.needed")

    def _outcome(self, verb: Verb, rule: RuleRow, author: str, asked: Callable[[], RequestedAct]) -> str:
        """Return why an act may be logged under a rule, or raise as `check`."""
        strict = MODES.index(rule.value)
        if strict == 0 or (strict < len(MODES) - 1 and verb == "attest") or (strict == 1 and verb not in ENDING):
            return "done"
        if author == OPERATOR:
            if self.registry.served:
                raise AccessError.at("approval.author")
            return "done above the rule of two persons"
        wanted = asked()
        if rule.value == "warnings" and verb not in ENDING:
            last = last_used(self.connection, rule.party, wanted.series)
            if findings_of(wanted.parts) <= (findings_of(json.loads(last.parts)) if last else set()):
                return "done"
        return self.approved(verb, rule.party, author, wanted, f"{rule.value} since {rule.at_ms}")


@contextmanager
def asking(registry: OpenRegistry) -> Iterator[None]:
    """Keep an act for an approver where this block ends because the act needs one (rule 4); raise the refusal again."""
    try:
        yield
    except UnapprovedError as error:
        with writing(registry.engine) as connection:
            kept = error.kept(connection)
            connection.commit()
        raise kept from error


def text_of(parts: Mapping[str, JsonValue]) -> str:
    """Return the one text of all that is approved."""
    return json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def findings_of(parts: Mapping[str, JsonValue]) -> set[str]:
    """Return which warnings an act has: rule and place of each."""
    found = parts.get("findings")
    return set(found) if isinstance(found, dict) else set()


def changes(was: str, now: str) -> list[Change]:
    """Return what differs between two acts, in the order of the places."""
    before, after = _leaves(json.loads(was), ""), _leaves(json.loads(now), "")
    return [
        Change(place, before.get(place), after.get(place))
        for place in sorted(before.keys() | after.keys())
        if before.get(place) != after.get(place)
    ]


def _number(value: str | None) -> Decimal | None:
    """Return a number that stands alone, such as a mass; None of anything else."""
    return Decimal(value) if value is not None and re.fullmatch(r"-?\d{1,20}(\.\d{1,20})?", value) else None


def _told(found: list[Change]) -> Sentence:
    """Return the first differences in words; the digest of what is computed only where nothing else differs."""
    plain = [each for each in found if not each.place.endswith(".digest")]
    return Sentence("; ".join(each.sentence for each in (plain or found)[:_MOST_TOLD]))


def _leaves(value: JsonValue, place: str) -> dict[str, str]:
    """Return every value of a document by its place; lines of a list with their name, where they have one."""
    match value:
        case dict():
            pairs = [(f"{place}.{name}" if place else name, each) for name, each in value.items()]
        case list():
            pairs = [(f"{place}[{_named(each, number)}]", each) for number, each in enumerate(value)]
        case _:
            return {place: str(value)}
    found: dict[str, str] = {}
    for name, each in pairs:
        found |= _leaves(each, name)
    return found


def _named(value: JsonValue, number: int) -> str:
    """Return how a line of a list is called: by its name, else by its number."""
    called = value.get("name") if isinstance(value, dict) else None
    return f"{number} {called}" if isinstance(called, str) else str(number)
