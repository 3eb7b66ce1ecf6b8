"""What columns of lists are called: the words of column_words.yaml, beside those of forms' fields."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from streamprocessor.contract.field_words import words_of
from streamprocessor.contract.strict_yaml.document import read_document, read_text
from streamprocessor.contract.strict_yaml.located import LocatedNode
from streamprocessor.contract.strict_yaml.scalars import text
from streamprocessor.errors import OperatorError

_FILE = Path(__file__).with_name("column_words.yaml")


class Answers(NamedTuple):
    """The cells of one language that mean yes, and no, in small letters."""

    yes: frozenset[str]
    no: frozenset[str]


@dataclass(frozen=True, slots=True)
class ColumnWords:
    """Names as `joined` has them, by what columns of such names mean.

    other_ways: words of opt-outs that are none of mails. answers: the cells of those of opted_out, by language.
    """

    id: frozenset[str]
    opted_out: frozenset[str]
    other_ways: frozenset[str]
    event_type: frozenset[str]
    event_time: frozenset[str]
    answers: tuple[Answers, ...]

    def tells_of_opt_outs(self, name: str) -> bool:
        """Whether the words of one of opted_out stand in the name, one after the other: `Unsubscribed from all email`.

        Not where it names another way than mails.
        """
        words = words_of(name)
        if not self.other_ways.isdisjoint(words):
            return False
        return any(
            "".join(words[begin:end]) in self.opted_out
            for begin in range(len(words))
            for end in range(begin + 1, len(words) + 1)
        )


@cache
def read_column_words() -> ColumnWords:
    """The words of column_words.yaml."""
    content = read_text(_FILE, "the words of columns")
    return read_document(content, str(_FILE), "the words", _column_words, OperatorError)


def joined(name: str) -> str:
    """The name of a column without what doesn't matter in it."""
    return "".join(words_of(name))


def _column_words(located: LocatedNode) -> ColumnWords:
    fields = located.fields("id", "opted_out", "other_ways", "event_type", "event_time", "answers")
    return ColumnWords(
        fields.required("id", _names, frozenset()),
        fields.required("opted_out", _names, frozenset()),
        fields.required("other_ways", _names, frozenset()),
        fields.required("event_type", _names, frozenset()),
        fields.required("event_time", _names, frozenset()),
        fields.required("answers", _answers, ()),
    )


def _names(located: LocatedNode) -> frozenset[str]:
    return frozenset(joined(text(inner)) for inner in located.items("a list of names"))


def _answers(located: LocatedNode) -> tuple[Answers, ...]:
    fields = [inner.fields("yes", "no") for inner in located.items("a list of yes and no by language")]
    return tuple(
        Answers(each.required("yes", _cells, frozenset()), each.required("no", _cells, frozenset())) for each in fields
    )


def _cells(located: LocatedNode) -> frozenset[str]:
    return frozenset(text(inner).casefold() for inner in located.items("a list of cells"))
