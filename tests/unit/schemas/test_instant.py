"""Instants, days and periods."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from schemas.instant import Day, Instant, Period, date_of, epoch_ms, instant_text, whole_second
from schemas.problem import InputError


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2000-01-01T00:00:00Z", 946_684_800_000),
        ("2026-03-31T17:05:09Z", 1_774_976_709_000),
        ("2024-02-29T23:59:59Z", 1_709_251_199_000),
        ("2199-12-31T23:59:59Z", 7_258_118_399_000),
    ],
)
def test_an_instant_is_milliseconds_inside(text: str, ms: int) -> None:
    assert ms == int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp()) * 1000
    assert epoch_ms(text) == ms
    assert instant_text(ms) == text
    assert TypeAdapter(Instant).validate_python(text) == text


@pytest.mark.parametrize("ms", [1, 946_684_799_000, 7_258_118_400_000, 946_684_800_001, -1000])
def test_other_milliseconds_have_no_text(ms: int) -> None:
    with pytest.raises(InputError, match="whole second"):
        instant_text(ms)


def test_a_clock_is_cut_to_the_second() -> None:
    assert instant_text(whole_second(1_774_976_709_999)) == "2026-03-31T17:05:09Z"


def test_every_day_of_two_centuries_and_no_other() -> None:
    day, adapter = date(2000, 1, 1), TypeAdapter(Day)
    while day.year < 2200:
        assert date_of(adapter.validate_python(day.isoformat())) == day
        day += timedelta(days=1)
    for year in range(2000, 2200):
        for month in range(1, 13):
            after = f"{year}-{month:02}-{calendar.monthrange(year, month)[1] + 1:02}"
            with pytest.raises(ValidationError):
                adapter.validate_python(after)
    for text in ("1999-12-31", "2200-01-01", "2026-00-01", "2026-13-01", "2026-01-00"):
        with pytest.raises(InputError):
            date_of(text)


def test_a_period_is_in_order() -> None:
    assert Period(start="2026-01-01", end="2026-01-01").to_slashed() == "2026-01-01/2026-01-01"
    with pytest.raises(ValueError, match="is not a period"):
        Period(start="2026-01-02", end="2026-01-01")


def test_time_is_utc_whatever_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    assert instant_text(epoch_ms("2026-06-01T00:00:00Z")) == "2026-06-01T00:00:00Z"
    assert datetime.fromtimestamp(epoch_ms("2026-06-01T00:00:00Z") / 1000, UTC).hour == 0
