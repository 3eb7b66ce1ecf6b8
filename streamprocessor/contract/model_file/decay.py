"""The decay laws of a model file. A law more is an entry of `_LAWS`, and its points are those of scoring/terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import log, log1p
from typing import NamedTuple

from streamprocessor.contract.strict_yaml.described import Reader, Shape, Word, described
from streamprocessor.contract.strict_yaml.located import Fields, LocatedNode, ScalarNode
from streamprocessor.contract.strict_yaml.scalars import duration_ms, fraction, fraction_below_one
from streamprocessor.scoring.model.model import DAY_MS
from streamprocessor.scoring.model.rules import (
    Decay,
    ExpiresAfter,
    HalfLife,
    Linear,
    NoDecay,
    PercentPerDayEvery,
    StepDecay,
)


class DecayLaw(NamedTuple):
    """A law as it is written: its words, of which the first one names it, and how they are read."""

    shape: Shape
    read: Callable[[Fields], Decay]


# ---- the laws ------------------------------------------------------------------------------------------------------

_HALF_LIFE = Word("half_life", duration_ms, required=True)
_PERCENT_PER_DAY = Word("percent_per_day", fraction_below_one, required=True)
_EVERY = Word("every", duration_ms)
_LINEAR_LOSE, _LINEAR_PER = Word("lose", fraction, required=True), Word("per", duration_ms, required=True)
_LINEAR_SHAPE = Shape(_LINEAR_LOSE, _LINEAR_PER)
_STEP_LOSE, _STEP_EVERY = Word("lose", fraction, required=True), Word("every", duration_ms, required=True)
_EXPIRES_AFTER = Word("expires_after", duration_ms, required=True)


def _half_life(fields: Fields) -> Decay:
    return HalfLife(float(_HALF_LIFE.of(fields, 1)))


def _percent_per_day(fields: Fields) -> Decay:
    lost, every_ms = _PERCENT_PER_DAY.of(fields, 0.5), _EVERY.of(fields, None)
    if every_ms is not None:
        return PercentPerDayEvery(lost, every_ms)
    return HalfLife(-log(2) / log1p(-lost) * DAY_MS)


def _linear(located: LocatedNode) -> Decay:
    fields = _LINEAR_SHAPE.fields(located)
    return Linear(_LINEAR_LOSE.of(fields, 1.0), _LINEAR_PER.of(fields, 1))


@described({"enum": ["absolute", "compound"]})
def _is_compound(located: LocatedNode) -> bool:
    if located.value not in ("absolute", "compound"):
        located.refuse("absolute or compound")
    return located.value == "compound"


_STEP_MODE = Word("mode", _is_compound)
_STEP_SHAPE = Shape(_STEP_LOSE, _STEP_EVERY, _STEP_MODE)


def _step(located: LocatedNode) -> Decay:
    fields = _STEP_SHAPE.fields(located)
    return StepDecay(_STEP_LOSE.of(fields, 1.0), _STEP_EVERY.of(fields, 1), _STEP_MODE.of(fields, False))


def _expires_after(fields: Fields) -> Decay:
    return ExpiresAfter(_EXPIRES_AFTER.of(fields, 1))


_LINEAR = Word("linear", Reader(_linear, _LINEAR_SHAPE.schema), required=True)
_STEP = Word("step", Reader(_step, _STEP_SHAPE.schema), required=True)

_LAWS: Mapping[str, DecayLaw] = {
    law.shape.words[0]: law
    for law in (
        DecayLaw(Shape(_HALF_LIFE), _half_life),
        DecayLaw(Shape(_PERCENT_PER_DAY, _EVERY), _percent_per_day),
        DecayLaw(Shape(_LINEAR), lambda fields: _LINEAR.of(fields, NoDecay())),
        DecayLaw(Shape(_STEP), lambda fields: _STEP.of(fields, NoDecay())),
        DecayLaw(Shape(_EXPIRES_AFTER), _expires_after),
    )
}
_OTHER_WORDS = {word: name for name, law in _LAWS.items() for word in law.shape.words[1:]}


@described(
    {"description": "How points fade.", "anyOf": [{"const": "none"}, *(law.shape for law in _LAWS.values())]}, "decay"
)
def read_decay(located: LocatedNode) -> Decay:
    """The law; raises ReadError where none can be told, and notes what else is wrong in it."""
    if isinstance(located.node, ScalarNode):
        if located.value != "none":
            located.refuse(f"none, or a mapping with one of {', '.join(_LAWS)}")
        return NoDecay()
    fields = located.fields(*_LAWS, *_OTHER_WORDS)
    law = fields.one_of(*_LAWS)
    for word, owner in _OTHER_WORDS.items():
        if word in fields and word not in _LAWS[law].shape.words:
            fields.entries[word].note(f"belongs to {owner}; wanted it there; got it beside {law}")
    return _LAWS[law].read(fields)
