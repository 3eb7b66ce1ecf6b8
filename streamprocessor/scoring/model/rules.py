"""The rules of a model as frozen values: conditions, decay laws, and each kind of rule. Units are those of model.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

# ---- conditions ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison: the value at `path` against `operand`. An absent value fails all but `exists: false` and `not`.

    operator: equals | in | not | exists | contains | starts_with | ends_with | matches | greater_than | at_least |
    less_than | at_most | between.
    operand: of `not` a scalar (not equal) or a list (none of them); of `matches` the pattern's text; of `between`
    (low, high), both inclusive.
    search: of `matches` the compiled linear-time search; None: of any other operator.
    """

    __test__ = False  # the name is not pytest's

    path: str
    operator: str
    operand: Any
    search: Callable[[str], bool] | None = field(default=None, compare=False, repr=False)


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
    """Points that stand for ever: p at any age."""


@dataclass(frozen=True, slots=True)
class HalfLife:
    """Points that are halved each half-life: p · 2^(-a/H).

    half_life_ms: H. `percent_per_day` without `every` is read as the half-life that it means: -ln 2 / ln(1-q) days.
    """

    half_life_ms: float


@dataclass(frozen=True, slots=True)
class PercentPerDayEvery:
    """Points that lose a percentage a day, at once each `every`: p · (1-q)^(floor(a/E) · E/1d).

    fraction: q, in (0, 1).
    every_ms: E.
    """

    fraction: float
    every_ms: int


@dataclass(frozen=True, slots=True)
class Linear:
    """Points that go down in a straight line: p · max(0, 1 - r·a/T).

    lose: r, a fraction in (0, 1].
    per_ms: T.
    """

    lose: float
    per_ms: int


@dataclass(frozen=True, slots=True)
class StepDecay:
    """Points that go down in steps: p · max(0, 1 - d·floor(a/D)), or compound p · (1-d)^floor(a/D).

    lose: d, a fraction in (0, 1].
    every_ms: D.
    compound: whether each step takes its share of what is left, not of all.
    """

    lose: float
    every_ms: int
    compound: bool


@dataclass(frozen=True, slots=True)
class ExpiresAfter:
    """Points that stand until they are gone at once: p while a < L, then 0.

    after_ms: L.
    """

    after_ms: int


Decay: TypeAlias = NoDecay | HalfLife | PercentPerDayEvery | Linear | StepDecay | ExpiresAfter

# ---- rules -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limit:
    """Bounds on one rule's matches (count, per, within) and on its decayed points.

    count: matches of each limit key that count, the earliest; `once` is read as 1 with neither per nor within; None:
    any number.
    per: the property path whose value is the limit key; None: one key for all.
    within_ms: tumbling windows aligned to the epoch; None: for ever.
    points_nano: bounds the sum from above where it is ≥ 0, from below where it is < 0; None: no bound.
    """

    count: int | None = None
    per: str | None = None
    within_ms: int | None = None
    points_nano: int | None = None


@dataclass(frozen=True, slots=True)
class PointsFrom:
    """Points of a match that are a numeric property times a factor.

    path: of the property.
    times: the factor.
    min_e15, max_e15: the points are held between them; None: no such bound.
    per: a property of which each value counts once, its earliest match, such as an order's number; matches without it
    are each their own; None: all matches are.
    """

    path: str
    times: float
    min_e15: int | None = None
    max_e15: int | None = None
    per: str | None = None


@dataclass(frozen=True, slots=True)
class EventRule:
    """Points for each event of the given types that satisfies `where`.

    points: a number as points_e15, or how they are found in the event.
    where: None: each event of the types.
    group: whose bound the points share; None: none.
    """

    id: str
    types: tuple[str, ...]
    points: int | PointsFrom  # int: points_e15
    where: Condition | None = None
    decay: Decay = NoDecay()
    limit: Limit = Limit()
    group: str | None = None


@dataclass(frozen=True, slots=True)
class AttributeRule:
    """Points while the condition on the contact's attributes holds.

    when: its paths are attribute names.
    group: whose bound the points share; None: none.
    """

    id: str
    when: Condition
    points_e15: int
    group: str | None = None
    limit: Limit = Limit()


@dataclass(frozen=True, slots=True)
class InactivityRule:
    """Points after inactivity: p · (1 + floor((t-last-A)/E)), at most max_times; once where E is absent.

    types: what counts as activity; None: any event.
    after_ms: A.
    every_ms: E; None: once.
    max_times: how often they count at most; None: without end.
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
    """The points of one mark.

    mark: a count, an amount in nano, or of recency an age in ms.
    """

    mark: int
    points_e15: int


@dataclass(frozen=True, slots=True)
class FrequencyRule:
    """The points of the highest band whose mark the number of matches in (t - within, t] reaches.

    bands: with rising marks, which are counts.
    where: None: each event of the types matches.
    """

    id: str
    types: tuple[str, ...]
    within_ms: int
    bands: tuple[Band, ...]  # rising marks: counts
    where: Condition | None = None
    group: str | None = None
    limit: Limit = Limit()


@dataclass(frozen=True, slots=True)
class RecencyRule:
    """The points of the first band that the last match is within.

    bands: with rising marks, which are ages in ms.
    where: None: each event of the types matches.
    """

    id: str
    types: tuple[str, ...]
    bands: tuple[Band, ...]  # rising marks: within_ms
    where: Condition | None = None
    group: str | None = None
    limit: Limit = Limit()


@dataclass(frozen=True, slots=True)
class MonetaryRule:
    """The points of the highest band whose mark the sum of `path` over (t - within, t] reaches.

    bands: with rising marks, which are amounts in nano.
    where: None: each event of the types matches.
    per: as in PointsFrom.
    """

    id: str
    types: tuple[str, ...]
    path: str
    within_ms: int
    bands: tuple[Band, ...]  # rising marks: amounts in nano
    where: Condition | None = None
    group: str | None = None
    limit: Limit = Limit()
    per: str | None = None


Rule: TypeAlias = EventRule | AttributeRule | InactivityRule | FrequencyRule | RecencyRule | MonetaryRule
