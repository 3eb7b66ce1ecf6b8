"""A score as it is shown, and where it stands among all contacts'."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from streamprocessor.contract.messages.announcements import number
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.readmodel.store.distribution import Distribution
from streamprocessor.scoring.model.model import NANO

ScoreNumber = int | float
"""A number of points: whole ones are shown without a point."""


class ScoreView(BaseModel):
    """A score, or one value of a `by` score.

    score: as presented. unrounded: exactly; both are null for a matrix. stage: null where it has none.
    """

    score: ScoreNumber | None
    unrounded: float | None
    stage: str | None


class ScoreStanding(BaseModel):
    """Where a contact's score stands among all contacts', as last announced.

    relative: percent, 100 is the highest and 50 the median. percentile_rank: percent of the contacts that have less.
    Both are null for a label.
    """

    relative: float | None
    percentile_rank: float | None


class ScoreValues(BaseModel):
    """The values of a `by` score, the strongest first."""

    values: dict[str, ScoreView]


def score_view(score: Any) -> ScoreView:
    """The score as it is shown. score: a row of the scores' table, or a score of a step."""
    presented_nano = score.presented_nano
    if presented_nano is None:
        return ScoreView(score=None, unrounded=None, stage=score.stage)
    return ScoreView(score=number(presented_nano), unrounded=score.unrounded_nano / NANO, stage=score.stage)


def presented(score: Any) -> ScoreNumber | None:
    """The score as it was announced; None for a label."""
    return None if score.presented_nano is None else number(score.presented_nano)


def unrounded(score: Any) -> float | None:
    """The score exactly; None for a label."""
    return None if score.presented_nano is None else score.unrounded_nano / NANO


def scores_by_name(rows: Sequence[Any]) -> dict[str, ScoreView | ScoreValues]:
    """A contact's rows of the scores' table as they are shown."""
    views: dict[str, ScoreView | dict[str, ScoreView]] = {}
    for row in rows:
        if not row.value:
            views[row.name] = score_view(row)
            continue
        values = views.setdefault(row.name, {})
        assert isinstance(values, dict)
        values[row.value] = score_view(row)
    return {name: ScoreValues(values=view) if isinstance(view, dict) else view for name, view in views.items()}


def score_standing(distribution: Distribution, row: Any) -> ScoreStanding:
    """Where a row of the scores' table stands among all of its score."""
    rank = None if row.presented_nano is None else distribution.percentile_rank(row.presented_nano)
    return ScoreStanding(relative=relative_percent(distribution, row), percentile_rank=rank)


def relative_percent(distribution: Distribution, row: Any) -> float | None:
    """Percent of the highest score, as Ontraport counts; None for a label."""
    if row.presented_nano is None or distribution.landmarks is None:
        return None
    return distribution.landmarks.relative_percent(row.unrounded_nano)


def instant(instant_ms: int | None) -> str | None:
    """RFC 3339 of an instant; None where there is none."""
    return None if instant_ms is None else format_rfc3339(instant_ms)
