"""What compacted evidence still gives, and how it is carried over to another model."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping, Sequence

from streamprocessor.scoring.evidence.union import compacted_of
from streamprocessor.scoring.model.rules import InactivityRule
from streamprocessor.scoring.plan.matching import Matcher
from streamprocessor.scoring.plan.plan import Plan
from streamprocessor.scoring.record.evidence import Compacted, CompactedRule
from streamprocessor.scoring.record.record import Derived, Record
from streamprocessor.scoring.terms.terms import ExponentialTerm, growth, landmark, weight


def add_compacted(plan: Plan, compacted: Compacted, derived: Derived) -> None:
    """Add what was compacted to `derived`, before any stored event; derived.newest_ms is final by now."""
    _add_rules(plan.matchers.values(), plan.inactivity_rules, compacted, derived)
    for per_value in plan.per_value_plans:
        matchers = [plan.matchers[number] for number in per_value.numbers if number in plan.matchers]
        for name, of_value in compacted.by_value.get(per_value.key, {}).items():
            derived_of_value = derived.by_value.setdefault(per_value.key, {}).setdefault(
                name, Derived(newest_ms=derived.newest_ms)
            )
            _add_rules(matchers, per_value.inactivity_rules, of_value, derived_of_value)


def _add_rules(
    matchers: Iterable[Matcher],
    inactivity_rules: Sequence[tuple[int, InactivityRule]],
    compacted: Compacted,
    derived: Derived,
) -> None:
    """Add what was compacted of these rules."""
    for matcher in matchers:
        compacted_rule = compacted.rules.get(matcher.key)
        if compacted_rule is not None:
            _add_rule(matcher, compacted_rule, derived)
    for number, rule in inactivity_rules:
        types = (
            compacted.last_ms if rule.types is None else [type_ for type_ in rule.types if type_ in compacted.last_ms]
        )
        if types:
            last = max(compacted.last_ms[type_] for type_ in types)
            derived.last_ms[number] = max(last, derived.last_ms.get(number, last))


def compacted_sum(matcher: Matcher, compacted_rule: CompactedRule, newest_ms: int) -> int:
    """What the compacted matches add to `sums`: their points, or their weights for the landmark in force."""
    if not matcher.half_life_ms:
        return compacted_rule.amount
    later_ms = landmark(newest_ms, matcher.half_life_ms) - compacted_rule.at_ms
    return (
        compacted_rule.amount
        if later_ms == 0
        else round(compacted_rule.amount * 2.0 ** (-later_ms / matcher.half_life_ms))
    )


def _add_rule(matcher: Matcher, compacted_rule: CompactedRule, derived: Derived) -> None:
    if matcher.half_life_ms is None:
        for match in compacted_rule.matches:
            insort(derived.matches.setdefault(matcher.number, []), match)
    elif compacted_rule.amount:
        amount = compacted_sum(matcher, compacted_rule, derived.newest_ms)
        derived.sums[matcher.number] = derived.sums.get(matcher.number, 0) + amount


def migrate_compacted(plan: Plan, record: Record, known_until_ms: int) -> None:
    """Carry what was compacted under another model over to this one.

    Rules that the model does not have are dropped, changed laws begin at the record's clock.
    known_until_ms: the newest arrival in the record; what a rule counts since a later one begins anew.
    """
    known = {m.number: m for m in plan.matchers.values() if _counts_since_ms(plan, m) <= known_until_ms}
    by_key = {m.key: m for number, m in known.items() if number not in plan.per_value_plan_of_rule}
    for compacted in compacted_of(record):
        _fit(compacted.rules, by_key, record.at_ms)
        compacted.by_value = {
            per_value.key: compacted.by_value[per_value.key]
            for per_value in plan.per_value_plans
            if per_value.key in compacted.by_value
        }
        for per_value in plan.per_value_plans:
            of_values = {m.key: m for number, m in known.items() if number in per_value.numbers}
            for of_value in compacted.by_value.get(per_value.key, {}).values():
                _fit(of_value.rules, of_values, record.at_ms)


def _counts_since_ms(plan: Plan, matcher: Matcher) -> int:
    """The arrival from which on the rule can count some type of event."""
    return min(plan.by_type[type_].since_ms.get(matcher.number, 0) for type_ in matcher.rule.types)


def _fit(rules: dict[str, CompactedRule], by_key: Mapping[str, Matcher], at_ms: int) -> None:
    """Drop the rules that are not among these, and put the others under their laws."""
    for key in [key for key in rules if key not in by_key]:
        del rules[key]
    for key, compacted_rule in rules.items():
        if compacted_rule.half_life_ms != by_key[key].half_life_ms:
            rules[key] = _under_another_law(by_key[key], compacted_rule, at_ms)


def _under_another_law(matcher: Matcher, old: CompactedRule, at_ms: int) -> CompactedRule:
    """What was compacted of a rule, as if it had come under the rule's law at at_ms."""
    if old.half_life_ms is None:
        points = sum(amount for _, amount in old.matches)
    elif old.half_life_ms:
        points = int(old.amount * (2.0 ** ((old.at_ms - at_ms) / old.half_life_ms) * ExponentialTerm.SCALE))
    else:
        points = old.amount
    new = CompactedRule(count=old.count, half_life_ms=matcher.half_life_ms, slots=old.slots)
    if matcher.half_life_ms is None:
        new.matches = [(at_ms, points)]
    elif matcher.half_life_ms:
        new.at_ms = landmark(at_ms, matcher.half_life_ms)
        new.amount = weight(points, growth(at_ms, new.at_ms, matcher.half_life_ms))
    else:
        new.amount = points
    return new
