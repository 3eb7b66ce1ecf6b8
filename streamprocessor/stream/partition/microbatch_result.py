"""What a micro-batch does, before anything of it is done: changes, messages, and what to count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from streamprocessor.contract.messages.message import Headers, Message
from streamprocessor.contract.messages.traces import RecordTrace
from streamprocessor.contract.topic_names import BECAME_HOT_LEAD, SCORE_UPDATED
from streamprocessor.contract.traceparents import traceparent_in
from streamprocessor.scoring.scorer import Outcome
from streamprocessor.scoring.steps.steps import Step
from streamprocessor.scoring.terms.presentation import CUT_SCORES
from streamprocessor.stream.partition.partition import Change


@dataclass(slots=True)
class MicrobatchResult:
    """What a micro-batch does: changes of contacts, dead letters, and what to count.

    consumed: facts, by topic number and type.
    handed_over: records of contacts that belong elsewhere, on their way there; misplaced: how many, by topic number.
    skipped: records, by reason; dead: those that became dead letters, by topic number and reason.
    mended: records that were read in a second try, by reason.
    transitions: announced changes of a stage, by score and new stage.
    announced: announcements, by topic and cause.
    steps_by_time_ms: the instants of steps that no event made.
    capped: pieces of evidence dropped early; cut: values that were too large, by what they are.
    forgotten: values of per-value scores dropped, as there were too many.
    conflicts: known contacts that claim an address which another one has.
    retained: events that were read again, by what became of them.
    traces: of the records that brought a trace context, of those that became facts.
    """

    changes: list[Change] = field(default_factory=list)
    dead_letters: list[Message] = field(default_factory=list)
    handed_over: list[Message] = field(default_factory=list)
    misplaced: Counter[int] = field(default_factory=Counter)
    consumed: dict[tuple[int, str], int] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    dead: Counter[tuple[int, str]] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)
    transitions: Counter[tuple[str, str]] = field(default_factory=Counter)
    announced: dict[tuple[str, str], int] = field(default_factory=dict)
    steps_by_time_ms: list[int] = field(default_factory=list)
    capped: int = 0
    cut: Counter[str] = field(default_factory=Counter)
    forgotten: int = 0
    conflicts: int = 0
    retained: Counter[str] = field(default_factory=Counter)
    traces: list[RecordTrace] = field(default_factory=list)

    def note_trace(self, arrival_ms: int, headers: Headers) -> None:
        """Note the trace context that the headers of a record bring, where they do."""
        traceparent = traceparent_in(headers)
        if traceparent is not None:
            self.traces.append(RecordTrace(arrival_ms, traceparent))

    def count_mended(self, reason: str) -> None:
        """Count a record that was read in a second try."""
        self.mended[reason] += 1

    def count_lost(self, outcome: Outcome) -> None:
        """Count what of a contact's facts went early, was cut, repeats, or is at odds with another's."""
        self.capped += outcome.capped
        self.forgotten += outcome.forgotten
        self.cut["match"] += outcome.cut
        self.conflicts += outcome.conflicts
        self.skipped["repeat"] += outcome.repeats

    def count(self, steps: Sequence[Step]) -> None:
        """Count what these steps of a contact announce, and what in them was cut."""
        announced = self.announced
        for step in steps:
            kind = (SCORE_UPDATED, step.cause)
            announced[kind] = announced.get(kind, 0) + 1
            if step.hot_leads:
                kind = (BECAME_HOT_LEAD, step.cause)
                announced[kind] = announced.get(kind, 0) + len(step.hot_leads)
            for score in step.scores:
                if score.stage != score.previous_stage and score.stage is not None:
                    self.transitions[score.name, score.stage] += 1
                if score.unrounded_nano in CUT_SCORES:
                    self.cut["score"] += 1

    def with_retained(self, outcome: Outcome, again: Outcome) -> Outcome:
        """What became of a contact's facts, and after them of events that were read again, which are counted."""
        self.retained.update(again.retained or {})
        return outcome._replace(
            steps=[*outcome.steps, *again.steps],
            capped=outcome.capped + again.capped,
            cut=outcome.cut + again.cut,
            forgotten=outcome.forgotten + again.forgotten,
            sends=[*outcome.sends, *again.sends],
            dropped=Counter(outcome.dropped) + Counter(again.dropped),
        )
