"""Answers kept by idempotency key, and who did what: the memory of the HTTP door.

Rules:

1. One effect and one answer for a (tenant, key).  The same key with another request is refused.
2. Effect, answer and event are one commit: all are there, or none.  So nothing is claimed, a key is free until its
   answer is stored, and a crash leaves nothing behind.
3. The write lock keeps two with the same key apart: the second finds the answer of the first.
4. A refusal is not kept, and sets its key free.
5. Every write is an event, with its outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, NamedTuple, TypeAlias

from sqlalchemy import Connection

from ledger.registry.readiness import entry_time
from ledger.registry.registry import OpenRegistry
from ledger.store.answers import AnswerRow, answer_to, forget_answers, keep_answers
from ledger.store.engine import one_commit, reading, writing
from ledger.store.events import EventRow, add_events
from ledger.store.events import events as stored_events
from ledger.store.logs import latest_head
from schemas.instant import DAY_MS
from schemas.problem import InputError, OreprintError, StateError

KEPT_MS: Final = 30 * DAY_MS
"""Time for which an answer is kept: a month, four times the week in which a signed record may be logged."""


Event: TypeAlias = EventRow
"""An event: party, action, time and outcome."""


AFTER_COMMIT: Final = frozenset({"store.logged", "store.in-doubt", "home.behind-head"})
"""Codes of refusals after which the change is stored, or may be.

With `home.behind-head` a copy of the registry has signed another head, so the stored answer must not be told.
"""


class KeyedRequest(NamedTuple):
    """A request with an idempotency key; `request` is the SHA-256 of all that it says."""

    tenant: str
    key: str
    request: bytes

    @property
    def place(self) -> tuple[str, str]:
        """The primary key: tenant and idempotency key."""
        return self.tenant, self.key


class Answer(NamedTuple):
    """A stored answer: HTTP status and body."""

    status: int
    body: bytes


class Done(NamedTuple):
    """The result of a write: the event, if it has none of its own, and the answer to keep if there was a key."""

    event: EventRow | None
    asked: KeyedRequest | None = None
    answer: Answer | None = None


class _AnsweredError(Exception):
    """The key was answered while this request waited for the write lock."""

    def __init__(self, told: Answer | InputError) -> None:
        super().__init__()
        self.told = told


def do_once(
    registry: OpenRegistry,
    asked: KeyedRequest | None,
    effect: Callable[[], Answer],
    event: Callable[[Answer | OreprintError], EventRow] | None = None,
    *,
    kept_as: Callable[[Answer], Answer] = lambda answer: answer,
) -> tuple[Answer, bool]:
    """Carry out a request, and keep answer and event, in one commit; return the answer, and whether it is kept.

    All that `effect` writes in this thread joins the commit.  `kept_as` makes the stored answer of the told one, and an
    earlier answer is returned as it is stored.

    Raises:
        InputError: `api.key-reused`; StateError as `one_commit`; what `effect` raises.
    """
    try:
        _tell_earlier(registry, asked)
        return _done(registry, asked, effect, event, kept_as), False
    except _AnsweredError as error:
        if isinstance(error.told, OreprintError):
            raise error.told from None
        return error.told, True
    except OreprintError as error:
        if error.code in AFTER_COMMIT:
            raise
        try:
            _tell_earlier(registry, asked)  # it may be refused just because it was carried out meanwhile
        except _AnsweredError as found:
            if isinstance(found.told, Answer):
                return found.told, True
        if event is not None and isinstance(error, StateError):
            with suppress(StateError):  # what is told is the first refusal
                finish(registry, [Done(event(error))])
        raise


def _done(
    registry: OpenRegistry,
    asked: KeyedRequest | None,
    effect: Callable[[], Answer],
    event: Callable[[Answer | OreprintError], EventRow] | None,
    kept_as: Callable[[Answer], Answer],
) -> Answer:
    """Carry out a request, and keep answer and event, in one commit."""
    with one_commit(registry.engine, lambda connection: _stop(asked and answered(connection, asked))) as one:
        try:
            answer = effect()
        except StateError:
            raise  # it says that nothing was changed, so nothing is
        except OreprintError as error:
            if event is not None:
                with writing(registry.engine) as connection:
                    keep(connection, [Done(event(error))], now_ms=registry.runtime.now_ms())
                    connection.commit()
            one.commit()  # with what now waits for a second person
            raise
        if asked is not None or event is not None:
            done = Done(event and event(answer), asked, kept_as(answer))
            with writing(registry.engine) as connection:
                keep(connection, [done], now_ms=registry.runtime.now_ms())
                connection.commit()
        one.commit()
    return answer


def _tell_earlier(registry: OpenRegistry, asked: KeyedRequest | None) -> None:
    if asked is not None:
        with reading(registry.engine) as connection:
            _stop(answered(connection, asked))


def _stop(told: Answer | InputError | None) -> None:
    if told is not None:
        raise _AnsweredError(told)


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
    kept = [
        AnswerRow(asked.tenant, asked.key, asked.request, answer.status, answer.body, now_ms)
        for _, asked, answer in done
        if asked is not None and answer is not None
    ]
    keep_answers(connection, kept)
    add_events(connection, [each.event for each in done if each.event is not None])


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
