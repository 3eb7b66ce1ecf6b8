"""What the demo has seen so far, and the lines that tell of it."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

SHOWN_ROWS = 8
RATE_WINDOW_MS = 5_000
TIME = "time"


class BoardRow(NamedTuple):
    """A contact's score as last announced, and the highest one that it had in this demo."""

    contact_id: str
    score: float
    stage: str | None
    highest: float


@dataclass
class Board:
    """Counts and last news, fed with the values of score-updated and became-hot-lead. Times are epoch milliseconds."""

    sent: int = 0
    steps: int = 0
    steps_by_time: int = 0
    hot_leads: int = 0
    latest_hot_leads: deque[str] = field(default_factory=lambda: deque(maxlen=SHOWN_ROWS))
    latest_coolings: deque[str] = field(default_factory=lambda: deque(maxlen=SHOWN_ROWS))
    _rows: dict[str, BoardRow] = field(default_factory=dict)
    _samples: deque[tuple[int, int, int]] = field(default_factory=deque)

    def take_step(self, announced: dict[str, Any]) -> str | None:
        """Note a score-updated; the line of it where time alone took the contact to another stage, else None."""
        self.steps += 1
        self.steps_by_time += announced["cause"] == TIME
        cooled = None
        for name in announced["changed"]:
            score = announced["scores"][name]
            if score is not None and score.get("score") is not None:
                cooled = self._take_score(announced, name, score) or cooled
        return cooled

    def take_hot_lead(self, announced: dict[str, Any]) -> str:
        """Note a became-hot-lead; the line of it."""
        self.hot_leads += 1
        reasons = ", ".join(
            f"{part.get('rule', part.get('group'))} {part['points']:+.3g}" for part in announced["because"]
        )
        shown = announced["stage"] if announced["score"] is None else f"{announced['score']:g}"
        who, called = announced["contact_id"], announced.get("display_name")
        line = (
            f"HOT LEAD {f'{called} ({who})' if called else who}: {announced['score_name']} {shown}, "
            f"was {announced['previous_stage']}: {reasons}"
        )
        self.latest_hot_leads.append(line)
        return line

    def rates(self, now_ms: int) -> tuple[float, float]:
        """Events and score steps a second, over the last few seconds."""
        self._samples.append((now_ms, self.sent, self.steps))
        while len(self._samples) > 2 and self._samples[0][0] < now_ms - RATE_WINDOW_MS:
            self._samples.popleft()
        then_ms, sent, steps = self._samples[0]
        seconds = max(1.0, (now_ms - then_ms) / 1000)
        return (self.sent - sent) / seconds, (self.steps - steps) / seconds

    def strongest(self) -> list[BoardRow]:
        """The contacts with the highest scores now, the highest first."""
        return sorted(self._rows.values(), key=lambda standing: (-standing.score, standing.contact_id))[:SHOWN_ROWS]

    def by_stage(self) -> Counter[str]:
        """How many contacts are in each stage."""
        return Counter(row.stage for row in self._rows.values() if row.stage is not None)

    def _take_score(self, announced: dict[str, Any], name: str, score: dict[str, Any]) -> str | None:
        contact_id = announced["contact_id"]
        before = self._rows.get(contact_id)
        highest = max(score["score"], before.highest if before else 0)
        stage = score.get("stage")
        self._rows[contact_id] = BoardRow(contact_id, score["score"], stage, highest)
        previous = score.get("previous_stage")
        if announced["cause"] != TIME or previous in (None, stage):
            return None
        line = f"cooled   {contact_id}: {previous} → {stage}, {name} {score['score']:g} at {announced['at'][11:19]}"
        self.latest_coolings.append(line)
        return line
