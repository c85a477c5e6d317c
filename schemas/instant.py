"""Times: seconds in UTC, dates, and periods of whole days.

Rules: an instant is RFC 3339 with `Z` and whole seconds, a date is RFC 3339 full-date, both from 2000 to 2199 and
only where they exist; upper case, ASCII, no leap second.  Text order is time order.  Inside, an instant is
an integer of milliseconds since 1970-01-01T00:00:00Z, as in ledger entries.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Final, overload

from pydantic import StringConstraints

from schemas import patterns
from schemas.door.faults import as_pydantic
from schemas.problem import InputError
from schemas.struct import Struct

Instant = Annotated[str, StringConstraints(pattern=patterns.INSTANT)]
"""A second in UTC, ``2026-03-31T17:05:00Z``."""
Day = Annotated[str, StringConstraints(pattern=patterns.DAY)]
"""A date, ``2026-03-31``; which time zone it is told in is the plant's."""
Year = Annotated[str, StringConstraints(pattern=patterns.YEAR)]
"""A year of this century, ``2026``: that of an electricity instrument."""

MILLISECONDS: Final = 1000
"""Milliseconds in a second."""
MINUTE_MS: Final = 60 * MILLISECONDS
DAY_MS: Final = 24 * 60 * MINUTE_MS
_READ_KEPT: Final = 1024
"""Instants and dates that stay read: all certificates of a commit have the same ones."""
_MILLISECOND: Final = timedelta(milliseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * MILLISECONDS
_END: Final = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp()) * MILLISECONDS
_INSTANT: Final = re.compile(patterns.INSTANT)
_DAY: Final = re.compile(patterns.DAY)


@lru_cache(_READ_KEPT)
def epoch_ms(text: str) -> int:
    """Return an instant as milliseconds since the epoch, or raise InputError."""
    if not _INSTANT.fullmatch(text):
        raise InputError.at("quantity.instant", value=text)
    seconds = int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])
    return _midnight_ms(text[:10]) + seconds * MILLISECONDS


@lru_cache(_READ_KEPT)
def _midnight_ms(day: str) -> int:
    """Return when a date begins in UTC, in milliseconds since the epoch; all certificates of a day share it."""
    return (date.fromisoformat(day) - _EPOCH.date()) // _MILLISECOND


@lru_cache(_READ_KEPT)
def instant_text(ms: int) -> str:
    """Return milliseconds since the epoch as an instant; raise InputError for parts of a second or years outside."""
    if ms % MILLISECONDS or not _FIRST <= ms < _END:
        raise InputError.at("quantity.instant-range", value=str(ms))
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat().removesuffix("+00:00") + "Z"


def whole_second(ms: int) -> int:
    """Return the start of the second that `ms` is in: what a clock tells, made fit for a document."""
    return ms - ms % MILLISECONDS


@overload
def time_text(ms: int) -> str: ...
@overload
def time_text(ms: None) -> None: ...
def time_text(ms: int | None) -> str | None:
    """Return the instant of the second that a time is in; None for None. Raise InputError for years outside."""
    return None if ms is None else instant_text(whole_second(ms))


@lru_cache(_READ_KEPT)
def date_of(text: str) -> date:
    """Return a date text as a date, or raise InputError."""
    if not _DAY.fullmatch(text):
        raise InputError.at("quantity.day", value=text)
    return date.fromisoformat(text)


class Period(Struct):
    """Whole days, both the first and the last included."""

    start: Day
    """First day of the period."""
    end: Day
    """Last day of the period, not before the first."""

    def __post_init__(self) -> None:
        """Refuse a period that ends before it starts."""
        if self.start > self.end:
            raise as_pydantic(InputError.at("quantity.period", value=self.to_slashed()))

    def to_slashed(self) -> str:
        """Return ``start/end``, the form of ISO 8601-1 section 5.5.2."""
        return f"{self.start}/{self.end}"
