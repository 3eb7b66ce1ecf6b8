"""The decay laws that need every match by itself: what is left of its points at an age."""

from __future__ import annotations

from math import ceil
from typing import Protocol

from streamprocessor.scoring.model.model import DAY_MS
from streamprocessor.scoring.model.rules import ExpiresAfter, Linear, PercentPerDayEvery, StepDecay


class Law(Protocol):
    """What is left of a match at an age. It only ever goes towards 0.

    slope: by how much of 1 the factor falls in a ms, at most, while anything is left and nothing jumps.
    """

    slope: float

    def factor(self, age_ms: int) -> float:
        """What is left of 1 at an age ≥ 0: 1 at first, 0 or near it in the end."""

    def next_jump(self, age_ms: int) -> int | None:
        """The first age after this one at which the factor jumps, in ms; None: never again."""


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


def law_of(decay: PercentPerDayEvery | Linear | StepDecay | ExpiresAfter) -> Law:
    """The law that the decay names."""
    if isinstance(decay, ExpiresAfter):
        return ExpiresLaw(decay)
    if isinstance(decay, PercentPerDayEvery):
        return PercentEveryLaw(decay)
    if isinstance(decay, StepDecay):
        return StepLaw(decay)
    return LinearLaw(decay)
