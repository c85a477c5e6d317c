"""Forgetting: names of people and customers go when a time has passed since they ended.

Rules:

1. A party sets after how many days; without that nothing is forgotten. The server looks each hour, `oreprint forget` at
   once.
2. A name is replaced by the number that events, approvals and shipments have anyway, so all of them stay whole. A
   customer's mail address and whom an ended private link was for go with it.
3. Nothing signed or logged has these names (docs/privacy.md). Backups keep them until they are removed.
4. Nothing is forgotten by a clock that contradicts the log.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from ledger.registry.parties import check_registered
from ledger.registry.readiness import entry_time
from ledger.registry.registry import OpenRegistry
from ledger.store.approvals import RuleRow, put_rule, rule_of, rules_named
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow, add_events
from ledger.store.forgetting import Erased, erase_names
from ledger.store.logs import latest_head
from schemas.instant import DAY_MS
from schemas.problem import InputError, StateError

FORGET_RULE: Final = "forget-days"
"""The name of the party rule."""
NEVER: Final = "never"
MOST_DAYS: Final = 36_500


def forget_days(registry: OpenRegistry, party: str) -> int | None:
    """Return after how many days a party's ended people and customers are forgotten; None for never."""
    with reading(registry.engine) as connection:
        row = rule_of(connection, party, FORGET_RULE)
    return None if row is None or row.value == NEVER else int(row.value)


def set_forget_days(registry: OpenRegistry, days: str, *, party: str, by: str) -> None:
    """Set after how many days they are forgotten, or `never`; raise InputError `forget.days`."""
    value, now = days if days == NEVER else str(read_days(days)), registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        put_rule(connection, RuleRow(party, FORGET_RULE, value, now, by))
        add_events(connection, [EventRow(now, party, "", "rule", f"forget names: {value}", "done", by)])
        connection.commit()


def read_days(days: str) -> int:
    """Return whole days that somebody wrote; raise InputError `forget.days`."""
    if not (days.isascii() and days.isdecimal() and len(days) <= len(str(MOST_DAYS)) and int(days) <= MOST_DAYS):
        raise InputError.at("forget.days", "days", value=days, limit=MOST_DAYS)
    return int(days)


def forget_names(registry: OpenRegistry, party: str, *, days: int, by: str, keep: bool = True) -> Erased:
    """Forget what a party ended at least `days` days ago; unless `keep`, change nothing. Return how many.

    Raises:
        StateError: as `entry_time`; RefusedError: `issue.unknown-producer`.
    """
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        check_registered(connection, party)
        entry_time(registry, connection, latest_head(connection).end)
        erased = erase_names(connection, party=party, before_ms=now - days * DAY_MS)
        if keep and any(erased):
            told = f"{erased.people} people, {erased.contacts} customers, {erased.links} links"
            add_events(connection, [EventRow(now, party, "", "forget", told, "done", by)])
            connection.commit()
    return erased


def forget_due(registry: OpenRegistry) -> None:
    """Forget what is due by the rules of all parties; nothing while the clock is wrong, which others tell."""
    with reading(registry.engine) as connection:
        rules = rules_named(connection, FORGET_RULE)
    with suppress(StateError):
        for party, rule in rules.items():
            if rule.value != NEVER:
                forget_names(registry, party, days=int(rule.value), by=rule.author)
