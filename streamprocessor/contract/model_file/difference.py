"""The differences between two model files, in the words that they are written with."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from streamprocessor.contract.strict_yaml.located import MappingNode, Node, Problems, ScalarNode, SequenceNode
from streamprocessor.contract.strict_yaml.yaml_tree import read_tree

_NAMED = ("derive", "segments")
"""Words with a mapping of names, each of which is told by itself."""


class ModelDifference(NamedTuple):
    """One difference.

    score, rule: where; None: not in one.
    word: which; None: all of the score or rule; `segments.NAME`: a segment; `derive.PATH`: a derived property.
    old, new: the values as YAML; None: there is none.
    """

    score: str | None
    rule: str | None
    word: str | None
    old: str | None
    new: str | None


def differences(old: str, new: str) -> Iterator[ModelDifference]:
    """The differences between two models' texts that can be read, in the order of the new one, then of the old."""
    before, after = (_entries(read_tree(text, Problems("a model"))) for text in (old, new))
    yield from _words(before, after, (None, None), ("scores", *_NAMED))
    yield from _scores(_entries(before.get("scores")), _entries(after.get("scores")))
    for word in _NAMED:
        old_named, new_named = (
            {f"{word}.{name}": node for name, node in _entries(model.get(word)).items()} for model in (before, after)
        )
        yield from _words(old_named, new_named, (None, None))


def _scores(before: dict[str, Node], after: dict[str, Node]) -> Iterator[ModelDifference]:
    for name in _both(before, after):
        old, new = _entries(before.get(name)), _entries(after.get(name))
        old_rules, new_rules = _rules(old), _rules(new)
        if name not in before or name not in after:
            yield ModelDifference(name, None, None, _size(old, old_rules), _size(new, new_rules))
            continue
        yield from _words(old, new, (name, None), ("rules",))
        for rule in _both(old_rules, new_rules):
            one, other = old_rules.get(rule), new_rules.get(rule)
            if one is None or other is None:
                yield ModelDifference(name, rule, None, _as_yaml(one), _as_yaml(other))
            else:
                yield from _words(_entries(one), _entries(other), (name, rule))


def _words(
    before: dict[str, Node], after: dict[str, Node], where: tuple[str | None, str | None], ignored: tuple[str, ...] = ()
) -> Iterator[ModelDifference]:
    for word in _both(before, after):
        old, new = _as_yaml(before.get(word)), _as_yaml(after.get(word))
        if word not in ignored and old != new:
            yield ModelDifference(*where, word, old, new)


def _both(before: dict[str, Node], after: dict[str, Node]) -> list[str]:
    return list(after | before)


def _rules(score: dict[str, Node]) -> dict[str, Node]:
    listed = score.get("rules")
    rules = listed.items if isinstance(listed, SequenceNode) else ()
    return {_as_yaml(_entries(rule).get("id")) or "": rule for rule in rules}


def _size(score: dict[str, Node], rules: dict[str, Node]) -> str | None:
    if not score:
        return None
    return f"{len(rules)} rules" if rules else ", ".join(score)


def _entries(node: Node | None) -> dict[str, Node]:
    return {word: inner for word, (_, inner) in node.entries.items()} if isinstance(node, MappingNode) else {}


def _as_yaml(node: Node | None) -> str | None:
    """The node as YAML writes it on one line; None where there is none."""
    if node is None:
        return None
    if isinstance(node, MappingNode):
        return "{" + ", ".join(f"{word}: {_as_yaml(inner)}" for word, inner in _entries(node).items()) + "}"
    if isinstance(node, SequenceNode):
        return f"[{', '.join(_as_yaml(inner) or '' for inner in node.items)}]"
    return _value(node)


def _value(node: ScalarNode) -> str:
    value = node.value
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{Decimal(value).normalize():f}"
