"""A mapping that keeps what was put last, for caches that several threads share.

Rules: it never holds more than its limit, counted in values or in a weight such as bytes. The oldest value goes first,
however often it was used. A value that alone is too heavy is not kept. A caller that finds nothing makes the value and
puts it, so two threads may make the same at once; the later one stays. Values do not expire. Whether a value still
holds must be in its key, or the caller checks it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import _lru_cache_wrapper
from threading import Lock
from typing import Any, Generic, NamedTuple, TypeVar
from weakref import WeakSet

Key = TypeVar("Key")
Value = TypeVar("Value")


def _one(_: object) -> int:
    return 1


class Fill(NamedTuple):
    """How full a cache is: what it is called, what it holds, and the most that it may hold (None if its keys are few).

    It is counted in values, or in bytes.
    """

    name: str
    held: int
    most: int | None
    in_bytes: bool = False


class Bounded(Generic[Key, Value]):
    """The last values by key: as many as weigh `most` together; each weighs 1 unless `weigh` tells its bytes.

    `name` is what operators read of it (`fills`).
    """

    __slots__ = ("__weakref__", "_held", "_kept", "_lock", "_most", "_weigh", "name")

    def __init__(self, most: int, *, name: str = "", weigh: Callable[[Value], int] | None = None) -> None:
        self.name = name
        self._most = most
        self._weigh = weigh or _one
        self._held = 0
        self._kept: dict[Key, Value] = {}
        self._lock = Lock()
        if name:
            _NAMED.add(self)

    @property
    def fill(self) -> Fill:
        """How full it is."""
        return Fill(self.name, self._held, self._most, in_bytes=self._weigh is not _one)

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


_NAMED: WeakSet[Bounded[Any, Any]] = WeakSet()


def fills(*packages: str) -> Iterator[Fill]:
    """Yield how full each cache of these packages is: those of this module, and functions that `functools` caches."""
    yield from (each.fill for each in list(_NAMED))
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in packages:
            for cached in list(vars(module).values()):
                if isinstance(cached, _lru_cache_wrapper) and cached.__module__ == name:
                    told = cached.cache_info()
                    yield Fill(f"{name}.{cached.__qualname__}", told.currsize, told.maxsize)
