"""What in a model refers to a score, a stage or a group by its name, made to follow another name."""

from __future__ import annotations

from collections.abc import Iterator

from streamprocessor.contract.model_file.editing.values import Value


def rename_score_references(model: Value, old: str, new: str) -> None:
    """Hot leads, combined scores and segments name the score by its new name."""
    for place in _of_score(model, old):
        place["score"] = new
    for combine in _combinations(model):
        for word in ("rows", "columns"):
            matrix = combine.get("matrix")
            if isinstance(matrix, dict) and matrix.get(word) == old:
                matrix[word] = new
        if isinstance(combine.get("sum"), list):
            combine["sum"] = [new if name == old else name for name in combine["sum"]]
        if isinstance(combine.get("weighted"), dict):
            combine["weighted"] = _with_word(combine["weighted"], old, new)


def rename_stage_references(model: Value, score: str, old: str, new: str) -> None:
    """Hot leads, segments and the labels of matrices name the stage of the score by its new name."""
    for place in _of_score(model, score):
        if place.get("stage") == old:
            place["stage"] = new
        if isinstance(place.get("stages"), list):
            place["stages"] = [new if stage == old else stage for stage in place["stages"]]
    for combine in _combinations(model):
        matrix = combine.get("matrix")
        if not isinstance(matrix, dict) or not isinstance(labels := matrix.get("labels"), dict):
            continue
        if matrix.get("rows") == score:
            matrix["labels"] = labels = _with_word(labels, old, new)
        if matrix.get("columns") == score:
            matrix["labels"] = {
                row: _with_word(inner, old, new) if isinstance(inner, dict) else inner for row, inner in labels.items()
            }


def rename_group_references(score: Value, old: str, new: str) -> None:
    """Rules of the score name their group by its new name."""
    for rule in score.get("rules") or ():
        if isinstance(rule, dict) and rule.get("group") == old:
            rule["group"] = new


def _of_score(model: Value, score: str) -> Iterator[dict[str, Value]]:
    """The hot leads and the segments' conditions that are of the score."""
    hot_leads = model.get("hot_lead")
    places = list(hot_leads) if isinstance(hot_leads, list) else [hot_leads]
    segments = model.get("segments")
    for segment in segments.values() if isinstance(segments, dict) else ():
        conditions = segment.get("scores") if isinstance(segment, dict) else None
        places += conditions if isinstance(conditions, list) else []
    yield from (place for place in places if isinstance(place, dict) and place.get("score") == score)


def _combinations(model: Value) -> Iterator[dict[str, Value]]:
    scores = model.get("scores")
    for score in scores.values() if isinstance(scores, dict) else ():
        combine = score.get("combine") if isinstance(score, dict) else None
        if isinstance(combine, dict):
            yield combine


def _with_word(mapping: dict[str, Value], old: str, new: str) -> dict[str, Value]:
    """The mapping with another word for one, at its place."""
    return {new if word == old else word: value for word, value in mapping.items()}
