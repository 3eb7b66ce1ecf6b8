"""Rows of the tables as JSON shows them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from streamprocessor.contract.messages.announcements import number
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.readmodel.store.cursors import Placed, cursor_of
from streamprocessor.readmodel.store.distribution import Distribution
from streamprocessor.readmodel.store.queries import SortOrder
from streamprocessor.scoring.model.model import NANO


class Found(NamedTuple):
    """Contacts of a list, one more than it shows where there is a next part; of each its scores and its trend."""

    rows: Sequence[Any]
    scores: Mapping[str, Sequence[Any]]
    trends: Mapping[str, Mapping[str, Any]]


def contact_page(order: SortOrder, found: Found, spread: Distribution, limit: int) -> dict[str, Any]:
    """A page of contacts."""
    rows = found.rows[:limit]
    last = rows[-1] if len(found.rows) > limit else None
    return {
        "score": order.score,
        "value": order.value,
        "contacts": [
            {
                **told(row, found.scores[row.contact_id]),
                **shown(row),
                "relative": relative(spread, row),
                **found.trends[row.contact_id],
            }
            for row in rows
        ],
        "next": None if last is None else cursor_of(Placed(last.presented_nano, last.unrounded_nano, last.contact_id)),
    }


def told(row: Any, score_rows: Sequence[Any]) -> dict[str, Any]:
    """A contact as lists and exports tell of it."""
    return {
        "contact_id": row.contact_id,
        "scores": _by_name(score_rows),
        "attributes": orjson.loads(row.attributes),
        "suppressed": row.suppressed,
        "hot_since": instant(row.hot_since_ms),
        "updated_at": instant(row.updated_at_ms),
        "holds_until": instant(row.holds_until_ms),
    }


def standing(spread: Distribution, row: Any) -> dict[str, Any]:
    """Where a score row stands among all of its score."""
    rank = None if row.presented_nano is None else spread.percentile_rank(row.presented_nano)
    return {"relative": relative(spread, row), "percentile_rank": rank}


def relative(spread: Distribution, row: Any) -> float | None:
    """Percent of the highest, as Ontraport counts; None for a label."""
    if row.presented_nano is None or spread.landmarks is None:
        return None
    return spread.landmarks.relative_percent(row.unrounded_nano)


def distribution(order: SortOrder, spread: Distribution, buckets: int) -> dict[str, Any]:
    """How a score is spread."""
    marks = spread.landmarks
    return {
        "score": order.score,
        "value": order.value,
        "count": spread.count,
        "buckets": [{"from": low, "to": high, "count": count} for low, high, count in spread.buckets(buckets)],
        "stages": [{"stage": stage, "count": count} for stage, count in spread.stages.most_common()],
        "lowest": None if marks is None else marks.lowest_nano / NANO,
        "median": None if marks is None else marks.median_nano / NANO,
        "highest": None if marks is None else marks.highest_nano / NANO,
    }


def instant(instant_ms: int | None) -> str | None:
    """RFC 3339, or None."""
    return None if instant_ms is None else format_rfc3339(instant_ms)


def shown(score: Any) -> dict[str, Any]:
    """A score as it is shown: of a row, or of a step."""
    has_number = score.presented_nano is not None
    return {
        "score": number(score.presented_nano) if has_number else None,
        "unrounded": score.unrounded_nano / NANO if has_number else None,
        "stage": score.stage,
    }


def _by_name(rows: Sequence[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in rows:
        if row.value:
            found.setdefault(row.name, {"values": {}})["values"][row.value] = shown(row)
        else:
            found[row.name] = shown(row)
    return found
