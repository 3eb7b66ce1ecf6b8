"""Strict reading of a tree of words and values: every problem is noted with its line, all are shown at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from typing import NoReturn, TypeAlias, TypeVar

from streamprocessor.contract.foreign_text import shown_text
from streamprocessor.errors import ModelError, OperatorError

T = TypeVar("T")
StandIn = TypeVar("StandIn")

Scalar: TypeAlias = str | int | Decimal | bool | None

MAX_NOTES = 100


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """One value and its line."""

    value: Scalar
    line: int


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """A list and the line it begins on."""

    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class MappingNode:
    """Words, each with its line and its value, in the order of the file."""

    entries: dict[str, tuple[int, Node]]
    line: int


Node: TypeAlias = ScalarNode | SequenceNode | MappingNode


class ReadError(Exception):
    """A line can't be read; the sentence says what was wanted there and what stands there instead."""

    def __init__(self, line: int, sentence: str) -> None:
        """Refuse what stands on this line; 1 is the first."""
        super().__init__(sentence)
        self.line = line
        self.sentence = sentence


class NotedError(ReadError):
    """A line can't be read, and why was noted already."""

    def __init__(self, line: int) -> None:
        """Say nothing more of it."""
        super().__init__(line, "noted")


@dataclass(slots=True)
class Problems:
    """Everything that is wrong in one source.

    source: its name, for people. notes: (line from 1, sentence), the first MAX_NOTES in the order in which they were
        noted. count: how many there are in all.
    """

    source: str
    notes: list[tuple[int, str]] = field(default_factory=list)
    count: int = 0

    def note(self, line: int, sentence: str) -> None:
        """Add one problem."""
        self.count += 1
        if len(self.notes) < MAX_NOTES:
            self.notes.append((line, sentence))

    def attempt(self, read: Callable[[], T], stand_in: StandIn) -> T | StandIn:
        """What `read` returns; where it raises ReadError that is noted, and the stand-in returned.

        Nobody will use what was made of a stand-in: the source is refused in the end.
        """
        try:
            return read()
        except NotedError:
            return stand_in
        except ReadError as error:
            self.note(error.line, error.sentence)
            return stand_in

    def refuse(self, error_type: type[OperatorError] = ModelError) -> None:
        """Raise the error with a line for each problem, in the order of the source; nothing where there is none."""
        if self.notes:
            notes = tuple(sorted(self.notes))
            lines = [f"{self.source}:{line}: {sentence}" for line, sentence in notes]
            if self.count > len(lines):
                lines.append(f"{self.source}: and {self.count - len(lines)} more problems")
            error = error_type("\n".join(lines))
            error.notes = notes
            raise error


@dataclass(frozen=True, slots=True)
class LocatedNode:
    """A node and the words that lead a person to it, such as `rule 'open': limit: count`."""

    node: Node
    where: str
    problems: Problems

    @property
    def value(self) -> Scalar | Node:
        """The scalar's value; of anything else the node itself."""
        return self.node.value if isinstance(self.node, ScalarNode) else self.node

    @property
    def line(self) -> int:
        """The line it begins on, from 1."""
        return self.node.line

    def called(self, where: str) -> LocatedNode:
        """The same node under other words."""
        return LocatedNode(self.node, where, self.problems)

    def fail(self, sentence: str) -> NoReturn:
        """Raise ReadError with the sentence."""
        raise ReadError(self.line, f"{self.where}: {sentence}")

    def refuse(self, expected: str) -> NoReturn:
        """Raise ReadError: something else stands here than what was wanted."""
        self.fail(f"wanted {expected}; got {shown(self.node)}")

    def note(self, sentence: str) -> None:
        """Add a problem of this node; reading goes on."""
        self.problems.note(self.line, f"{self.where}: {sentence}")

    def entries(self, expected: str) -> dict[str, LocatedNode]:
        """The values of a mapping, by their words; raises ReadError where it is none."""
        if not isinstance(self.node, MappingNode):
            self.refuse(expected)
        return {
            word: LocatedNode(node, f"{self.where}: {shown_text(word)}", self.problems)
            for word, (_, node) in self.node.entries.items()
        }

    @property
    def is_empty_list(self) -> bool:
        """Whether it is a list without items, which `items` refuses."""
        return isinstance(self.node, SequenceNode) and not self.node.items

    def items(self, expected: str) -> list[LocatedNode]:
        """The items of a list that is not empty; raises ReadError where it is none."""
        if not isinstance(self.node, SequenceNode) or not self.node.items:
            self.refuse(expected)
        return [LocatedNode(node, self.where, self.problems) for node in self.node.items]

    def fields(self, *words: str) -> Fields:
        """The node as a mapping that may hold these words; notes others, raises ReadError where it is no mapping."""
        if self.value in words:
            self.fail(f"wanted a colon behind '{self.value}', and what it is; got '{self.value}' alone")
        entries = self.entries(f"a mapping of {', '.join(words)}")
        assert isinstance(self.node, MappingNode)
        others = [word for word in entries if word not in words]
        for word in others:
            self.problems.note(self.node.entries[word][0], f"{self.where}: {unknown(word, words)}")
        meant = frozenset(near for word in others if (near := nearest(word, words)) is not None)
        return Fields(self, entries, meant)


@dataclass(frozen=True, slots=True)
class Fields:
    """The words of one mapping, to be read one by one.

    meant: words that unknown ones, which are noted, probably are.
    """

    located: LocatedNode
    entries: dict[str, LocatedNode]
    meant: frozenset[str] = frozenset()

    def __contains__(self, word: str) -> bool:
        """Whether the word is there."""
        return word in self.entries

    def read(self, word: str, reader: Callable[[LocatedNode], T], default: StandIn) -> T | StandIn:
        """The word's value; the default where it is absent or can't be read."""
        located = self.entries.get(word)
        return default if located is None else self.located.problems.attempt(lambda: reader(located), default)

    def required(self, word: str, reader: Callable[[LocatedNode], T], stand_in: StandIn) -> T | StandIn:
        """The word's value; its absence is noted."""
        if word not in self.entries and word not in self.meant:
            got = shown_text(", ".join(self.entries)) or "nothing"
            self.located.note(f"'{word}' is missing; wanted it beside the others; got {got}")
        return self.read(word, reader, stand_in)

    def one_of(self, *words: str) -> str:
        """The one of these words that is there; raises ReadError where none or several are."""
        present = [word for word in words if word in self.entries]
        if len(present) != 1:
            if not present and not self.meant.isdisjoint(words):
                raise NotedError(self.located.line)
            expected = words[0] if len(words) == 1 else f"exactly one of {', '.join(words)}"
            got = " and ".join(present) if present else shown_text(", ".join(self.entries)) or "nothing"
            self.located.fail(f"wanted {expected}; got {got}")
        return present[0]


def unknown(word: str, words: tuple[str, ...]) -> str:
    """The sentence that a word is not one of those known here, with the one that was probably meant."""
    got = shown_text(word)
    hint = did_you_mean(word, words)
    if word.isdecimal():
        hint = " (a comma parts words; decimals have a point, as in 1.5)"
    return f"unknown word '{got}'{hint}; wanted one of {', '.join(words)}; got '{got}'"


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """The question whether the nearest of these words was meant, in brackets; empty where none is near."""
    near = nearest(word, words)
    return f" (did you mean '{near}'?)" if near is not None else ""


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The one of these words that was probably meant; None where none is near."""
    near = get_close_matches(shown_text(word), list(words), 1)
    return near[0] if near else None


def shown(node: Node) -> str:
    """The node in a few words, of at most MAX_TEXT_CHARS characters: the text is a stranger's."""
    if isinstance(node, SequenceNode):
        return f"a list of {len(node.items)}"
    if isinstance(node, MappingNode):
        return shown_text(f"a mapping of {', '.join(node.entries) or 'nothing'}")
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    if node.value is None:
        return "nothing"
    return shown_text(f"'{node.value}'") if isinstance(node.value, str) else shown_text(str(node.value))
