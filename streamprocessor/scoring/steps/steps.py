"""What scoring answers: scores at an instant, the parts that explain them, and the steps to announce."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class ScoreAt(NamedTuple):
    """One score at an instant.

    presented_nano: rounded and clamped; unrounded_nano: neither. Both None: the score is null, a matrix or per value.
    stage: None: the score is null, has no stages, or is per value.
    values: of a per-value score those shown, the strongest first, each under its name; None: of any other, or null.
    """

    name: str
    presented_nano: int | None
    unrounded_nano: int | None
    stage: str | None
    values: tuple[ScoreAt, ...] | None = None


class ExplanationPart(NamedTuple):
    """One line of an explanation; the points_nano of all parts of a score add up to its unrounded_nano.

    rule: the rule's id; None: a group's cut, or the score's.
    kind: event | attribute | inactivity | frequency | recency | monetary | cut | earlier.
    event_id, occurred_at_ms: of the event; None: it is not of one event.
    of_nano: the points before decay; None: they are not a match's.
    factor: what is left of 1; None: as of_nano.
    actor: who did it; None: it is not of one event.
    group: whose cut it is; None: it is none of a group.
    count: events in an `earlier` part, or matches behind a band; None: it is neither.
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

    presented_nano, unrounded_nano, stage: as in ScoreAt; previous_nano, previous_stage: the same as last announced.
    holds_until_ms: no step by time comes before it; None: none comes at all.
    values: as in ScoreAt, with those that were shown and are now as without evidence.
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
    """A contact entered the hot stage and it is to be announced.

    episode: the number of this entry, counted by score.
    presented_nano: None: the score is a matrix.
    previous_stage: None: the score was null.
    attributes: those that the model includes and the contact has, by name; None: it includes none.
    """

    score: str
    episode: int
    presented_nano: int | None
    stage: str
    previous_stage: str | None
    attributes: Mapping[str, Any] | None = None


class Step(NamedTuple):
    """A contact's presented scores changed at at_ms.

    cause: event | time | attributes | correction | merge | model | import.
    sequence: the number of the step among the contact's.
    because: what caused it, the strongest parts.
    hot_leads: those to announce.
    strongest: the three strongest parts of the first hot lead; empty where there is none.
    former_scores: names of the scores that are given no more, for the contact was merged into another one, or objects.
    merged_into: the contact that it was merged into; None: into none.
    is_first: whether the contact begins with it, and the model wants that announced.
    """

    at_ms: int
    cause: str
    sequence: int
    scores: tuple[ScoreStep, ...]
    because: tuple[ExplanationPart, ...]
    hot_leads: tuple[HotLeadStep, ...]
    strongest: tuple[ExplanationPart, ...]
    former_scores: tuple[str, ...] = ()
    merged_into: str | None = None
    is_first: bool = False
