"""What scoring answers: scores at an instant, the parts that explain them, and the steps to announce."""

from __future__ import annotations

from typing import NamedTuple


class ScoreAt(NamedTuple):
    """One score at an instant. presented_nano is rounded and clamped; unrounded_nano is not.

    Both None: the score is null, or a matrix, which has a stage alone, or `values` has them: those shown of a `by`
    score, the strongest first, each under its name.
    """

    name: str
    presented_nano: int | None
    unrounded_nano: int | None
    stage: str | None
    values: tuple[ScoreAt, ...] | None = None


class ExplanationPart(NamedTuple):
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

    holds_until_ms: no step by time comes before it; None: none comes at all. Numbers that are None, values: as in
    ScoreAt; `values` also holds those that were shown and are now as without evidence.
    """

    name: str
    presented_nano: int | None
    unrounded_nano: int | None
    stage: str | None
    changed: bool
    previous_nano: int | None
    previous_stage: str | None
    holds_until_ms: int | None
    values: tuple[ScoreStep, ...] | None = None


class HotLeadStep(NamedTuple):
    """A contact entered the hot stage and it is to be announced. presented_nano None: by a matrix."""

    score: str
    episode: int
    presented_nano: int | None
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
    because: tuple[ExplanationPart, ...]
    hot_leads: tuple[HotLeadStep, ...]
    strongest: tuple[ExplanationPart, ...]  # the three strongest parts; empty where there is no hot lead
    former_scores: tuple[str, ...] = ()
    merged_into: str | None = None
