"""Where a score stands among all others."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from streamprocessor.readmodel.store import tables, tallies
from streamprocessor.readmodel.store.database import reading, start_over, writing
from streamprocessor.readmodel.store.distribution import Distribution, Landmarks, StageCell
from streamprocessor.scoring.model.model import NANO
from tests.readmodel.databases import opened_database

marks = st.integers(-4_000_000 * NANO, 4_000_000 * NANO)


@pytest.mark.parametrize(("score", "percent"), [(0, 0), (10, 25), (20, 50), (40, 62.5), (100, 100)])
def test_the_relative_score_is_the_one_of_the_law(score: int, percent: float) -> None:
    landmarks = Landmarks(0, 20 * NANO, 100 * NANO)

    assert landmarks.relative_percent(score * NANO) == percent


@pytest.mark.parametrize(
    ("lowest", "median", "highest", "score", "percent"),
    [
        (5, 5, 5, 5, 100),  # all alike: everybody is at the top
        (0, 0, 0, 0, 100),
        (0, 0, 40, 0, 50),  # most have nothing
        (0, 0, 40, 20, 75),
        (-20, -10, 30, -20, 0),  # the lowest is the floor where scores are negative
        (-20, -10, 30, -15, 25),
        (-20, 10, 30, 0, 100 / 3),
        (4, 10, 30, 4, 20),
        (0, 20, 100, 250, 100),  # a newer score than those that were counted
        (0, 20, 100, -5, 0),
    ],
)
def test_the_relative_score_is_defined_at_every_edge(
    lowest: int, median: int, highest: int, score: int, percent: float
) -> None:
    landmarks = Landmarks(lowest * NANO, median * NANO, highest * NANO)

    assert landmarks.relative_percent(score * NANO) == pytest.approx(percent)


@given(st.lists(marks, min_size=1, max_size=30), marks, marks)
def test_relative_scores_lie_within_0_and_100_and_keep_the_order(scores: list[int], one: int, other: int) -> None:
    ordered = sorted(scores)
    landmarks = Landmarks(ordered[0], (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2, ordered[-1])

    low, high = landmarks.relative_percent(min(one, other)), landmarks.relative_percent(max(one, other))

    assert 0 <= low <= high <= 100
    assert landmarks.relative_percent(ordered[-1]) == 100


def distribution_of(*shown: tuple[int, str | None, int]) -> Distribution:
    return Distribution([StageCell(points * NANO, stage, count) for points, stage, count in shown], Landmarks(0, 0, 0))


def test_the_percentile_rank_counts_those_below_and_half_of_those_alike() -> None:
    distribution = distribution_of((0, "cold", 6), (20, "warm", 2), (50, "hot", 2))

    assert [distribution.percentile_rank(points * NANO) for points in (0, 20, 50, 30, 99)] == [30, 70, 90, 80, 100]
    assert Distribution([], None).percentile_rank(0) is None


def test_stages_are_counted_labels_included() -> None:
    distribution = Distribution([StageCell(None, "A1", 3), StageCell(None, "B2", 4)], None)

    assert (distribution.stages, distribution.count, distribution.buckets(10)) == ({"A1": 3, "B2": 4}, 7, [])


@given(st.lists(st.tuples(st.integers(-5_000, 5_000), st.integers(1, 9)), min_size=1), st.integers(2, 200))
def test_buckets_are_even_without_gaps_no_more_than_asked_for_and_hold_everybody(
    shown: list[tuple[int, int]], at_most: int
) -> None:
    distribution = distribution_of(*((points, None, count) for points, count in shown))

    buckets = distribution.buckets(at_most)

    assert len(buckets) <= at_most
    assert sum(count for _, _, count in buckets) == sum(count for _, count in shown)
    assert [to for _, to, _ in buckets[:-1]] == [begin for begin, _, _ in buckets[1:]]
    assert buckets[0][0] <= min(points for points, _ in shown)
    assert max(points for points, _ in shown) < buckets[-1][1]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database of its own."""
    with opened_database("", tmp_path_factory.mktemp("spread") / "read-model.sqlite") as engine:
        yield engine


@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(0, NANO - 1)), min_size=1, max_size=12))
@settings(max_examples=60)
def test_the_landmarks_of_a_table_are_the_ends_and_the_middle_of_all_unrounded_scores(
    engine: Engine, placed: list[tuple[int, int]]
) -> None:
    rows: list[dict[str, Any]] = [
        {"contact_id": f"c-{n}", "presented_nano": whole * NANO, "unrounded_nano": whole * NANO + rest}
        for n, (whole, rest) in enumerate(placed)
    ]
    common = {"name": "s", "value": "", "stage": None}
    with writing(engine) as connection:
        start_over(connection)
        connection.execute(tables.scores.insert(), [row | common for row in rows])
        counted = Counter(row["presented_nano"] for row in rows)
        cells = [{"presented_nano": str(shown), "contacts": count} for shown, count in counted.items()]
        connection.execute(tables.tallies.insert(), [cell | common | {"stage": ""} for cell in cells])
    with reading(engine) as connection:
        marks = tallies.distribution_of(connection, "s", "").landmarks

    unrounded = sorted(row["unrounded_nano"] for row in rows)
    assert marks == (unrounded[0], statistics.median(unrounded), unrounded[-1])
