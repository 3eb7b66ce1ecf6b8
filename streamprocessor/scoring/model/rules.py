"""The rules of a model as frozen values: conditions, decay, and what the engine knows of rules. Units: model.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeAlias

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


class Law(Protocol):
    """What is left of a match at an age. It only ever goes towards 0.

    slope: by how much of 1 the factor falls in a ms, at most, while anything is left and nothing jumps; 0: it moves by
    jumps alone.
    """

    slope: float

    def factor(self, age_ms: int) -> float:
        """What is left of 1 at an age ≥ 0: 1 at first, 0 or near it in the end."""

    def next_jump(self, age_ms: int) -> int | None:
        """The first age after this one at which the factor jumps, in ms; None: never again."""

    def most_jumps(self, age_ms: int) -> int | None:
        """How often the factor jumps at most until this age; None: it moves all the time."""


class MatchDecay(Protocol):
    """A decay by a law that needs every match by itself: terms/decay_laws.py has them all."""

    def law(self) -> Law:
        """The law, made ready."""

    def __hash__(self) -> int:
        """Equal decays are one key."""


Decay: TypeAlias = NoDecay | HalfLife | MatchDecay

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


UNLIMITED = Limit()


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


class PerMatchRule(Protocol):
    """A rule on events whose matches are looked at one by one, as a whole: each kind is a module of scoring/kinds.

    It is a frozen dataclass.
    where: None: each event of the types matches.
    group: whose bound the points share; None: none.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def id(self) -> str:
        """Its name within the score."""

    @property
    def types(self) -> tuple[str, ...]:
        """Of which events it counts."""

    @property
    def where(self) -> Condition | None:
        """What holds of an event that counts."""

    @property
    def group(self) -> str | None:
        """The group within the score."""

    @property
    def limit(self) -> Limit:
        """The bound on its points."""


Rule: TypeAlias = EventRule | AttributeRule | InactivityRule | PerMatchRule
