"""Conditions whose operand is of a type that what they look at seldom has, named before they give nobody anything."""

from __future__ import annotations

from collections.abc import Iterator

from streamprocessor.contract.foreign_text import shown_text
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.model.rules import AttributeRule, Comparison, Condition, InactivityRule, Rule


def misfits(model: Model) -> Iterator[str]:
    """A sentence for each condition of the model that no text and no number can meet, but a list at most."""
    for score in model.scores:
        conditions = [(f"score '{score.name}': applies_when", score.applies_when)]
        conditions += [(f"score '{score.name}': rule '{rule.id}'", _condition_of(rule)) for rule in score.rules]
        for where, condition in conditions:
            for comparison in _comparisons(condition):
                if comparison.operator == "contains" and not isinstance(comparison.operand, str):
                    operand = shown_text(repr(comparison.operand))
                    yield (
                        f"{where}: {comparison.path} contains {operand}: wanted a text to look for in texts; "
                        "got what only a list can contain"
                    )


def _condition_of(rule: Rule) -> Condition | None:
    if isinstance(rule, AttributeRule):
        return rule.when
    return None if isinstance(rule, InactivityRule) else rule.where


def _comparisons(condition: Condition | None) -> Iterator[Comparison]:
    if isinstance(condition, Comparison):
        yield condition
    elif condition is not None:
        for part in condition.conditions:
            yield from _comparisons(part)
