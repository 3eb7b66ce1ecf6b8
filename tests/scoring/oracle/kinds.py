"""What each kind of rule on matches is worth, read from SCORING.md a second time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from streamprocessor.scoring.kinds.frequency import FrequencyRule
from streamprocessor.scoring.kinds.monetary import MonetaryRule
from streamprocessor.scoring.kinds.recency import RecencyRule
from streamprocessor.scoring.model.model import E15
from streamprocessor.scoring.model.rules import Band

Ages = Sequence[tuple[int, int]]
"""(age in ms, amount) of each match that counts, the oldest first: an amount in nano, or 1."""


class KindOracle(NamedTuple):
    """One kind.

    points: of a rule whose matches are so old.
    ages_ms: the ages of a match at which the points can change.
    amount_path, once_per: the properties that a match's amount is in, and of which each value counts once.
    """

    points: Callable[[Any, Ages], Decimal]
    ages_ms: Callable[[Any], Iterable[int]]
    amount_path: Callable[[Any], str | None] = lambda _: None
    once_per: Callable[[Any], str | None] = lambda _: None


def frequency(rule: FrequencyRule, ages: Ages) -> Decimal:
    return highest_band(rule.bands, len([age for age, _ in ages if age < rule.within_ms]))


def recency(rule: RecencyRule, ages: Ages) -> Decimal:
    return _points(next((band.points_e15 for band in rule.bands if ages and ages[-1][0] < band.mark), 0))


def monetary(rule: MonetaryRule, ages: Ages) -> Decimal:
    return highest_band(rule.bands, sum(amount for age, amount in ages if age < rule.within_ms))


def highest_band(bands: Sequence[Band], reached: int) -> Decimal:
    return _points(next((band.points_e15 for band in reversed(bands) if reached >= band.mark), 0))


def _points(points_e15: int) -> Decimal:
    return Decimal(points_e15) / E15


KINDS: dict[type, KindOracle] = {
    FrequencyRule: KindOracle(frequency, lambda rule: [rule.within_ms]),
    RecencyRule: KindOracle(recency, lambda rule: [band.mark for band in rule.bands]),
    MonetaryRule: KindOracle(
        monetary, lambda rule: [rule.within_ms], amount_path=lambda rule: rule.path, once_per=lambda rule: rule.per
    ),
}
