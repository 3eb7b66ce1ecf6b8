"""Two tables of the same contacts, under two models, compared contact by contact as either of them changes. Pure.

What is kept of a contact is small, for there may be millions: where each model puts it, shared by all who are alike.
"""

from __future__ import annotations

import heapq
from collections import Counter
from typing import NamedTuple

LIVE, SHADOW = 0, 1
"""The sides: the model in force, the candidate."""
SIDES = {LIVE: "live", SHADOW: "shadow"}


class Standing(NamedTuple):
    """Where one model puts a contact.

    stages: of the compared scores in their order; None: the contact has none.
    is_hot: whether it is hot by any score that makes hot leads.
    """

    stages: tuple[str | None, ...]
    is_hot: bool


class Sighting(NamedTuple):
    """A contact as one table has it from an instant on.

    name: what the contact is called; None: its attributes do not say, or it is not hot.
    """

    standing: Standing
    at_ms: int
    name: str | None = None


class PairCount(NamedTuple):
    """How many contacts have this pair of stages; None: they have none there."""

    live: str | None
    shadow: str | None
    contacts: int


class Agreement(NamedTuple):
    """How many contacts have one stage by both models, how many have two, and which."""

    agree: int
    disagree: int
    matrix: list[PairCount]


class Crossing(NamedTuple):
    """A contact that is hot by one model alone, since an instant in epoch milliseconds. name: as in Sighting."""

    at_ms: int
    contact_id: str
    name: str | None


_Pair = tuple[Standing | None, Standing | None]
_NOWHERE: _Pair = (None, None)


class TableComparison:
    """Contacts by where each side has them.

    contacts: how many both sides have.
    """

    def __init__(self, scores: tuple[str, ...]) -> None:
        """Nobody is known yet. scores: the names of those whose stages are compared."""
        self.scores = scores
        self._pairs: dict[bytes, _Pair] = {}
        self._alike: dict[_Pair, _Pair] = {}
        self._counts: Counter[_Pair] = Counter()
        self._names: dict[bytes, str] = {}
        self._crossed: tuple[dict[bytes, int], dict[bytes, int]] = ({}, {})

    def note(self, side: int, contact: bytes, sighting: Sighting | None) -> None:
        """Take over what one side says of a contact by now; None: it has it no more, or shows it to nobody."""
        before = self._pairs.get(contact, _NOWHERE)
        standing = None if sighting is None else sighting.standing
        pair = (standing, before[SHADOW]) if side == LIVE else (before[LIVE], standing)
        if sighting is not None and sighting.name is not None:
            self._names[contact] = sighting.name
        if pair == before:
            return
        self._count(before, -1)
        self._count(pair, 1)
        if pair == _NOWHERE:
            self._pairs.pop(contact, None)
        else:
            self._pairs[contact] = self._alike.setdefault(pair, pair)
        self._note_crossing(contact, pair, 0 if sighting is None else sighting.at_ms)

    @property
    def contacts(self) -> int:
        """How many contacts both sides have: those that are compared."""
        return sum(contacts for pair, contacts in self._counts.items() if None not in pair)

    def agreement(self) -> dict[str, Agreement]:
        """How far both agree, by score."""
        return {score: self._agreement_at(number) for number, score in enumerate(self.scores)}

    def hot_by_one_alone(self, side: int) -> int:
        """How many contacts are hot by this side and not by the other."""
        return len(self._crossed[side])

    def crossings(self, side: int, most: int) -> list[Crossing]:
        """Those that are hot by this side alone, the newest first, and no more than so many."""
        newest = heapq.nlargest(most, ((at_ms, contact) for contact, at_ms in self._crossed[side].items()))
        return [
            Crossing(at_ms, contact.decode("utf-8", "replace"), self._names.get(contact)) for at_ms, contact in newest
        ]

    def _agreement_at(self, number: int) -> Agreement:
        cells: Counter[tuple[str | None, str | None]] = Counter()
        for (live, shadow), contacts in self._counts.items():
            if live is not None and shadow is not None:
                cells[live.stages[number], shadow.stages[number]] += contacts
        rows = [PairCount(live, shadow, contacts) for (live, shadow), contacts in cells.most_common()]
        agree = sum(row.contacts for row in rows if row.live == row.shadow)
        return Agreement(agree, sum(row.contacts for row in rows) - agree, rows)

    def _count(self, pair: _Pair, contacts: int) -> None:
        if pair == _NOWHERE:
            return
        self._counts[pair] += contacts
        if not self._counts[pair]:
            del self._counts[pair]

    def _note_crossing(self, contact: bytes, pair: _Pair, at_ms: int) -> None:
        live, shadow = pair
        is_hot = (live is not None and live.is_hot, shadow is not None and shadow.is_hot)
        are_compared = live is not None and shadow is not None
        for side in (LIVE, SHADOW):
            if are_compared and is_hot[side] and not is_hot[1 - side]:
                self._crossed[side].setdefault(contact, at_ms)
            else:
                self._crossed[side].pop(contact, None)
        if not any(is_hot):
            self._names.pop(contact, None)
