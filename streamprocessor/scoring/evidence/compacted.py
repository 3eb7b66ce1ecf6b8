"""Compacted evidence: events added to its sums, its bounds, what it still gives, its migration to a new model."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from streamprocessor.scoring.events.projection import value_name
from streamprocessor.scoring.evidence.size_limits import (
    SLOT_BYTES,
)
from streamprocessor.scoring.evidence.union import compacted_of
from streamprocessor.scoring.model.rules import InactivityRule
from streamprocessor.scoring.plan.matching import Matcher
from streamprocessor.scoring.plan.per_value_plan import PerValuePlan
from streamprocessor.scoring.plan.plan import Plan
from streamprocessor.scoring.record.evidence import Compacted, CompactedRule, StoredEvent
from streamprocessor.scoring.record.facts import HUMAN
from streamprocessor.scoring.record.record import Derived, Record
from streamprocessor.scoring.terms.terms import ExponentialTerm, growth, landmark, weight

MOST_SLOTS = 256
MOST_SLOTS_OF_ALL = 2_048
MOST_MATCHES = 256
LEAST_MATCHES = 16
MOST_TYPES = 64
ANY_TYPE = ""


class RuleAmount(NamedTuple):
    """One match of an event: by which rule, and what the match counts for."""

    matcher: Matcher
    amount: int


class Evicted(NamedTuple):
    """A stored event that goes into sums.

    actor: who did it, by the last verdict on it.
    matches: those of its matches that count.
    """

    event: StoredEvent
    actor: str
    matches: list[RuleAmount]


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
    return amount_at(compacted_rule, landmark(newest_ms, matcher.half_life_ms), matcher.half_life_ms)


def amount_at(compacted_rule: CompactedRule, landmark_ms: float, half_life_ms: float) -> int:
    """The compacted weights, which are for the rule's own landmark, for another one."""
    later_ms = landmark_ms - compacted_rule.at_ms
    return compacted_rule.amount if later_ms == 0 else round(compacted_rule.amount * 2.0 ** (-later_ms / half_life_ms))


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


def add_event(plan: Plan, record: Record, compacted: Compacted, evicted: Evicted) -> None:
    """Add one event to the sums."""
    event, actor, matches = evicted
    event, at_ms = plan.seen(event), event.occurred_at_ms
    if actor == HUMAN:
        compacted.last_ms[event.type] = max(at_ms, compacted.last_ms.get(event.type, at_ms))
        _compact_activity(plan, compacted, event)
    compacted.newest_ms = max(compacted.newest_ms, at_ms)
    for matcher, amount in matches:
        per_value = plan.per_value_plan_of_rule.get(matcher.number)
        rules = compacted.rules if per_value is None else _of_value(compacted, per_value, event).rules
        compacted_rule = rules.get(matcher.key)
        if compacted_rule is None:
            half_life_ms = matcher.half_life_ms
            landmark_ms = landmark(record.derived.newest_ms, half_life_ms) if half_life_ms else 0.0
            compacted_rule = rules[matcher.key] = CompactedRule(half_life_ms=half_life_ms, at_ms=landmark_ms)
        compacted_rule.count += 1
        if matcher.half_life_ms is None:
            insort(compacted_rule.matches, (at_ms, amount))
        elif matcher.half_life_ms:
            compacted_rule.amount += weight(amount, growth(at_ms, compacted_rule.at_ms, matcher.half_life_ms))
        else:
            compacted_rule.amount += amount
        if matcher.has_slots:
            compacted_rule.slots += matcher.slots(event.properties, at_ms)


def _compact_activity(plan: Plan, compacted: Compacted, event: StoredEvent) -> None:
    """Note a human event for the inactivity rules of the value that it has."""
    for per_value in plan.per_value_plans:
        types = {type_ for _, rule in per_value.inactivity_rules for type_ in rule.types or (ANY_TYPE,)}
        counted_types = types & {event.type, ANY_TYPE}
        if counted_types and per_value.counts(event.properties):
            lasts = _of_value(compacted, per_value, event).last_ms
            for type_ in counted_types:
                lasts[type_] = max(event.occurred_at_ms, lasts.get(type_, event.occurred_at_ms))


def _of_value(compacted: Compacted, per_value: PerValuePlan, event: StoredEvent) -> Compacted:
    """What was compacted of the event's value; it is there from now on."""
    return compacted.by_value.setdefault(per_value.key, {}).setdefault(
        value_name(event.properties[per_value.path]), Compacted()
    )


def _rules_of_all(compacted: Compacted) -> Iterator[tuple[dict[str, CompactedRule], int]]:
    """What was compacted of the contact and of each value, with the number of those that share the bounds of a rule."""
    yield compacted.rules, 1
    for of_score in compacted.by_value.values():
        for of_value in of_score.values():
            yield of_value.rules, len(of_score)


def move_landmarks(plan: Plan, compacted: Compacted, newest_ms: int) -> None:
    """Move all weights to the landmarks that the newest event gives."""
    for rules, _ in _rules_of_all(compacted):
        for matcher in plan.matchers.values():
            compacted_rule = rules.get(matcher.key)
            if compacted_rule is not None and matcher.half_life_ms:
                compacted_rule.amount = compacted_sum(matcher, compacted_rule, newest_ms)
                compacted_rule.at_ms = landmark(newest_ms, matcher.half_life_ms)


def trim(plan: Plan, compacted: Compacted, at_ms: int, holders: int) -> None:
    """Hold the compacted evidence within its bounds: the oldest limit keys and types go, the oldest matches join.

    holders: how many share the bounds.
    """
    limited = sum(matcher.has_slots for matcher in plan.matchers.values())
    most_slots = min(MOST_SLOTS, MOST_SLOTS_OF_ALL // max(1, limited))
    mergeable = sum(not term.last_alone for term in plan.per_match_terms.values())
    most_live = max(LEAST_MATCHES, MOST_MATCHES // max(1, mergeable))
    for rules, values in _rules_of_all(compacted):
        sharing = values * holders
        for matcher in plan.matchers.values():
            compacted_rule = rules.get(matcher.key)
            if compacted_rule is None:
                continue
            compacted_rule.slots = compacted_rule.slots[-max(1, most_slots // sharing) * SLOT_BYTES :]
            term = plan.per_match_terms.get(matcher.number)
            if term is not None:
                compacted_rule.matches = [match for match in compacted_rule.matches if term.still_worth(match, at_ms)]
                most = max(1, most_live // sharing)
                compacted_rule.matches = (
                    compacted_rule.matches[-1:] if term.last_alone else _merge_oldest(compacted_rule.matches, most)
                )
    if len(compacted.last_ms) > MOST_TYPES:
        latest = sorted(compacted.last_ms.items(), key=lambda item: (item[1], item[0]))[-MOST_TYPES:]
        compacted.last_ms = dict(latest)


def _merge_oldest(matches: list[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """At most so many matches: the oldest ones become one at the latest of their instants.

    >>> _merge_oldest([(1, 10), (2, 20), (3, 30)], 2)
    [(2, 30), (3, 30)]
    """
    surplus = len(matches) - most
    if surplus <= 0:
        return matches
    oldest = matches[: surplus + 1]
    return [(oldest[-1][0], sum(amount for _, amount in oldest)), *matches[surplus + 1 :]]
