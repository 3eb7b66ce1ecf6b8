"""Nobody is told in quiet hours or too often, and of everything once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.inbox.alerts import HOUR_MS, AlertLimits, QuietHours, Sending, free_ms, next_sending

MONDAY_MS = 1_764_547_200_000  # 2025-12-01T00:00Z
MINUTE_MS = 60_000
NIGHT = QuietHours("UTC", 20 * 60, 7 * 60)


def test_what_comes_in_quiet_hours_waits_until_they_end() -> None:
    limits = AlertLimits(NIGHT, 5)
    assert next_sending(limits, [], 2, MONDAY_MS + 6 * HOUR_MS) == Sending(0, 0, MONDAY_MS + 7 * HOUR_MS)
    assert next_sending(limits, [], 2, MONDAY_MS + 21 * HOUR_MS) == Sending(0, 0, MONDAY_MS + 31 * HOUR_MS)
    assert next_sending(limits, [], 2, MONDAY_MS + 7 * HOUR_MS) == Sending(2, 0, None)


def test_what_an_hour_does_not_allow_is_gathered_into_its_last_message() -> None:
    limits, noon_ms = AlertLimits(most_an_hour=3), MONDAY_MS + 12 * HOUR_MS
    assert next_sending(limits, [], 3, noon_ms) == Sending(3, 0, None)
    assert next_sending(limits, [], 7, noon_ms) == Sending(2, 5, None)
    assert next_sending(limits, [noon_ms - 1], 7, noon_ms) == Sending(1, 6, None)
    assert next_sending(limits, [noon_ms - 3, noon_ms - 2, noon_ms - 1], 7, noon_ms) == Sending(
        0, 0, noon_ms - 3 + HOUR_MS
    )
    assert next_sending(limits, [noon_ms - HOUR_MS] * 3, 1, noon_ms) == Sending(1, 0, None)


def test_whoever_is_told_after_quiet_hours_and_a_full_hour_could_be_told_since_they_ended() -> None:
    limits, evening_ms = AlertLimits(NIGHT, 2), MONDAY_MS + 19 * HOUR_MS
    sent_ms = [evening_ms, evening_ms + MINUTE_MS]
    seven_ms = MONDAY_MS + 31 * HOUR_MS
    assert free_ms(limits, sent_ms, evening_ms + 2 * MINUTE_MS, seven_ms + 5_000) == seven_ms
    assert free_ms(limits, [], evening_ms, evening_ms + 9_000) == evening_ms


@given(
    st.lists(st.integers(0, 3 * 24 * 60), max_size=60),
    st.integers(1, 4),
    st.one_of(st.none(), st.tuples(st.integers(0, 23), st.integers(0, 23)).filter(lambda pair: pair[0] != pair[1])),
)
def test_over_days_of_leads_everybody_is_told_once_within_the_limits(
    minutes: list[int], most_an_hour: int, quiet: tuple[int, int] | None
) -> None:
    hours = None if quiet is None else QuietHours("UTC", quiet[0] * 60, quiet[1] * 60)
    limits = AlertLimits(hours, most_an_hour)
    coming = sorted(MONDAY_MS + minute * MINUTE_MS for minute in minutes)
    waiting: list[int] = []
    told: list[int] = []
    sent_ms: list[int] = []
    now_ms: int | None = coming[0] if coming else None
    while now_ms is not None:
        while coming and coming[0] <= now_ms:
            waiting.append(coming.pop(0))
        alone, gathered, again_ms = next_sending(limits, sent_ms, len(waiting), now_ms)
        assert gathered != 1
        if alone or gathered:
            assert free_ms(limits, sent_ms, waiting[0], now_ms) == now_ms
        sent_ms += [now_ms] * (alone + (gathered > 0))
        told += waiting[: alone + gathered]
        del waiting[: alone + gathered]
        assert (again_ms is None) is (not waiting)
        assert again_ms is None or again_ms > now_ms
        now_ms = min((each for each in (again_ms, coming[0] if coming else None) if each is not None), default=None)

    assert told == sorted(MONDAY_MS + minute * MINUTE_MS for minute in minutes)
    assert all(sum(each <= other < each + HOUR_MS for other in sent_ms) <= most_an_hour for each in sent_ms)
    if quiet is not None:
        start, end = quiet
        shown = [each // HOUR_MS % 24 for each in sent_ms]
        assert not any(start <= hour < end if start < end else not end <= hour < start for hour in shown)
