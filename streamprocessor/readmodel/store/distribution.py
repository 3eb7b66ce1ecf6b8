"""How a score is spread over all contacts: buckets, stages, and where one contact stands among them. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from streamprocessor.scoring.model.model import NANO


class StageCell(NamedTuple):
    """How many contacts are shown alike. presented_nano None: the score is a label alone."""

    presented_nano: int | None
    stage: str | None
    contacts: int


class Landmarks(NamedTuple):
    """Unrounded scores by which all others are placed."""

    lowest_nano: int
    median_nano: float
    highest_nano: int

    def relative_percent(self, unrounded_nano: int) -> float:
        """100 for the highest, 50 for the median, by even steps between; below the median down to 0 for no score.

        Where scores are negative, 0 is the lowest of them. As Ontraport has it, from the unrounded score.
        """
        if unrounded_nano >= self.highest_nano:
            return 100.0
        if unrounded_nano >= self.median_nano:
            return 50 + 50 * (unrounded_nano - self.median_nano) / (self.highest_nano - self.median_nano)
        floor = min(0, self.lowest_nano)
        if unrounded_nano <= floor:
            return 0.0
        return 50 * (unrounded_nano - floor) / (self.median_nano - floor)


class Distribution:
    """How a score is spread over all contacts. landmarks None: nobody has it as a number."""

    def __init__(self, cells: Iterable[StageCell], landmarks: Landmarks | None) -> None:
        self.landmarks = landmarks
        self.stages: Counter[str | None] = Counter()
        shown: Counter[int] = Counter()
        for cell in cells:
            self.stages[cell.stage] += cell.contacts
            if cell.presented_nano is not None:
                shown[cell.presented_nano] += cell.contacts
        self.count = self.stages.total()
        self._shown = sorted(shown.items())
        self._marks = [presented for presented, _ in self._shown]
        self._below = [0]
        for _, count in self._shown:
            self._below.append(self._below[-1] + count)

    def percentile_rank(self, presented_nano: int) -> float | None:
        """Percent of the contacts that are shown with less, and of half of those shown alike; None: nobody is."""
        total = self._below[-1]
        if not total:
            return None
        index = bisect_left(self._marks, presented_nano)
        below = self._below[index]
        is_there = index < len(self._marks) and self._marks[index] == presented_nano
        alike = self._below[index + 1] - below if is_there else 0
        return 100 * (below + alike / 2) / total

    def buckets(self, at_most: int) -> list[tuple[float, float, int]]:
        """(from, to, count) of even widths, from included and to not; no more than so many of them."""
        if not self._shown:
            return []
        lowest, highest = self._marks[0], self._marks[-1]
        width = _even_width(highest - lowest, at_most)
        first = lowest // width
        counts: Counter[int] = Counter()
        for presented, count in self._shown:
            counts[presented // width] += count
        numbers = range(first, highest // width + 1)
        return [(n * width / NANO, (n + 1) * width / NANO, counts[n]) for n in numbers]


def _even_width(extent_nano: int, at_most: int) -> int:
    """The least of 1, 2, 5, 10, ... 10⁻⁹ that covers the extent, wherever it begins, with so many buckets."""
    width = 1
    while True:
        for step in (1, 2, 5):
            if extent_nano // (width * step) + 2 <= at_most:
                return width * step
        width *= 10
