"""How many hot leads a week two models make, of all contacts that are hot and of a fair choice of the others. Pure."""

from __future__ import annotations

from typing import Any

from streamprocessor.contract.changelog.record_codec import decode_record
from streamprocessor.replay.recent_hot_leads import RecentHotLeads
from streamprocessor.scoring.model.model import DAY_MS
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer

MOST_DAYS, WEEK_DAYS = 28, 7
HOW = (
    "the events of the last {days:g} days that contacts' records hold, applied again in the order in which they "
    "arrived, attributes and verdicts as they are now; of every contact that is hot under either model, and of {drawn} "
    "of {others} others, drawn by a hash of their ids"
)


class WeeklyHotLeads:
    """Estimates hot leads a week: those of contacts that are hot as they are, the others' by those that were drawn."""

    def __init__(self, old: Scorer, new: Scorer, at_ms: int) -> None:
        """Count what both models announce in the weeks before at_ms."""
        self._old, self._at_ms = old, at_ms
        # Records hold events one by one for so long alone; what is older is in their sums.
        window_ms = min(MOST_DAYS * DAY_MS, old.model.correction_window_ms)
        self._since_ms, self._days = at_ms - window_ms, window_ms / DAY_MS
        self._before, self._after = RecentHotLeads(old), RecentHotLeads(new)
        self._of_hot = [0, 0]
        self._of_drawn = [0, 0]
        self._drawn = self._others = 0

    def add(self, stored: bytes, record: Record, *, is_hot: bool) -> None:
        """Count one contact. stored: as it is now; record: under the new model; is_hot: under either."""
        former = decode_record(stored)
        self._old.migrate_in_place(former, former.at_ms)
        totals = self._of_hot if is_hot else self._of_drawn
        totals[0] += self._before.count(former, self._since_ms, self._at_ms)
        totals[1] += self._after.count(record, self._since_ms, self._at_ms)
        if not is_hot:
            self._drawn += 1
            self._others += 1

    def pass_over(self) -> None:
        """Count one contact that is not hot, of which no more is found out."""
        self._others += 1

    def answer(self, share: float) -> dict[str, Any]:
        """Of all contacts. share: how many of 1 were counted or passed over."""
        of_one = self._others / self._drawn if self._drawn else 0.0
        before, after = (
            (hot + drawn * of_one) * WEEK_DAYS / self._days / share
            for hot, drawn in zip(self._of_hot, self._of_drawn, strict=True)
        )
        return {
            "before": before,
            "after": after,
            "is_estimate": share < 1 or self._drawn < self._others,
            "how": HOW.format(days=self._days, drawn=self._drawn, others=self._others),
        }
