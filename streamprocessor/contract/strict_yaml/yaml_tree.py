"""YAML 1.2 (core schema) as a tree whose every node knows its line.

Read from the parser's events, so that `on` and `NO` stay words, numbers stay decimals, and no word is silently taken
twice. Anchors, aliases and tags are refused: a model says what it says where it says it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from streamprocessor.contract.foreign_text import shown_text
from streamprocessor.contract.strict_yaml.located import (
    MappingNode,
    Node,
    Problems,
    ReadError,
    Scalar,
    ScalarNode,
    SequenceNode,
)
from streamprocessor.contract.strict_yaml.yaml_faults import yaml_fault

MAX_DEPTH = 32

_MOST_KEPT = 4

_WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,40}", re.ASCII)
_OTHER_BASE = re.compile(r"0o[0-7]{1,40}|0x[0-9a-fA-F]{1,40}", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(\.[0-9]{1,40}|[0-9]{1,40}(\.[0-9]{0,40})?)([eE][-+]?[0-9]{1,3})?", re.ASCII)


def read_tree(text: str, problems: Problems) -> Node:
    """The tree of the one document in the text; notes a word that stands twice, raises ReadError where it is no YAML.

    The text may be a stranger's: it is read only up to its first alias, or its first level too many.
    """
    read = _read(text)
    for line, sentence in read.twice:
        problems.note(line, sentence)
    if read.tree is None:
        raise ReadError(*read.fault)
    return read.tree


class _ReadText(NamedTuple):
    """What a text is read as: its tree, or the line and sentence of why it is no YAML; and which words stand twice."""

    tree: Node | None
    fault: tuple[int, str]
    twice: list[tuple[int, str]]


# Who looks at a text does so several times: what it says, what is wrong with it, what it has otherwise than another.
@lru_cache(maxsize=_MOST_KEPT)
def _read(text: str) -> _ReadText:
    twice: list[tuple[int, str]] = []
    try:
        return _ReadText(_document(YAML(typ="safe", pure=True).parse(text), twice), (0, ""), twice)
    except ReadError as error:
        return _ReadText(None, (error.line, error.sentence), twice)
    except MarkedYAMLError as error:
        fault = yaml_fault(error, text)
        return _ReadText(None, (fault.line, fault.sentence), twice)
    except (YAMLError, ValueError) as error:
        return _ReadText(None, (1, f"wanted YAML; got an error: {shown_text(' '.join(str(error).split()))}"), twice)


def canonical_values(node: Node) -> Any:
    """The tree as values that JSON can hold; equal numbers become equal texts."""
    if isinstance(node, MappingNode):
        return {word: canonical_values(inner) for word, (_, inner) in node.entries.items()}
    if isinstance(node, SequenceNode):
        return [canonical_values(inner) for inner in node.items]
    if isinstance(node.value, bool) or not isinstance(node.value, (int, Decimal)):
        return node.value
    return {"number": f"{Decimal(node.value).normalize():f}"}


def json_values(node: Node) -> Any:
    """The tree as values that JSON can hold, for people: what has a point or an exponent is a double."""
    if isinstance(node, MappingNode):
        return {word: json_values(inner) for word, (_, inner) in node.entries.items()}
    if isinstance(node, SequenceNode):
        return [json_values(inner) for inner in node.items]
    return float(node.value) if isinstance(node.value, Decimal) else node.value


def core_value(text: str) -> Scalar:
    """The value of an unquoted scalar in the core schema; infinities and not-a-number stay words."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text


def _document(events: Iterator[Any], twice: list[tuple[int, str]]) -> Node:
    tree: Node | None = None
    for event in events:
        if isinstance(event, DocumentStartEvent):
            if tree is not None:
                raise ReadError(_line(event), "wanted one YAML document; got 2 or more")
            tree = _node(next(events), events, twice, 0)
    if tree is None:
        raise ReadError(1, "wanted one YAML document; got none: the file is empty, or all of it stands behind #")
    return tree


def _node(event: Any, remaining: Iterator[Any], twice: list[tuple[int, str]], depth: int) -> Node:
    line = _line(event)
    if isinstance(event, AliasEvent) or getattr(event, "anchor", None) is not None:
        raise ReadError(line, f"wanted the value itself; got an anchor or alias '{shown_text(event.anchor)}'")
    if isinstance(event, DocumentEndEvent):
        return ScalarNode(None, line)
    if isinstance(event, ScalarEvent):
        plain_style, quoted_style = event.implicit
        if not (plain_style or quoted_style):
            raise ReadError(line, "wanted no tags; got a value with one")
        return ScalarNode(core_value(event.value) if plain_style else event.value, line)
    if not event.implicit:
        raise ReadError(line, "wanted no tags; got a value with one")
    if depth >= MAX_DEPTH:
        raise ReadError(line, f"wanted at most {MAX_DEPTH} levels; got more")
    if isinstance(event, SequenceStartEvent):
        return SequenceNode(tuple(_items(remaining, twice, depth + 1)), line)
    assert isinstance(event, MappingStartEvent)
    return MappingNode(_entries(remaining, twice, depth + 1), line)


def _items(remaining: Iterator[Any], twice: list[tuple[int, str]], depth: int) -> Iterator[Node]:
    while not isinstance(event := next(remaining), SequenceEndEvent):
        yield _node(event, remaining, twice, depth)


def _entries(remaining: Iterator[Any], twice: list[tuple[int, str]], depth: int) -> dict[str, tuple[int, Node]]:
    entries: dict[str, tuple[int, Node]] = {}
    while not isinstance(event := next(remaining), MappingEndEvent):
        line = _line(event)
        if not isinstance(event, ScalarEvent):
            raise ReadError(line, "wanted a word before the colon; got a list or a mapping")
        node = _node(next(remaining), remaining, twice, depth)
        if event.value in entries:
            first, _ = entries[event.value]
            sentence = f"'{shown_text(event.value)}' stands twice; wanted it once; got it on line {first} already"
            twice.append((line, sentence))
        else:
            entries[event.value] = (line, node)
    return entries


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
