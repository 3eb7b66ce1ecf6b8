"""What is shown of a record, and how it moves on to what is seen."""

from __future__ import annotations

from streamprocessor.scoring.announcing import NO_NEWS, Look, blank_shown, enter_hot
from streamprocessor.scoring.deriving import derive_attributes
from streamprocessor.scoring.explaining import strongest
from streamprocessor.scoring.plan import Plan
from streamprocessor.scoring.record import Derived, Record
from streamprocessor.scoring.steps import Part, Step
from streamprocessor.scoring.values import Shown, shown_in


class Showing:
    """What the scores of one model show of records."""

    def __init__(self, plan: Plan) -> None:
        """For this model; what it gives without evidence is found out here."""
        self._plan = plan
        nothing = Derived()
        derive_attributes(plan, {}, nothing)
        self._blank_sums = nothing.sums
        self._blank_shown = {score.name: blank_shown(score, nothing) for score in plan.scores if score.values is None}
        self._is_null = {score.name: score.is_null(nothing) for score in plan.scores if score.values is not None}

    def blank(self) -> Record:
        """The record of a contact of whom nothing is known; what the model gives for it counts as shown."""
        derived = Derived(sums=dict(self._blank_sums))
        record = Record(revision=self._plan.model.revision, shown=dict(self._blank_shown), derived=derived)
        if self._is_null:
            record.values = self._blank_values()
        return record

    def nothing(self, record: Record) -> tuple[str, ...]:
        """The scores that were shown otherwise than without evidence; from now on all are shown so."""
        blank = {**self._blank_shown, **self._blank_values()}
        gone = tuple(name for name, shown in {**record.shown, **record.values}.items() if shown != blank[name])
        record.shown, record.values = dict(self._blank_shown), self._blank_values()
        return gone

    def these_scores(self, record: Record) -> None:
        """Of a record of another revision: new scores are shown as without evidence, those that went are not shown."""
        record.shown = {name: record.shown.get(name, blank) for name, blank in self._blank_shown.items()}
        record.values = {name: record.values.get(name, blank) for name, blank in self._blank_values().items()}

    def step(
        self, record: Record, seen: Look, cause: str, because: tuple[Part, ...], news_age_ms: int | None = None
    ) -> Step:
        """The step from what is shown to what is seen; the record shows it from now on."""
        leads = enter_hot(self._plan, record, seen, news_age_ms)
        reasons = strongest(self._plan, self._plan.by_name[leads[0].score], record, seen.at_ms) if leads else ()
        self._show(record, seen)
        record.sequence += 1
        return Step(seen.at_ms, cause, record.sequence, seen.scores, because, tuple(leads), reasons)

    def pass_over(self, record: Record, seen: Look) -> None:
        """The record shows what is seen, and nobody is told."""
        enter_hot(self._plan, record, seen, NO_NEWS)
        self._show(record, seen)

    def _show(self, record: Record, seen: Look) -> None:
        for step in seen.scores:
            if step.changed and step.name in record.values:
                record.values[step.name] = shown_in(self._plan.by_name[step.name], step)
            elif step.changed:
                record.shown[step.name] = (step.presented_nano, step.stage)

    def _blank_values(self) -> dict[str, Shown | None]:
        return {name: None if is_null else {} for name, is_null in self._is_null.items()}
