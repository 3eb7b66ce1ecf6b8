"""Paths into what a model's text says, and the place at which a new word of a mapping stands."""

from __future__ import annotations

from decimal import Decimal

from streamprocessor.contract.foreign_text import shown_text
from streamprocessor.contract.model_file.editing.edits import Part, Path
from streamprocessor.contract.model_file.editing.values import EditError, Value

_SCORE_PARTS, _RULE_PARTS = 2, 4
_MODEL_WORDS = (
    *("name", "announce_first", "derive", "identity", "scanners", "proxy_opens", "correction_window", "suppression"),
    *("scores", "hot_lead", "display", "segments"),
)
_SCORE_WORDS = (
    *("applies_when", "by", "max_values", "combine", "min", "max", "precision", "decay", "groups", "rules", "stages"),
)
_RULE_WORDS = (
    *("id", "on", "when", "inactivity", "recency", "frequency", "monetary"),
    *("points", "points_from", "where", "group", "limit", "decay"),
)


def shown_path(path: Path) -> str:
    """The path for people."""
    return shown_text(".".join(str(part) for part in path)) or "the model"


def value_at(model: Value, path: Path) -> Value:
    """What stands at the path; raises EditError where nothing does."""
    value = model
    for depth, part in enumerate(path):
        value = _inner(value, part, path[: depth + 1])
    return value


def key_of(owner: Value, part: Part, path: Path) -> Part:
    """The word of a mapping, or the place of an item in a list, that the path's last part means.

    Raises EditError where nothing stands there.
    """
    if isinstance(owner, dict) and part in owner:
        return part
    if isinstance(owner, list):
        if isinstance(part, int) and not isinstance(part, bool) and 0 <= part < len(owner):
            return part
        for index, item in enumerate(owner):
            if isinstance(part, str) and isinstance(item, dict) and item.get("id") == part:
                return index
    known = ", ".join(_names(owner)) or "nothing"
    message = f"path: wanted one that is there; got {shown_path(path)}, beside it is {shown_text(known)}"
    raise EditError(message)


def owner_made(model: Value, path: Path) -> Value:
    """The mapping or list that the path's end is in; mappings on the way to it that are missing are made."""
    owner = model
    for depth, part in enumerate(path[:-1]):
        if isinstance(owner, dict) and owner.get(str(part)) is None and isinstance(part, str):
            insert_word(owner, path[: depth + 1], {})
        owner = _inner(owner, part, path[: depth + 1])
    return owner


def insert_word(owner: dict[str, Value], path: Path, value: Value) -> None:
    """Put the value under the path's last word, at the place where model files have it."""
    word = str(path[-1])
    before = None if word in owner else _word_behind(owner, path, value)
    if before is None:
        owner[word] = value
    else:
        insert_before(owner, before, word, value)


def insert_before(owner: dict[str, Value], before: str, word: str, value: Value) -> None:
    """Put the value under the word before another word of the mapping."""
    entries = list(owner.items())
    owner.clear()
    for other, inner in entries:
        if other == before:
            owner[word] = value
        owner[other] = inner


def _inner(value: Value, part: Part, path: Path) -> Value:
    return value[key_of(value, part, path)]


def _names(owner: Value) -> list[str]:
    if isinstance(owner, dict):
        return list(owner)
    if isinstance(owner, list):
        return [str(item["id"]) if isinstance(item, dict) and "id" in item else str(i) for i, item in enumerate(owner)]
    return []


def _word_behind(owner: dict[str, Value], path: Path, value: Value) -> str | None:
    """The first word of the mapping that stands behind such a new one; None: none does."""
    if len(path) == _RULE_PARTS and path[0] == "scores" and path[2] == "stages":
        bound = _bound(value)
        return next((word for word, inner in owner.items() if (_bound(inner) or 0) > bound), None) if bound else None
    words = _words_at(path[:-1])
    if path[-1] not in words:
        return None
    behind = words[words.index(str(path[-1])) + 1 :]
    return next((word for word in owner if word in behind), None)


def _words_at(path: Path) -> tuple[str, ...]:
    if not path:
        return _MODEL_WORDS
    if path[0] == "scores" and len(path) == _SCORE_PARTS:
        return _SCORE_WORDS
    return _RULE_WORDS if path[0] == "scores" and len(path) == _RULE_PARTS and path[2] == "rules" else ()


def _bound(stage: Value) -> int | Decimal | None:
    """Where a stage begins; None: it does not say."""
    bound = stage.get("from") if isinstance(stage, dict) else stage
    return bound if isinstance(bound, (int, Decimal)) and not isinstance(bound, bool) else None
