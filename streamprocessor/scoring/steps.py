"""What scoring answers: scores at an instant, the parts that explain them, and the steps to announce."""

from __future__ import annotations

from typing import NamedTuple


class ScoreAt(NamedTuple):
    """One score at an instant. presented_nano is rounded and clamped; unrounded_nano is not."""

    name: str
    presented_nano: int
    unrounded_nano: int
    stage: str | None


class Part(NamedTuple):
    """One line of an explanation; the points_nano of all parts of a score add up to its unrounded_nano.

    kind: event | attribute | inactivity | frequency | recency | monetary | cut | earlier.
    of_nano: the points before decay. count: events in an `earlier` part, or matches behind a band. rule None: a
    group's cut.
    """

    rule: str | None
    points_nano: int
    kind: str = "event"
    event_id: str | None = None
    occurred_at_ms: int | None = None
    of_nano: int | None = None
    factor: float | None = None
    actor: str | None = None
    group: str | None = None
    count: int | None = None  # type: ignore[assignment]  # hides tuple.count, which nobody needs here


class ScoreStep(NamedTuple):
    """One score in a step: what it is now and, where `changed`, what it was as last announced.

    holds_until_ms: no step by time comes before it; None: none comes at all.
    """

    name: str
    presented_nano: int
    unrounded_nano: int
    stage: str | None
    changed: bool
    previous_nano: int
    previous_stage: str | None
    holds_until_ms: int | None


class HotLeadStep(NamedTuple):
    """A contact entered the hot stage and it is to be announced."""

    score: str
    episode: int
    presented_nano: int
    stage: str
    previous_stage: str | None


class Step(NamedTuple):
    """A contact's presented scores changed at at_ms.

    cause: event | time | attributes | correction | merge | model | import. gone: names of the scores that are given no
    more, for the contact was merged into another one (merged_into), or objects.
    """

    at_ms: int
    cause: str
    sequence: int
    scores: tuple[ScoreStep, ...]
    because: tuple[Part, ...]
    hot_leads: tuple[HotLeadStep, ...]
    strongest: tuple[Part, ...]  # the three strongest parts; empty where there is no hot lead
    gone: tuple[str, ...] = ()
    merged_into: str | None = None
