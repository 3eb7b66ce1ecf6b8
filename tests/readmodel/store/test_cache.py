"""What is costly to find out is told at once, and never older than was promised."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from streamprocessor.readmodel.store.cache import Cache

SECONDS, STALE_SECONDS = 2.0, 8.0


class Later(Executor):
    """Does what is submitted when the test says so."""

    def __init__(self) -> None:
        self._submitted: list[tuple[Future[Any], Callable[..., Any], Any, Any]] = []

    def submit(self, work: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._submitted.append((future, work, arguments, named))
        return future

    def do(self) -> int:
        """How many things were submitted; all are done now."""
        submitted, self._submitted = self._submitted, []
        for future, work, arguments, named in submitted:
            try:
                future.set_result(work(*arguments, **named))
            except ValueError as error:
                future.set_exception(error)
        return len(submitted)


class Clocked:
    """A value that is another one at each second, and how often it was looked at."""

    def __init__(self, **more: Any) -> None:
        self.now, self.looks, self.later = 0.0, 0, Later()
        self.known: Cache[float] = Cache(lambda: self.now, SECONDS, beside=self.later, **more)

    def ask(self, at: float, find: Callable[[], float] | None = None) -> float:
        self.now = at
        return self.known.of("key", find or self.find)

    def find(self) -> float:
        self.looks += 1
        return self.now


@pytest.fixture
def clocked() -> Clocked:
    return Clocked(stale_seconds=STALE_SECONDS)


def test_it_is_looked_at_once_in_its_time(clocked: Clocked) -> None:
    assert [clocked.ask(at) for at in (0.0, 1.0, 1.9)] == [0.0, 0.0, 0.0]
    assert (clocked.looks, clocked.later.do()) == (1, 0)


def test_an_old_value_is_given_while_one_looks_beside(clocked: Clocked) -> None:
    clocked.ask(0.0)
    assert [clocked.ask(at) for at in (2.0, 3.0, 9.9)] == [0.0, 0.0, 0.0]
    assert (clocked.looks, clocked.later.do(), clocked.looks) == (1, 1, 2)
    assert clocked.ask(10.0) == 9.9
    assert clocked.later.do() == 0


def test_a_value_that_is_too_old_is_not_given(clocked: Clocked) -> None:
    clocked.ask(0.0)
    assert clocked.ask(10.0) == 10.0
    assert clocked.later.do() == 0


def test_without_time_for_old_values_nobody_looks_beside() -> None:
    clocked = Clocked()
    assert [clocked.ask(at) for at in (0.0, 2.0, 4.0)] == [0.0, 2.0, 4.0]
    assert clocked.later.do() == 0


def test_a_failure_beside_is_logged_and_met_by_who_asks_when_the_value_is_too_old(
    clocked: Clocked, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> float:
        raise ValueError("the database is away")

    clocked.ask(0.0)
    assert clocked.ask(3.0, fail) == 0.0
    assert clocked.later.do() == 1
    assert "the database is away" in caplog.text
    assert clocked.ask(4.0, fail) == 0.0  # and it is tried again
    assert clocked.later.do() == 1
    with pytest.raises(ValueError, match="away"):
        clocked.ask(11.0, fail)
    assert clocked.ask(11.0) == 11.0


def test_who_comes_while_another_asks_waits_for_that_and_others_do_not() -> None:
    known: Cache[str] = Cache(lambda: 0.0, SECONDS)
    may_go_on, is_asking = Event(), Event()

    def slowly() -> str:
        is_asking.set()
        assert may_go_on.wait(20)
        return "slow"

    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(known.of, "slow", slowly)
        assert is_asking.wait(20)
        second = threads.submit(known.of, "slow", lambda: "asked again")
        assert threads.submit(known.of, "quick", lambda: "quick").result(20) == "quick"
        may_go_on.set()
        assert (first.result(20), second.result(20)) == ("slow", "slow")
