"""What a model says after an edit."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import assert_never

from streamprocessor.contract.foreign_text import shown_text
from streamprocessor.contract.model_file.editing.edits import (
    AddRule,
    AddScore,
    Edit,
    Move,
    MoveRule,
    Part,
    Path,
    Remove,
    RemoveRule,
    RemoveScore,
    Rename,
    RenameRule,
    RenameScore,
    SetRule,
    SetValue,
)
from streamprocessor.contract.model_file.editing.paths import (
    insert_before,
    insert_word,
    key_of,
    owner_made,
    shown_path,
    value_at,
)
from streamprocessor.contract.model_file.editing.references import (
    rename_group_references,
    rename_score_references,
    rename_stage_references,
)
from streamprocessor.contract.model_file.editing.values import EditError, Value, value_of_json

_SCORES, _RULES = "scores", "rules"


def apply_edit(values: Value, edit: Edit) -> Value:
    """What the model says after the edit; raises EditError where it can't be made. values: stay as they are."""
    model = deepcopy(values)
    match edit:
        case SetValue(path, value):
            _set(model, path, value_of_json(value))
        case Remove(path):
            _remove(model, path)
        case Rename(path, to):
            _rename(model, path, to)
        case Move(path, before):
            _move(model, path, before)
        case AddRule(score, rule, before):
            _add_rule(model, (_SCORES, score, _RULES), value_of_json(rule), before)
        case SetRule(score, rule_id, word, value):
            below = (word,) if isinstance(word, str) else word
            _set_in_rule(model, (_SCORES, score, _RULES, rule_id), below, value_of_json(value))
        case RemoveRule(score, rule_id):
            _remove(model, (_SCORES, score, _RULES, rule_id))
        case MoveRule(score, rule_id, before):
            _move(model, (_SCORES, score, _RULES, rule_id), before)
        case RenameRule(score, rule_id, to):
            _rename(model, (_SCORES, score, _RULES, rule_id), to)
        case AddScore(score, words, before):
            _add_score(model, score, value_of_json(words), before)
        case RemoveScore(score):
            _remove(model, (_SCORES, score))
        case RenameScore(score, to):
            _rename(model, (_SCORES, score), to)
        case _:
            assert_never(edit)
    return model


def _set(model: Value, path: Path, value: Value) -> None:
    _refuse_the_whole(path)
    owner, last = owner_made(model, path), path[-1]
    if isinstance(owner, list) and last == len(owner) and not isinstance(last, bool):
        owner.append(value)
    elif isinstance(owner, dict) and isinstance(last, str):
        insert_word(owner, path, value)
    else:
        owner[key_of(owner, last, path)] = value


def _remove(model: Value, path: Path) -> None:
    _refuse_the_whole(path)
    owner = value_at(model, path[:-1])
    del owner[key_of(owner, path[-1], path)]


def _move(model: Value, path: Path, before: Part | None) -> None:
    _refuse_the_whole(path)
    owner = value_at(model, path[:-1])
    key = key_of(owner, path[-1], path)
    target = None if before is None else key_of(owner, before, (*path[:-1], before))
    if key == target:
        return
    entries = list(owner.items()) if isinstance(owner, dict) else list(enumerate(owner))
    entry = next(each for each in entries if each[0] == key)
    entries.remove(entry)
    place = len(entries) if target is None else next(i for i, each in enumerate(entries) if each[0] == target)
    entries.insert(place, entry)
    owner.clear()
    if isinstance(owner, dict):
        owner.update(entries)
    else:
        owner.extend(value for _, value in entries)


def _rename(model: Value, path: Path, to: str) -> None:
    _refuse_the_whole(path)
    owner = value_at(model, path[:-1])
    key = key_of(owner, path[-1], path)
    if isinstance(owner, list):
        if not isinstance(owner[int(key)], dict):
            message = f"path: wanted a word of a mapping, or a rule; got {shown_path(path)}"
            raise EditError(message)
        if to != owner[int(key)].get("id"):
            _refuse_taken((item.get("id") for item in owner if isinstance(item, dict)), to)
        owner[int(key)]["id"] = to
        return
    if to == key:
        return
    _refuse_taken(owner, to)
    entries = [(to if word == key else word, value) for word, value in owner.items()]
    owner.clear()
    owner.update(entries)
    match path:
        case ("scores", str(old)):
            rename_score_references(model, old, to)
        case ("scores", str(score), "stages", str(old)):
            rename_stage_references(model, score, old, to)
        case ("scores", str(score), "groups", str(old)):
            rename_group_references(model["scores"][score], old, to)


def _add_rule(model: Value, path: Path, rule: Value, before: str | None) -> None:
    value_at(model, path[:-1])
    owner = owner_made(model, path)
    if owner.get(_RULES) is None:
        insert_word(owner, path, [])
    rules = owner[_RULES]
    if not isinstance(rules, list):
        message = f"path: wanted a list of rules; got another value at {shown_path(path)}"
        raise EditError(message)
    _refuse_taken((each.get("id") for each in rules if isinstance(each, dict)), rule.get("id"))
    place = len(rules) if before is None else int(key_of(rules, before, (*path, before)))
    rules.insert(place, rule)


def _set_in_rule(model: Value, rule: Path, below: Path, value: Value) -> None:
    value_at(model, rule)
    path = (*rule, *below)
    if value is not None:
        _set(model, path, value)
        return
    try:
        value_at(model, path)
    except EditError:
        return  # it is gone already
    _remove(model, path)


def _add_score(model: Value, score: str, words: Value, before: str | None) -> None:
    if model.get(_SCORES) is None:
        insert_word(model, (_SCORES,), {})
    scores = model[_SCORES]
    if not isinstance(scores, dict):
        message = "path: wanted a mapping of scores; got another value at scores"
        raise EditError(message)
    _refuse_taken(scores, score)
    if before is None:
        scores[score] = words
    else:
        insert_before(scores, str(key_of(scores, before, (_SCORES, before))), score, words)


def _refuse_the_whole(path: Path) -> None:
    if not path:
        message = "path: wanted one that leads into the model; got none"
        raise EditError(message)


def _refuse_taken(names: Iterable[object], name: object) -> None:
    if name is not None and name in names:
        message = f"name: wanted one that is not taken; got '{shown_text(str(name))}'"
        raise EditError(message)
