from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.rfc3339 import format_rfc3339, parse_rfc3339

EIGHT = 1_795_334_400_000  # 2026-11-22T08:00:00Z


@pytest.mark.parametrize(
    ("text", "instant_ms"),
    [
        ("2026-11-22T08:00:00Z", EIGHT),
        ("2026-11-22T08:00:00.123Z", EIGHT + 123),
        ("2026-11-22T08:00:00.1Z", EIGHT + 100),
        ("2026-11-22T08:00:00.1239999Z", EIGHT + 123),  # finer times are cut, not rounded
        ("2026-11-22t08:00:00z", EIGHT),
        ("2026-11-22T08:00:00+00:00", EIGHT),
        ("2026-11-22T08:00:00-00:00", EIGHT),
        ("2026-11-22T09:30:00+01:30", EIGHT),
        ("2026-11-22T00:00:00.5-08:00", EIGHT + 500),
        ("2026-11-22T07:59:60Z", EIGHT),  # a leap second
        ("2024-02-29T00:00:00Z", 1_709_164_800_000),
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59Z", -1000),
    ],
)
def test_rfc_3339_is_read_to_the_millisecond(text: str, instant_ms: int) -> None:
    assert parse_rfc3339(text) == instant_ms
    assert parse_rfc3339(text) == instant_ms  # also when the minute is remembered


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22",
        "2026-11-22T08:00:00",  # no offset: nobody knows when
        "2026-11-22T08:00:00.Z",
        "2026-11-22T08:00Z",
        "2026-11-22 08:00:00Z",
        "2026-11-22T08:00:00+1:00",
        "2026-11-22T08:00:00+0100",
        "2026-11-22T08:00:00+24:00",
        "2026-11-22T24:00:00Z",
        "2026-11-22T08:60:00Z",
        "2026-11-22T08:00:61Z",
        "2026-13-01T08:00:00Z",
        "2026-02-29T08:00:00Z",
        "0000-01-01T00:00:00Z",
        "+026-11-22T08:00:00Z",
        "٢٠٢٦-11-22T08:00:00Z",
        "2026-11-22T08:00:00.1٢3Z",
        " 2026-11-22T08:00:00Z",
        "2026-11-22T08:00:00Z\n",
        "1795334400000",
    ],
)
def test_what_is_not_rfc_3339_with_an_offset_is_no_time(text: str) -> None:
    parse_rfc3339("2026-11-22T08:00:00Z")  # the minute is remembered
    assert parse_rfc3339(text) is None


@given(st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31, 23, 59, 59)))  # noqa: DTZ001
def test_a_time_written_is_the_time_read(moment: datetime) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    instant_ms = (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    text = moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + f".{moment.microsecond // 1000:03d}Z"

    assert parse_rfc3339(text) == round(instant_ms * 1000)
    assert format_rfc3339(round(instant_ms * 1000)) == text


def test_a_time_beyond_the_calendar_is_written_as_its_end() -> None:
    assert format_rfc3339(10**18) == "9999-12-31T23:59:59.999Z"
