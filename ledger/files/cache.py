"""A mapping that keeps what was put last, for caches that several threads share.

Rules: it never holds more than its limit, counted in values or in a weight such as bytes. The oldest value goes first,
however often it was used. A value that alone is too heavy is not kept. A caller that finds nothing makes the value and
puts it, so two threads may make the same at once; the later one stays. Values do not expire. Whether a value still
holds must be in its key, or the caller checks it.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Bounded(Generic[Key, Value]):
    """The last values by key: as many as weigh `most` together; each weighs 1 unless `weigh` says otherwise."""

    __slots__ = ("_held", "_kept", "_lock", "_most", "_weigh")

    def __init__(self, most: int, *, weigh: Callable[[Value], int] = lambda _: 1) -> None:
        self._most = most
        self._weigh = weigh
        self._held = 0
        self._kept: dict[Key, Value] = {}
        self._lock = Lock()

    def get(self, key: Key) -> Value | None:
        """Return the value of a key, or None. It never waits: one look into a dictionary is atomic."""
        return self._kept.get(key)

    def put(self, key: Key, value: Value) -> None:
        """Keep a value: in place of the one under its key, else in place of the oldest ones if there is no room."""
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
