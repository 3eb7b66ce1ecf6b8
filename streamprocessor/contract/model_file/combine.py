"""`combine` of a model file: scores that are made of other scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streamprocessor.contract.foreign_text import listed
from streamprocessor.contract.strict_yaml.described import Reader, Shape, Word, described
from streamprocessor.contract.strict_yaml.located import Fields, LocatedNode
from streamprocessor.contract.strict_yaml.scalars import name, weight_nano
from streamprocessor.scoring.model.model import NANO, Matrix, Score, Weighted
from streamprocessor.scoring.model.rules import InactivityRule


@described({"type": "array", "minItems": 1, "uniqueItems": True, "items": name})
def _sum(located: LocatedNode) -> Weighted:
    names = [name(inner) for inner in located.items("a list of scores")]
    if len(set(names)) != len(names):
        located.refuse("each score once")
    return Weighted(tuple((component, NANO) for component in names))


@described({"type": "object", "minProperties": 1, "additionalProperties": weight_nano})
def _weighted(located: LocatedNode) -> Weighted:
    entries = located.entries("a mapping of scores to their weights")
    if not entries:
        located.refuse("at least one score with its weight")
    return Weighted(tuple((component, weight_nano(inner)) for component, inner in entries.items()))


@described({"type": "object", "additionalProperties": {"type": "object", "additionalProperties": name}})
def _labels(located: LocatedNode) -> tuple[tuple[str, str, str], ...]:
    rows = located.entries("a mapping of the rows' stages to mappings of the columns' stages to labels")
    return tuple(
        (row, column, name(label))
        for row, inner in rows.items()
        for column, label in inner.entries("a mapping of the columns' stages to labels").items()
    )


_ROWS, _COLUMNS = Word("rows", name, required=True), Word("columns", name, required=True)
_LABELS = Word(
    "labels",
    _labels,
    description="Stage of the rows, stage of the columns, label; where there is none, one stage after the other.",
)
_MATRIX_SHAPE = Shape(_ROWS, _COLUMNS, _LABELS)


@described(_MATRIX_SHAPE.schema)
def _matrix(located: LocatedNode) -> Matrix:
    fields = _MATRIX_SHAPE.fields(located)
    return Matrix(_ROWS.of(fields, ""), _COLUMNS.of(fields, ""), _LABELS.of(fields, ()))


_SUM, _WEIGHTED = Word("sum", _sum), Word("weighted", _weighted, description="Scores with their weights.")
_MATRIX = Word("matrix", _matrix, required=True)
_WAYS: tuple[Word[Weighted] | Word[Matrix], ...] = (_SUM, _WEIGHTED, _MATRIX)


def read_combine(located: LocatedNode) -> Weighted | Matrix:
    """The combination of other scores; raises ReadError where it can't be told."""
    fields = located.fields(*_WAYS)
    way = fields.one_of(*_WAYS)
    return next(word for word in _WAYS if word == way).reader(fields.entries[way])


COMBINED = Word(
    "combine",
    Reader(read_combine, Shape(_SUM, _WEIGHTED, also={"minProperties": 1, "maxProperties": 1}).schema),
    required=True,
)
"""The word of a score that is a number made of others."""
COMBINED_STAGES = Word("combine", Reader(read_combine, Shape(_MATRIX).schema), required=True)
"""The same word of a score that is a label made of the stages of two others."""


def check_components(scores: Sequence[Score], nodes: Mapping[str, LocatedNode]) -> None:
    """Note what the scores can't be combined of. nodes: of each score, by name."""
    by_name = {score.name: score for score in scores}
    for score in scores:
        if score.combine is None:
            continue
        located = nodes[score.name].entries("a score")[COMBINED]
        if isinstance(score.combine, Matrix):
            _check_matrix(score.combine, by_name, located.entries("a matrix")[_MATRIX])
            continue
        allowed = {name for name, other in by_name.items() if other.combine is None and other.by is None}
        way, inner = next(iter(located.entries("a combination").items()))
        places = inner.items("a list") if way == _SUM else list(inner.entries("a mapping").values())
        for (component, _), place in zip(score.combine.weights_nano, places, strict=True):
            _check_component(component, by_name, allowed, place)
        _check_end(score, score.combine, by_name, inner)


def _check_end(score: Score, combine: Weighted, by_name: Mapping[str, Score], located: LocatedNode) -> None:
    """Silence without end is held by the bound of its own score, not within another."""
    for component, weight in combine.weights_nano:
        for rule in by_name[component].rules if component in by_name else ():
            if isinstance(rule, InactivityRule) and rule.every_ms is not None and rule.max_times is None:
                word, bound = ("min", score.min_nano) if rule.points_e15 * weight < 0 else ("max", score.max_nano)
                if bound is None:
                    what = f"rule '{rule.id}' of '{component}' never ends"
                    located.note(f"{what}; wanted its 'max_times', or '{word}' on this score too; got neither")


def _check_matrix(matrix: Matrix, by_name: Mapping[str, Score], located: LocatedNode) -> None:
    allowed = {name for name, score in by_name.items() if score.stages and score.by is None}
    fields = Fields(located, located.entries("a matrix"))
    known = True
    for word, component in ((_ROWS, matrix.rows), (_COLUMNS, matrix.columns)):
        known = _check_component(component, by_name, allowed, fields.entries[word]) and known
    if matrix.rows == matrix.columns:
        fields.entries[_COLUMNS].note(f"wanted another score than the rows'; got '{matrix.columns}' for both")
    if not known or _LABELS not in fields:
        return
    rows, columns = ([stage.name for stage in by_name[side].stages] for side in (matrix.rows, matrix.columns))
    for row, inner in fields.entries[_LABELS].entries("labels").items():
        _check_stage(row, rows, matrix.rows, inner)
        for column, label in inner.entries("labels").items():
            _check_stage(column, columns, matrix.columns, label)


def _check_stage(stage: str, stages: Sequence[str], score_name: str, located: LocatedNode) -> None:
    if stage not in stages:
        located.note(f"unknown stage; wanted one of {listed(stages)}, the stages of '{score_name}'; got '{stage}'")


def _check_component(component: str, by_name: Mapping[str, Score], allowed: set[str], located: LocatedNode) -> bool:
    """Whether a score can be made of the component; notes why not."""
    if component in allowed:
        return True
    score = by_name.get(component)
    got = f"'{component}'"
    if score is None:
        reason = "unknown score"
    elif score.by is not None:
        reason, got = (
            "a score has one number for it to be part of another",
            f"'{component}', which has one for each value",
        )
    elif score.combine is not None:
        reason, got = "scores are not combined in a circle, nor in more layers", f"'{component}', which is combined too"
    else:
        reason, got = "a matrix is made of stages", f"'{component}', which has none"
    located.note(f"{reason}; wanted one of {listed(sorted(allowed)) or 'the scores with rules'}; got {got}")
    return False
