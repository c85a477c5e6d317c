"""Work that is cheaper done together: what arrives while one round runs shares the next.

Rules: rounds run one after the other in a thread, those of several kinds that share a `turn` too; each caller gets the
result at its own place; what a round raises, all of it get. A caller that goes away takes nothing from the others. What
this module does not do: it waits for no company.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(slots=True)
class Batcher(Generic[Item, Result]):
    """`run` does the work of many items, at most `most` a round."""

    run: Callable[[Sequence[Item]], Sequence[Result]]
    most: int
    turn: Lock
    _waiting: list[tuple[Item, asyncio.Future[Result]]] = field(default_factory=list)
    _round: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Result:
        """Return the result of one item."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._rounds())
        return await future

    def _in_turn(self, items: Sequence[Item]) -> Sequence[Result]:
        with self.turn:
            return self.run(items)

    async def _rounds(self) -> None:
        while self._waiting:
            now, self._waiting = self._waiting[: self.most], self._waiting[self.most :]
            try:
                results = await asyncio.to_thread(self._in_turn, [item for item, _ in now])
            except Exception as error:  # noqa: BLE001 - whoever waits gets it
                for _, future in now:
                    if not future.done():
                        future.set_exception(error)
            else:
                for (_, future), result in zip(now, results, strict=True):
                    if not future.done():
                        future.set_result(result)
