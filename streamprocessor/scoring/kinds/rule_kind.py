"""What a kind of rule says of itself: its words in a model file, its frozen value, its term."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from streamprocessor.scoring.model.field_specs import BandSpec, FieldSpec, ValueType
from streamprocessor.scoring.model.rules import PerMatchRule
from streamprocessor.scoring.terms.per_match import PerMatchTerm

R = TypeVar("R", bound=PerMatchRule)

ONCE_PER = FieldSpec(
    "per",
    "per",
    ValueType.EVENT_PATH,
    required=False,
    description="Each value of it counts once, its earliest match: an order told twice. Without it each is its own.",
)
"""The word for a property of which each value counts once."""


def no_path(_rule: PerMatchRule) -> None:
    """No path, of a kind that has none."""
    return None


class RuleKind(NamedTuple, Generic[R]):
    """One kind of rule.

    word: names it, in a model file and in explanations; the other words stand below it.
    description: for people who write the file.
    rule: its frozen value. The reader gives it id, types, where, group and limit, and a field for each of `words`.
    term: the points of the rule of this number.
    words: those that the kind has beside `of` and `where`, which all kinds have.
    bands: of a kind with bands, which become the field `bands`; None: it has none.
    amount_path: the property that the worth of a match is made of, in nano; None: each match is worth 1.
    once_per: the property of which each value counts once; None: every match counts.
    """

    word: str
    description: str
    rule: type[R]
    term: Callable[[int, R], PerMatchTerm]
    words: tuple[FieldSpec, ...] = ()
    bands: BandSpec | None = None
    amount_path: Callable[[R], str | None] = no_path
    once_per: Callable[[R], str | None] = no_path
