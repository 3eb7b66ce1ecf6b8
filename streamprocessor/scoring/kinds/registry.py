"""The kinds of rules on matches, in the order in which model files describe them: a module of that name for each."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from streamprocessor.scoring.kinds.rule_kind import RuleKind

_NAMES = (
    "frequency",
    "recency",
    "monetary",
)


def _kind(name: str) -> RuleKind[Any]:
    kind: RuleKind[Any] = import_module(f"{__package__}.{name}").KIND
    return kind


RULE_KINDS: tuple[RuleKind[Any], ...] = tuple(_kind(name) for name in _NAMES)
KIND_OF: dict[type, RuleKind[Any]] = {kind.rule: kind for kind in RULE_KINDS}
"""The kind of a rule of this class."""
