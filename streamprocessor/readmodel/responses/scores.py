"""A score as it is shown, and where it stands among all contacts'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field

from streamprocessor.contract.messages.announcements import number
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.readmodel.store.distribution import Distribution
from streamprocessor.readmodel.store.figures.trends import FormerScore, ScorePlace
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


class PastScore(BaseModel):
    """A score as it was, and how far it has come since; both null of a label."""

    score: ScoreNumber | None
    stage: str | None
    change: ScoreNumber | None = Field(description="The score now less what it was; null also where it is none now.")


class PastScores(BaseModel):
    """The values of a `by` score as they were."""

    values: dict[str, PastScore]


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


def past_scores(rows: Sequence[Any], past: Mapping[ScorePlace, FormerScore]) -> dict[str, PastScore | PastScores]:
    """The scores as they were, beside the rows of the scores' table, which say what they are now.

    past: of all scores, or of none where nothing tells; a value of a `by` score that is not there had no points.
    """
    now = {(row.name, row.value): row.presented_nano for row in rows}
    unseen = {place: FormerScore(None, None) for place in now if past and place[1]}
    views: dict[str, PastScore | PastScores] = {}
    for (name, value), former in (unseen | dict(past)).items():
        view = PastScore(score=former.score, stage=former.stage, change=_change((name, value), former, now))
        if not value:
            views[name] = view
            continue
        of_score = views.setdefault(name, PastScores(values={}))
        assert isinstance(of_score, PastScores)
        of_score.values[value] = view
    return views


def _change(place: ScorePlace, former: FormerScore, now: Mapping[ScorePlace, int | None]) -> ScoreNumber | None:
    presented_nano = now.get(place)
    before = 0 if former.score is None and place[1] else former.score
    if before is None or presented_nano is None:
        return None
    return number(presented_nano - round(before * NANO))


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
