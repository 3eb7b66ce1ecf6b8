"""Which rules decide who is hot: what becomes of each contact without the points of one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.plan.compile import compile_model
from streamprocessor.scoring.plan.plan import RulePlan, ScorePlan
from streamprocessor.scoring.record.record import Derived, Record
from streamprocessor.scoring.steps.next_change import score_at
from streamprocessor.scoring.terms.inactivity import InactivityTerm


@dataclass(slots=True)
class DecidingRule:
    """What one rule decides among the contacts that were looked at.

    contacts: that have points by it.
    falls: that are hot in some score, and not without it.
    enters: that are not hot in some score, and would be without it.
    """

    score: str
    rule: str
    contacts: int = 0
    falls: int = 0
    enters: int = 0


class DecidingRules:
    """Counts for each rule who would be hot no more, or would be, if the model did not have it.

    A rule is taken away where its points come together: what is left is added up by the same terms, so that the stage
    is the one that the model without the rule gives, whatever limits, groups and combinations it goes through.
    """

    def __init__(self, model: Model) -> None:
        """Look at the rules of this model; those of scores by value make nobody hot."""
        self._hot_stages = model.hot_stages()
        self._plan = compile_model(model)
        self._hot = [self._plan.by_name[name] for name in self._hot_stages]
        self.hot = 0
        self.by_key = {
            rule.key: DecidingRule(score.name, rule.rule.id) for score in self._plan.scores for rule in score.rules
        }
        scores = {score.name: score for hot in self._hot for score in _made_of(hot)}
        self._rules = [rule for score in scores.values() if score.per_value is None for rule in score.rules]

    def add(self, record: Record, at_ms: int) -> None:
        """One contact more. record: of the model; its clock not after at_ms."""
        hot = self._hot_in(record, record.derived, at_ms)
        self.hot += bool(hot)
        for rule in self._rules:
            if not rule.term.value(record.derived, at_ms):
                continue
            decides = self.by_key[rule.key]
            decides.contacts += 1
            without = self._hot_in(record, without_rule(record.derived, rule, at_ms), at_ms)
            decides.falls += not hot <= without
            decides.enters += not without <= hot

    def _hot_in(self, record: Record, derived: Derived, at_ms: int) -> set[str]:
        return {
            score.name
            for score in self._hot
            if score_at(score, record, derived, at_ms).stage in self._hot_stages[score.name]
        }


def without_rule(derived: Derived, rule: RulePlan, at_ms: int) -> Derived:
    """What is derived of the evidence as far as all other rules are concerned."""
    if isinstance(rule.term, InactivityTerm):  # as if something had just been done
        return replace(derived, last_ms={**derived.last_ms, rule.number: at_ms})
    return replace(
        derived,
        sums={number: amount for number, amount in derived.sums.items() if number != rule.number},
        matches={number: found for number, found in derived.matches.items() if number != rule.number},
    )


def _made_of(score: ScorePlan) -> Iterator[ScorePlan]:
    """The score, and those that it is combined of."""
    yield score
    for component, _ in score.components:
        yield from _made_of(component)
