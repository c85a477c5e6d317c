"""Requests of many that share a commit: each stands alone, with what the door keeps of it.

Rules:

1. One that is refused changes nothing and keeps no other back.  What `prepare` writes itself is for what it makes ready.
2. What the door keeps of a request, its answer and its event, is kept in the commit that has its effect.  A key that was answered
   before has no further effect.
3. What uses or repeats what another one makes goes into a later commit, where that is there.

What this module does not do: it knows nothing of what is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeAlias, TypeVar

from ledger.registry.append import append
from ledger.registry.idempotency import Answer, Done, answered, keep
from schemas.problem import OreprintError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from ledger.registry.append import Logged, Request, Slot
    from ledger.registry.idempotency import Asked
    from ledger.registry.registry import OpenRegistry
    from ledger.store.desk import EventRow

REQUESTS_A_COMMIT: Final = 256
"""Requests of one commit: its fsync is shared by so many that it no longer counts, and others wait less than a second."""

Item = TypeVar("Item")
Made = TypeVar("Made")
Told = Answer | OreprintError
"""What became of a request, as the door tells it."""


class Note(NamedTuple, Generic[Made]):
    """What the door keeps of a request (rule 2): the event of its outcome, and its answer, under a key where it has one."""

    event: Callable[[Made | OreprintError], EventRow]
    answer: Callable[[Made], Answer]
    asked: Asked | None


class Prepared(NamedTuple, Generic[Made]):
    """What waits to be logged, nothing where no entry is needed; and what it has made once the commit is put together."""

    request: Request
    made: Callable[[Logged], Made]


Prepare: TypeAlias = "Callable[[Connection, Slot, Sequence[Item]], Sequence[Prepared[Made] | OreprintError]]"
"""Makes ready, or refuses, what is asked for: of those whose key has no answer yet, one each."""

Keys: TypeAlias = "Callable[[Item], tuple[set[object], set[object]]]"
"""Tells what an item makes, and all that it makes or uses."""

Noted: TypeAlias = "tuple[Item, Note[Made] | None]"
"""What is asked for, and what the door keeps of it, if it was asked at the door."""


def in_commits(
    registry: OpenRegistry,
    asked: Sequence[Noted[Item, Made]],
    prepare: Prepare[Item, Made],
    *,
    keys: Keys[Item] = lambda _: (set(), set()),
) -> list[Made | Told]:
    """Do what is asked for in as few commits as can be; return what became of each, in their order: of what was noted what is told.

    Without `keys` items have nothing to do with each other, or `prepare` sees to it.

    Raises:
        StateError: as `ledger.registry.append.append`.

    """
    return [each for group in groups(asked, keys) for each in _together(registry, group, prepare)]


def groups(asked: Sequence[Noted[Item, Made]], keys: Keys[Item]) -> list[list[Noted[Item, Made]]]:
    """Return what is asked for in groups that may share a commit (rule 3).

    A key of the door is something that is made.
    """
    found: list[list[Noted[Item, Made]]] = []
    there: set[object] = set()
    for item, note in asked:
        made, used = keys(item)
        if note is not None and note.asked is not None:
            made.add(note.asked.place)
            used.add(note.asked.place)
        if not found or len(found[-1]) == REQUESTS_A_COMMIT or not there.isdisjoint(used):
            found.append([])
            there = set()
        found[-1].append((item, note))
        there |= made
    return found


def _together(
    registry: OpenRegistry, asked: Sequence[Noted[Item, Made]], prepare: Prepare[Item, Made]
) -> list[Made | Told]:
    """Do what a group asks for in one commit."""
    prepared: list[Prepared[Made] | Answer | OreprintError] = []
    told: list[Made | Told] = []

    def begin(connection: Connection, slot: Slot) -> list[Request]:
        before = [answered(connection, note.asked) if note and note.asked else None for _, note in asked]
        new = [item for (item, _), known in zip(asked, before, strict=True) if known is None]
        made = iter(prepare(connection, slot, new))
        prepared.extend(next(made) if known is None else known for known in before)
        return [each.request for each in prepared if isinstance(each, Prepared)]

    def close(connection: Connection, logged: Logged) -> None:
        refused = iter(logged.refused)
        done: list[Done] = []
        for each, (_, note) in zip(prepared, asked, strict=True):
            if isinstance(each, Answer):
                told.append(each)
                continue
            outcome = (next(refused) or each.made(logged)) if isinstance(each, Prepared) else each
            told.append(outcome if note is None else _noted(note, outcome, done))
        keep(connection, done, now_ms=registry.runtime.now_ms())

    append(registry, begin, close)
    return told


def _noted(note: Note[Made], outcome: Made | OreprintError, done: list[Done]) -> Told:
    """Return what is told of an outcome; what is kept of it is added to `done`."""
    if isinstance(outcome, OreprintError):
        done.append(Done(note.event(outcome)))
        return outcome
    answer = note.answer(outcome)
    done.append(Done(note.event(outcome), note.asked, answer))
    return answer
