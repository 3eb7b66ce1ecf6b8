"""How far a group is behind, in records and in time, from looks at it."""

from __future__ import annotations

import pytest

from streamprocessor.shadow.lag import MOST_READINGS, GroupLag, LagHistory, OffsetReading

ONE, OTHER = ("page-visits", 0), ("page-visits", 1)


def lag_after(*readings: tuple[float, int, int]) -> GroupLag:
    """The lag after looks at one partition: seconds, its end, what is committed."""
    history = LagHistory()
    found = GroupLag()
    for at_seconds, end, committed in readings:
        found = history.note(OffsetReading(at_seconds, {ONE: end}, {ONE: committed}))
    return found


@pytest.mark.parametrize(
    ("readings", "records", "seconds"),
    [
        ([(0, 5, 5)], 0, 0.0),
        ([(0, 5, 2)], 3, 0.0),  # since when they wait nobody has seen
        ([(0, 5, 2), (10, 5, 2)], 3, 10.0),
        ([(0, 5, 5), (10, 8, 5), (20, 9, 5)], 4, 10.0),
        ([(0, 5, 5), (10, 8, 5), (20, 9, 8)], 1, 0.0),
        ([(0, 5, 5), (10, 8, 5), (20, 9, 9)], 0, 0.0),
    ],
)
def test_records_wait_since_the_first_look_at_which_they_were_there(
    readings: list[tuple[float, int, int]], records: int, seconds: float
) -> None:
    lag = lag_after(*readings)

    assert (lag.records, lag.seconds) == (records, seconds)


def test_the_worst_partition_counts_and_records_of_all_are_added() -> None:
    history = LagHistory()
    history.note(OffsetReading(0, {ONE: 5, OTHER: 5}, {ONE: 5, OTHER: 1}))
    lag = history.note(OffsetReading(30, {ONE: 9, OTHER: 5}, {ONE: 5, OTHER: 4}))

    assert (lag.records, lag.seconds) == (5, 30.0)


def test_rates_are_those_of_the_last_minute() -> None:
    lag = lag_after((0, 0, 0), (40, 4_000, 4_000), (100, 10_000, 5_200))

    assert (lag.arriving_per_second, lag.committed_per_second) == (100.0, 20.0)


def test_days_of_looks_take_bounded_room_and_the_lag_is_still_told() -> None:
    history = LagHistory()
    for number in range(20_000):
        lag = history.note(OffsetReading(number * 2.0, {ONE: number}, {ONE: 0}))

    assert len(history._kept) <= MOST_READINGS
    assert lag.records == 19_999
    assert lag.seconds > 30_000
