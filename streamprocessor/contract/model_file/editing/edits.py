"""Edits of a model, each a change of what its text says.

A path leads to a place: words of mappings, the place of an item in a list from 0, or the id of a rule in a list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Part: TypeAlias = str | int
Path: TypeAlias = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class SetValue:
    """The value stands at the path, in place of what stood there; mappings on the way to it are made."""

    path: Path
    value: Any
    op: Literal["set"] = "set"


@dataclass(frozen=True, slots=True)
class Remove:
    """Nothing stands at the path any more."""

    path: Path
    op: Literal["remove"] = "remove"


@dataclass(frozen=True, slots=True)
class Rename:
    """The path's last word, or the id of a rule, is another; what refers to a score, a stage or a group follows."""

    path: Path
    to: str
    op: Literal["rename"] = "rename"


@dataclass(frozen=True, slots=True)
class Move:
    """What stands at the path stands before another entry of its mapping or list; None: behind all of them."""

    path: Path
    before: Part | None = None
    op: Literal["move"] = "move"


@dataclass(frozen=True, slots=True)
class AddRule:
    """The score has one more rule, before another one; None: behind all of them."""

    score: str
    rule: dict[str, Any]
    before: str | None = None
    op: Literal["add_rule"] = "add_rule"


@dataclass(frozen=True, slots=True)
class SetRule:
    """A word of the rule, or one below it, has the value; None: it is gone."""

    score: str
    rule: str
    word: str | Path
    value: Any = None
    op: Literal["set_rule"] = "set_rule"


@dataclass(frozen=True, slots=True)
class RemoveRule:
    """The score has the rule no more."""

    score: str
    rule: str
    op: Literal["remove_rule"] = "remove_rule"


@dataclass(frozen=True, slots=True)
class MoveRule:
    """The rule stands before another one of its score; None: behind all of them."""

    score: str
    rule: str
    before: str | None = None
    op: Literal["move_rule"] = "move_rule"


@dataclass(frozen=True, slots=True)
class RenameRule:
    """The rule has another id."""

    score: str
    rule: str
    to: str
    op: Literal["rename_rule"] = "rename_rule"


@dataclass(frozen=True, slots=True)
class AddScore:
    """The model has one more score, of these words, before another one; None: behind all of them."""

    score: str
    words: dict[str, Any] = field(default_factory=dict)
    before: str | None = None
    op: Literal["add_score"] = "add_score"


@dataclass(frozen=True, slots=True)
class RemoveScore:
    """The model has the score no more; what refers to it stays, and is a problem until it is mended."""

    score: str
    op: Literal["remove_score"] = "remove_score"


@dataclass(frozen=True, slots=True)
class RenameScore:
    """The score has another name; what refers to it follows."""

    score: str
    to: str
    op: Literal["rename_score"] = "rename_score"


Edit: TypeAlias = (
    SetValue
    | Remove
    | Rename
    | Move
    | AddRule
    | SetRule
    | RemoveRule
    | MoveRule
    | RenameRule
    | AddScore
    | RemoveScore
    | RenameScore
)
