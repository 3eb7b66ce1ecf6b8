"""What evidence that was folded into sums still gives."""

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


def add_compacted(plan: Plan, folded: Compacted, derived: Derived) -> None:
    """Enter what was folded, before the first piece; derived.newest_ms is final by now."""
    _add_rules(plan.matchers.values(), plan.silences, folded, derived)
    for values in plan.values:
        matchers = [plan.matchers[number] for number in values.numbers if number in plan.matchers]
        for name, of_value in folded.by.get(values.key, {}).items():
            made = derived.by.setdefault(values.key, {}).setdefault(name, Derived(newest_ms=derived.newest_ms))
            _add_rules(matchers, values.silences, of_value, made)


def _add_rules(
    matchers: Iterable[Matcher], silences: Sequence[tuple[int, InactivityRule]], folded: Compacted, derived: Derived
) -> None:
    for matcher in matchers:
        held = folded.rules.get(matcher.key)
        if held is not None:
            _add_rule(matcher, held, derived)
    for number, rule in silences:
        types = folded.lasts if rule.types is None else [type_ for type_ in rule.types if type_ in folded.lasts]
        if types:
            last = max(folded.lasts[type_] for type_ in types)
            derived.lasts[number] = max(last, derived.lasts.get(number, last))


def compacted_sum(matcher: Matcher, held: CompactedRule, newest_ms: int) -> int:
    """What the folded matches add to `sums`: their points, or their weights for the landmark in force."""
    if not matcher.half_life_ms:
        return held.amount
    later_ms = landmark(newest_ms, matcher.half_life_ms) - held.at_ms
    return held.amount if later_ms == 0 else round(held.amount * 2.0 ** (-later_ms / matcher.half_life_ms))


def _add_rule(matcher: Matcher, held: CompactedRule, derived: Derived) -> None:
    if matcher.half_life_ms is None:
        for match in held.live:
            insort(derived.live.setdefault(matcher.number, []), match)
    elif held.amount:
        amount = compacted_sum(matcher, held, derived.newest_ms)
        derived.sums[matcher.number] = derived.sums.get(matcher.number, 0) + amount


def migrate_compacted(plan: Plan, record: Record, known_until_ms: int) -> None:
    """Fit what was folded under another model to this one: rules that are gone go, changed laws begin at the clock.

    known_until_ms: the newest arrival in the record; what a rule counts since a later one begins anew.
    """
    known = {m.number: m for m in plan.matchers.values() if _counts_since_ms(plan, m) <= known_until_ms}
    by_key = {m.key: m for number, m in known.items() if number not in plan.values_of}
    for folded in compacted_of(record):
        _fit(folded.rules, by_key, record.at_ms)
        folded.by = {values.key: folded.by[values.key] for values in plan.values if values.key in folded.by}
        for values in plan.values:
            of_values = {m.key: m for number, m in known.items() if number in values.numbers}
            for of_value in folded.by.get(values.key, {}).values():
                _fit(of_value.rules, of_values, record.at_ms)


def _counts_since_ms(plan: Plan, matcher: Matcher) -> int:
    """The arrival from which on the rule can count some type of event."""
    return min(plan.by_type[type_].since_ms.get(matcher.number, 0) for type_ in matcher.rule.types)


def _fit(rules: dict[str, CompactedRule], by_key: Mapping[str, Matcher], at_ms: int) -> None:
    for key in [key for key in rules if key not in by_key]:
        del rules[key]
    for key, held in rules.items():
        if held.half_life_ms != by_key[key].half_life_ms:
            rules[key] = _under_another_law(by_key[key], held, at_ms)


def _under_another_law(matcher: Matcher, held: CompactedRule, at_ms: int) -> CompactedRule:
    if held.half_life_ms is None:
        points = sum(amount for _, amount in held.live)
    elif held.half_life_ms:
        points = int(held.amount * (2.0 ** ((held.at_ms - at_ms) / held.half_life_ms) * ExponentialTerm.SCALE))
    else:
        points = held.amount
    made = CompactedRule(count=held.count, half_life_ms=matcher.half_life_ms, slots=held.slots)
    if matcher.half_life_ms is None:
        made.live = [(at_ms, points)]
    elif matcher.half_life_ms:
        made.at_ms = landmark(at_ms, matcher.half_life_ms)
        made.amount = weight(points, growth(at_ms, made.at_ms, matcher.half_life_ms))
    else:
        made.amount = points
    return made
