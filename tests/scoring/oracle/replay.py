"""A contact's history replayed batch by batch: steps to announce, stages, episodes, as SCORING.md has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from streamprocessor.scoring.model.model import HotLead, Matrix, Model, Score
from streamprocessor.scoring.record.facts import AttributesWritten, Event, Fact
from tests.scoring.oracle.evidence import Known, by_occurrence, plain, until
from tests.scoring.oracle.scores import score_at, score_named
from tests.scoring.oracle.stages import Shown, show, stage_after
from tests.scoring.oracle.steps import next_step
from tests.scoring.oracle.suppression import is_suppressed


class SeenStep(NamedTuple):
    """A step: shown is {score: what is shown}; hot_leads are (score, episode, announced) of those begun.

    attributes: of the contact then.
    """

    at_ms: int
    by_time: bool
    shown: dict[str, Shown]
    hot_leads: tuple[tuple[str, int, bool], ...]
    is_first: bool
    attributes: Mapping[str, Any]


class Replay:
    """A contact's history, replayed batch by batch as it is learned; `steps` holds what is to be announced."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.facts: list[Fact] = []
        self.clock_ms = 0
        self.shown = show(model, plain(model, []), score_at(model, [], 0), {})
        self.episodes: dict[str, int] = {}
        self.announced_at_ms: dict[str, int] = {}
        self.steps: list[SeenStep] = []
        self.is_quiet = False  # whether the step is by attributes that announce nobody

    def learn(self, batch: Sequence[Fact]) -> None:
        """Facts processed together: one step at the newest arrival, after those that time made up to the oldest."""
        self.pass_time(min(fact.arrival_ms for fact in batch))
        known = contents(plain(self.model, self.facts))
        is_first = self.model.announce_first and not self.facts
        self.facts += batch
        self.clock_ms = max(self.clock_ms, max(fact.arrival_ms for fact in batch))
        # An event delivered again, the larger of two contents of one id, and what repeats an act, is none of the step.
        by_now = contents(until(plain(self.model, self.facts), self.clock_ms))
        events = [event for said, event in by_now.items() if said not in known]
        writes = [fact for fact in batch if isinstance(fact, AttributesWritten)]
        self.is_quiet = not events and bool(writes) and not any(write.announces for write in writes)
        self.look(by_time=False, events=events, is_first=is_first)
        self.is_quiet = False

    def pass_time(self, until_ms: int) -> None:
        """Every step that time makes in (clock, until_ms]."""
        while self.facts:
            instant_ms = next_step(self.model, self.facts, self.clock_ms, self.shown)
            if instant_ms is None or instant_ms > until_ms:
                break
            self.clock_ms = instant_ms
            self.look(by_time=True, events=[])
        self.clock_ms = max(self.clock_ms, until_ms)

    def look(self, *, by_time: bool, events: Sequence[Event], is_first: bool = False) -> None:
        before = self.shown
        known = plain(self.model, self.facts)
        self.shown = show(self.model, known, score_at(self.model, self.facts, self.clock_ms), before)
        if self.shown != before or is_first:
            hot_leads = [self.begin_episode(lead, events) for lead in self.model.hot_leads if self.enters(lead, before)]
            self.steps.append(
                SeenStep(self.clock_ms, by_time, self.shown, tuple(hot_leads), is_first, known.attributes)
            )

    def enters(self, lead: HotLead, before: dict[str, Shown]) -> bool:
        score = score_named(self.model, lead.score)
        order = [stage.name for stage in score.stages]
        hot = {lead.stage} if isinstance(score.combine, Matrix) else set(order[order.index(lead.stage) :])
        was, now = before[lead.score], self.shown[lead.score]
        return isinstance(now, tuple) and now[1] in hot and not (isinstance(was, tuple) and was[1] in hot)

    def begin_episode(self, lead: HotLead, events: Sequence[Event]) -> tuple[str, int, bool]:
        self.episodes[lead.score] = self.episodes.get(lead.score, 0) + 1
        old_news = bool(events) and all(e.arrival_ms - e.occurred_at_ms >= lead.announce_within_ms for e in events)
        last_ms = self.announced_at_ms.get(lead.score)
        rearmed = last_ms is None or self.clock_ms - last_ms >= (lead.rearm_after_ms or 0)
        announced = rearmed and not old_news and not self.is_quiet and not is_suppressed(self.model, self.facts)
        if announced:
            self.announced_at_ms[lead.score] = self.clock_ms
        return lead.score, self.episodes[lead.score], announced


def contents(known: Known) -> dict[str, Event]:
    """The events by what each says, whoever is judged to have done it."""
    return {repr(event._replace(actor="")): event for event in known.events}


def replay(model: Model, batches: Iterable[Sequence[Fact]], until_ms: int | None = None) -> Replay:
    """A history replayed batch by batch, then up to until_ms: its steps, what is shown at the end, its episodes."""
    history = Replay(model)
    for batch in batches:
        history.learn(batch)
    if until_ms is not None:
        history.pass_time(until_ms)
    return history


def in_order_of_occurrence(facts: Iterable[Fact]) -> list[list[Fact]]:
    """The batches of the offline replay: one fact each by (occurred_at, id), learned when it occurred."""
    return [[fact._replace(arrival_ms=fact.occurred_at_ms)] for fact in sorted(facts, key=by_occurrence)]


def stages_along(score: Score, presented_values: Iterable[int], first: str | None = None) -> list[str | None]:
    """The stage after each of the presented scores in turn."""
    stages = []
    stage = first
    for value in presented_values:
        stage = stage_after(score, stage, value)
        stages.append(stage)
    return stages
