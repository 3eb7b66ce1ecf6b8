"""Business hours over changes of the clocks and holidays, beside a walk that looks at the clock minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamprocessor.contract.subscriptions.business_days import DAY_NAMES, Calendar
from streamprocessor.inbox.alerts import QuietHours
from streamprocessor.inbox.business_hours import (
    DAY_MINUTES,
    BusinessHours,
    NextBusinessDay,
    OpenHours,
    WithinBusinessTime,
    clock_at,
    first_instant,
)

LONG_AGO = clock_at(UTC, 0)
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu", "UTC")
#: Around which clocks change in one of the zones; Lord Howe by half an hour, Santiago at midnight.
CHANGES = (
    "2026-03-07",
    "2026-03-28",
    "2026-04-03",
    "2026-09-05",
    "2026-10-03",
    "2026-10-24",
    "2026-10-31",
    "2026-12-24",
)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def berlin(*holidays: str, **by_day: tuple[OpenHours, ...]) -> BusinessHours:
    calendar = Calendar("Europe/Berlin", holidays=frozenset(map(date.fromisoformat, holidays)))
    return BusinessHours(calendar, by_day) if by_day else BusinessHours(calendar)


@pytest.mark.parametrize(
    ("hot", "duration_hours", "due"),
    [
        ("2026-11-23T10:00+01:00", 2, "2026-11-23T12:00+01:00"),  # the same Monday
        ("2026-11-23T16:00+01:00", 2, "2026-11-24T10:00+01:00"),  # over night
        ("2026-11-23T15:00+01:00", 2, "2026-11-23T17:00+01:00"),  # as the hours end
        ("2026-11-27T16:00+01:00", 2, "2026-11-30T10:00+01:00"),  # over the weekend
        ("2026-11-28T03:00+01:00", 24, "2026-12-02T17:00+01:00"),  # three working days of eight hours
        ("2026-12-24T16:00+01:00", 2, "2026-12-28T10:00+01:00"),  # over Christmas, a Friday, and the weekend
        ("2026-03-27T16:00+01:00", 2, "2026-03-30T10:00+02:00"),  # clocks were put forward meanwhile
        ("2026-10-23T16:00+02:00", 2, "2026-10-26T10:00+01:00"),  # and back
    ],
)
def test_a_lead_is_due_once_so_much_business_time_has_passed(hot: str, duration_hours: int, due: str) -> None:
    rule = WithinBusinessTime(duration_hours * HOUR_MS)
    assert rule.due_ms(berlin("2026-12-25"), at(hot)) == at(due)


@pytest.mark.parametrize(
    ("hot", "due"),
    [
        ("2026-11-23T10:00+01:00", "2026-11-24T12:00+01:00"),
        ("2026-11-27T23:59+01:00", "2026-11-30T12:00+01:00"),
        ("2026-11-28T23:30+00:00", "2026-11-30T12:00+01:00"),  # Sunday there, Saturday in London
        ("2026-12-24T10:00+01:00", "2026-12-28T12:00+01:00"),
        ("2026-03-27T10:00+01:00", "2026-03-30T12:00+02:00"),
        ("2026-10-23T10:00+02:00", "2026-10-26T12:00+01:00"),
    ],
)
def test_a_lead_is_due_at_an_hour_of_the_next_business_day(hot: str, due: str) -> None:
    assert NextBusinessDay(12 * 60).due_ms(berlin("2026-12-25"), at(hot)) == at(due)


def test_hours_in_the_hour_that_clocks_skip_begin_when_they_have_skipped_it() -> None:
    night = berlin(sunday=(OpenHours(2 * 60 + 30, 4 * 60),))
    assert next(night.openings(at("2026-03-28T12:00+01:00"))) == (
        at("2026-03-29T03:00+02:00"),
        at("2026-03-29T04:00+02:00"),
    )


def test_hours_in_the_hour_that_comes_twice_begin_the_first_time() -> None:
    night = berlin(sunday=(OpenHours(2 * 60, 3 * 60),))
    start_ms, end_ms = next(night.openings(at("2026-10-24T12:00+02:00")))
    assert (start_ms, end_ms) == (at("2026-10-25T02:00+02:00"), at("2026-10-25T03:00+01:00"))
    assert end_ms - start_ms == 2 * HOUR_MS


@st.composite
def hours_of_people(draw: st.DrawFn) -> BusinessHours:
    def of_a_day() -> tuple[OpenHours, ...]:
        ends = draw(st.lists(st.integers(0, 96), min_size=2, max_size=4, unique=True).map(sorted))
        return tuple(OpenHours(15 * a, 15 * b) for a, b in zip(ends[::2], ends[1::2], strict=False))

    days = draw(st.lists(st.sampled_from(DAY_NAMES), min_size=2, unique=True))
    begin = date.fromisoformat(draw(st.sampled_from(CHANGES)))
    holidays = frozenset(begin + timedelta(days=day) for day in draw(st.sets(st.integers(0, 5), max_size=3)))
    return BusinessHours(Calendar(draw(st.sampled_from(ZONES)), holidays=holidays), {day: of_a_day() for day in days})


def is_open(hours: BusinessHours, shown: datetime) -> bool:
    """By the furthest that the clock has shown."""
    minute = shown.hour * 60 + shown.minute
    day = shown.date()
    by_day = hours.by_day.get(DAY_NAMES[day.weekday()], ())
    return day not in hours.calendar.holidays and any(start <= minute < end for start, end in by_day)


@settings(max_examples=60, deadline=None)
@given(hours_of_people(), st.sampled_from(CHANGES), st.integers(0, 3 * 96), st.integers(1, 40))
def test_due_instants_are_those_of_a_walk_by_the_minute(
    hours: BusinessHours, change: str, quarter: int, quarters: int
) -> None:
    zone = hours.calendar.zone
    begin_ms = first_instant(UTC, date.fromisoformat(change), 0)
    at_ms, left = begin_ms + quarter * 15 * MINUTE_MS, quarters * 15
    now_ms, furthest = begin_ms - 24 * HOUR_MS, LONG_AGO
    while left:
        furthest = max(furthest, clock_at(zone, now_ms))
        left -= now_ms >= at_ms and is_open(hours, furthest)
        now_ms += MINUTE_MS

    assert WithinBusinessTime(quarters * 15 * MINUTE_MS).due_ms(hours, at_ms) == now_ms


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), st.sampled_from(CHANGES), st.integers(0, 95), st.integers(0, 95), st.integers(0, 4 * 96))
def test_quiet_hours_end_when_the_clock_shows_their_end(
    zone: str, change: str, start: int, end: int, quarter: int
) -> None:
    if start == end:
        return
    quiet = QuietHours(zone, start * 15, end * 15)
    at_ms = first_instant(UTC, date.fromisoformat(change), 0) + quarter * 15 * MINUTE_MS
    where = Calendar(zone).zone
    now_ms, furthest, is_quiet = at_ms - 50 * HOUR_MS, LONG_AGO, False
    found: int | None = None
    while now_ms <= at_ms + 50 * HOUR_MS:
        furthest = max(furthest, clock_at(where, now_ms))
        minute = furthest.hour * 60 + furthest.minute
        inside = start * 15 <= minute < end * 15 if start < end else not end * 15 <= minute < start * 15
        if now_ms == at_ms:
            is_quiet = inside
        if now_ms >= at_ms and is_quiet and not inside:
            found = now_ms
            break
        now_ms += MINUTE_MS

    assert quiet.end_ms(at_ms) == found


def test_a_day_ends_at_midnight_after_it() -> None:
    assert first_instant(UTC, date(2026, 1, 1), DAY_MINUTES) == at("2026-01-02T00:00+00:00")
