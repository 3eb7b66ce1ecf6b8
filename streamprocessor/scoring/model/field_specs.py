"""How a kind of rule or a law of decay is written in a model file, as plain data: its words and their values."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, TypeAlias


class ValueType(Enum):
    """What may stand under a word. The contract has a reader of each."""

    DURATION_MS = "a duration"
    FRACTION = "a percentage above 0 and at most 100"
    FRACTION_BELOW_ONE = "a percentage above 0 and below 100"
    COUNT = "a whole number of at least 1"
    AMOUNT_NANO = "a sum of money above 0"
    POINTS_E15 = "points"
    EVENT_PATH = "a path into an event"


Choice: TypeAlias = tuple[str, ...]
"""Words, of which one stands there."""


class FieldSpec(NamedTuple):
    """One word and the field that its value becomes.

    description: for people who write the file; None: the word says it.
    """

    word: str
    field: str
    type: ValueType | Choice
    required: bool = True
    description: str | None = None


class BandSpec(NamedTuple):
    """The word of the mark from which on each band's points count, and what a mark is."""

    mark: str
    type: ValueType
