"""Which rules were never met, and which say the same: by the matches that contacts' records still hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from streamprocessor.scoring.evidence.derive import RuleMatch, derive
from streamprocessor.scoring.evidence.union import compacted_of
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.model.rules import AttributeRule, InactivityRule
from streamprocessor.scoring.plan.compile import compile_model
from streamprocessor.scoring.plan.plan import RulePlan
from streamprocessor.scoring.record.evidence import Compacted
from streamprocessor.scoring.record.record import Derived, Record

LEAST_JACCARD = 0.8
LEAST_BOTH = 10
"""Rules that met fewer together may do so by chance."""


class NeverMetRule(NamedTuple):
    """A rule that met nothing."""

    score: str
    rule: str


class AlikeRules(NamedTuple):
    """Two rules of a score that meet nearly the same.

    both: how many events, or of attribute rules contacts, both met; jaccard: the share of those that either met.
    """

    score: str
    rule: str
    other: str
    both: int
    jaccard: float


class MetRules:
    """Counts what the rules of a model met, alone and together."""

    def __init__(self, model: Model) -> None:
        """Count for the rules of this model."""
        self._plan = compile_model(model)
        self._rules: dict[int, tuple[str, RulePlan]] = {
            rule.number: (score.name, rule) for score in self._plan.scores for rule in score.rules
        }
        self._met: Counter[int] = Counter()
        self._compacted: set[str] = set()
        self._both: Counter[tuple[int, int]] = Counter()

    def add(self, record: Record, at_ms: int) -> None:
        """One contact more. record: of the model; its clock not after at_ms."""
        by_event: dict[str, list[int]] = {}

        def on_match(match: RuleMatch) -> None:
            by_event.setdefault(match[1].id, []).append(match[0].number)

        derived = derive(self._plan, record, on_match=on_match)
        for numbers in by_event.values():
            self._count(numbers)
        for compacted in compacted_of(record):
            self._compacted.update(_keys_of(compacted))
        self._count([n for n, (_, rule) in self._rules.items() if _is_on_attributes(rule) and n in derived.sums])
        for number, (_, rule) in self._rules.items():
            if isinstance(rule.rule, InactivityRule) and self._is_silent(rule, derived, at_ms):
                self._met[number] += 1

    def unmet(self) -> list[NeverMetRule]:
        """The rules that no event, attribute or silence of any contact met, in the model's order."""
        return [
            NeverMetRule(score, rule.rule.id)
            for number, (score, rule) in self._rules.items()
            if not self._met[number] and rule.key not in self._compacted
        ]

    def alike(self) -> list[AlikeRules]:
        """Pairs of rules of one score that met nearly the same, those that agree the most first."""
        return sorted(self._alike(), key=lambda each: (-each.jaccard, -each.both, each.score, each.rule, each.other))

    def _alike(self) -> Iterator[AlikeRules]:
        for (first, second), both in self._both.items():
            jaccard = both / (self._met[first] + self._met[second] - both)
            if both >= LEAST_BOTH and jaccard >= LEAST_JACCARD:
                score, rule = self._rules[first]
                yield AlikeRules(score, rule.rule.id, self._rules[second][1].rule.id, both, jaccard)

    def _is_silent(self, rule: RulePlan, derived: Derived, at_ms: int) -> bool:
        """Whether the rule gives points, to the contact or to one of its values."""
        per_value = self._plan.per_value_plan_of_rule.get(rule.number)
        silent = [derived] if per_value is None else derived.by_value.get(per_value.key, {}).values()
        return any(rule.term.value(each, at_ms) for each in silent)

    def _count(self, numbers: list[int]) -> None:
        """What all these rules met together."""
        distinct = sorted(set(numbers))
        self._met.update(distinct)
        for first, second in combinations(distinct, 2):
            if self._rules[first][0] == self._rules[second][0]:
                self._both[first, second] += 1


def _is_on_attributes(rule: RulePlan) -> bool:
    return isinstance(rule.rule, AttributeRule)


def _keys_of(compacted: Compacted) -> Iterator[str]:
    """The rules something of which was compacted, by `score/rule`."""
    yield from (key for key, rule in compacted.rules.items() if rule.count)
    for by_name in compacted.by_value.values():
        for of_value in by_name.values():
            yield from _keys_of(of_value)
