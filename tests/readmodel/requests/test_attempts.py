"""Who guesses waits longer and longer; who was let in before, and who is elsewhere, does not."""

from __future__ import annotations

import pytest

from streamprocessor.readmodel.requests.attempts import (
    FORGIVEN_AFTER_SECONDS,
    LONGEST_DELAY_SECONDS,
    MOST_JUDGED,
    MOST_SENDERS,
    WRONG_COOKIE,
    WRONG_TOKEN,
    Attempts,
    TooManyAttempts,
)
from tests.readmodel.clock import Clock

HERE, ELSEWHERE = "192.0.2.9", "192.0.2.10"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def attempts(clock: Clock) -> Attempts:
    return Attempts(clock)


def delay_seconds(attempts: Attempts, sender: str = HERE, shown: str = "never shown") -> int:
    """How long the sender has to wait before it may show that."""
    try:
        attempts.refuse_guesses(sender, shown)
    except TooManyAttempts as refused:
        return int((refused.headers or {})["Retry-After"])
    return 0


def guess(attempts: Attempts, count: int, *, first: int = 0, weight: int = WRONG_TOKEN) -> list[int]:
    """The waits after each of so many wrong guesses."""
    waits = []
    for number in range(first, first + count):
        attempts.note_wrong(HERE, f"guess {number}", weight)
        waits.append(delay_seconds(attempts))
    return waits


def test_each_wrong_guess_after_the_first_few_doubles_the_wait(attempts: Attempts) -> None:
    assert guess(attempts, 16) == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert LONGEST_DELAY_SECONDS == 300


def test_when_the_wait_is_over_one_more_is_looked_at(attempts: Attempts, clock: Clock) -> None:
    guess(attempts, 8)
    clock.now_ms += 7_001
    assert delay_seconds(attempts) == 1
    clock.now_ms += 999
    assert delay_seconds(attempts) == 0
    assert guess(attempts, 1, first=8) == [16]


def test_what_was_shown_before_is_looked_at_again_at_once_and_counts_once(attempts: Attempts) -> None:
    attempts.note_right(HERE, "right")
    assert attempts.note_wrong(HERE, "of last year", WRONG_TOKEN)
    for _ in range(100):
        assert not attempts.note_wrong(HERE, "of last year", WRONG_TOKEN)
    assert delay_seconds(attempts) == 0

    guess(attempts, 10)
    assert delay_seconds(attempts) > 0
    assert delay_seconds(attempts, shown="right") == 0
    assert delay_seconds(attempts, shown="of last year") == 0


def test_a_right_token_does_not_make_guesses_good(attempts: Attempts) -> None:
    waits = []
    for number in range(6):
        waits += guess(attempts, 1, first=number)
        attempts.note_right(HERE, "right")
    assert waits == [0, 0, 0, 0, 1, 2]


def test_nobody_waits_for_what_others_do(attempts: Attempts) -> None:
    guess(attempts, 20)
    assert delay_seconds(attempts, ELSEWHERE) == 0
    attempts.note_right(ELSEWHERE, "right")
    assert delay_seconds(attempts, HERE, "right") > 0


def test_an_office_whose_sessions_are_over_may_sign_in(attempts: Attempts) -> None:
    assert guess(attempts, 99, weight=WRONG_COOKIE)[-1] == 0
    assert guess(attempts, 200, first=99, weight=WRONG_COOKIE)[-1] > 0


def test_after_a_while_it_is_forgiven(attempts: Attempts, clock: Clock) -> None:
    waits = guess(attempts, 6)
    clock.now_ms += (waits[-1] + FORGIVEN_AFTER_SECONDS) * 1000 + 1
    assert guess(attempts, 5, first=6) == [0, 0, 0, 0, 1]


def test_the_first_refusal_of_a_wait_is_news_and_the_others_are_none(attempts: Attempts, clock: Clock) -> None:
    def news() -> bool:
        with pytest.raises(TooManyAttempts) as refused:
            attempts.refuse_guesses(HERE, "new")
        return refused.value.is_news

    for number in range(8):
        attempts.note_wrong(HERE, f"guess {number}", WRONG_TOKEN)
    assert [news() for _ in range(3)] == [True, False, False]
    clock.now_ms += 60_000
    attempts.note_wrong(HERE, "another", WRONG_TOKEN)
    assert [news() for _ in range(2)] == [True, False]


def test_however_many_send_memory_is_bounded_and_the_latest_are_remembered(attempts: Attempts) -> None:
    for number in range(2 * MOST_SENDERS):
        attempts.note_wrong(f"sender {number}", "wrong", WRONG_TOKEN)
    guess(attempts, 6)

    assert (len(attempts._failures), len(attempts._judged)) == (MOST_SENDERS, MOST_JUDGED)
    assert delay_seconds(attempts) == 2
