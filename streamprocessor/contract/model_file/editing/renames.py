"""What of a model's names another model has under another name, as far as that can be told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from streamprocessor.contract.model_file.editing.values import Value, fingerprint, values_of
from streamprocessor.contract.strict_yaml.located import Problems
from streamprocessor.contract.strict_yaml.yaml_tree import read_tree


class Renames(NamedTuple):
    """New names by the old ones, of what probably is the same. stages: by the old names of score and stage."""

    scores: dict[str, str]
    stages: dict[tuple[str, str], str]
    segments: dict[str, str]


def renames(old: str, new: str) -> Renames:
    """What was probably renamed between two models' texts that can be read.

    The same is a score or a segment that says the same, or all but so; a stage that begins where the old one began, or
    stands where it stood among as many.
    """
    before, after = (values_of(read_tree(text, Problems("a model"))) for text in (old, new))
    old_scores, new_scores = _mapping(before, "scores"), _mapping(after, "scores")
    scores = dict(_renamed(old_scores, new_scores))
    stages = {
        (score, stage): other
        for score, words in old_scores.items()
        for stage, other in _renamed_stages(
            _mapping(words, "stages"), _mapping(new_scores.get(scores.get(score, score)), "stages")
        )
    }
    return Renames(scores, stages, dict(_renamed(_mapping(before, "segments"), _mapping(after, "segments"))))


def _renamed(old: dict[str, Value], new: dict[str, Value]) -> Iterator[tuple[str, str]]:
    free = [name for name in new if name not in old]
    for name in old:
        if name in new:
            continue
        same = [other for other in free if fingerprint(old[name]) == fingerprint(new[other])]
        same = same or [other for other in free if _is_alike(old[name], new[other])]
        if same:
            free.remove(same[0])
            yield name, same[0]


def _renamed_stages(old: dict[str, Value], new: dict[str, Value]) -> Iterator[tuple[str, str]]:
    for place, (name, bound) in enumerate(old.items()):
        if name in new:
            continue
        others = [other for other in new if other not in old]
        same = [other for other in others if fingerprint(new[other]) == fingerprint(bound)]
        if not same and len(old) == len(new):
            same = [other for other in others if list(new)[place] == other]
        if same:
            yield name, same[0]


def _is_alike(old: Value, new: Value) -> bool:
    """Whether more than half of the entries say the same; of rules each one counts."""
    ones, others = _entries(old), _entries(new)
    return len(ones & others) * 2 > max(len(ones), len(others))


def _entries(value: Value) -> set[str]:
    if not isinstance(value, dict):
        return {fingerprint(value)}
    listed = {word: inner for word, inner in value.items() if isinstance(inner, list)}
    flat = {fingerprint([word, inner]) for word, inner in value.items() if word not in listed}
    return flat | {fingerprint([word, item]) for word, items in listed.items() for item in items}


def _mapping(owner: Value, word: str) -> dict[str, Value]:
    inner = owner.get(word) if isinstance(owner, dict) else None
    return inner if isinstance(inner, dict) else {}
