"""`segments` of a model file: filters that everybody has under the same name."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import TypeVar

from streamprocessor.contract.foreign_text import listed
from streamprocessor.contract.strict_yaml.described import Reader, Shape, Word, described, read_later
from streamprocessor.contract.strict_yaml.located import Fields, LocatedNode
from streamprocessor.contract.strict_yaml.scalars import flag, name, named_entries, nano, number, text
from streamprocessor.scoring.model.contact_filter import (
    LARGEST_NUMBER,
    MAX_TEXT,
    MOST_CONDITIONS,
    AttributeCondition,
    ContactFilter,
    Operand,
    ScoreCondition,
    Segment,
)
from streamprocessor.scoring.model.model import NANO, Matrix, Score

T = TypeVar("T")

_ANY_SCORE, _ANY_ATTRIBUTE = ScoreCondition("-"), AttributeCondition("-", exists=True)  # for what can't be read
_SHORT_TEXT = Reader(text, {"type": "string", "minLength": 1, "maxLength": MAX_TEXT})


def _listed(item: Reader[T] | Reader[LocatedNode] | Shape) -> dict[str, object]:
    return {"type": "array", "minItems": 1, "maxItems": MOST_CONDITIONS, "items": item}


# ---- conditions on scores ------------------------------------------------------------------------------------------


@described(_listed(_SHORT_TEXT))
def _stages(located: LocatedNode) -> tuple[str, ...]:
    return tuple(text(inner) for inner in located.items("a list of stages"))


def _points(located: LocatedNode) -> float:
    return nano(located) / NANO


_SCORE = Word("score", name, required=True)
_VALUE = Word("value", _SHORT_TEXT, description="Which one of a score with `by`.")
_STAGES = Word("stages", _stages, description="One of these.")
_SCORE_AT_LEAST = Word("at_least", Reader(_points, nano.schema, nano.definition), description="The presented score.")
_SCORE_AT_MOST = Word("at_most", Reader(_points, nano.schema, nano.definition))
_SCORE_CONDITION = Shape(
    *(_SCORE, _VALUE, _STAGES, _SCORE_AT_LEAST, _SCORE_AT_MOST),
    description="Contacts who have the score, and have it so.",
    definition="score_condition",
)


def _score_condition(located: LocatedNode, scores: tuple[Score, ...]) -> ScoreCondition:
    fields = _SCORE_CONDITION.fields(located)
    count_before = located.problems.count
    score_name, value, stages = _SCORE.of(fields, ""), _VALUE.of(fields, ""), _STAGES.of(fields, ())
    at_least, at_most = _SCORE_AT_LEAST.of(fields, None), _SCORE_AT_MOST.of(fields, None)
    score = next((score for score in scores if score.name == score_name), None)
    if score is not None:
        _check_score(fields, score, scores, stages)
    elif score_name and scores:  # without scores something worse is wrong
        names = listed(score.name for score in scores)
        fields.entries[_SCORE].note(f"unknown score; wanted one of {names}; got '{score_name}'")
    _check_bounds(located, at_least, at_most)
    if located.problems.count > count_before:  # what could only be read in part is judged when it is mended
        return _ANY_SCORE
    return _made(located, lambda: ScoreCondition(score_name, value, stages, at_least, at_most))


def _check_score(fields: Fields, score: Score, scores: tuple[Score, ...], stages: tuple[str, ...]) -> None:
    if score.by is None and _VALUE in fields:
        expected = f"it for a score with `by`, not for '{score.name}', which is one number"
        fields.entries[_VALUE].note(f"says which one of many; wanted {expected}; got one")
    if score.by is not None and _VALUE not in fields:
        fields.located.note(f"'value' is missing; wanted one of {score.by}, for '{score.name}' has many; got none")
    matrix = score.combine if isinstance(score.combine, Matrix) else None
    known = [stage.name for stage in score.stages] if matrix is None else matrix.all_labels(scores)
    for stage in stages:
        if stage not in known:
            expected = f"one of {listed(known)}" if known else f"none, for '{score.name}' has none"
            fields.entries[_STAGES].note(f"unknown stage; wanted {expected}; got '{stage}'")
    if matrix is not None and (_SCORE_AT_LEAST in fields or _SCORE_AT_MOST in fields):
        fields.located.note(
            f"can never hold; wanted 'stages', for '{score.name}' has labels and no number; got a bound"
        )


# ---- conditions on attributes --------------------------------------------------------------------------------------


@described({"type": "number", "minimum": -int(LARGEST_NUMBER), "maximum": int(LARGEST_NUMBER)}, "segment_number")
def _number(located: LocatedNode) -> float:
    return float(number(located))


@described({"anyOf": [{"type": "string", "maxLength": MAX_TEXT}, {"type": "boolean"}, _number]})
def _operand(located: LocatedNode) -> Operand:
    value = located.value
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        return _number(located)
    if isinstance(value, (str, bool)):
        return value
    located.refuse("a text, a number, true or false (for a list use `one_of`, for nothing `exists: false`)")


@described(_listed(_operand))
def _operands(located: LocatedNode) -> tuple[Operand, ...]:
    return tuple(_operand(inner) for inner in located.items("a list with at least one value"))


_ATTRIBUTE = Word("attribute", _SHORT_TEXT, required=True)
_EQUALS, _ONE_OF, _EXISTS = Word("equals", _operand), Word("one_of", _operands), Word("exists", flag)
_CONTAINS, _STARTS_WITH = Word("contains", _SHORT_TEXT), Word("starts_with", _SHORT_TEXT)
_AT_LEAST, _AT_MOST = Word("at_least", _number), Word("at_most", _number)
_ALONE = (_EQUALS, _ONE_OF, _EXISTS, _CONTAINS, _STARTS_WITH)
_ATTRIBUTE_CONDITION = Shape(
    *(_ATTRIBUTE, *_ALONE, _AT_LEAST, _AT_MOST),
    description="Contacts who have the attribute so: one condition, or at_least and at_most.",
    definition="attribute_condition",
    also={
        "oneOf": [
            *({"required": [word]} for word in _ALONE),
            {"anyOf": [{"required": [_AT_LEAST]}, {"required": [_AT_MOST]}]},
        ]
    },
)


@described(_listed(_ATTRIBUTE_CONDITION))
def read_attribute_conditions(located: LocatedNode) -> tuple[AttributeCondition, ...]:
    """Conditions on attributes, all of which have to hold."""
    return _each(located, _attribute_condition)


def _attribute_condition(located: LocatedNode) -> AttributeCondition:
    fields = _ATTRIBUTE_CONDITION.fields(located)
    count_before = located.problems.count
    attribute, equals, one_of = _ATTRIBUTE.of(fields, ""), _EQUALS.of(fields, None), _ONE_OF.of(fields, None)
    exists, contains = _EXISTS.of(fields, None), _CONTAINS.of(fields, None)
    starts_with = _STARTS_WITH.of(fields, None)
    at_least, at_most = _AT_LEAST.of(fields, None), _AT_MOST.of(fields, None)
    _check_bounds(located, at_least, at_most)
    if located.problems.count > count_before:
        return _ANY_ATTRIBUTE
    return _made(
        located,
        lambda: AttributeCondition(attribute, equals, one_of, exists, contains, starts_with, at_least, at_most),
    )


def _check_bounds(located: LocatedNode, low: float | None, high: float | None) -> None:
    if low is not None and high is not None and low > high:
        located.note(f"can never hold; wanted at_least at most at_most; got {low:g} and {high:g}")


def _made(located: LocatedNode, make: Callable[[], T]) -> T:
    """The value that `make` returns; its ValueError becomes a ReadError of the node."""
    try:
        return make()
    except ValueError as error:
        located.fail(str(error))


# ---- segments ------------------------------------------------------------------------------------------------------

_SCORES = Word("scores", read_later(_listed(_SCORE_CONDITION)))
_ATTRIBUTES = Word("attributes", read_attribute_conditions)
_SUPPRESSED = Word("suppressed", flag)
_SEGMENT = Shape(
    *(_SCORES, _ATTRIBUTES, _SUPPRESSED),
    description="Contacts of whom all of this holds; nothing said: all contacts.",
    definition="segment",
)

SEGMENTS = read_later({"type": "object", "propertyNames": name, "additionalProperties": _SEGMENT})
"""The segments of a model in JSON Schema; read_segments reads them."""


def read_segments(located: LocatedNode, scores: tuple[Score, ...]) -> tuple[Segment, ...]:
    """The segments in the order of the file. scores: the model's, which conditions may name."""
    segments = []
    for segment_name, inner in named_entries(located, "a mapping of names to segments").items():
        read = partial(_filter, inner.called(f"segment '{segment_name}'"), scores)
        segments.append(Segment(segment_name, located.problems.attempt(read, ContactFilter())))
    return tuple(segments)


def _filter(located: LocatedNode, scores: tuple[Score, ...]) -> ContactFilter:
    fields = _SEGMENT.fields(located)
    read_scores = partial(_each, read=partial(_score_condition, scores=scores))
    of_scores = fields.read(_SCORES, read_scores, ())
    of_attributes, suppressed = _ATTRIBUTES.of(fields, ()), _SUPPRESSED.of(fields, None)
    return _made(located, lambda: ContactFilter(of_scores, of_attributes, suppressed))


def _each(located: LocatedNode, read: Callable[[LocatedNode], T]) -> tuple[T, ...]:
    conditions = [
        located.problems.attempt(partial(read, inner), None) for inner in located.items("a list of conditions")
    ]
    return tuple(condition for condition in conditions if condition is not None)
