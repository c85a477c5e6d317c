"""A mapping that keeps what was put last, for caches that several threads share.

Rules: it never holds more than it was made for; what was put first goes first, however often it was asked for.  Whoever finds nothing makes
it anew and puts it, so two threads may make the same at once, and the later one stays.

What this module does not do: it knows no time; that what is kept still holds is in its key, or is for whoever asks to see.
"""

from __future__ import annotations

from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Bounded(Generic[Key, Value]):
    """The last `most` values that were put, by key."""

    __slots__ = ("_kept", "_lock", "_most")

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[Key, Value] = {}
        self._lock = Lock()

    def get(self, key: Key) -> Value | None:
        """Return what is kept under a key; it waits for nobody, since one look into a dictionary is never half done."""
        return self._kept.get(key)

    def put(self, key: Key, value: Value) -> None:
        """Keep a value, in place of what was there under its key, else of the oldest where there is no room."""
        with self._lock:
            self._kept.pop(key, None)
            while len(self._kept) >= self._most:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = value
