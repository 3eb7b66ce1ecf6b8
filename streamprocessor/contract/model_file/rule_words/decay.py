"""`decay` of a model file: every law as scoring/terms/decay_laws.py says that it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from streamprocessor.contract.model_file.rule_words.field_words import FieldWords
from streamprocessor.contract.strict_yaml.described import Reader, Shape, Word, described
from streamprocessor.contract.strict_yaml.located import Fields, LocatedNode, ScalarNode
from streamprocessor.scoring.model.rules import Decay, NoDecay
from streamprocessor.scoring.terms.decay_laws import DECAY_KINDS, DecayKind


class DecayLaw(NamedTuple):
    """A law as it is written: its words, of which the first one names it, and how they are read."""

    shape: Shape
    read: Callable[[Fields], Decay]


def _law(kind: DecayKind) -> DecayLaw:
    words = FieldWords(kind.fields)
    shape = Shape(*words.words)
    if not kind.is_nested:
        return DecayLaw(shape, lambda fields: kind.make(**words.of(fields)))

    def read_below(located: LocatedNode) -> Decay:
        return kind.make(**words.of(shape.fields(located)))

    outer = Word(kind.word, Reader(read_below, shape.schema), required=True)
    return DecayLaw(Shape(outer), lambda fields: outer.of(fields, NoDecay()))


_LAWS: Mapping[str, DecayLaw] = {kind.word: _law(kind) for kind in DECAY_KINDS}
#: What laws are called elsewhere, and how each is written here.
_CALLED_ELSEWHERE = {
    "exponential": "{half_life: 30d} or {percent_per_day: 2%}",
    "daily": "{percent_per_day: 2%}",
    "percent": "{percent_per_day: 2%}",
    "rate": "{percent_per_day: 2%}",
    "expire": "{expires_after: 30d}",
    "expiry": "{expires_after: 30d}",
    "ttl": "{expires_after: 30d}",
    "steps": "{step: {lose: 15%, every: 45d}}",
}
_OTHER_WORDS = {word: name for name, law in _LAWS.items() for word in law.shape.words[1:]}


@described(
    {"description": "How points fade.", "anyOf": [{"const": "none"}, *(law.shape for law in _LAWS.values())]}, "decay"
)
def read_decay(located: LocatedNode) -> Decay:
    """The law; raises ReadError where none can be told, and notes what else is wrong in it."""
    if isinstance(located.node, ScalarNode):
        if located.value != "none":
            _refuse_elsewhere(located, (str(located.value),))
            located.refuse(f"none, or a mapping with one of {', '.join(_LAWS)}")
        return NoDecay()
    _refuse_elsewhere(located, located.entries(f"none, or a mapping with one of {', '.join(_LAWS)}"))
    fields = located.fields(*_LAWS, *_OTHER_WORDS)
    law = fields.one_of(*_LAWS)
    for word, owner in _OTHER_WORDS.items():
        if word in fields and word not in _LAWS[law].shape.words:
            fields.entries[word].note(f"belongs to {owner}; wanted it there; got it beside {law}")
    return _LAWS[law].read(fields)


def _refuse_elsewhere(located: LocatedNode, words: Iterable[str]) -> None:
    """Refuse what a law is called elsewhere, with how it is written here."""
    for word in words:
        if (written := _CALLED_ELSEWHERE.get(word)) is not None:
            located.fail(f"wanted {written}, as it is written here; got '{word}'")
