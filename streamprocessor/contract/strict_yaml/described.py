"""Readers that describe themselves: each word of a file is said once, and both its reader and JSON Schema follow.

A `Reader` knows how one kind of value is read and what JSON Schema says of it; a `Word` is a word of a mapping with
the reader of its value; a `Shape` is the words that a mapping may hold. `json_schema` spells a shape out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from streamprocessor.contract.strict_yaml.located import Fields, LocatedNode

T = TypeVar("T")
StandIn = TypeVar("StandIn")


@dataclass(frozen=True, slots=True)
class Reader(Generic[T]):
    """One kind of value.

    read: the value of a node; raises ReadError where something else stands there.
    schema: what JSON Schema says of it; readers and shapes may stand in it wherever a schema may.
    definition: its name under `$defs`; None: it is spelled out wherever it is used.
    """

    read: Callable[[LocatedNode], T]
    schema: Mapping[str, Any]
    definition: str | None = None

    def __call__(self, located: LocatedNode) -> T:
        """The value of the node; raises ReadError where something else stands there."""
        return self.read(located)


def described(
    schema: Mapping[str, Any], definition: str | None = None
) -> Callable[[Callable[[LocatedNode], T]], Reader[T]]:
    """A decorator that makes a function a Reader."""
    return lambda read: Reader(read, schema, definition)


def read_later(schema: Mapping[str, Any], definition: str | None = None) -> Reader[LocatedNode]:
    """The reader of a value that can only be read beside others: it returns the node."""
    return Reader(lambda located: located, schema, definition)


class Word(str, Generic[T]):
    """A word of a mapping: a text, with the reader of its value.

    required: its absence is a problem. description: for people who write the file; None: the name says it.
    default: as JSON Schema shows it; None: none is shown.
    """

    reader: Reader[T]
    required: bool
    description: str | None
    default: Any

    def __new__(
        cls,
        word: str,
        reader: Reader[T],
        *,
        required: bool = False,
        description: str | None = None,
        default: Any = None,
    ) -> Word[T]:
        """Attach to the text what it means."""
        self = super().__new__(cls, word)
        self.reader, self.required, self.description, self.default = reader, required, description, default
        return self

    def of(self, fields: Fields, default: StandIn) -> T | StandIn:
        """The word's value among the fields; the default where it is absent or can't be read, which is noted."""
        return (fields.required if self.required else fields.read)(self, self.reader, default)


class Shape:
    """The words that a mapping may hold."""

    def __init__(
        self,
        *words: Word[Any],
        description: str | None = None,
        definition: str | None = None,
        also: Mapping[str, Any] | None = None,
    ) -> None:
        """Take these words and no others.

        also: what holds between the words, in JSON Schema. definition: as in Reader.
        """
        self.words = words
        self.definition = definition
        self._description = description
        self._also = dict(also or {})

    @property
    def schema(self) -> Mapping[str, Any]:
        """The mapping in JSON Schema, with readers and shapes in it."""
        schema: dict[str, Any] = {} if self._description is None else {"description": self._description}
        schema |= {"type": "object", "additionalProperties": False}
        schema["properties"] = {str(word): word for word in self.words}
        if required := [str(word) for word in self.words if word.required]:
            schema["required"] = required
        return schema | self._also

    def fields(self, located: LocatedNode) -> Fields:
        """The node as such a mapping; notes unknown words, raises ReadError where it is no mapping."""
        return located.fields(*self.words)


def json_schema(shape: Shape, head: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema of files of that shape: the head's words, the mapping, and `$defs` of all that has a name."""
    definitions = _Definitions()
    schema = {**head, **definitions.spelled(shape.schema)}
    return {**schema, "$defs": definitions.schemas}


@dataclass(slots=True)
class _Definitions:
    """What stands under `$defs`, gathered while a schema is spelled out."""

    schemas: dict[str, Any] = field(default_factory=dict)

    def spelled(self, part: Any) -> Any:
        """The part with words, readers and shapes as plain JSON Schema; in a list a word is its text."""
        if isinstance(part, Word):
            description = {} if part.description is None else {"description": part.description}
            default = {} if part.default is None else {"default": part.default}
            return {**description, **self.spelled(part.reader), **default}
        if isinstance(part, Reader | Shape):
            return self._reference(part)
        if isinstance(part, Mapping):
            return {str(word): self.spelled(inner) for word, inner in part.items()}
        if isinstance(part, list):
            return [str(inner) if isinstance(inner, Word) else self.spelled(inner) for inner in part]
        return part

    def _reference(self, described: Reader[Any] | Shape) -> dict[str, Any]:
        name = described.definition
        if name is None:
            schema: dict[str, Any] = self.spelled(described.schema)
            return schema
        if name not in self.schemas:
            self.schemas[name] = {}  # what refers to itself finds its name taken
            self.schemas[name] = self.spelled(described.schema)
        return {"$ref": f"#/$defs/{name}"}
