"""What answers mean, and when a delivery is tried again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamprocessor.delivery.dispatch.retry_schedule import (
    GIVE_UP_AFTER_MS,
    LONGEST_RETRY_AFTER_MS,
    RETRY_DELAYS_MS,
    AttemptResult,
    next_attempt_ms,
    result_of,
    retry_after_ms,
)

HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, AttemptResult.DELIVERED),
        (204, AttemptResult.DELIVERED),
        (301, AttemptResult.FAILED),
        (400, AttemptResult.FAILED),
        (404, AttemptResult.FAILED),
        (410, AttemptResult.GONE),
        (429, AttemptResult.SLOW_DOWN),
        (500, AttemptResult.FAILED),
        (502, AttemptResult.SLOW_DOWN),
        (503, AttemptResult.SLOW_DOWN),
        (504, AttemptResult.SLOW_DOWN),
    ],
)
def test_a_status_means_what_standard_webhooks_says(status: int, verdict: AttemptResult) -> None:
    assert result_of(status) is verdict


def test_a_delivery_that_never_arrives_is_tried_ten_times_over_75_hours() -> None:
    now_ms, attempts = 0, 0
    while (next_ms := next_attempt_ms(attempts + 1, 0, now_ms, 0, 0.0)) is not None:
        attempts += 1
        now_ms = next_ms
    assert (attempts + 1, now_ms) == (10, GIVE_UP_AFTER_MS)
    assert 75 * HOUR_MS < GIVE_UP_AFTER_MS < 76 * HOUR_MS


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 9), st.integers(0, 10**9), st.integers(0, LONGEST_RETRY_AFTER_MS), st.floats(0, 1))
def test_the_next_attempt_is_never_before_the_schedule_or_what_the_receiver_asked(
    attempts: int, now_ms: int, asked_ms: int, jitter: float
) -> None:
    due_ms = next_attempt_ms(attempts, now_ms, now_ms, asked_ms, jitter)
    assert due_ms is not None
    wait_ms, scheduled_ms = due_ms - now_ms, RETRY_DELAYS_MS[attempts - 1]
    assert max(scheduled_ms, asked_ms) <= wait_ms <= max(scheduled_ms * 1.1, asked_ms)


def test_one_that_waited_75_hours_behind_another_gets_one_attempt() -> None:
    assert next_attempt_ms(1, 0, GIVE_UP_AFTER_MS, 0, 0.0) is None
    assert next_attempt_ms(1, 0, GIVE_UP_AFTER_MS - 1, 0, 0.0) is not None


@pytest.mark.parametrize(
    ("header", "wait_ms"),
    [
        (None, 0),
        ("", 0),
        ("120", 120_000),
        (" 7 ", 7_000),
        ("-5", 0),
        ("soon", 0),
        ("99999999999999999999", LONGEST_RETRY_AFTER_MS),
        ("Fri, 20 Nov 2026 08:00:30 GMT", 30_000),
        ("Fri, 20 Nov 2026 07:00:00 GMT", 0),
        ("Fri, 20 Nov 9999 07:00:00 GMT", LONGEST_RETRY_AFTER_MS),
        ("Fri, 99 Nov 2026 07:00:00 GMT", 0),
        ("٣", 0),
    ],
)
def test_retry_after_is_read_in_both_spellings(header: str | None, wait_ms: int) -> None:
    assert retry_after_ms(header, 1_795_161_600_000) == wait_ms
