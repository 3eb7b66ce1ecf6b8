"""How a score is made of other scores."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weighted:
    """The sum of other scores, unrounded and unclamped, each times its weight; `sum` is read as weights of 1."""

    weights_nano: tuple[tuple[str, int], ...]  # (score, weight)


@dataclass(frozen=True, slots=True)
class Matrix:
    """No number, only a stage: a label of the stages of two other scores; where `labels` has none, one after the other.

    labels: (stage of rows, stage of columns, label).
    """

    rows: str
    columns: str
    labels: tuple[tuple[str, str, str], ...] = ()

    def label(self, row: str, column: str) -> str:
        """The label of a contact whose rows' stage is `row` and whose columns' stage is `column`."""
        return next((label for r, c, label in self.labels if (r, c) == (row, column)), row + column)
