"""From evidence to what is derived of it: event by event as it comes, or all of it anew in canonical order."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Mapping
from typing import Any

from streamprocessor.scoring.events.acts import FORM_SUBMISSION, find_repeats
from streamprocessor.scoring.events.projection import attribute_values, value_name
from streamprocessor.scoring.events.scanners import CLASSED_TYPES, find_scanner_events
from streamprocessor.scoring.evidence.compacted import add_compacted
from streamprocessor.scoring.evidence.union import attributes_of, compacted_of, events_of, first_of, verdicts_of
from streamprocessor.scoring.plan.matching import Matcher
from streamprocessor.scoring.plan.plan import Plan, TypePlan
from streamprocessor.scoring.record.evidence import CompactedRule, StoredEvent
from streamprocessor.scoring.record.facts import HUMAN, SCANNER
from streamprocessor.scoring.record.record import Derived, Record
from streamprocessor.scoring.terms.terms import growth, weight

RuleMatch = tuple[Matcher, StoredEvent, int]
"""A rule, the event that matched it, and what the match counts for."""

TIME_BYTES = 8

OnMatch = Callable[[RuleMatch], None]
OnRepeat = Callable[[str, str], None]


class Accumulator:
    """Counts stored events into `derived`, one by one."""

    __slots__ = ("_compacted_rules", "_derived", "_on_match", "_plan", "_record", "_verdicts")

    def __init__(self, plan: Plan, record: Record, derived: Derived, on_match: OnMatch) -> None:
        """Count with the record's verdicts and compacted limit keys.

        on_match: hears of every match that counts.
        """
        self._plan, self._derived, self._on_match = plan, derived, on_match
        is_alone = record.links is None
        self._record, self._verdicts = record, record.verdicts if is_alone else verdicts_of(record)
        self._compacted_rules = (
            () if is_alone and record.compacted is None else [compacted.rules for compacted in compacted_of(record)]
        )

    def count(self, event: StoredEvent, type_plan: TypePlan, in_order: bool, is_by_scanner: bool) -> bool:
        """Whether the event could be counted; if not, it may displace another and all must be derived anew.

        in_order: whether no later event can come before one that was counted already.
        is_by_scanner: whether what was done shows it to be a scanner's, if no verdict says otherwise.
        """
        derived = self._derived
        id_, at, _, actor, _, _ = event
        if id_ in self._verdicts:
            actor = self._verdicts[id_][2]
        elif is_by_scanner:
            actor = SCANNER
        if actor == HUMAN:
            lasts = derived.last_ms
            for number in type_plan.resets:
                if number not in lasts or lasts[number] < at:
                    lasts[number] = at
        elif not self._plan.counts(actor, type_plan.is_open):
            return True
        if type_plan.suppression is not None:
            derived.suppression = type_plan.suppression.after(derived.suppression, event)
        if type_plan.derived is not None:
            event = type_plan.seen(event)
        properties, sums = event.properties, derived.sums
        grown = grown_by_ms = 0.0
        few = type_plan.few
        for matcher in type_plan.met_by(event) if few is None else few:
            where = matcher.where
            if where is not None and few is not None and not where(properties):
                continue
            amount = matcher.fixed
            if amount is None:
                if matcher.amount is None or (amount := matcher.amount(properties)) is None:
                    continue
                if matcher.once_per is not None and (once := matcher.once_slot(properties)) is not None:
                    if once in derived.slots or self._held_compacted(matcher, once):
                        if in_order or self._is_later(once, at):
                            continue
                        return False
                    derived.slots += once + at.to_bytes(TIME_BYTES, "big", signed=True)
            if matcher.slot_count is not None:
                slot = matcher.slot(properties, at)
                held = derived.slots.count(slot)
                if self._compacted_rules:
                    held += self._held_compacted(matcher, slot)
                if held >= matcher.slot_count:
                    if in_order or self._is_later(slot, at):
                        continue
                    return False
                derived.slots += slot + at.to_bytes(TIME_BYTES, "big", signed=True)
            self._on_match((matcher, event, amount))
            number, half_life_ms = matcher.number, matcher.half_life_ms
            if half_life_ms is None:
                insort(derived.matches.setdefault(number, []), (at, amount))
                continue
            if half_life_ms:
                if half_life_ms != grown_by_ms:
                    grown_by_ms = half_life_ms
                    grown = growth(at, derived.newest_ms // matcher.grid_ms * matcher.grid_ms, half_life_ms)
                amount = weight(amount, grown)
            sums[number] = sums.get(number, 0) + amount
        return self._count_by_value(event, type_plan, in_order, is_by_scanner) if type_plan.by_value else True

    def _count_by_value(self, event: StoredEvent, type_plan: TypePlan, in_order: bool, is_by_scanner: bool) -> bool:
        """Whether the event could be counted for its values of per-value scores; a first match makes a value."""
        for per_value, own_plan in type_plan.by_value:
            if not per_value.counts(event.properties):
                continue
            name = value_name(event.properties[per_value.path])
            known = self._derived.by_value.get(per_value.key, {})
            derived = known[name] if name in known else Derived()
            derived.newest_ms = self._derived.newest_ms
            accumulator = Accumulator(self._plan, self._record, derived, self._on_match)
            accumulator._compacted_rules = self._compacted_rules_of(per_value.key, name)
            if not accumulator.count(event, own_plan, in_order, is_by_scanner):
                return False
            if name not in known and (derived.sums or derived.matches or derived.last_ms):
                self._derived.by_value.setdefault(per_value.key, {})[name] = derived
        return True

    def _compacted_rules_of(self, key: str, name: str) -> list[dict[str, CompactedRule]]:
        """What was compacted of the rules of one value."""
        return [
            compacted.by_value[key][name].rules
            for compacted in compacted_of(self._record)
            if name in compacted.by_value.get(key, {})
        ]

    def _is_later(self, slot: bytes, at_ms: int) -> bool:
        """Whether every stored match that holds this slot occurred before at_ms: then none is displaced."""
        slots = self._derived.slots
        place = slots.find(slot)
        while place >= 0:
            time_at = place + len(slot)
            if int.from_bytes(slots[time_at : time_at + TIME_BYTES], "big", signed=True) >= at_ms:
                return False
            place = slots.find(slot, time_at)
        return True

    def _held_compacted(self, matcher: Matcher, slot: bytes) -> int:
        """How many compacted matches of the rule hold this slot."""
        return sum([rules[matcher.key].slots.count(slot) for rules in self._compacted_rules if matcher.key in rules])


def derive_attributes_in_place(plan: Plan, attributes: Mapping[str, Any], derived: Derived) -> dict[int, int]:
    """Set the sums of the attribute rules that hold; the points, by number, of those rules that changed."""
    values = attribute_values(attributes, plan.attribute_paths)
    changed = {}
    for rule in plan.attributes:
        points = rule.points_e15 if rule.holds(values) else 0
        if derived.sums.get(rule.number, 0) != points:
            changed[rule.number] = points
            if points:
                derived.sums[rule.number] = points
            else:
                del derived.sums[rule.number]
    return changed


def derive(
    plan: Plan,
    record: Record,
    until_ms: int | None = None,
    on_match: OnMatch | None = None,
    on_repeat: OnRepeat | None = None,
) -> Derived:
    """All that is derived of the record's evidence.

    until_ms: later events do not exist; None: all do.
    on_match: hears of every match that counts; None: nobody does.
    on_repeat: hears of every event that repeats another one, by the ids of both; None: nobody does.
    """
    events = [event for event in events_of(record) if until_ms is None or event.occurred_at_ms <= until_ms]
    events.sort(key=lambda event: (event.occurred_at_ms, event.id))
    first = first_of(record)
    derived = Derived(first_ms=first if first is None or until_ms is None or first <= until_ms else None)
    derived.newest_ms = max(0, events[-1].occurred_at_ms if events else 0)
    derive_attributes_in_place(plan, attributes_of(record), derived)
    for compacted in compacted_of(record):
        derived.newest_ms = max(derived.newest_ms, compacted.newest_ms)
    for compacted in compacted_of(record):
        add_compacted(plan, compacted, derived)
    by_scanner, derived.traces = find_scanner_events(plan.model.scanners, events)
    repeats, derived.slots = find_repeats(events, verdicts_of(record), by_scanner)
    accumulator = Accumulator(plan, record, derived, on_match or _ignore_match)
    for event in events:
        if event.id in repeats:
            if on_repeat is not None:
                on_repeat(event.id, repeats[event.id])
            continue
        type_plan = plan.by_type.get(event.type, plan.any_type)
        if type_plan is not None:
            accumulator.count(event, type_plan, in_order=True, is_by_scanner=event.id in by_scanner)
    update_values(plan, derived)
    return derived


def update_values(plan: Plan, derived: Derived) -> None:
    """Give each value of the per-value scores what it shares with the contact: its times, its attribute rules."""
    for per_value in plan.per_value_plans:
        of_attributes = {number: derived.sums.get(number, 0) for number in per_value.attributes}
        for of_value in derived.by_value.get(per_value.key, {}).values():
            of_value.newest_ms, of_value.first_ms = derived.newest_ms, derived.first_ms
            for number, points in of_attributes.items():
                if points:
                    of_value.sums[number] = points
                else:
                    of_value.sums.pop(number, None)


def stored_matches(plan: Plan, record: Record, numbers: frozenset[int]) -> dict[int, list[RuleMatch]]:
    """The matches of stored events that count, of the rules of these numbers alone, in (occurred_at, id) order."""
    matches: dict[int, list[RuleMatch]] = {number: [] for number in numbers}
    derived = Derived(newest_ms=record.derived.newest_ms)
    accumulator = Accumulator(plan, record, derived, lambda match: matches[match[0].number].append(match))
    type_plans = plan.narrowed.of_rules(numbers)
    events = events_of(record)
    is_traced = record.derived.traces and not type_plans.keys().isdisjoint(CLASSED_TYPES)
    by_scanner, _ = find_scanner_events(plan.model.scanners if is_traced else None, events)
    events = [event for event in events if event.type in type_plans]
    events.sort(key=lambda event: (event.occurred_at_ms, event.id))
    if FORM_SUBMISSION in type_plans:
        repeats, _ = find_repeats(events, verdicts_of(record), by_scanner)
        events = [event for event in events if event.id not in repeats]
    for event in events:
        accumulator.count(event, type_plans[event.type], in_order=True, is_by_scanner=event.id in by_scanner)
    return matches


def _ignore_match(match: RuleMatch) -> None:
    """Do nothing with a match that nobody asked for."""
