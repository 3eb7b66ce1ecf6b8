"""The comparison of two tables says what the tables say, in whatever order it heard of them."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from streamprocessor.shadow.comparison import LIVE, SHADOW, Crossing, Sighting, Standing, TableComparison

STAGES = (None, "cold", "warm", "hot")
WARM, HOT = Standing(("warm",), False), Standing(("hot",), True)

Words = list[tuple[int, bytes, Sighting | None]]


def words(seed: int, count: int = 400) -> Words:
    """What two tables say one after the other of thirty contacts, two scores each."""
    chance = random.Random(seed)
    return [
        (chance.choice((LIVE, SHADOW)), f"c-{chance.randrange(30)}".encode(), _sighting(chance, number))
        for number in range(count)
    ]


def _sighting(chance: random.Random, at_ms: int) -> Sighting | None:
    if chance.random() < 0.1:
        return None
    stages = chance.choice(STAGES), chance.choice(STAGES)
    return Sighting(Standing(stages, stages[0] == "hot"), at_ms, "Jane" if stages[0] == "hot" else None)


def compared(history: Words) -> TableComparison:
    comparison = TableComparison(("engagement", "fit"))
    for side, contact, sighting in history:
        comparison.note(side, contact, sighting)
    return comparison


def last(history: Words) -> dict[bytes, list[Sighting | None]]:
    """The last word of each side on each contact."""
    found: dict[bytes, list[Sighting | None]] = {}
    for side, contact, sighting in history:
        found.setdefault(contact, [None, None])[side] = sighting
    return found


def told(comparison: TableComparison) -> tuple[object, ...]:
    """All that does not depend on when something was heard."""
    agreement = {
        score: (each.agree, each.disagree, Counter(each.matrix)) for score, each in comparison.agreement().items()
    }
    crossed = [{each.contact_id for each in comparison.crossings(side, 99)} for side in (LIVE, SHADOW)]
    return comparison.contacts, agreement, crossed


@pytest.mark.parametrize("seed", range(5))
def test_it_says_what_a_look_at_the_last_words_alone_says(seed: int) -> None:
    history = words(seed)
    comparison, both = compared(history), [pair for pair in last(history).values() if None not in pair]

    assert comparison.contacts == len(both)
    for number, agreement in enumerate(comparison.agreement().values()):
        cells = Counter(
            (live.standing.stages[number], own.standing.stages[number]) for live, own in both if live and own
        )
        assert {(row.live, row.shadow): row.contacts for row in agreement.matrix} == cells
        assert agreement.agree == sum(contacts for (one, other), contacts in cells.items() if one == other)
        assert agreement.agree + agreement.disagree == len(both)
    hot_live = sum(1 for live, own in both if live and own and live.standing.is_hot and not own.standing.is_hot)
    assert comparison.hot_by_one_alone(LIVE) == hot_live == len(comparison.crossings(LIVE, 99))


@pytest.mark.parametrize("seed", range(5))
def test_the_order_in_which_the_sides_are_heard_does_not_matter(seed: int) -> None:
    history = words(seed)
    one_side_first = sorted(history, key=lambda word: word[0])

    assert told(compared(history)) == told(compared(one_side_first))
    assert told(compared(history)) == told(compared(history + history[-1:]))


@pytest.mark.parametrize("seed", range(3))
def test_a_candidate_that_says_the_same_agrees_on_everybody(seed: int) -> None:
    history = [(side, contact, sighting) for _, contact, sighting in words(seed) for side in (LIVE, SHADOW)]
    comparison = compared(history)

    assert comparison.contacts > 0
    assert all(agreement.disagree == 0 for agreement in comparison.agreement().values())
    assert comparison.hot_by_one_alone(LIVE) == comparison.hot_by_one_alone(SHADOW) == 0


@pytest.mark.parametrize("seed", range(3))
def test_sides_that_are_exchanged_turn_the_matrix_over(seed: int) -> None:
    history = words(seed)
    there = compared(history).agreement()["engagement"]
    back = compared([(1 - side, contact, sighting) for side, contact, sighting in history]).agreement()["engagement"]

    assert {(row.live, row.shadow, row.contacts) for row in there.matrix} == {
        (row.shadow, row.live, row.contacts) for row in back.matrix
    }


def test_a_contact_that_is_hot_by_one_model_alone_is_named_since_it_was_seen_so() -> None:
    comparison = TableComparison(("engagement",))
    comparison.note(LIVE, b"c-1", Sighting(WARM, 5))
    comparison.note(SHADOW, b"c-1", Sighting(HOT, 7, "Jane Smith"))
    comparison.note(SHADOW, b"c-1", Sighting(HOT, 9, "Jane Smith"))

    assert comparison.crossings(SHADOW, 10) == [Crossing(7, "c-1", "Jane Smith")]

    comparison.note(LIVE, b"c-1", Sighting(HOT, 11, "Jane Smith"))

    assert comparison.crossings(SHADOW, 10) == []


def test_of_those_that_crossed_the_newest_are_named() -> None:
    comparison = TableComparison(("engagement",))
    for number in range(9):
        comparison.note(LIVE, f"c-{number}".encode(), Sighting(WARM, 0))
        comparison.note(SHADOW, f"c-{number}".encode(), Sighting(HOT, number))

    assert [each.contact_id for each in comparison.crossings(SHADOW, 2)] == ["c-8", "c-7"]
    assert comparison.hot_by_one_alone(SHADOW) == 9


def test_of_an_erased_contact_nothing_is_left() -> None:
    comparison = TableComparison(("engagement",))
    for side in (LIVE, SHADOW):
        comparison.note(side, b"c-1", Sighting(HOT, 1, "Jane Smith"))
    for side in (LIVE, SHADOW):
        comparison.note(side, b"c-1", None)

    assert told(comparison) == told(TableComparison(("engagement",)))
    assert not any(vars(comparison)[name] for name in ("_pairs", "_names", "_counts"))
