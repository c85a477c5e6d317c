"""Crashes in the middle of an append."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.registry.registry import HeadStore


class CrashError(Exception):
    """The process is gone."""


@dataclass(frozen=True)
class CrashingHeadStore:
    """A head store whose process dies before or after it has written."""

    under: HeadStore
    after: bool

    @property
    def where(self) -> str:
        return self.under.where

    def read(self) -> str:
        return self.under.read()

    def begin(self, note: str) -> None:
        self.under.begin(note)

    def advance(self, known: str, note: str) -> None:
        if self.after:
            self.under.advance(known, note)
        raise CrashError

    def check_room(self) -> None:
        self.under.check_room()


def crash(*_: object, **__: object) -> None:
    raise CrashError
