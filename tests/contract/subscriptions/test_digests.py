"""When a day's mail goes out."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from streamprocessor.contract.subscriptions.business_days import Calendar
from streamprocessor.contract.subscriptions.digests import Digest, last_instant, next_instant

EIGHT = Digest(time(8), "Europe/Berlin")
AT_WORK = Digest(time(8), "Europe/Berlin", business_days=True)
CALENDAR = Calendar("America/New_York", holidays=frozenset({date(2026, 12, 25)}))


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("digest", "now", "last", "following"),
    [
        # Winter: 08:00 there is 07:00 UTC; the instant itself has come.
        (EIGHT, "2026-11-30T06:59:59.999", "2026-11-29T07:00", "2026-11-30T07:00"),
        (EIGHT, "2026-11-30T07:00", "2026-11-30T07:00", "2026-12-01T07:00"),
        # It is another day there than in UTC.
        (Digest(time(0, 30), "Europe/Berlin"), "2026-11-29T23:29", "2026-11-28T23:30", "2026-11-29T23:30"),
        (Digest(time(23, 30), "Pacific/Auckland"), "2026-11-30T10:31", "2026-11-30T10:30", "2026-12-01T10:30"),
        # The clocks go forward on 29 March, at 02:00 to 03:00, and back on 25 October, at 03:00 to 02:00.
        (EIGHT, "2026-03-29T05:59", "2026-03-28T07:00", "2026-03-29T06:00"),
        (EIGHT, "2026-10-25T06:30", "2026-10-24T06:00", "2026-10-25T07:00"),
        (Digest(time(2, 30), "Europe/Berlin"), "2026-03-29T01:29", "2026-03-28T01:30", "2026-03-29T01:30"),
        (Digest(time(2, 30), "Europe/Berlin"), "2026-03-29T01:31", "2026-03-29T01:30", "2026-03-30T00:30"),
        (Digest(time(2, 30), "Europe/Berlin"), "2026-10-25T00:30", "2026-10-25T00:30", "2026-10-26T01:30"),
        (Digest(time(2, 30), "Europe/Berlin"), "2026-10-25T01:30", "2026-10-25T00:30", "2026-10-26T01:30"),
        # Friday, a weekend, a Friday that is a holiday.
        (AT_WORK, "2026-11-29T12:00", "2026-11-27T07:00", "2026-11-30T07:00"),
        (AT_WORK, "2026-12-24T12:00", "2026-12-24T07:00", "2026-12-28T07:00"),
    ],
)
def test_a_mail_a_day_goes_out_at_the_time_that_clocks_show_there(
    digest: Digest, now: str, last: str, following: str
) -> None:
    assert last_instant(digest, CALENDAR, ms(now)).at_ms == ms(last)
    assert next_instant(digest, CALENDAR, ms(now)).at_ms == ms(following)


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]
)
@pytest.mark.parametrize("at", [time(0), time(1, 45), time(2, 15), time(23, 59)])
def test_every_day_of_a_year_has_one_instant(zone: str, at: time) -> None:
    digest, now_ms, days = Digest(at, zone), ms("2026-01-01T00:00"), []
    for _ in range(370):
        instant = next_instant(digest, CALENDAR, now_ms)
        assert instant.at_ms > now_ms
        assert last_instant(digest, CALENDAR, instant.at_ms) == instant
        days.append(instant.day.toordinal())
        now_ms = instant.at_ms
    assert days == list(range(days[0], days[0] + 370))
