"""Strict reading of a tree of words and values: every problem found is kept with its line, all are told at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from typing import NoReturn, TypeAlias, TypeVar

from streamprocessor.errors import ModelError

T = TypeVar("T")
StandIn = TypeVar("StandIn")

Value: TypeAlias = str | int | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """One value and the line it stands on."""

    value: Value
    line: int


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """A list."""

    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class MappingNode:
    """Words, each with its line and its value, in the order of the file."""

    entries: dict[str, tuple[int, Node]]
    line: int


Node: TypeAlias = ScalarNode | SequenceNode | MappingNode


class ReadError(Exception):
    """What stands on a line can't be read; the sentence says what was wanted and what was found."""

    def __init__(self, line: int, sentence: str) -> None:
        """line: from 1."""
        super().__init__(sentence)
        self.line = line
        self.sentence = sentence


@dataclass(slots=True)
class Problems:
    """What was found wrong in one source."""

    source: str
    found: list[tuple[int, str]] = field(default_factory=list)

    def note(self, line: int, sentence: str) -> None:
        """Keeps one problem."""
        self.found.append((line, sentence))

    def attempt(self, read: Callable[[], T], stand_in: StandIn) -> T | StandIn:
        """What `read` answers; where it can't, the stand-in, for the source will be refused in the end."""
        try:
            return read()
        except ReadError as wrong:
            self.note(wrong.line, wrong.sentence)
            return stand_in

    def refuse(self) -> None:
        """Raises ModelError with a line for each problem, in the order of the source; nothing where there is none."""
        if self.found:
            raise ModelError("\n".join(f"{self.source}:{line}: {sentence}" for line, sentence in sorted(self.found)))


@dataclass(frozen=True, slots=True)
class LocatedNode:
    """A node, and the words that lead a person to it."""

    node: Node
    where: str
    problems: Problems

    @property
    def value(self) -> Value | Node:
        """The scalar's value; of anything else the node itself."""
        return self.node.value if isinstance(self.node, ScalarNode) else self.node

    def refuse(self, wanted: str) -> NoReturn:
        """Raises Wrong: something else stands here than what was wanted."""
        raise ReadError(self.node.line, f"{self.where}: wanted {wanted}; got {shown(self.node)}")

    def note(self, sentence: str) -> None:
        """Keeps a problem of this spot."""
        self.problems.note(self.node.line, f"{self.where}: {sentence}")

    def entries(self, wanted: str) -> dict[str, LocatedNode]:
        """The values of a mapping, by their words; raises Wrong where it is none."""
        if not isinstance(self.node, MappingNode):
            self.refuse(wanted)
        return {
            word: LocatedNode(node, f"{self.where}: {word}", self.problems)
            for word, (_, node) in self.node.entries.items()
        }

    def items(self, wanted: str) -> list[LocatedNode]:
        """The items of a list that is not empty; raises Wrong where it is none."""
        if not isinstance(self.node, SequenceNode) or not self.node.items:
            self.refuse(wanted)
        return [LocatedNode(node, self.where, self.problems) for node in self.node.items]

    def fields(self, *words: str) -> Fields:
        """The spot as a mapping that may hold these words and no other; raises Wrong where it is no mapping."""
        entries = self.entries(f"a mapping of {', '.join(words)}")
        assert isinstance(self.node, MappingNode)
        for word in entries:
            if word not in words:
                self.problems.note(self.node.entries[word][0], f"{self.where}: {unknown(word, words)}")
        return Fields(self, entries)


@dataclass(frozen=True, slots=True)
class Fields:
    """The words of one mapping, to be read one by one."""

    spot: LocatedNode
    entries: dict[str, LocatedNode]

    def __contains__(self, word: str) -> bool:
        """Whether the word is there."""
        return word in self.entries

    def read(self, word: str, reader: Callable[[LocatedNode], T], default: StandIn) -> T | StandIn:
        """What the word says; the default where it is absent or can't be read."""
        spot = self.entries.get(word)
        return default if spot is None else self.spot.problems.attempt(lambda: reader(spot), default)

    def required(self, word: str, reader: Callable[[LocatedNode], T], stand_in: StandIn) -> T | StandIn:
        """What the word says; its absence is a problem."""
        if word not in self.entries:
            got = ", ".join(self.entries) or "nothing"
            self.spot.note(f"'{word}' is missing; wanted it beside the others; got {got}")
        return self.read(word, reader, stand_in)

    def one_of(self, *words: str) -> str:
        """The one of these words that is there; raises Wrong where none or several are."""
        there = [word for word in words if word in self.entries]
        if len(there) != 1:
            wanted = words[0] if len(words) == 1 else f"exactly one of {', '.join(words)}"
            got = " and ".join(there) if there else ", ".join(self.entries) or "nothing"
            raise ReadError(self.spot.node.line, f"{self.spot.where}: wanted {wanted}; got {got}")
        return there[0]


def unknown(word: str, words: tuple[str, ...]) -> str:
    """The sentence that a word is not one of those known here, with the one that was probably meant."""
    near = get_close_matches(word, words, 1)
    hint = f" (did you mean '{near[0]}'?)" if near else ""
    return f"unknown word '{word}'{hint}; wanted one of {', '.join(words)}; got '{word}'"


def shown(node: Node) -> str:
    """What stands there, in a few words."""
    if isinstance(node, SequenceNode):
        return f"a list of {len(node.items)}"
    if isinstance(node, MappingNode):
        return f"a mapping of {', '.join(node.entries) or 'nothing'}"[:80]
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    if node.value is None:
        return "nothing"
    return f"'{node.value}'"[:80] if isinstance(node.value, str) else str(node.value)
