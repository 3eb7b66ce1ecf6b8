"""`segments` of a model file: filters that everybody has under the same name."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import TypeVar

from streamprocessor.contract.strict_yaml.located import Fields, LocatedNode, ReadError, ScalarNode
from streamprocessor.contract.strict_yaml.scalars import flag, name, nano, number, text
from streamprocessor.scoring.model.contact_filter import (
    CONDITIONS,
    AttributeCondition,
    ContactFilter,
    Operand,
    ScoreCondition,
    Segment,
)
from streamprocessor.scoring.model.model import NANO, Matrix, Score

T = TypeVar("T")

_ANY_SCORE, _ANY_ATTRIBUTE = ScoreCondition("-"), AttributeCondition("-", exists=True)  # for what can't be read


def read_segments(spot: LocatedNode, scores: tuple[Score, ...]) -> tuple[Segment, ...]:
    """The segments in the order of the file. scores: the model's, which conditions may name."""
    segments = []
    for segment_name, inner in spot.entries("a mapping of names to segments").items():
        inner = LocatedNode(inner.node, f"segment '{segment_name}'", spot.problems)
        spot.problems.attempt(
            partial(name, LocatedNode(ScalarNode(segment_name, inner.node.line), "segments", spot.problems)), ""
        )
        wanted = spot.problems.attempt(partial(_filter, inner, scores), ContactFilter())
        segments.append(Segment(segment_name, wanted))
    return tuple(segments)


def _filter(spot: LocatedNode, scores: tuple[Score, ...]) -> ContactFilter:
    fields = spot.fields("scores", "attributes", "suppressed")
    of_scores = fields.read("scores", lambda inner: _each(inner, partial(_score_condition, scores=scores)), ())
    of_attributes = fields.read("attributes", read_attribute_conditions, ())
    suppressed = fields.read("suppressed", flag, None)
    return _made(spot, lambda: ContactFilter(of_scores, of_attributes, suppressed))


def read_attribute_conditions(spot: LocatedNode) -> tuple[AttributeCondition, ...]:
    """Conditions on attributes, all of which have to hold."""
    return _each(spot, _attribute_condition)


def _each(spot: LocatedNode, read: Callable[[LocatedNode], T]) -> tuple[T, ...]:
    found = [spot.problems.attempt(partial(read, inner), None) for inner in spot.items("a list of conditions")]
    return tuple(each for each in found if each is not None)


def _score_condition(spot: LocatedNode, scores: tuple[Score, ...]) -> ScoreCondition:
    fields = spot.fields("score", "value", "stages", "at_least", "at_most")
    before = len(spot.problems.found)
    score_name = fields.required("score", name, "")
    value = fields.read("value", text, "")
    stages = fields.read("stages", _stages, ())
    at_least, at_most = fields.read("at_least", _points, None), fields.read("at_most", _points, None)
    score = next((score for score in scores if score.name == score_name), None)
    if score is not None:
        _check_score(fields, score, scores, stages)
    elif score_name and scores:  # without scores something worse has been said
        names = ", ".join(score.name for score in scores)
        fields.entries["score"].note(f"unknown score; wanted one of {names}; got '{score_name}'")
    _check_bounds(spot, at_least, at_most)
    if len(spot.problems.found) > before:  # what could only be read in part is judged when it is mended
        return _ANY_SCORE
    return _made(spot, lambda: ScoreCondition(score_name, value, stages, at_least, at_most))


def _check_score(fields: Fields, score: Score, scores: tuple[Score, ...], stages: tuple[str, ...]) -> None:
    if score.by is None and "value" in fields:
        wanted = f"it for a score with `by`, not for '{score.name}', which is one number"
        fields.entries["value"].note(f"says which one of many; wanted {wanted}; got one")
    if score.by is not None and "value" not in fields:
        fields.spot.note(f"'value' is missing; wanted one of {score.by}, for '{score.name}' has many; got none")
    matrix = score.combine if isinstance(score.combine, Matrix) else None
    known = [stage.name for stage in score.stages] if matrix is None else matrix.all_labels(scores)
    for stage in stages:
        if stage not in known:
            wanted = f"one of {', '.join(known)}" if known else f"none, for '{score.name}' has none"
            fields.entries["stages"].note(f"unknown stage; wanted {wanted}; got '{stage}'")
    if matrix is not None and ("at_least" in fields or "at_most" in fields):
        fields.spot.note(f"can never hold; wanted 'stages', for '{score.name}' has labels and no number; got a bound")


def _attribute_condition(spot: LocatedNode) -> AttributeCondition:
    fields = spot.fields("attribute", *CONDITIONS)
    before = len(spot.problems.found)
    attribute = fields.required("attribute", text, "")
    equals, one_of = fields.read("equals", _operand, None), fields.read("one_of", _operands, None)
    exists = fields.read("exists", flag, None)
    contains, starts_with = fields.read("contains", text, None), fields.read("starts_with", text, None)
    at_least, at_most = fields.read("at_least", _number, None), fields.read("at_most", _number, None)
    _check_bounds(spot, at_least, at_most)
    if len(spot.problems.found) > before:
        return _ANY_ATTRIBUTE
    return _made(
        spot,
        lambda: AttributeCondition(attribute, equals, one_of, exists, contains, starts_with, at_least, at_most),
    )


def _check_bounds(spot: LocatedNode, low: float | None, high: float | None) -> None:
    if low is not None and high is not None and low > high:
        spot.note(f"can never hold; wanted at_least at most at_most; got {low:g} and {high:g}")


def _made(spot: LocatedNode, make: Callable[[], T]) -> T:
    """What is made; raises Wrong with this spot's line where it refuses to be."""
    try:
        return make()
    except ValueError as error:
        raise ReadError(spot.node.line, f"{spot.where}: {error}") from error


def _stages(spot: LocatedNode) -> tuple[str, ...]:
    return tuple(text(inner) for inner in spot.items("a list of stages"))


def _points(spot: LocatedNode) -> float:
    return nano(spot) / NANO


def _number(spot: LocatedNode) -> float:
    return float(number(spot))


def _operand(spot: LocatedNode) -> Operand:
    value = spot.value
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        return _number(spot)
    if isinstance(value, (str, bool)):
        return value
    spot.refuse("a text, a number, true or false (for a list use `one_of`, for nothing `exists: false`)")


def _operands(spot: LocatedNode) -> tuple[Operand, ...]:
    return tuple(_operand(inner) for inner in spot.items("a list with at least one value"))
