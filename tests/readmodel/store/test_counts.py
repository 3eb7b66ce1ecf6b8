"""Filters are counted no more often than a database can bear."""

import pytest

from streamprocessor.readmodel.store import counts
from streamprocessor.readmodel.store.counts import LIST_SECONDS, Counts
from streamprocessor.scoring.model.contact_filter import AttributeCondition, ContactFilter

ONE, TRUE, ALL = (
    ContactFilter(attributes=(AttributeCondition("a", equals=1.0),)),
    ContactFilter(attributes=(AttributeCondition("a", equals=True),)),
    ContactFilter(),
)


class SlowDatabase:
    """Answers how many counts it made, each in so many seconds of its own time."""

    def __init__(self, seconds: float) -> None:
        self.now, self.asked, self._seconds = 0.0, [], seconds

    def count(self, _connection, wanted):
        self.now += self._seconds
        self.asked.append(wanted)
        return len(self.asked)


@pytest.fixture
def make_counts(monkeypatch):
    def make(seconds: float):
        database = SlowDatabase(seconds)
        monkeypatch.setattr(counts, "count_contacts", database.count)
        return database, Counts(lambda: database.now)

    return make


def test_a_count_is_made_again_when_it_is_some_seconds_old(make_counts):
    database, known = make_counts(0.0)
    assert [known.of(None, ALL), known.of(None, ALL)] == [1, 1]
    database.now += 2.0
    assert known.of(None, ALL) == 2
    assert known.now(None, ALL) == 3
    assert known.of(None, ALL) == 3


def test_true_and_one_are_counted_apart(make_counts):
    _, known = make_counts(0.0)
    assert ONE == TRUE  # for Python
    assert known.of_all(None, [ONE, TRUE]) == [1, 2]


def test_what_takes_long_is_counted_seldom(make_counts):
    database, known = make_counts(3.0)
    known.of(None, ALL)
    database.now += 59.0
    assert known.of(None, ALL) == 1
    database.now += 1.0
    assert known.of(None, ALL) == 2


def test_a_list_is_told_in_time_and_whole_after_some_more(make_counts):
    database, known = make_counts(LIST_SECONDS)
    assert known.of_all(None, [ALL, ONE, TRUE]) == [1, 2, None]
    assert database.now == 2 * LIST_SECONDS
    assert known.of_all(None, [ALL, ONE, TRUE]) == [1, 2, 3]
    database.now += 1_000
    assert known.of_all(None, [ALL, ONE, TRUE]) == [4, 5, 3]  # rather an old count than none
    assert known.of_all(None, [ALL, ONE, TRUE]) == [4, 5, 6]
