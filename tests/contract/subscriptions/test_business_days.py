"""By when a salesperson should have called."""

from __future__ import annotations

from datetime import date

import pytest

from streamprocessor.contract.rfc3339 import parse_rfc3339
from streamprocessor.contract.subscriptions.business_days import Calendar, next_business_day

CHRISTMAS = frozenset({date(2026, 12, 24), date(2026, 12, 25)})


@pytest.mark.parametrize(
    ("at", "calendar", "day"),
    [
        ("2026-11-18T08:00:00Z", Calendar(), "2026-11-19"),
        ("2026-11-20T08:00:00Z", Calendar(), "2026-11-23"),  # a Friday
        ("2026-11-22T23:30:00Z", Calendar(), "2026-11-23"),  # a Sunday
        ("2026-11-22T23:30:00Z", Calendar("Europe/Berlin"), "2026-11-24"),  # there it is Monday
        ("2026-12-23T08:00:00Z", Calendar(holidays=CHRISTMAS), "2026-12-28"),
        ("2026-11-19T08:00:00Z", Calendar(weekend=frozenset({"friday", "saturday"})), "2026-11-22"),
        ("2026-11-20T08:00:00Z", Calendar(weekend=frozenset()), "2026-11-21"),
    ],
)
def test_the_next_business_day_is_after_weekends_and_holidays_where_the_salespeople_are(
    at: str, calendar: Calendar, day: str
) -> None:
    at_ms = parse_rfc3339(at)
    assert at_ms is not None
    assert next_business_day(calendar, at_ms).isoformat() == day
