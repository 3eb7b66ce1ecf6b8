"""One vocabulary for all sources: their names become the types, properties and attributes of vocabulary.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from math import isfinite
from pathlib import Path
from typing import Any, TypeAlias

from streamprocessor.collector.urls import path_of
from streamprocessor.contract.strict_yaml.document import read_document, read_text
from streamprocessor.contract.strict_yaml.located import LocatedNode
from streamprocessor.contract.strict_yaml.scalars import text
from streamprocessor.errors import OperatorError

BUILT_IN = Path(__file__).with_name("vocabulary.yaml")
ANY_TYPE = "any"

Sources: TypeAlias = dict[str, tuple[str, ...]]
Values: TypeAlias = dict[str, dict[str, str]]

_WORD_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\W_]+")
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of this installation.

    types: by a name in snake case, the type that it means.
    properties: by type or `any`, a word to the names from which it is taken, the first that is there.
    values: by type and property, the value that a spelling in snake case means.
    attributes: as properties, for all contacts.
    numbers: the properties that are numbers.
    """

    types: Mapping[str, str]
    properties: Mapping[str, Sources]
    values: Mapping[str, Values]
    attributes: Sources
    numbers: frozenset[str]

    def type_of(self, name: str) -> str:
        """The type that a source's name for an event means; empty where the name holds neither letter nor digit."""
        plain = snake_case(name)
        return self.types.get(plain, plain)

    def properties_of(self, event_type: str, named: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
        """All that the source named, and our words beside it, those with values of ours in their spelling.

        defaults: for what is still absent, such as the page it happened on. Without a `path` it is that of `url`.
        """
        properties = dict(named)
        for of_type in (event_type, ANY_TYPE):
            if of_type in self.properties:
                _take(self.properties[of_type], properties)
        for word, meanings in self.values.get(event_type, {}).items():
            if isinstance(value := properties.get(word), str):
                properties[word] = meanings.get(snake_case(value), value)
        for word in self.numbers & properties.keys():
            properties[word] = _number(properties[word])
        has_url = properties.get("url") is not None
        for word, value in defaults.items():
            # The path of one address beside another address would be of neither.
            if value is not None and properties.get(word) is None and not (has_url and word == "path"):
                properties[word] = value
        if properties.get("path") is None and (path := path_of(properties.get("url"))) is not None:
            properties["path"] = path
        return properties

    def attributes_of(self, traits: Mapping[str, Any]) -> dict[str, Any]:
        """All that the source named, and our words beside it; what the source takes away goes under our word too."""
        attributes = dict(traits)
        _take(self.attributes, attributes)
        for word, names in self.attributes.items():
            if word not in attributes and any(name in attributes for name in names):
                attributes[word] = None  # all of them are null or empty
        # Ours go first: where there are too many, the last are left out.
        return {word: attributes[word] for word in self.attributes if word in attributes} | attributes


@lru_cache(maxsize=4096)
def snake_case(name: str) -> str:
    """`Form Submitted`, `$formSubmitted` and `form-submitted` as `form_submitted`."""
    return "_".join(part for part in _WORD_ENDS.split(name) if part).lower()


def written_fields(traits: Mapping[str, Any]) -> dict[str, Any]:
    """The traits by name, and the fields of those that are objects by path; null deletes.

    >>> written_fields({"plan": "pro", "company": {"size": 80, "name": None}, "empty": {}})
    {'plan': 'pro', 'company.size': 80, 'company.name': None}
    """
    fields = dict[str, Any]()
    for name, value in traits.items():
        if isinstance(value, dict):
            fields |= {f"{name}.{field}": inner for field, inner in value.items()}
        else:
            fields[name] = value
    return fields


def read_vocabulary(own: Path | None = None) -> Vocabulary:
    """The words of vocabulary.yaml, and of one's own file before them; raises OperatorError naming file and line."""
    files = [_read(path) for path in (BUILT_IN, own) if path is not None]
    types: dict[str, str] = {}
    properties: dict[str, Sources] = {}
    values: dict[str, Values] = {}
    attributes: Sources = {}
    for words in files:
        types |= words.types
        for of_type, meanings in words.values.items():
            of_words = values.setdefault(of_type, {})
            for word, spellings in meanings.items():
                of_words[word] = of_words.get(word, {}) | spellings
        attributes = _before(words.attributes, attributes)
        for of_type, sources in words.properties.items():
            properties[of_type] = _before(sources, properties.get(of_type, {}))
    numbers = frozenset[str]().union(*(words.numbers for words in files))
    return Vocabulary(types, properties, values, attributes, numbers)


def _take(sources: Sources, into: dict[str, Any]) -> None:
    for word, names in sources.items():
        if into.get(word) is None:
            value = next((into[name] for name in names if into.get(name) not in (None, "")), None)
            if value is not None:
                into[word] = value


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
    values: dict[str, Values]
    attributes: Sources
    numbers: tuple[str, ...]


def _read(path: Path) -> _Words:
    content = read_text(path, "a vocabulary")
    return read_document(content, str(path), "the vocabulary", _words, OperatorError)


def _words(node: LocatedNode) -> _Words:
    fields = node.fields("types", "properties", "values", "attributes", "numbers")
    return _Words(
        types=fields.read("types", _types, {}),
        properties=fields.read("properties", _properties, {}),
        values=fields.read("values", _values, {}),
        attributes=fields.read("attributes", _sources, {}),
        numbers=fields.read("numbers", _names, ()),
    )


def _types(node: LocatedNode) -> dict[str, str]:
    entries = node.entries("types, each with a list of names")
    for event_type, inner in entries.items():
        if snake_case(event_type) != event_type:
            inner.note(f"wanted a type in snake case; got '{event_type}'")
    return _meanings(entries, "type")


def _values(node: LocatedNode) -> dict[str, Values]:
    entries = node.entries("types, each with a mapping of properties to their values")
    return {of_type: node.problems.attempt(partial(_values_of_type, inner), {}) for of_type, inner in entries.items()}


def _values_of_type(node: LocatedNode) -> Values:
    entries = node.entries("properties, each with a mapping of values to lists of spellings")
    return {word: node.problems.attempt(partial(_values_of_property, inner), {}) for word, inner in entries.items()}


def _values_of_property(node: LocatedNode) -> dict[str, str]:
    return _meanings(node.entries("values, each with a list of spellings"), "value")


def _meanings(entries: Mapping[str, LocatedNode], noun: str) -> dict[str, str]:
    """What each name in snake case means. noun: of what the entries are, for what is said of them."""
    meanings: dict[str, str] = {}
    for meaning, inner in entries.items():
        for name in inner.problems.attempt(partial(_names, inner), ()):
            plain = snake_case(name)
            if not plain:
                inner.note(f"wanted names with letters or digits; got '{name}'")
            elif meanings.setdefault(plain, meaning) != meaning:
                inner.note(f"wanted each name under one {noun}; got '{name}' under {meanings[plain]} too")
    return meanings


def _properties(node: LocatedNode) -> dict[str, Sources]:
    entries = node.entries(f"types or `{ANY_TYPE}`, each with a mapping of properties to lists of names")
    return {of_type: node.problems.attempt(partial(_sources, inner), {}) for of_type, inner in entries.items()}


def _sources(node: LocatedNode) -> Sources:
    entries = node.entries("words, each with a list of names")
    return {word: node.problems.attempt(partial(_names, inner), ()) for word, inner in entries.items()}


def _names(node: LocatedNode) -> tuple[str, ...]:
    return tuple(text(inner) for inner in node.items("a list of names"))
