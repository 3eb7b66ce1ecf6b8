"""The scores of a record as they are shown, what changed in them, and who became a hot lead by it."""

from __future__ import annotations

from typing import Any, NamedTuple

from streamprocessor.scoring.canonical import unchecked
from streamprocessor.scoring.evidence.derive import derive_attributes_in_place
from streamprocessor.scoring.evidence.union import attributes_of, is_suppressed
from streamprocessor.scoring.model.model import NO_NEWS, HotLead, Matrix
from streamprocessor.scoring.plan.plan import Plan, ScorePlan
from streamprocessor.scoring.record.attribute_writes import value_at
from streamprocessor.scoring.record.record import Derived, Record
from streamprocessor.scoring.steps.crossing import holds_until
from streamprocessor.scoring.steps.explain import strongest
from streamprocessor.scoring.steps.per_value import ShownValues, evaluate_values, shown_after
from streamprocessor.scoring.steps.steps import ExplanationPart, HotLeadStep, ScoreStep, Step
from streamprocessor.scoring.terms.presentation import unrounded
from streamprocessor.scoring.terms.terms import MotionBound

ShownScore = tuple["int | None", "str | None"]
"""Presented score in nano and stage; both None: null, or no number but a label."""


class Evaluation(NamedTuple):
    """A record's scores at an instant, as they are shown, each compared with what was shown last.

    changed: whether any is shown differently.
    holds_until_ms: no step by time comes before it; None: none comes at all.
    """

    at_ms: int
    scores: tuple[ScoreStep, ...]
    changed: bool
    holds_until_ms: int | None


def blank_shown(plan: ScorePlan, derived: Derived) -> ShownScore:
    """What is shown of a contact of whom nothing is known; both None: null."""
    if plan.is_null(derived):
        return None, None
    if plan.matrix is not None:
        rows, columns = [blank_shown(side, derived)[1] for side, _ in plan.components]
        return None, plan.matrix.label(str(rows), str(columns))
    cell = plan.presentation.cell(unrounded(sum(term.value(derived, 0) for term in plan.terms)))
    return cell.presented_nano, plan.presentation.stage(cell, None)


def evaluate(plan: Plan, record: Record, at_ms: int) -> Evaluation:
    """The record's scores at at_ms, which is not before its clock."""
    scores = []
    any_changed = False
    earliest: int | None = None
    shown, derived = record.shown, record.derived
    for score in plan.scores:
        if not score.is_simple:
            step = _evaluate_score(score, record, at_ms)
            any_changed = any_changed or step.changed
            if step.holds_until_ms is not None and (earliest is None or step.holds_until_ms < earliest):
                earliest = step.holds_until_ms
            scores.append(step)
            continue
        bound = MotionBound()
        total = 0
        for term in score.terms:
            total += term.value_and_bound(derived, at_ms, bound)
        exact = unrounded(total)
        cell = score.presentation.cell(exact)
        before, before_stage = shown[score.name]
        stage = score.presentation.stage(cell, before_stage)
        changed = cell.presented_nano != before or stage != before_stage
        until = holds_until(cell, total, bound, at_ms)
        if until is not None and (earliest is None or until < earliest):
            earliest = until
        any_changed = any_changed or changed
        shown_now = (score.name, cell.presented_nano, exact, stage, changed, before, before_stage, until, None)
        scores.append(unchecked(ScoreStep, shown_now))
    return unchecked(Evaluation, (at_ms, tuple(scores), any_changed, earliest))


def _evaluate_score(score: ScorePlan, record: Record, at_ms: int) -> ScoreStep:
    """The evaluation of a score that can be null, is combined, or has values."""
    if score.per_value is not None:
        return evaluate_values(score, record, at_ms)
    name, derived, (before, before_stage) = score.name, record.derived, record.shown[score.name]
    if score.is_null(derived):
        changed = before is not None or before_stage is not None
        return ScoreStep(name, None, None, None, changed, before, before_stage, None)
    if score.matrix is not None:
        return _evaluate_matrix(score, score.matrix, record, at_ms)
    bound = MotionBound()
    total = sum(term.value_and_bound(derived, at_ms, bound) for term in score.terms)
    exact = unrounded(total)
    cell = score.presentation.cell(exact)
    stage = score.presentation.stage(cell, before_stage)
    changed = cell.presented_nano != before or stage != before_stage
    until = holds_until(cell, total, bound, at_ms)
    return ScoreStep(name, cell.presented_nano, exact, stage, changed, before, before_stage, until)


def _evaluate_matrix(score: ScorePlan, matrix: Matrix, record: Record, at_ms: int) -> ScoreStep:
    """The label of the stages that rows and columns have now; it holds as long as both."""
    rows, columns = (_evaluate_score(side, record, at_ms) for side, _ in score.components)
    label = matrix.label(str(rows.stage), str(columns.stage))
    before = record.shown[score.name][1]
    until = min([side.holds_until_ms for side in (rows, columns) if side.holds_until_ms is not None], default=None)
    return ScoreStep(score.name, None, None, label, label != before, None, before, until)


def enter_hot_in_place(
    plan: Plan, record: Record, evaluation: Evaluation, news_age_ms: int | None
) -> list[HotLeadStep]:
    """The hot leads to announce; every entry into a hot stage from below starts the next episode, announced or not.

    news_age_ms: how long after it had occurred the freshest event of the step arrived; None: not a step by events.
    """
    leads = []
    for score, step in zip(plan.scores, evaluation.scores, strict=True):
        hot = score.hot_lead
        if hot is None or step.stage == step.previous_stage or step.stage is None:
            continue
        if not score.reaches(step.stage, hot.stage):
            continue
        if step.previous_stage is not None and score.reaches(step.previous_stage, hot.stage):
            continue
        number, announced_at = record.episodes.get(score.name, (0, None))
        number += 1
        rearmed = (
            announced_at is None or hot.rearm_after_ms is None or evaluation.at_ms - announced_at >= hot.rearm_after_ms
        )
        is_news = news_age_ms is None or news_age_ms < hot.announce_within_ms
        if is_news and rearmed and not is_suppressed(record):
            announced_at = evaluation.at_ms
            shown = _included(hot, record)
            leads.append(HotLeadStep(score.name, number, step.presented_nano, step.stage, step.previous_stage, shown))
        record.episodes[score.name] = (number, announced_at)
    return leads


def _included(hot: HotLead, record: Record) -> dict[str, Any] | None:
    """The attributes that the announcement tells of the contact; None: the model includes none."""
    if hot.include_attributes is None:
        return None
    written = attributes_of(record)
    return {name: value for name in hot.include_attributes if (value := value_at(written, name)) is not None}


class ShownState:
    """What records show of the scores of one model, and how that moves on."""

    def __init__(self, plan: Plan) -> None:
        """Find what the model gives without evidence."""
        self._plan = plan
        derived = Derived()
        derive_attributes_in_place(plan, {}, derived)
        self._blank_sums = derived.sums
        self._blank_shown = {
            score.name: blank_shown(score, derived) for score in plan.scores if score.per_value is None
        }
        self._is_null = {score.name: score.is_null(derived) for score in plan.scores if score.per_value is not None}

    def blank(self) -> Record:
        """The record of a contact of whom nothing is known; what the model gives for it counts as shown."""
        derived = Derived(sums=dict(self._blank_sums))
        record = Record(revision=self._plan.model.revision, shown=dict(self._blank_shown), derived=derived)
        if self._is_null:
            record.values = self._blank_values()
        return record

    def hide_in_place(self, record: Record) -> tuple[str, ...]:
        """The scores that were shown otherwise than without evidence; from now on all are shown so."""
        blank = {**self._blank_shown, **self._blank_values()}
        names = tuple(name for name, shown in {**record.shown, **record.values}.items() if shown != blank[name])
        record.shown, record.values = dict(self._blank_shown), self._blank_values()
        return names

    def fit_to_model(self, record: Record) -> None:
        """Show a record of another revision by this one: new scores as without evidence, those that went not at all."""
        record.shown = {name: record.shown.get(name, blank) for name, blank in self._blank_shown.items()}
        record.values = {name: record.values.get(name, blank) for name, blank in self._blank_values().items()}

    def step_in_place(
        self,
        record: Record,
        evaluation: Evaluation,
        cause: str,
        because: tuple[ExplanationPart, ...],
        news_age_ms: int | None = None,
    ) -> Step:
        """The step from what is shown to the evaluation; the record shows that from now on."""
        leads = enter_hot_in_place(self._plan, record, evaluation, news_age_ms)
        tells = leads and self._plan.explains
        reasons = strongest(self._plan, self._plan.by_name[leads[0].score], record, evaluation.at_ms) if tells else ()
        self._show(record, evaluation)
        record.sequence += 1
        return Step(evaluation.at_ms, cause, record.sequence, evaluation.scores, because, tuple(leads), reasons)

    def show_silently(self, record: Record, evaluation: Evaluation) -> None:
        """Show the evaluation from now on, without a step and without an announcement."""
        enter_hot_in_place(self._plan, record, evaluation, NO_NEWS)
        self._show(record, evaluation)

    def _show(self, record: Record, evaluation: Evaluation) -> None:
        for step in evaluation.scores:
            if step.changed and step.name in record.values:
                record.values[step.name] = shown_after(self._plan.by_name[step.name], step)
            elif step.changed:
                record.shown[step.name] = (step.presented_nano, step.stage)

    def _blank_values(self) -> dict[str, ShownValues | None]:
        return {name: None if is_null else {} for name, is_null in self._is_null.items()}
