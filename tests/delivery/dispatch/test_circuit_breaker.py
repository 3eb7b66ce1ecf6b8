"""How hard an endpoint is pushed, by what it answered."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from streamprocessor.delivery.dispatch.circuit_breaker import (
    FAILURES_THAT_OPEN,
    LONGEST_PAUSE_MS,
    MOST_AT_ONCE,
    SHORTEST_PAUSE_MS,
    CircuitBreaker,
)
from streamprocessor.delivery.dispatch.retry_schedule import LONGEST_RETRY_AFTER_MS, AttemptResult

ANSWERS = st.lists(
    st.tuples(st.sampled_from(AttemptResult), st.integers(0, 60_000), st.integers(0, 3_600_000)), max_size=60
)


def failing(times: int, now_ms: int = 0) -> CircuitBreaker:
    endpoint = CircuitBreaker()
    for _ in range(times):
        endpoint = endpoint.after(AttemptResult.FAILED, 0, now_ms)
    return endpoint


@settings(max_examples=200, deadline=None)
@given(ANSWERS)
def test_whatever_it_answers_some_request_may_be_sent_later_unless_it_is_gone(
    answers: list[tuple[AttemptResult, int, int]],
) -> None:
    endpoint, now_ms = CircuitBreaker(), 0
    for verdict, asked_ms, passed_ms in answers:
        now_ms += passed_ms
        endpoint = endpoint.after(verdict, asked_ms, now_ms)
        assert 1 <= endpoint.limit <= MOST_AT_ONCE
        assert endpoint.quiet_until_ms <= now_ms + max(LONGEST_PAUSE_MS, LONGEST_RETRY_AFTER_MS)
        if verdict is AttemptResult.SLOW_DOWN and not endpoint.disabled:
            assert endpoint.quiet_until_ms >= now_ms + asked_ms
    is_gone = any(verdict is AttemptResult.GONE for verdict, _, _ in answers)
    assert endpoint.disabled is is_gone
    assert endpoint.may_send(0, endpoint.quiet_until_ms) is not is_gone


def test_a_receiver_that_asks_for_time_gets_it_and_half_as_many_at_once() -> None:
    endpoint = CircuitBreaker().after(AttemptResult.SLOW_DOWN, 30_000, 1_000)

    assert not endpoint.may_send(0, 30_999)
    assert endpoint.may_send(MOST_AT_ONCE // 2 - 1, 31_000)
    assert not endpoint.may_send(MOST_AT_ONCE // 2, 31_000)
    assert endpoint.after(AttemptResult.DELIVERED, 0, 31_000).limit == MOST_AT_ONCE // 2 + 1


def test_one_that_keeps_failing_gets_one_request_at_a_time_after_ever_longer_pauses() -> None:
    assert failing(FAILURES_THAT_OPEN - 1).may_send(5, 0)

    endpoint = failing(FAILURES_THAT_OPEN)
    assert not endpoint.may_send(0, SHORTEST_PAUSE_MS - 1)
    assert endpoint.may_send(0, SHORTEST_PAUSE_MS)
    assert not endpoint.may_send(1, SHORTEST_PAUSE_MS)

    again = endpoint.after(AttemptResult.FAILED, 0, SHORTEST_PAUSE_MS)
    assert again.quiet_until_ms == 3 * SHORTEST_PAUSE_MS
    well = again.after(AttemptResult.DELIVERED, 0, again.quiet_until_ms)
    assert well.may_send(MOST_AT_ONCE - 1, again.quiet_until_ms)


def test_failures_of_one_burst_break_the_circuit_once() -> None:
    assert failing(FAILURES_THAT_OPEN + 20) == failing(FAILURES_THAT_OPEN)
