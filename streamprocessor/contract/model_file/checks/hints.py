"""What stands in a model that can be read and still gives nobody points, or does nothing: named with its line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from decimal import Decimal
from difflib import get_close_matches
from typing import NamedTuple

from streamprocessor.contract.foreign_text import shown_text
from streamprocessor.contract.strict_yaml.located import MappingNode, Node, Problems, ScalarNode, SequenceNode
from streamprocessor.contract.strict_yaml.yaml_tree import read_tree

_SMART_QUOTES = "“”„‟‘’‚‛«»‹›"
_LIKENESS = 0.85  # custom types are many: only what is all but one of ours is named
_PROPERTY = "properties."
_TYPE_WORDS = ("on", "of", "by", "lifted_by")


class Hint(NamedTuple):
    """What does nothing, and its line, from 1."""

    line: int
    sentence: str


class KnownWords(NamedTuple):
    """What sources send.

    types: of events. properties: of events, without `properties.`. type_of: the type that a source's name for an event
    becomes.
    """

    types: Collection[str]
    properties: Collection[str]
    type_of: Callable[[str], str]


NO_WORDS = KnownWords((), (), str)


def hints(text: str, known: KnownWords) -> list[Hint]:
    """All of them, in the order of the file. text: of a model that can be read."""
    tree = read_tree(text, Problems("the model"))
    found = [*_of_texts(tree), *_of_types(tree, known), *_of_properties(tree, known), *_of_limits(tree)]
    return sorted(set(found))


def _of_texts(tree: Node) -> Iterator[Hint]:
    for node in _all_nodes(tree):
        if isinstance(node, ScalarNode) and isinstance(node.value, str) and node.value:
            text = node.value
            if text[0] in _SMART_QUOTES or text[-1] in _SMART_QUOTES:
                yield Hint(
                    node.line,
                    f"{shown_text(text)} has its quotes as a part of it, so that it equals nothing without them; "
                    f"wanted '{shown_text(text.strip(_SMART_QUOTES))}'; got typographic quotes",
                )


def _of_types(tree: Node, known: KnownWords) -> Iterator[Hint]:
    for word, node in _entries(tree):
        if word not in _TYPE_WORDS:
            continue
        for item in node.items if isinstance(node, SequenceNode) else (node,):
            if not isinstance(item, ScalarNode) or not isinstance(item.value, str) or item.value in known.types:
                continue
            got = shown_text(item.value)
            meant = known.type_of(item.value)
            if meant not in known.types:
                meant = next(iter(get_close_matches(meant, known.types, 1, _LIKENESS)), "")
            if meant:
                yield Hint(
                    item.line,
                    f"{word}: no event comes as '{got}': it is filed as {meant} (did you mean '{meant}'?); wanted a "
                    f"type as it is filed; got '{got}'",
                )


def _of_properties(tree: Node, known: KnownWords) -> Iterator[Hint]:
    for node in _all_nodes(tree):
        for path, (line, _) in node.entries.items() if isinstance(node, MappingNode) else ():
            name = path.removeprefix(_PROPERTY)
            if not path.startswith(_PROPERTY) or name in known.properties:
                continue
            near = get_close_matches(name, known.properties, 1, _LIKENESS)
            if near:
                yield Hint(
                    line,
                    f"no source of ours sends {shown_text(path)} (did you mean '{_PROPERTY}{near[0]}'?); wanted a "
                    f"property that events have; got '{shown_text(path)}': `model check --live` looks at what came",
                )


def _of_limits(tree: Node) -> Iterator[Hint]:
    """Limits on the side on which a rule never comes: at least -30 points of a rule that only gives."""
    for node in _all_nodes(tree):
        if not isinstance(node, MappingNode) or "limit" not in node.entries:
            continue
        line, limit = node.entries["limit"]
        inner = next((each for word, (_, each) in node.entries.items() if word == "inactivity"), node)
        points, most = _number(inner, "points"), _number(limit, "points")
        if points is not None and most is not None and points * most < 0:
            yield Hint(
                line,
                f"limit: has no effect: each match gives {points}; wanted a limit of the same sign, such as {-most}; "
                f"got {most}",
            )


def _number(node: Node, word: str) -> int | Decimal | None:
    """The number under the word; None where there is none."""
    if not isinstance(node, MappingNode) or word not in node.entries:
        return None
    _, inner = node.entries[word]
    value = inner.value if isinstance(inner, ScalarNode) else None
    return value if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else None


def _entries(tree: Node) -> Iterator[tuple[str, Node]]:
    for node in _all_nodes(tree):
        if isinstance(node, MappingNode):
            for word, (_, inner) in node.entries.items():
                yield word, inner


def _all_nodes(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, MappingNode):
        for _, inner in node.entries.values():
            yield from _all_nodes(inner)
    elif isinstance(node, SequenceNode):
        for inner in node.items:
            yield from _all_nodes(inner)
