"""Whatever a source calls a thing, the same words come out: the types, properties and attributes of vocabulary.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from math import isfinite
from pathlib import Path
from typing import Any, TypeAlias

from streamprocessor.collector.urls import path_of
from streamprocessor.contract.strict_yaml.document import read_document, read_text
from streamprocessor.contract.strict_yaml.located import LocatedNode
from streamprocessor.contract.strict_yaml.scalars import text
from streamprocessor.contract.topic_names import ACTIVITIES
from streamprocessor.contract.topics.topics import IN, Topic
from streamprocessor.errors import OperatorError

OWN_WORDS = Path(__file__).with_name("vocabulary.yaml")
ANY_TYPE = "any"

Sources: TypeAlias = dict[str, tuple[str, ...]]

_WORD_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\W_]+")
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of this installation.

    types: a name in snake case to the type that it means. properties: by type or `any`, a word to the names from which
    it is taken, the first that is there. attributes: likewise. numbers: properties that are numbers. topics: by type,
    the topic's short name; other types go to `activities`.
    """

    types: Mapping[str, str]
    properties: Mapping[str, Sources]
    attributes: Sources
    numbers: frozenset[str]
    topics: Mapping[str, str]

    def type_of(self, name: str) -> str:
        """The type that a source's name for an event means; empty where the name holds neither letter nor digit."""
        plain = snake_case(name)
        return self.types.get(plain, plain)

    def topic_of(self, event_type: str) -> str:
        """The short name of the topic on which events of the type are."""
        return self.topics.get(event_type, ACTIVITIES)

    def properties_of(self, event_type: str, came: Mapping[str, Any], around: Mapping[str, Any]) -> dict[str, Any]:
        """All that came, and our words beside it, those of `around` for what is still absent.

        around: what is known otherwise, such as the page it happened on. Where nothing says `path`, `url` does.
        """
        properties = dict(came)
        for of_type in (event_type, ANY_TYPE):
            if of_type in self.properties:
                _take(self.properties[of_type], properties)
        for word in self.numbers & properties.keys():
            properties[word] = _number(properties[word])
        has_url = properties.get("url") is not None
        for word, value in around.items():
            # The path of one address beside another address would be of neither.
            if value is not None and properties.get(word) is None and not (has_url and word == "path"):
                properties[word] = value
        if properties.get("path") is None and (path := path_of(properties.get("url"))) is not None:
            properties["path"] = path
        return properties

    def attributes_of(self, traits: Mapping[str, Any]) -> dict[str, Any]:
        """All that came, and our words beside it."""
        attributes = dict(traits)
        _take(self.attributes, attributes)
        return attributes


@lru_cache(maxsize=4096)
def snake_case(name: str) -> str:
    """`Form Submitted`, `$formSubmitted` and `form-submitted` as `form_submitted`."""
    return "_".join(part for part in _WORD_ENDS.split(name) if part).lower()


def read_vocabulary(topics: Iterable[Topic], own: Path | None = None) -> Vocabulary:
    """The words of vocabulary.yaml, and of a file of one's own before them; raises OperatorError naming file and line.

    topics: what is on the broker; those of one type say where events of that type go.
    """
    read = [_read(path) for path in (OWN_WORDS, own) if path is not None]
    types: dict[str, str] = {}
    properties: dict[str, Sources] = {}
    attributes: Sources = {}
    for words in read:
        types |= words.types
        attributes = _before(words.attributes, attributes)
        for of_type, sources in words.properties.items():
            properties[of_type] = _before(sources, properties.get(of_type, {}))
    numbers = frozenset[str]().union(*(words.numbers for words in read))
    topic_names = {topic.event_type: topic.name for topic in topics if topic.direction == IN and topic.event_type}
    return Vocabulary(types, properties, attributes, numbers, topic_names)


def _take(sources: Sources, into: dict[str, Any]) -> None:
    for word, names in sources.items():
        if into.get(word) is None:
            found = next((into[name] for name in names if into.get(name) not in (None, "")), None)
            if found is not None:
                into[word] = found


def _number(value: Any) -> Any:
    if isinstance(value, str) and _PLAIN_NUMBER.fullmatch(value.strip()):
        number = float(value)
        return int(number) if number.is_integer() else number
    return value if not isinstance(value, float) or isfinite(value) else None


def _before(first: Sources, then: Sources) -> Sources:
    return {word: first.get(word, ()) + then.get(word, ()) for word in [*first, *(set(then) - set(first))]}


@dataclass(frozen=True, slots=True)
class _Words:
    types: dict[str, str]
    properties: dict[str, Sources]
    attributes: Sources
    numbers: tuple[str, ...]


def _read(path: Path) -> _Words:
    content = read_text(path, "a vocabulary")
    return read_document(content, str(path), "the vocabulary", _words, OperatorError)


def _words(located: LocatedNode) -> _Words:
    fields = located.fields("types", "properties", "attributes", "numbers")
    return _Words(
        types=fields.read("types", _types, {}),
        properties=fields.read("properties", _properties, {}),
        attributes=fields.read("attributes", _sources, {}),
        numbers=fields.read("numbers", _names, ()),
    )


def _types(located: LocatedNode) -> dict[str, str]:
    types: dict[str, str] = {}
    for event_type, inner in located.entries("types, each with a list of names").items():
        if snake_case(event_type) != event_type:
            inner.note(f"wanted a type in snake case; got '{event_type}'")
        for name in located.problems.attempt(partial(_names, inner), ()):
            plain = snake_case(name)
            if not plain:
                inner.note(f"wanted names with letters or digits; got '{name}'")
            elif types.setdefault(plain, event_type) != event_type:
                inner.note(f"wanted each name under one type; got '{name}' under {types[plain]} too")
    return types


def _properties(located: LocatedNode) -> dict[str, Sources]:
    entries = located.entries(f"types or `{ANY_TYPE}`, each with a mapping of properties to lists of names")
    return {of_type: located.problems.attempt(partial(_sources, inner), {}) for of_type, inner in entries.items()}


def _sources(located: LocatedNode) -> Sources:
    entries = located.entries("words, each with a list of names")
    return {word: located.problems.attempt(partial(_names, inner), ()) for word, inner in entries.items()}


def _names(located: LocatedNode) -> tuple[str, ...]:
    return tuple(text(inner) for inner in located.items("a list of names"))
