"""Words of a model file made of what a kind of rule or a law of decay says of its fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from streamprocessor.contract.strict_yaml.described import Reader, Word
from streamprocessor.contract.strict_yaml.located import Fields, LocatedNode
from streamprocessor.contract.strict_yaml.scalars import (
    amount_nano,
    count,
    duration_ms,
    event_path,
    fraction,
    fraction_below_one,
    points_e15,
)
from streamprocessor.scoring.model.field_specs import Choice, FieldSpec, ValueType


class _Value(NamedTuple):
    """A type of value: its reader, and what stands in for one that can't be read."""

    reader: Reader[Any]
    stand_in: Any


_VALUES: Mapping[ValueType, _Value] = {
    ValueType.DURATION_MS: _Value(duration_ms, 1),
    ValueType.FRACTION: _Value(fraction, 1.0),
    ValueType.FRACTION_BELOW_ONE: _Value(fraction_below_one, 0.5),
    ValueType.COUNT: _Value(count, 1),
    ValueType.AMOUNT_NANO: _Value(amount_nano, 1),
    ValueType.POINTS_E15: _Value(points_e15, 0),
    ValueType.EVENT_PATH: _Value(event_path, ""),
}


class FieldWords:
    """The words of some fields, and the fields' values."""

    def __init__(self, specs: Iterable[FieldSpec]) -> None:
        """Make a word of each."""
        self._specs = tuple(specs)
        self.words: tuple[Word[Any], ...] = tuple(word_of(spec) for spec in self._specs)

    def of(self, fields: Fields) -> dict[str, Any]:
        """The values by the fields' names, those left out that are not there; notes what can't be read."""
        values = {
            spec.field: word.of(fields, _value(spec.type).stand_in)
            for spec, word in zip(self._specs, self.words, strict=True)
            if spec.required or word in fields
        }
        return values


def reader_of(type_: ValueType | Choice) -> Reader[Any]:
    """The reader of such values."""
    return _value(type_).reader


def word_of(spec: FieldSpec) -> Word[Any]:
    """The word, with the reader of its value."""
    return Word(spec.word, reader_of(spec.type), required=spec.required, description=spec.description)


def _value(type_: ValueType | Choice) -> _Value:
    return _VALUES[type_] if isinstance(type_, ValueType) else _Value(_choice(type_), type_[0])


def _choice(words: Choice) -> Reader[str]:
    """The reader of one of these words."""

    def read(located: LocatedNode) -> str:
        value = located.value
        if not isinstance(value, str) or value not in words:
            located.refuse(" or ".join(words))
        return value

    return Reader(read, {"enum": list(words)})
