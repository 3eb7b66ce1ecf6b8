"""What rules say, as frozen values: conditions, decay laws, and each kind of rule. Units are those of model.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

# ---- conditions ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison: the value at `path` against `operand`.

    operator: equals | in | not | exists | contains | starts_with | ends_with | matches | greater_than | at_least |
    less_than | at_most | between. `not` takes a scalar (not equal) or a list (none of them); for `matches` the operand
    is the pattern's text and `search` the compiled linear-time search; for `between` it is (low, high), both inclusive.
    An absent value fails every test but `exists: false` and `not`.
    """

    __test__ = False  # the name is not pytest's

    path: str
    operator: str
    operand: Any
    search: Callable[[str], bool] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class AllOf:
    """True where every condition is; an empty one is true."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True where at least one condition is."""

    conditions: tuple[Condition, ...]


Condition: TypeAlias = Comparison | AllOf | AnyOf

# ---- decay laws ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoDecay:
    """p."""


@dataclass(frozen=True, slots=True)
class HalfLife:
    """p · 2^(-a/H). `percent_per_day` without `every` is read as the half-life it means: H = -ln 2 / ln(1-q) days."""

    half_life_ms: float


@dataclass(frozen=True, slots=True)
class PercentPerDayEvery:
    """p · (1-q)^(floor(a/E) · E/1d); q is a fraction in (0, 1)."""

    fraction: float
    every_ms: int


@dataclass(frozen=True, slots=True)
class Linear:
    """p · max(0, 1 - r·a/T); r is a fraction in (0, 1]."""

    lose: float
    per_ms: int


@dataclass(frozen=True, slots=True)
class StepDecay:
    """p · max(0, 1 - d·floor(a/D)), or compound p · (1-d)^floor(a/D); d is a fraction in (0, 1]."""

    lose: float
    every_ms: int
    compound: bool


@dataclass(frozen=True, slots=True)
class ExpiresAfter:
    """p while a < L, then 0."""

    after_ms: int


Decay: TypeAlias = NoDecay | HalfLife | PercentPerDayEvery | Linear | StepDecay | ExpiresAfter

# ---- rules -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limit:
    """Bounds on one rule's matches (count, per, within) and on its decayed points.

    `once` is read as count 1 with neither per nor within. count None: any number. per: a property path, None: one key
    for all. within_ms: tumbling windows aligned to the epoch, None: for ever. points_nano ≥ 0 bounds the sum from
    above, < 0 from below, None: no bound.
    """

    count: int | None = None
    per: str | None = None
    within_ms: int | None = None
    points_nano: int | None = None


@dataclass(frozen=True, slots=True)
class PointsFrom:
    """Points of a match = the numeric value at `path` · `times`, held in [min, max] where given."""

    path: str
    times: float
    min_e15: int | None = None
    max_e15: int | None = None


@dataclass(frozen=True, slots=True)
class EventRule:
    """Points for each event of the given types that satisfies `where`."""

    id: str
    types: tuple[str, ...]
    points: int | PointsFrom  # int: points_e15
    where: Condition | None = None
    decay: Decay = NoDecay()
    limit: Limit = Limit()
    group: str | None = None


@dataclass(frozen=True, slots=True)
class AttributeRule:
    """Points while the condition on the contact's attributes holds (paths are attribute names)."""

    id: str
    when: Condition
    points_e15: int
    group: str | None = None
    limit: Limit = Limit()


@dataclass(frozen=True, slots=True)
class InactivityRule:
    """Points after silence: p · (1 + floor((t-last-A)/E)), at most max_times; once where every_ms is None.

    types None: any event.
    """

    id: str
    types: tuple[str, ...] | None
    after_ms: int
    points_e15: int
    every_ms: int | None = None
    max_times: int | None = None
    group: str | None = None
    limit: Limit = Limit()


@dataclass(frozen=True, slots=True)
class Band:
    """Points of one mark: `at_least` (a count, or an amount_nano), or `within_ms` for recency."""

    mark: int
    points_e15: int


@dataclass(frozen=True, slots=True)
class FrequencyRule:
    """The points of the highest band whose mark the number of matches in (t - within, t] reaches."""

    id: str
    types: tuple[str, ...]
    within_ms: int
    bands: tuple[Band, ...]  # rising marks: counts
    where: Condition | None = None
    group: str | None = None
    limit: Limit = Limit()


@dataclass(frozen=True, slots=True)
class RecencyRule:
    """The points of the first band that the last match is within."""

    id: str
    types: tuple[str, ...]
    bands: tuple[Band, ...]  # rising marks: within_ms
    where: Condition | None = None
    group: str | None = None
    limit: Limit = Limit()


@dataclass(frozen=True, slots=True)
class MonetaryRule:
    """The points of the highest band whose mark the sum of `path` over (t - within, t] reaches."""

    id: str
    types: tuple[str, ...]
    path: str
    within_ms: int
    bands: tuple[Band, ...]  # rising marks: amounts in nano
    where: Condition | None = None
    group: str | None = None
    limit: Limit = Limit()


Rule: TypeAlias = EventRule | AttributeRule | InactivityRule | FrequencyRule | RecencyRule | MonetaryRule
