"""What two models make of the same history, added up contact by contact; the sums of several processes come together.

Only plain values are in it, so that it can go from one process to another.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from heapq import nlargest
from typing import NamedTuple

from streamprocessor.replay.model_change import ScoreChanges

WEEK_MS = 604_800_000
_MONDAY_MS = 345_600_000  # 1970 began on a Thursday
MOST_NAMED = 200
"""So many contacts are named of those that become hot, and of those that cool; the first by their ids."""


MOST_DRAWN = 500
"""By so many contacts, drawn by a hash of their ids, it is found out what the candidate hangs on."""


class NamedContact(NamedTuple):
    """A contact by its id, and what the candidate calls it by."""

    contact_id: str
    display_name: str | None


@dataclass(slots=True)
class RuleEffect:
    """What one rule gives by one model: to so many contacts, and how many points all in all, within its own limit."""

    contacts: int = 0
    points_e15: int = 0


@dataclass(slots=True)
class ReplayTally:
    """Sums over contacts.

    contacts: of whom either model shows anything; changed: of whom they show another score or stage.
    scores: by the names of both models' scores.
    moves: (score, stage before, stage after) → contacts.
    hot_leads: (first millisecond of the week, score, whether the candidate makes them) → how many.
    rules: (score/rule, whether of the candidate) → effect.
    becomes_hot, cools: the first by their ids.
    met: (score/rule, whether of the candidate) of those that some event met.
    dead_letters: (topic, reason) → records.
    records: that were replayed; duplicates: facts that were known already by the model in force.
    first_ms, last_ms: arrivals of the oldest and the newest record; None: there was none.
    drawn: (hash of the id times -1, record under the candidate, encoded) of contacts, those with the least hashes.
    largest_bytes: of the input that was in memory at once in one process.
    """

    contacts: int = 0
    changed: int = 0
    scores: dict[str, ScoreChanges] = field(default_factory=dict)
    moves: Counter[tuple[str, str | None, str | None]] = field(default_factory=Counter)
    hot_leads: Counter[tuple[int, str, bool]] = field(default_factory=Counter)
    rules: dict[tuple[str, bool], RuleEffect] = field(default_factory=dict)
    becomes_hot: list[NamedContact] = field(default_factory=list)
    cools: list[NamedContact] = field(default_factory=list)
    met: set[tuple[str, bool]] = field(default_factory=set)
    dead_letters: Counter[tuple[str, str]] = field(default_factory=Counter)
    records: int = 0
    duplicates: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    drawn: list[tuple[int, bytes]] = field(default_factory=list)
    largest_bytes: int = 0

    def note_arrivals(self, records: int, first_ms: int, last_ms: int) -> None:
        """So many records, the oldest and the newest of which came then, are replayed."""
        self.records += records
        self.first_ms = first_ms if self.first_ms is None else min(self.first_ms, first_ms)
        self.last_ms = last_ms if self.last_ms is None else max(self.last_ms, last_ms)

    def add(self, other: ReplayTally) -> None:
        """Add the sums of another one."""
        for count in ("contacts", "changed", "records", "duplicates"):
            setattr(self, count, getattr(self, count) + getattr(other, count))
        for name, more in other.scores.items():
            known = self.scores.setdefault(name, ScoreChanges())
            for word in ScoreChanges.__slots__:
                setattr(known, word, getattr(known, word) + getattr(more, word))
        for key, effect in other.rules.items():
            of_rule = self.rules.setdefault(key, RuleEffect())
            of_rule.contacts += effect.contacts
            of_rule.points_e15 += effect.points_e15
        self.moves.update(other.moves)
        self.hot_leads.update(other.hot_leads)
        self.dead_letters.update(other.dead_letters)
        self.met |= other.met
        self.becomes_hot = sorted(self.becomes_hot + other.becomes_hot)[:MOST_NAMED]
        self.cools = sorted(self.cools + other.cools)[:MOST_NAMED]
        self.drawn = nlargest(MOST_DRAWN, self.drawn + other.drawn)
        self.first_ms = min((ms for ms in (self.first_ms, other.first_ms) if ms is not None), default=None)
        self.last_ms = max((ms for ms in (self.last_ms, other.last_ms) if ms is not None), default=None)
        self.largest_bytes = max(self.largest_bytes, other.largest_bytes)


def week_of(instant_ms: int) -> int:
    """The first millisecond of the week that the instant lies in; weeks begin on Mondays, UTC.

    >>> week_of(1_700_000_000_000) == 1_699_833_600_000
    True
    """
    return (instant_ms - _MONDAY_MS) // WEEK_MS * WEEK_MS + _MONDAY_MS
