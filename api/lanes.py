"""Lanes for long work: each runs so much at once, lets so many wait, and turns away everybody after them.

Rules: callers without a token have a lane, and callers with one have another, so that strangers can't keep producers
out. Passwords have a third, since each takes much memory, and a fourth is for whoever comes from an address with many
wrong ones. Everything else that asks the database is short, and has the threads of `SHORT`. All of them together never
want more connections than the database's pool gives (`CONNECTIONS` in `ledger/store/engine.py`; a test adds them up). A
place in a lane is free when its thread is done, not when its caller was given up: a thread can't be stopped. Work of a
caller that was given up before it began is dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Generic, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread

from schemas.problem import StateError

Told = ParamSpec("Told")
Found = TypeVar("Found")

SHORT: Final = 8
"""Threads for short questions.  Python runs one thread at a time, so more of them would only wait for each other."""
STRANGERS: Final = 2
TENANTS: Final = 4
SUSPECTS: Final = 1
"""Proofs that are checked at once for addresses with many wrong ones: they keep nobody else waiting."""
PASSWORDS: Final = 2
"""Passwords that are checked at once: each takes 64 MiB and a third of a second of a core."""
MOST_PASSWORDS: Final = 16
"""Passwords that wait to be checked: some three seconds."""
MOST_WAITING: Final = 256
"""In each lane; what waits costs a connection and no thread."""


@dataclass(slots=True)
class Lane:
    """Runs `at_once` pieces of work in threads, while `waiting` more wait their turn."""

    at_once: int
    waiting: int = MOST_WAITING
    _limiter: CapacityLimiter | None = None
    _running: set[asyncio.Task[object]] = field(default_factory=set)

    async def __call__(self, act: Callable[Told, Found], *told: Told.args, **named: Told.kwargs) -> Found:
        """Return the result of `act`, or raise its error.

        Raises:
            StateError: `api.busy`, when as many wait already as may.
        """
        if len(self._running) >= self.at_once + self.waiting:
            raise StateError.at("api.busy")
        if self._limiter is None:  # which belongs to a loop
            self._limiter = CapacityLimiter(self.at_once)
        asked = _Asked(partial(act, *told, **named))
        work: asyncio.Task[Found] = asyncio.create_task(to_thread.run_sync(asked.done, limiter=self._limiter))
        self._running.add(work)
        work.add_done_callback(self._ended)
        try:
            return await asyncio.shield(work)
        finally:
            asked.given_up = True

    def _ended(self, work: asyncio.Task[object]) -> None:
        self._running.discard(work)
        if not work.cancelled():
            work.exception()  # looked at, since who was given up doesn't


class _GivenUpError(Exception):
    """Nobody waits for this work any more."""


@dataclass(slots=True)
class _Asked(Generic[Found]):
    act: Callable[[], Found]
    given_up: bool = False

    def done(self) -> Found:
        """Do it, unless nobody waits for it."""
        if self.given_up:
            raise _GivenUpError
        return self.act()
