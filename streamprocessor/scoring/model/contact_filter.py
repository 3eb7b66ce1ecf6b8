"""Which contacts are meant, as frozen values: filters, and segments, which are filters under a name.

They are the one source of what a filter can say: the model file and the API spell it, the read model's SQL and `holds`
of contract/segment_membership.py judge by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

MAX_TEXT = 512
"""Characters of an attribute that can be filtered by; an index holds no long texts."""
MOST_CONDITIONS = 50
LARGEST_POINTS = 4_000_000
LARGEST_NUMBER = 1e15

Operand: TypeAlias = str | bool | float


@dataclass(frozen=True, slots=True)
class ScoreCondition:
    """Contacts who have the score, and have it so.

    value: which value of a per-value score; "" of any other score.
    stages: one of these; empty: any.
    at_least, at_most: bounds of the presented score in points, both inclusive; None: no such bound. A label alone is
    within no bounds.
    """

    score: str
    value: str = ""
    stages: tuple[str, ...] = ()
    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        """Raise ValueError where this could not be asked of any database."""
        _check_word("score", self.score)
        _check_text("value", self.value)
        _check_number("at_least", self.at_least, LARGEST_POINTS)
        _check_number("at_most", self.at_most, LARGEST_POINTS)
        _check_count("stages", self.stages)
        for stage in self.stages:
            _check_word("stages", stage)


@dataclass(frozen=True, slots=True)
class AttributeCondition:
    """Contacts who have the attribute so: exactly one condition, or at_least and at_most together.

    Texts are compared as in rules, without case and composition; of an attribute's the first MAX_TEXT characters are
    looked at. Filters are typed by people, so a text equals what one would read in the attribute: "7" equals the number
    7 too. A number equals numbers alone, true and false themselves alone.

    exists: whether the contact has the attribute at all.
    at_least, at_most: bounds of a number, or of a plain decimal text's, both inclusive. A condition that is None is not
    asked.
    """

    attribute: str
    equals: Operand | None = None
    one_of: tuple[Operand, ...] | None = None
    exists: bool | None = None
    contains: str | None = None
    starts_with: str | None = None
    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        """Raise ValueError where it is none or several conditions, or could not be asked of any database."""
        _check_word("attribute", self.attribute)
        given = [name for name in CONDITIONS if getattr(self, name) is not None]
        if len(given) != 1 and set(given) != {"at_least", "at_most"}:
            message = f"attribute '{self.attribute}': wanted one condition; got {' and '.join(given) or 'none'}"
            raise ValueError(message)
        if self.one_of is not None:
            _check_count("one_of", self.one_of, at_least=1)
        for operand in (self.equals, *(self.one_of or ())):
            if isinstance(operand, str):
                _check_text("equals" if self.one_of is None else "one_of", operand)
            elif not isinstance(operand, bool):
                _check_number("equals" if self.one_of is None else "one_of", operand, LARGEST_NUMBER)
        for name, text in (("contains", self.contains), ("starts_with", self.starts_with)):
            if text is not None:
                _check_word(name, text)
        _check_number("at_least", self.at_least, LARGEST_NUMBER)
        _check_number("at_most", self.at_most, LARGEST_NUMBER)


CONDITIONS = ("equals", "one_of", "exists", "contains", "starts_with", "at_least", "at_most")


@dataclass(frozen=True, slots=True)
class ContactFilter:
    """Contacts of whom all of this holds; an empty filter means all contacts.

    suppressed: whether they are suppressed; None: both are meant.
    """

    scores: tuple[ScoreCondition, ...] = ()
    attributes: tuple[AttributeCondition, ...] = ()
    suppressed: bool | None = None

    def __post_init__(self) -> None:
        """Raise ValueError where there are too many conditions."""
        _check_count("scores", self.scores)
        _check_count("attributes", self.attributes)


@dataclass(frozen=True, slots=True)
class Segment:
    """A filter under a name."""

    name: str
    filter: ContactFilter


def _check_word(where: str, text: str) -> None:
    if not text:
        message = f"{where}: wanted a text that is not empty; got an empty one"
        raise ValueError(message)
    _check_text(where, text)


def _check_text(where: str, text: str) -> None:
    if len(text) > MAX_TEXT:
        message = f"{where}: wanted at most {MAX_TEXT} characters; got {len(text)}"
        raise ValueError(message)
    if "\0" in text:
        message = f"{where}: wanted a text without zero bytes; got one with them"
        raise ValueError(message)
    try:
        text.encode()
    except UnicodeEncodeError:  # JSON can spell one half of a pair of surrogates, UTF-8 can not
        message = f"{where}: wanted a text in Unicode; got one with a half of a character"
        raise ValueError(message) from None


def _check_number(where: str, number: float | None, largest: float) -> None:
    if number is not None and not -largest <= number <= largest:
        message = f"{where}: wanted a number of at most {largest:.0f} in size; got a larger one, or none"
        raise ValueError(message)


def _check_count(where: str, items: Sequence[object], at_least: int = 0) -> None:
    if not at_least <= len(items) <= MOST_CONDITIONS:
        message = f"{where}: wanted {at_least} to {MOST_CONDITIONS} of them; got {len(items)}"
        raise ValueError(message)
