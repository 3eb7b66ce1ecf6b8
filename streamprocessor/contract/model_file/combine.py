"""`combine` of a model file: scores that are made of other scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streamprocessor.contract.strict_yaml.located import Fields, LocatedNode
from streamprocessor.contract.strict_yaml.scalars import name, weight_nano
from streamprocessor.scoring.model.model import NANO, Matrix, Score, Weighted
from streamprocessor.scoring.model.rules import InactivityRule


def read_combine(spot: LocatedNode) -> Weighted | Matrix:
    """What a score is combined of; raises Wrong where it can't be told."""
    fields = spot.fields("sum", "weighted", "matrix")
    how = fields.one_of("sum", "weighted", "matrix")
    if how == "matrix":
        return _matrix(fields.entries[how])
    return Weighted(_sum(fields.entries[how]) if how == "sum" else _weighted(fields.entries[how]))


def check_components(scores: Sequence[Score], spots: Mapping[str, LocatedNode]) -> None:
    """Note what the scores can't be combined of. spots: of each score, by name."""
    by_name = {score.name: score for score in scores}
    for score in scores:
        if score.combine is None:
            continue
        spot = spots[score.name].entries("a score")["combine"]
        if isinstance(score.combine, Matrix):
            _check_matrix(score.combine, by_name, spot.entries("a matrix")["matrix"])
            continue
        wanted = {name for name, other in by_name.items() if other.combine is None and other.by is None}
        how, inner = next(iter(spot.entries("a combination").items()))
        places = inner.items("a list") if how == "sum" else list(inner.entries("a mapping").values())
        for (component, _), place in zip(score.combine.weights_nano, places, strict=True):
            _check_component(component, by_name, wanted, place)
        _check_end(score, score.combine, by_name, inner)


def _check_end(score: Score, combine: Weighted, by_name: Mapping[str, Score], spot: LocatedNode) -> None:
    """Silence without end is held by the bound of its own score, not within another."""
    for component, weight in combine.weights_nano:
        for rule in by_name[component].rules if component in by_name else ():
            if isinstance(rule, InactivityRule) and rule.every_ms is not None and rule.max_times is None:
                word, bound = ("min", score.min_nano) if rule.points_e15 * weight < 0 else ("max", score.max_nano)
                if bound is None:
                    what = f"rule '{rule.id}' of '{component}' never ends"
                    spot.note(f"{what}; wanted its 'max_times', or '{word}' on this score too; got neither")


def _sum(spot: LocatedNode) -> tuple[tuple[str, int], ...]:
    names = [name(inner) for inner in spot.items("a list of scores")]
    if len(set(names)) != len(names):
        spot.refuse("each score once")
    return tuple((component, NANO) for component in names)


def _weighted(spot: LocatedNode) -> tuple[tuple[str, int], ...]:
    entries = spot.entries("a mapping of scores to their weights")
    if not entries:
        spot.refuse("at least one score with its weight")
    return tuple((component, weight_nano(inner)) for component, inner in entries.items())


def _matrix(spot: LocatedNode) -> Matrix:
    fields = spot.fields("rows", "columns", "labels")
    labels = fields.read("labels", _labels, ())
    return Matrix(fields.required("rows", name, ""), fields.required("columns", name, ""), labels)


def _labels(spot: LocatedNode) -> tuple[tuple[str, str, str], ...]:
    rows = spot.entries("a mapping of the rows' stages to mappings of the columns' stages to labels")
    return tuple(
        (row, column, name(label))
        for row, inner in rows.items()
        for column, label in inner.entries("a mapping of the columns' stages to labels").items()
    )


def _check_matrix(matrix: Matrix, by_name: Mapping[str, Score], spot: LocatedNode) -> None:
    wanted = {n for n, score in by_name.items() if score.stages and score.by is None}
    fields = Fields(spot, spot.entries("a matrix"))
    known = True
    for word, component in (("rows", matrix.rows), ("columns", matrix.columns)):
        known = _check_component(component, by_name, wanted, fields.entries[word]) and known
    if matrix.rows == matrix.columns:
        fields.entries["columns"].note(f"wanted another score than the rows'; got '{matrix.columns}' for both")
    if not known or "labels" not in fields:
        return
    rows, columns = ([stage.name for stage in by_name[side].stages] for side in (matrix.rows, matrix.columns))
    for row, inner in fields.entries["labels"].entries("labels").items():
        _check_stage(row, rows, matrix.rows, inner)
        for column, label in inner.entries("labels").items():
            _check_stage(column, columns, matrix.columns, label)


def _check_stage(stage: str, stages: Sequence[str], score_name: str, spot: LocatedNode) -> None:
    if stage not in stages:
        spot.note(f"unknown stage; wanted one of {', '.join(stages)}, the stages of '{score_name}'; got '{stage}'")


def _check_component(component: str, by_name: Mapping[str, Score], wanted: set[str], spot: LocatedNode) -> bool:
    """Whether a score can be made of this one; notes why not."""
    if component in wanted:
        return True
    found = by_name.get(component)
    got = f"'{component}'"
    if found is None:
        reason = "unknown score"
    elif found.by is not None:
        reason, got = (
            "a score has one number for it to be part of another",
            f"'{component}', which has one for each value",
        )
    elif found.combine is not None:
        reason, got = "scores are not combined in a circle, nor in more layers", f"'{component}', which is combined too"
    else:
        reason, got = "a matrix is made of stages", f"'{component}', which has none"
    spot.note(f"{reason}; wanted one of {', '.join(sorted(wanted)) or 'the scores with rules'}; got {got}")
    return False
