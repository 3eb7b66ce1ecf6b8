"""How the ranking of contacts moves if everything fades quicker, or more slowly."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from fractions import Fraction
from statistics import StatisticsError, correlation
from typing import NamedTuple

from streamprocessor.scoring.model.model import Matrix, Model, Score
from streamprocessor.scoring.model.rules import EventRule, HalfLife
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer

FACTORS = (Fraction(1, 2), Fraction(2, 3), Fraction(3, 2), Fraction(2))
"""Half-lives are tried at so many times what they are."""

MOST_RANKED = 2_000
"""Of so many contacts at most: each is scored anew for each factor."""


class OtherHalfLife(NamedTuple):
    """A score's ranking with other half-lives beside the one with its own.

    times: what the half-lives of all its rules are multiplied by.
    contacts: how many were ranked: those whose score is neither null nor 0 as it is.
    rank_correlation: Spearman's, 1: the same order; None: all have the same score.
    top_changed_percent: how many of the first tenth are not in it any more.
    """

    score: str
    times: float
    contacts: int
    rank_correlation: float | None
    top_changed_percent: float


class HalfLives:
    """Scores contacts by a model, and by the same one with other half-lives, as publishing those would."""

    def __init__(self, scorer: Scorer) -> None:
        """Compare with this scorer's model."""
        model = scorer.model
        self._scorer, self._contacts = scorer, 0
        self._names = [score.name for score in model.scores if _fades(model, score)]
        self._others = [
            Scorer(_with_half_lives(model, times, n)) for n, times in enumerate(FACTORS if self._names else ())
        ]
        self._points: dict[str, list[int]] = {name: [] for name in self._names}
        self._other_points = [{name: list[int]() for name in self._names} for _ in self._others]

    def add(self, record: Record, at_ms: int) -> None:
        """One contact more, up to MOST_RANKED of them; its record stays as it is.

        record: of the model; its clock not after at_ms.
        """
        if not self._names or self._contacts >= MOST_RANKED:
            return
        self._contacts += 1
        scores = self._scorer.scores_at(record, at_ms)
        ranked = [name for name in self._names if scores[name].unrounded_nano]
        if not ranked:
            return
        for name in ranked:
            self._points[name].append(scores[name].unrounded_nano or 0)
        for scorer, points in zip(self._others, self._other_points, strict=True):
            other = _copy(record)
            scorer.migrate_in_place(other, at_ms)
            others = scorer.scores_at(other, max(at_ms, other.at_ms))
            for name in ranked:
                points[name].append(others[name].unrounded_nano or 0)

    def rankings(self) -> list[OtherHalfLife]:
        """Each score at each factor."""
        return [
            OtherHalfLife(
                name,
                float(times),
                len(self._points[name]),
                _rank_correlation(self._points[name], points[name]),
                _top_changed_percent(self._points[name], points[name]),
            )
            for name in self._names
            for times, points in zip(FACTORS, self._other_points, strict=True)
        ]


def _fades(model: Model, score: Score) -> bool:
    """Whether some rule that the score is a number of has a half-life."""
    if score.by is not None or isinstance(score.combine, Matrix):
        return False
    if score.combine is not None:
        parts = {name for name, _ in score.combine.weights_nano}
        return any(_fades(model, part) for part in model.scores if part.name in parts)
    return any(isinstance(rule, EventRule) and isinstance(rule.decay, HalfLife) for rule in score.rules)


def _with_half_lives(model: Model, times: Fraction, number: int) -> Model:
    """The model with its half-lives times so much, under a revision of its own."""
    scores = tuple(
        replace(
            score,
            rules=tuple(
                replace(rule, decay=HalfLife(rule.decay.half_life_ms * times.numerator / times.denominator))
                if isinstance(rule, EventRule) and isinstance(rule.decay, HalfLife)
                else rule
                for rule in score.rules
            ),
        )
        for score in model.scores
    )
    return replace(model, scores=scores, revision=model.revision + 1 + number)


def _copy(record: Record) -> Record:
    """The record, of which all that a migration changes is another."""
    return replace(
        record,
        shown=dict(record.shown),
        values=dict(record.values),
        episodes=dict(record.episodes),
        compacted=deepcopy(record.compacted),
        links=deepcopy(record.links),
    )


def _rank_correlation(points: list[int], other_points: list[int]) -> float | None:
    try:
        return correlation(_ranks(points), _ranks(other_points))
    except StatisticsError:
        return None


def _ranks(points: list[int]) -> list[float]:
    """Each one's place, those of equal points the middle of theirs.

    >>> _ranks([30, 10, 30, 20])
    [2.5, 0.0, 2.5, 1.0]
    """
    order = sorted(range(len(points)), key=points.__getitem__)
    ranks = [0.0] * len(points)
    first = 0
    while first < len(order):
        last = first
        while last + 1 < len(order) and points[order[last + 1]] == points[order[first]]:
            last += 1
        for place in range(first, last + 1):
            ranks[order[place]] = (first + last) / 2
        first = last + 1
    return ranks


def _top_changed_percent(points: list[int], other_points: list[int]) -> float:
    """How many of the tenth with the most points leave it; of equal ones the earlier is before the later."""
    if not points:
        return 0.0
    size = max(1, len(points) // 10)
    top, other_top = (_first(of, size) for of in (points, other_points))
    return 100 * len(top - other_top) / size


def _first(points: list[int], size: int) -> set[int]:
    """The numbers of so many with the most points."""
    return set(sorted(range(len(points)), key=lambda number: (-points[number], number))[:size])
