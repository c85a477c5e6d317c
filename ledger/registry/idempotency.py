"""Answers kept by idempotency key, and who did what: the memory of the HTTP door.

Rules:

1. One effect and one answer for a (tenant, key).  The same key with another request is refused.
2. Where effect and answer can be one commit (`answered`, `keep`) they are: both are there, or neither, and the write
   lock keeps two with the same key apart.
3. Else a key is claimed before the request has an effect, and its answer kept after.  A claim without an answer is a
   request that runs now, in this process or another, or was cut off.  It may run for as long as a request may take;
   until then who asks with its key waits.  After that, one whose effect is the same however often it is asked for is
   simply done again; for another nobody knows, and that is said.
4. A refusal that changed nothing sets its key free; where that is not known, the claim stays.
5. Every write is an event, with its outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final, NamedTuple, TypeAlias

from sqlalchemy import Connection

from ledger.registry.readiness import entry_time
from ledger.registry.registry import OpenRegistry
from ledger.store.answers import AnswerRow, answer_to, claim_at, claim_key, forget_answers, forget_keys, keep_answers
from ledger.store.engine import BUSY_SECONDS, reading, writing
from ledger.store.events import EventRow, add_events
from ledger.store.events import events as stored_events
from ledger.store.logs import latest_head
from schemas.instant import DAY_MS
from schemas.problem import InputError, OreprintError, RefusedError, StateError

RUNNING_MS: Final = BUSY_SECONDS * 1000
"""The longest time of a request."""
KEPT_MS: Final = 30 * DAY_MS
"""Time for which an answer is kept: a month, four times the week in which a signed record may be logged."""


Event: TypeAlias = EventRow
"""An event: party, action, time and outcome."""


class KeyedRequest(NamedTuple):
    """A request with an idempotency key; `request` is the SHA-256 of all that it says.

    `repeatable` if doing it twice is doing it once.
    """

    tenant: str
    key: str
    request: bytes
    repeatable: bool

    @property
    def place(self) -> tuple[str, str]:
        """The primary key: tenant and idempotency key."""
        return self.tenant, self.key


class Turn(Enum):
    """The next step for a request whose key has no answer yet: execute it, or ask again later."""

    OURS = "ours"
    OF_ANOTHER = "another's"


class Answer(NamedTuple):
    """A stored answer: HTTP status and body."""

    status: int
    body: bytes


class Done(NamedTuple):
    """The result of a write: the event, and the answer to keep if there was a key (None releases the key).

    `in_doubt` if it ended and isn't known to have changed nothing: the claim stays, and nobody has to wait for it.
    """

    event: EventRow
    asked: KeyedRequest | None = None
    answer: Answer | None = None
    in_doubt: bool = False


def begin(registry: OpenRegistry, asked: Sequence[KeyedRequest]) -> list[Answer | Turn | OreprintError]:
    """Claim each key, or return its earlier answer, or that another request with it may still run.

    All in one commit.

    A refusal is InputError `api.key-reused`, for another request, or RefusedError `api.key-in-doubt` (rule 3).
    """
    with writing(registry.engine) as connection:
        found = [_begun(connection, each, now_ms=registry.runtime.now_ms()) for each in asked]
        connection.commit()
    return found


def _begun(connection: Connection, asked: KeyedRequest, *, now_ms: int) -> Answer | Turn | OreprintError:
    before = answer_to(connection, asked.tenant, asked.key)
    if before is None:
        claim_key(connection, AnswerRow(asked.tenant, asked.key, asked.request, None, None, now_ms))
        return Turn.OURS
    found = _told(before, asked)
    if found is not None:
        return found
    if now_ms < before.at_ms + RUNNING_MS:
        return Turn.OF_ANOTHER
    if not asked.repeatable:
        return RefusedError.at("api.key-in-doubt")
    claim_at(connection, before._replace(at_ms=now_ms))
    return Turn.OURS


def _told(before: AnswerRow, asked: KeyedRequest) -> Answer | InputError | None:
    """Return what a key was answered, None where it is only claimed, or that it is another request's."""
    if before.request != asked.request:
        return InputError.at("api.key-reused")
    return None if before.status is None else Answer(before.status, before.body or b"")


def answered(connection: Connection, asked: KeyedRequest) -> Answer | InputError | None:
    """Return what a key was answered, or why it can't be used; None where its effect is yet to come."""
    before = answer_to(connection, asked.tenant, asked.key)
    return None if before is None else _told(before, asked)


def keep(connection: Connection, done: Sequence[Done], *, now_ms: int) -> None:
    """Keep answers and events."""
    kept, free = [], []
    for _, asked, answer, in_doubt in done:
        if asked is None:
            continue
        if in_doubt:
            claim_at(connection, AnswerRow(asked.tenant, asked.key, asked.request, None, None, 0))
        elif answer is None:
            free.append(AnswerRow(asked.tenant, asked.key, asked.request, None, None, now_ms))
        else:
            kept.append(AnswerRow(asked.tenant, asked.key, asked.request, answer.status, answer.body, now_ms))
    forget_keys(connection, free)
    keep_answers(connection, kept)
    add_events(connection, [each.event for each in done])


def finish(registry: OpenRegistry, done: Sequence[Done]) -> None:
    """Keep answers and events, all in one commit of their own."""
    with writing(registry.engine) as connection:
        keep(connection, done, now_ms=registry.runtime.now_ms())
        connection.commit()


def forget(registry: OpenRegistry) -> None:
    """Forget the answers that nobody will ask for again; nothing by a clock that is wrong."""
    with writing(registry.engine) as connection:
        try:
            entry_time(registry, connection, latest_head(connection).end)
        except StateError:
            return
        forget_answers(connection, before_ms=registry.runtime.now_ms() - KEPT_MS)
        connection.commit()


def author_of(event: EventRow) -> str:
    """Return who did something: a person, the registry's operator, or a token."""
    known = event.author or event.token
    if known in {"", "local", "operator"}:
        return "operator"
    return known if ":" in known else f"token:{known}"


def happened(registry: OpenRegistry, *, last: int, tenant: str | None = None) -> list[EventRow]:
    """Return the last events, the oldest of them first; of one tenant or of all."""
    with reading(registry.engine) as connection:
        return stored_events(connection, last=last, tenant=tenant)
