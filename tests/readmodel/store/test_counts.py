"""Filters are counted no more often than a database can bear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection

from streamprocessor.readmodel.store.figures import counts
from streamprocessor.readmodel.store.figures.counts import LIST_SECONDS, Counts
from streamprocessor.scoring.model.contact_filter import AttributeCondition, ContactFilter

ONE, TRUE, ALL = (
    ContactFilter(attributes=(AttributeCondition("a", equals=1.0),)),
    ContactFilter(attributes=(AttributeCondition("a", equals=True),)),
    ContactFilter(),
)


NO_CONNECTION: Any = None  # nobody asks it here


class SlowDatabase:
    """Answers how many counts it made, each in so many seconds of its own time."""

    def __init__(self, seconds: float) -> None:
        self.now, self._seconds = 0.0, seconds
        self.asked: list[ContactFilter] = []

    def count(self, _connection: Connection | None, filter_: ContactFilter) -> int:
        self.now += self._seconds
        self.asked.append(filter_)
        return len(self.asked)


MakeCounts = Callable[[float], tuple["SlowDatabase", Counts]]


@pytest.fixture
def make_counts(monkeypatch: pytest.MonkeyPatch) -> MakeCounts:
    def make(seconds: float) -> tuple[SlowDatabase, Counts]:
        database = SlowDatabase(seconds)
        monkeypatch.setattr(counts, "count_contacts", database.count)
        return database, Counts(lambda: database.now)

    return make


def test_a_count_is_made_again_when_it_is_some_seconds_old(make_counts: MakeCounts) -> None:
    database, known = make_counts(0.0)
    assert [known.of(NO_CONNECTION, ALL), known.of(NO_CONNECTION, ALL)] == [1, 1]
    database.now += 2.0
    assert known.of(NO_CONNECTION, ALL) == 2
    assert known.now(NO_CONNECTION, ALL) == 3
    assert known.of(NO_CONNECTION, ALL) == 3


def test_true_and_one_are_counted_apart(make_counts: MakeCounts) -> None:
    _, known = make_counts(0.0)
    assert ONE == TRUE  # for Python
    assert known.of_all(NO_CONNECTION, [ONE, TRUE]) == [1, 2]


def test_what_takes_long_is_counted_seldom(make_counts: MakeCounts) -> None:
    database, known = make_counts(3.0)
    known.of(NO_CONNECTION, ALL)
    database.now += 59.0
    assert known.of(NO_CONNECTION, ALL) == 1
    database.now += 1.0
    assert known.of(NO_CONNECTION, ALL) == 2


def test_a_list_is_told_in_time_and_whole_after_some_more(make_counts: MakeCounts) -> None:
    database, known = make_counts(LIST_SECONDS)
    assert known.of_all(NO_CONNECTION, [ALL, ONE, TRUE]) == [1, 2, None]
    assert database.now == 2 * LIST_SECONDS
    assert known.of_all(NO_CONNECTION, [ALL, ONE, TRUE]) == [1, 2, 3]
    database.now += 1_000
    assert known.of_all(NO_CONNECTION, [ALL, ONE, TRUE]) == [4, 5, 3]  # rather an old count than none
    assert known.of_all(NO_CONNECTION, [ALL, ONE, TRUE]) == [4, 5, 6]
