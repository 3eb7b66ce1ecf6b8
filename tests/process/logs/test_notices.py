"""Notices of what senders have to mend: said once a period, however often it happens."""

import logging

import pytest

from streamprocessor.process.logs.notices import MOST_IN_A_PERIOD, PERIOD_SECONDS, Notices


class Clock:
    now_seconds = 5.0

    def __call__(self) -> float:
        return self.now_seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def notices(clock: Clock) -> Notices:
    return Notices(logging.getLogger("tests.notices"), clock)


def test_a_sentence_is_said_once_a_period_and_then_how_often_it_was_to_be_said(
    notices: Notices, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        notices.tell("a key")
    notices.tell("a page")
    clock.now_seconds += PERIOD_SECONDS - 1
    notices.tell("a key")
    clock.now_seconds += 1
    notices.tell("a key")
    clock.now_seconds += 2 * PERIOD_SECONDS
    notices.tell("another")
    clock.now_seconds += PERIOD_SECONDS
    notices.tell("a key")

    assert caplog.messages == ["a key", "a page", "a key (4 times in the hour before)", "another", "a key"]


def test_what_was_told_long_ago_is_not_counted_to_the_hour_before(
    notices: Notices, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    notices.tell("a key")
    clock.now_seconds += 2 * PERIOD_SECONDS
    notices.tell("a key")

    assert caplog.messages == ["a key", "a key"]


def test_strangers_who_choose_what_is_said_do_not_fill_the_log(
    notices: Notices, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(10_000):
        notices.tell(f"page {number}")
    assert len(caplog.messages) == MOST_IN_A_PERIOD + 1
    clock.now_seconds += PERIOD_SECONDS
    notices.tell("page 9999")

    assert caplog.messages[-2:] == ["further notices of this kind are left out for up to an hour", "page 9999"]
