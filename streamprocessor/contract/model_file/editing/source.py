"""A model's text as a tree of places: where each word and each value stands in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from streamprocessor.contract.model_file.editing.values import Value
from streamprocessor.contract.strict_yaml.yaml_tree import core_value


@dataclass(frozen=True, slots=True)
class ScalarPlace:
    """One value. start, end: in the text, in characters; where nothing is written they are the same."""

    start: int
    end: int
    values: Value


@dataclass(frozen=True, slots=True)
class EntryPlace:
    """An entry of a mapping, or an item of a list.

    word: of a mapping's; None: an item. start: of its word, or of its dash. word_end: behind the word; of an item its
    start.
    """

    word: str | None
    start: int
    word_end: int
    node: NodePlace

    @property
    def end(self) -> int:
        """Behind its last character; comments and blanks are none of it."""
        return self.node.end


@dataclass(frozen=True, slots=True)
class CollectionPlace:
    """A mapping or a list.

    column: of its entries, where each has a line or more of its own; None: it stands in brackets.
    """

    start: int
    end: int
    column: int | None
    is_mapping: bool
    entries: tuple[EntryPlace, ...]

    @property
    def values(self) -> Value:
        """What it says."""
        if self.is_mapping:
            return {entry.word: entry.node.values for entry in self.entries}
        return [entry.node.values for entry in self.entries]


_COLON = re.compile(r"\s*:")

NodePlace: TypeAlias = ScalarPlace | CollectionPlace


def place_of(text: str) -> NodePlace | None:
    """The places of the one document, which can be read strictly; None: the text says nothing."""
    node = YAML(typ="safe", pure=True).compose(text)
    return None if node is None else _place(text, node)


def _place(text: str, node: Any) -> NodePlace:
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, ScalarNode):
        end = start + len(text[start:end].rstrip())  # of a block of lines the parser counts what follows it, too
        return ScalarPlace(start, end, node.value if node.style else core_value(node.value))
    assert isinstance(node, (MappingNode, SequenceNode))
    column = None if node.flow_style else node.start_mark.column
    if isinstance(node, MappingNode):
        entries = tuple(
            EntryPlace(word.value, word.start_mark.index, word.end_mark.index, _value_place(text, word, inner))
            for word, inner in node.value
        )
    else:
        entries = tuple(_items(text, node, column))
    end = end if column is None or not entries else entries[-1].end
    return CollectionPlace(start, end, column, isinstance(node, MappingNode), entries)


def _value_place(text: str, word: Any, node: Any) -> NodePlace:
    """The place of a word's value; of one that is not written, behind the colon: the parser may say the next line."""
    place = _place(text, node)
    if place.start < place.end:
        return place
    colon = _COLON.match(text, word.end_mark.index)
    position = word.end_mark.index if colon is None else colon.end()
    return ScalarPlace(position, position, None)


def _items(text: str, node: SequenceNode, column: int | None) -> Iterator[EntryPlace]:
    for item in node.value:
        inner = _place(text, item)
        start = inner.start if column is None else _dash(text, inner.start, column)
        if inner.start == inner.end and column is not None:
            inner = ScalarPlace(start + 1, start + 1, None)
        yield EntryPlace(None, start, start, inner)


def _dash(text: str, position: int, column: int) -> int:
    """The place of the dash in that column which leads to the position, on its line or on one above."""
    line = text.rfind("\n", 0, position) + 1
    while text[line + column : line + column + 1] != "-" and line > 0:
        line = text.rfind("\n", 0, line - 1) + 1
    return line + column
