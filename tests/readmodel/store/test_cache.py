"""What is costly to find out is told at once, and never older than was promised."""

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from threading import Event

import pytest

from streamprocessor.readmodel.store.cache import Cache

SECONDS, TOLD_SECONDS = 2.0, 8.0


class Later(Executor):
    """Does what it is told when the test says so."""

    def __init__(self):
        self._told = []

    def submit(self, work, /, *arguments, **named):
        found = Future()
        self._told.append((found, work, arguments, named))
        return found

    def do(self):
        """How many things were told; all are done now."""
        told, self._told = self._told, []
        for found, work, arguments, named in told:
            try:
                found.set_result(work(*arguments, **named))
            except ValueError as error:
                found.set_exception(error)
        return len(told)


class World:
    """A value that is another one at each second, and how often it was looked at."""

    def __init__(self, **more):
        self.now, self.looks, self.later = 0.0, 0, Later()
        self.known = Cache(lambda: self.now, SECONDS, beside=self.later, **more)

    def ask(self, at, find=None):
        self.now = at
        return self.known.of("key", find or self.find)

    def find(self):
        self.looks += 1
        return self.now


@pytest.fixture
def world():
    return World(stale_seconds=TOLD_SECONDS)


def test_it_is_looked_at_once_in_its_time(world):
    assert [world.ask(at) for at in (0.0, 1.0, 1.9)] == [0.0, 0.0, 0.0]
    assert (world.looks, world.later.do()) == (1, 0)


def test_an_old_value_is_told_while_one_looks_beside(world):
    world.ask(0.0)
    assert [world.ask(at) for at in (2.0, 3.0, 9.9)] == [0.0, 0.0, 0.0]
    assert (world.looks, world.later.do(), world.looks) == (1, 1, 2)
    assert world.ask(10.0) == 9.9
    assert world.later.do() == 0


def test_a_value_that_is_too_old_is_not_told(world):
    world.ask(0.0)
    assert world.ask(10.0) == 10.0
    assert world.later.do() == 0


def test_without_time_for_old_values_nobody_looks_beside():
    world = World()
    assert [world.ask(at) for at in (0.0, 2.0, 4.0)] == [0.0, 2.0, 4.0]
    assert world.later.do() == 0


def test_a_failure_beside_is_logged_and_met_by_who_asks_when_the_value_is_too_old(world, caplog):
    def fail():
        raise ValueError("the database is away")

    world.ask(0.0)
    assert world.ask(3.0, fail) == 0.0
    assert world.later.do() == 1
    assert "the database is away" in caplog.text
    assert world.ask(4.0, fail) == 0.0  # and it is tried again
    assert world.later.do() == 1
    with pytest.raises(ValueError, match="away"):
        world.ask(11.0, fail)
    assert world.ask(11.0) == 11.0


def test_who_comes_while_another_asks_waits_for_that_and_others_do_not():
    known, may_go_on, is_asking = Cache(lambda: 0.0, SECONDS), Event(), Event()

    def slowly():
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
