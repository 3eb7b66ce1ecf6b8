"""What a person sees of a contact, in the oracle: stages with their hysteresis, the strongest values, labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from streamprocessor.scoring.model.model import Matrix, Model, Score, Stage
from tests.scoring.oracle.evidence import Known
from tests.scoring.oracle.scores import Answer, Number, applies, number_of

Seen: TypeAlias = "tuple[int | None, str | None]"
"""(presented_nano, stage); (None, label) of a matrix."""

Shown: TypeAlias = "Seen | dict[str, Seen] | None"
"""Of a `by` score what is shown of each value; None: null."""


def show(model: Model, known: Known, answers: Mapping[str, Answer], before: Mapping[str, Shown]) -> dict[str, Shown]:
    """What is shown of the answers, of which the contact was shown `before`; without it as if for the first time."""
    shown: dict[str, Shown] = {}
    for score in sorted(model.scores, key=lambda score: isinstance(score.combine, Matrix)):
        answer, last = answers[score.name], before.get(score.name)
        if not applies(model, score, known):
            shown[score.name] = None
        elif isinstance(score.combine, Matrix):
            shown[score.name] = None, label(score.combine, shown)
        elif isinstance(answer, dict):
            shown[score.name] = strongest_values(model, score, answer, last if isinstance(last, dict) else {})
        elif answer is not None:
            stage = last[1] if isinstance(last, tuple) else None
            shown[score.name] = answer[0], stage_after(score, stage, answer[0])
    return {score.name: shown[score.name] for score in model.scores}


def label(matrix: Matrix, shown: Mapping[str, Shown]) -> str:
    row, column = (
        presented[1] for presented in (shown[matrix.rows], shown[matrix.columns]) if isinstance(presented, tuple)
    )
    return {(r, c): name for r, c, name in matrix.labels}.get((row, column), f"{row}{column}")  # type: ignore[arg-type]


def strongest_values(
    model: Model, score: Score, numbers: Mapping[str, Number], before: Mapping[str, Seen]
) -> dict[str, Seen]:
    """The strongest values that are not shown as one of which nothing is known; such a one is begun with."""
    blank = blank_of(model, score)
    presented = {name: (n[0], stage_after(score, before.get(name, blank)[1], n[0])) for name, n in numbers.items()}
    others = sorted((-value, name) for name, (value, stage) in presented.items() if (value, stage) != blank)
    return {name: presented[name] for _, name in others[: score.max_values]}


def blank_of(model: Model, score: Score) -> tuple[int, str | None]:
    """What is shown of a value of which nothing is known."""
    value, _ = number_of(model, score, Known((), {}, frozenset(), frozenset(), None, None), 0)
    return value, stage_after(score, None, value)


def stage_after(score: Score, stage_before: str | None, presented_nano: int) -> str | None:
    """The stage of a presented score for one who was in stage_before; None where the score has no stages."""
    if not score.stages:
        return None
    reached = [stage for stage in score.stages if stage.from_nano <= presented_nano]
    natural = reached[-1] if reached else score.stages[0]
    before = next((stage for stage in score.stages if stage.name == stage_before), natural)
    return before.name if is_held(before, presented_nano) and before.from_nano > natural.from_nano else natural.name


def is_held(stage: Stage, presented_nano: int) -> bool:
    return stage.leave_below_nano is not None and presented_nano >= stage.leave_below_nano


def possible_stages(score: Score, presented_nano: int) -> set[str | None]:
    """The stages that some order of arrival could have left: more than one only within a hysteresis band."""
    return {stage_after(score, stage.name, presented_nano) for stage in score.stages} or {None}
