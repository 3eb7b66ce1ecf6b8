"""How much of contacts' points each rule gives. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps.steps import ExplanationPart


class RuleShare(NamedTuple):
    """What one rule gives at present: to so many contacts, in sum, and in sizes, whatever the sign."""

    contacts: int
    points_nano: int
    size_nano: int


def shares_of(scorer: Scorer, records: Iterable[Record], at_ms: int) -> dict[str, dict[str, RuleShare]]:
    """score → rule → what the rule gives to these contacts' scores at at_ms, what its limit takes off taken off.

    Of a combined score the rules are called "component/rule". A `by` score counts all its shown values. What a group's
    limit takes off belongs to no rule.
    """
    contacts: Counter[tuple[str, str]] = Counter()
    points: Counter[tuple[str, str]] = Counter()
    sizes: Counter[tuple[str, str]] = Counter()
    for record in records:
        for name, of_rule in _points(scorer, record, at_ms):
            for rule, points_nano in of_rule.items():
                contacts[name, rule] += 1
                points[name, rule] += points_nano
                sizes[name, rule] += abs(points_nano)
    shares: dict[str, dict[str, RuleShare]] = {score.name: {} for score in scorer.model.scores}
    for name, rule in contacts:
        shares[name][rule] = RuleShare(contacts[name, rule], points[name, rule], sizes[name, rule])
    return shares


def _points(scorer: Scorer, record: Record, at_ms: int) -> Iterable[tuple[str, Counter[str]]]:
    for name, score in scorer.scores_at(record, at_ms).items():
        if score.values is not None:
            parts = [part for value in score.values for part in scorer.explain(record, name, at_ms, value.name)]
        elif score.unrounded_nano is not None:
            parts = scorer.explain(record, name, at_ms)
        else:
            continue
        yield name, _by_rule(parts)


def _by_rule(parts: Iterable[ExplanationPart]) -> Counter[str]:
    of_rule: Counter[str] = Counter()
    for part in parts:
        if part.rule is not None:
            of_rule[part.rule] += part.points_nano
    return of_rule
