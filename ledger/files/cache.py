"""A mapping that keeps what was put last, for caches that several threads share.

Rules: it never holds more than it was made for, in values or in what they weigh, such as bytes; what was put first goes
first, however often it was asked for, and what alone is too heavy is not kept.  Whoever finds nothing makes it anew and
puts it, so two threads may make the same at once, and the later one stays.

What this module does not do: it knows no time; that what is kept still holds is in its key, or is for whoever asks to
see.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Key = TypeVar("Key")
Value = TypeVar("Value")


class Bounded(Generic[Key, Value]):
    """The last values that were put, by key: as many as weigh `most` together, each 1 unless `weigh` says otherwise."""

    __slots__ = ("_held", "_kept", "_lock", "_most", "_weigh")

    def __init__(self, most: int, *, weigh: Callable[[Value], int] = lambda _: 1) -> None:
        self._most = most
        self._weigh = weigh
        self._held = 0
        self._kept: dict[Key, Value] = {}
        self._lock = Lock()

    def get(self, key: Key) -> Value | None:
        """Return what is kept under a key; it waits for nobody, since one look into a dictionary is never half done."""
        return self._kept.get(key)

    def put(self, key: Key, value: Value) -> None:
        """Keep a value, in place of what was there under its key, else of the oldest where there is no room."""
        weight = self._weigh(value)
        with self._lock:
            if key in self._kept:
                self._drop(key)
            if weight > self._most:
                return
            while self._held + weight > self._most:
                self._drop(next(iter(self._kept)))
            self._kept[key] = value
            self._held += weight

    def _drop(self, key: Key) -> None:
        self._held -= self._weigh(self._kept.pop(key))
