"""The laws of decay: how each is written in a model file, and what is left of a match's points at an age."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, log, log1p
from typing import NamedTuple

from streamprocessor.scoring.model.field_specs import FieldSpec, ValueType
from streamprocessor.scoring.model.model import DAY_MS
from streamprocessor.scoring.model.rules import Decay, HalfLife, Law


@dataclass(frozen=True, slots=True)
class ExpiresAfter:
    """Points that stand until they are gone at once: p while a < L, then 0.

    after_ms: L.
    """

    after_ms: int

    def law(self) -> Law:
        """The law, made ready."""
        return ExpiresLaw(self)


class ExpiresLaw:
    """All of the points while a < L, then none.

    >>> law = ExpiresLaw(ExpiresAfter(30 * DAY_MS))
    >>> law.factor(30 * DAY_MS - 1), law.factor(30 * DAY_MS)
    (1.0, 0.0)
    """

    __slots__ = ("after_ms", "slope")

    def __init__(self, decay: ExpiresAfter) -> None:
        """Points are gone at exactly the decay's after_ms."""
        self.after_ms = decay.after_ms
        self.slope = 0.0

    def factor(self, age_ms: int) -> float:
        """1 before the end, 0 from it on."""
        return 1.0 if age_ms < self.after_ms else 0.0

    def next_jump(self, age_ms: int) -> int | None:
        """The end; None: it has come."""
        return self.after_ms if age_ms < self.after_ms else None

    def most_jumps(self, age_ms: int) -> int | None:  # noqa: ARG002, a Law's signature
        """The end, whenever it comes."""
        return 1


@dataclass(frozen=True, slots=True)
class PercentPerDayEvery:
    """Points that lose a percentage a day, at once each `every`: p · (1-q)^(floor(a/E) · E/1d).

    fraction: q, in (0, 1).
    every_ms: E.
    """

    fraction: float
    every_ms: int

    def law(self) -> Law:
        """The law, made ready."""
        return PercentEveryLaw(self)


class PercentEveryLaw:
    """A percentage lost a day, at once each E: (1-q)^(floor(a/E) · E/1d).

    >>> law = PercentEveryLaw(PercentPerDayEvery(0.02, DAY_MS))
    >>> law.factor(DAY_MS - 1), law.factor(DAY_MS), round(law.factor(30 * DAY_MS), 5)
    (1.0, 0.98, 0.54548)
    """

    __slots__ = ("every_ms", "keep_a_step", "slope")

    def __init__(self, decay: PercentPerDayEvery) -> None:
        """Points fall once every every_ms of the match's age."""
        self.every_ms = decay.every_ms
        self.slope = 0.0
        self.keep_a_step = (1.0 - decay.fraction, decay.every_ms / DAY_MS)

    def factor(self, age_ms: int) -> float:
        """What the whole intervals left."""
        keep, days = self.keep_a_step
        return float(keep ** (age_ms // self.every_ms * days))

    def next_jump(self, age_ms: int) -> int | None:
        """The end of the interval that the age is in."""
        return (age_ms // self.every_ms + 1) * self.every_ms

    def most_jumps(self, age_ms: int) -> int | None:
        """The whole intervals."""
        return age_ms // self.every_ms


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

    def law(self) -> Law:
        """The law, made ready."""
        return StepLaw(self)


class StepLaw:
    """Steps down each D: max(0, 1 - d·floor(a/D)), or compound (1-d)^floor(a/D).

    >>> law = StepLaw(StepDecay(0.15, 45 * DAY_MS, compound=False))
    >>> [round(40 * law.factor(days * DAY_MS), 9) for days in (44, 45, 90)]
    [40.0, 34.0, 28.0]
    """

    __slots__ = ("compound", "every_ms", "lose", "slope")

    def __init__(self, decay: StepDecay) -> None:
        """Points fall as the decay says."""
        self.lose, self.every_ms, self.compound = decay.lose, decay.every_ms, decay.compound
        self.slope = 0.0

    def factor(self, age_ms: int) -> float:
        """What the whole intervals left."""
        steps = age_ms // self.every_ms
        if self.compound:
            return float((1.0 - self.lose) ** steps)
        return max(0.0, 1.0 - self.lose * steps)

    def next_jump(self, age_ms: int) -> int | None:
        """The end of the interval that the age is in; None: nothing is left."""
        if self.factor(age_ms) == 0.0:
            return None
        return (age_ms // self.every_ms + 1) * self.every_ms

    def most_jumps(self, age_ms: int) -> int | None:
        """The whole intervals."""
        return age_ms // self.every_ms


@dataclass(frozen=True, slots=True)
class Linear:
    """Points that go down in a straight line: p · max(0, 1 - r·a/T).

    lose: r, a fraction in (0, 1].
    per_ms: T.
    """

    lose: float
    per_ms: int

    def law(self) -> Law:
        """The law, made ready."""
        return LinearLaw(self)


class LinearLaw:
    """A straight line down: max(0, 1 - r·a/T).

    >>> law = LinearLaw(Linear(1.0, 90 * DAY_MS))
    >>> [round(9 * law.factor(days * DAY_MS), 9) for days in (3, 90, 91)]
    [8.7, 0.0, 0.0]
    """

    __slots__ = ("ends_ms", "lose", "per_ms", "slope")

    def __init__(self, decay: Linear) -> None:
        """Points fall as the decay says."""
        self.lose, self.per_ms = decay.lose, decay.per_ms
        self.slope = decay.lose / decay.per_ms
        self.ends_ms = ceil(decay.per_ms / decay.lose)

    def factor(self, age_ms: int) -> float:
        """What the line left."""
        return max(0.0, 1.0 - self.lose * age_ms / self.per_ms)

    def next_jump(self, age_ms: int) -> int | None:
        """The end of the line, where the points move no more; None: it has come."""
        return self.ends_ms if self.factor(age_ms) else None

    def most_jumps(self, age_ms: int) -> int | None:  # noqa: ARG002, a Law's signature
        """None: a line moves all the time."""
        return None


class DecayKind(NamedTuple):
    """How one law is written in a model file.

    word: names it.
    make: makes the decay of the fields by their names, those that are not there left out.
    fields: with the words that say them: beside `word`, which is the first of them, or below it.
    is_nested: whether they stand below it.
    """

    word: str
    make: Callable[..., Decay]
    fields: tuple[FieldSpec, ...]
    is_nested: bool = False


def _half_life(half_life_ms: int) -> Decay:
    return HalfLife(float(half_life_ms))


def _percent_per_day(fraction: float, every_ms: int | None = None) -> Decay:
    """A percentage a day, at once each `every`; without it all the time, and that is a half-life."""
    if every_ms is None:
        return HalfLife(-log(2) / log1p(-fraction) * DAY_MS)
    return PercentPerDayEvery(fraction, every_ms)


def _step(lose: float, every_ms: int, mode: str = "absolute") -> Decay:
    return StepDecay(lose, every_ms, compound=mode == "compound")


_LOSE = FieldSpec("lose", "lose", ValueType.FRACTION)
_EVERY = FieldSpec("every", "every_ms", ValueType.DURATION_MS)

DECAY_KINDS = (
    DecayKind("half_life", _half_life, (FieldSpec("half_life", "half_life_ms", ValueType.DURATION_MS),)),
    DecayKind(
        "percent_per_day",
        _percent_per_day,
        (
            FieldSpec("percent_per_day", "fraction", ValueType.FRACTION_BELOW_ONE),
            FieldSpec("every", "every_ms", ValueType.DURATION_MS, required=False),
        ),
    ),
    DecayKind("linear", Linear, (_LOSE, FieldSpec("per", "per_ms", ValueType.DURATION_MS)), is_nested=True),
    DecayKind(
        "step",
        _step,
        (_LOSE, _EVERY, FieldSpec("mode", "mode", ("absolute", "compound"), required=False)),
        is_nested=True,
    ),
    DecayKind("expires_after", ExpiresAfter, (FieldSpec("expires_after", "after_ms", ValueType.DURATION_MS),)),
)
"""Every law that a model file may name, in the order in which they are described; a law more is a line here."""
