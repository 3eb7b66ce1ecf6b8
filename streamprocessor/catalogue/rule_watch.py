"""What each rule of a model makes of events that come: met, or which comparison failed first, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from streamprocessor.catalogue.catalogue import Catalogue, RuleSeen
from streamprocessor.scoring.events.projection import FieldPath, field_paths, project
from streamprocessor.scoring.model.conditions import ABSENT, Predicate, is_number, paths_of, predicate
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.model.rules import (
    AllOf,
    AnyOf,
    AttributeRule,
    Comparison,
    Condition,
    EventRule,
    InactivityRule,
    MonetaryRule,
    PointsFrom,
    Rule,
)
from streamprocessor.scoring.record.facts import Event

MISSING, OTHER_TYPE, OTHER_VALUE = "missing", "type", "value"
"""How a comparison fails: nothing is there, what is there is of a type that it never holds for, or another value."""

NUMERIC = frozenset({"greater_than", "at_least", "less_than", "at_most", "between"})
TEXTUAL = frozenset({"starts_with", "ends_with", "matches"})

Explain = Callable[[Event], "str | None"]


class WatchedRule(NamedTuple):
    """A rule on events, as it is watched.

    key: "score/rule" with a hash of what it asks for: a rule that asks for something else is another one.
    types: of its events; None: any.
    """

    key: str
    score: str
    rule: Rule
    types: tuple[str, ...] | None


class RuleWatch:
    """Counts what a model's rules make of events."""

    def __init__(self, catalogue: Catalogue, model: Model) -> None:
        self._catalogue = catalogue
        self._by_type: dict[str, list[tuple[str, Explain]]] = {}
        for watched in watched_rules(model):
            for type_ in watched.types or ():
                self._by_type.setdefault(type_, []).append((watched.key, _first_failure(watched.rule)))

    def add(self, event: Event) -> None:
        """Count what the rules of its type make of the event."""
        rules = self._by_type.get(event.type)
        if not rules:
            return
        seen = self._catalogue.period_at(event.arrival_ms).rules
        for key, first_failure in rules:
            of_rule = seen.get(key)
            if of_rule is None:
                of_rule = seen[key] = RuleSeen(since_ms=event.arrival_ms)
            failure = first_failure(event)
            if failure is None:
                of_rule.met += 1
            else:
                of_rule.unmet[failure] = of_rule.unmet.get(failure, 0) + 1


def watched_rules(model: Model) -> Iterator[WatchedRule]:
    """The model's rules on events, score by score; those on attributes are not among them."""
    for score in model.scores:
        for rule in score.rules:
            if not isinstance(rule, AttributeRule):
                asked = [rule.types, None if isinstance(rule, InactivityRule) else rule.where, _amount_path(rule)]
                digest = blake2b(repr(asked).encode(), digest_size=6).hexdigest()
                yield WatchedRule(f"{score.name}/{rule.id}#{digest}", score.name, rule, rule.types)


def kept_types_of(model: Model) -> frozenset[str] | None:
    """The types of events that some rule asks for; None: one asks for all. Records hold no events of other types."""
    types: set[str] = set()
    for watched in watched_rules(model):
        if watched.types is None:
            return None
        types.update(watched.types)
    return frozenset(types)


def failed_comparison(failure: str) -> tuple[str, str, str]:
    """(path, operator, how) of a failure as it is counted; of alternatives none of which holds the path is "any"."""
    path, operator, how = failure.split("\0")
    return path, operator, how


def _amount_path(rule: Rule) -> str | None:
    """The property that a match's amount is in; None: each match is worth the same."""
    if isinstance(rule, MonetaryRule):
        return rule.path
    if isinstance(rule, EventRule) and isinstance(rule.points, PointsFrom):
        return rule.points.path
    return None


def _first_failure(rule: Rule) -> Explain:
    """A function that tells which comparison of the rule an event fails first; None: the event matches."""
    where = None if isinstance(rule, InactivityRule | AttributeRule) else rule.where
    amount_path = _amount_path(rule)
    paths = field_paths([*paths_of(where), *([] if amount_path is None else [amount_path])])
    checks = [(part, predicate(part)) for part in _parts(where)]
    return lambda event: _failure_of(event, paths, checks, amount_path)


def _failure_of(
    event: Event,
    paths: tuple[FieldPath, ...],
    checks: Sequence[tuple[Condition, Predicate]],
    amount_path: str | None,
) -> str | None:
    values = project(event.properties, event.context, paths)
    for part, holds in checks:
        if not holds(values):
            return _failure(part, values)
    if amount_path is not None and not is_number(amount := values.get(amount_path, ABSENT)):
        return "\0".join((amount_path, "amount", MISSING if amount is ABSENT else OTHER_TYPE))
    return None


def _parts(where: Condition | None) -> Iterator[Condition]:
    """The conditions all of which are to hold."""
    if isinstance(where, AllOf):
        for part in where.conditions:
            yield from _parts(part)
    elif where is not None:
        yield where


def _failure(part: Condition, values: dict[str, Any]) -> str:
    if isinstance(part, AnyOf | AllOf):
        return "\0".join(("any", "any", OTHER_VALUE))
    return "\0".join((part.path, part.operator, how_it_fails(part, values.get(part.path, ABSENT))))


def how_it_fails(comparison: Comparison, value: Any) -> str:
    """Why a comparison does not hold for a value, or for ABSENT."""
    if value is ABSENT:
        return MISSING
    operator = comparison.operator
    is_other = (operator in NUMERIC and not is_number(value)) or (operator in TEXTUAL and type(value) is not str)
    return OTHER_TYPE if is_other else OTHER_VALUE
