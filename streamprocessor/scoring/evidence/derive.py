"""From evidence to what is derived of it: piece by piece as it comes, or all of it anew in canonical order."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Mapping
from typing import Any

from streamprocessor.scoring.events.projection import attribute_values, value_name
from streamprocessor.scoring.events.scanners import TRACED_PATHS, find_scanned
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


class Accumulator:
    """Counts pieces into `derived`. in_order: no later piece can come before one that was counted already."""

    __slots__ = ("_derived", "_folded", "_on_match", "_plan", "_record", "_verdicts")

    def __init__(self, plan: Plan, record: Record, derived: Derived, on_match: OnMatch) -> None:
        """For the record's verdicts and folded evidence; on_match hears of every match that counts."""
        self._plan, self._derived, self._on_match = plan, derived, on_match
        is_alone = record.links is None
        self._record, self._verdicts = record, record.verdicts if is_alone else verdicts_of(record)
        self._folded = (
            () if is_alone and record.compacted is None else [folded.rules for folded in compacted_of(record)]
        )

    def count(self, piece: StoredEvent, wanted: TypePlan, in_order: bool, is_scanners: bool) -> bool:
        """Whether the piece could be counted; if not, it may displace another and all must be derived anew.

        is_scanners: what it did shows it to be a scanner's, if no verdict says otherwise.
        """
        derived = self._derived
        id_, at, _, actor, _, _ = piece
        if id_ in self._verdicts:
            actor = self._verdicts[id_][2]
        elif is_scanners:
            actor = SCANNER
        if actor == HUMAN:
            lasts = derived.lasts
            for number in wanted.watches:
                if number not in lasts or lasts[number] < at:
                    lasts[number] = at
        elif not self._plan.counts(actor, wanted.is_open):
            return True
        kept, sums = piece.properties, derived.sums
        grown = grown_by_ms = 0.0
        few = wanted.few
        for matcher in wanted.met_by(piece) if few is None else few:
            where = matcher.where
            if where is not None and few is not None and not where(kept):
                continue
            amount = matcher.fixed
            if amount is None and (matcher.amount is None or (amount := matcher.amount(kept)) is None):
                continue
            if matcher.slot_count is not None:
                slot = matcher.slot(kept, at)
                held = derived.slots.count(slot)
                if self._folded:
                    held += self._folded_slots(matcher, slot)
                if held >= matcher.slot_count:
                    if in_order or self._is_later(slot, at):
                        continue
                    return False
                derived.slots += slot + at.to_bytes(TIME_BYTES, "big", signed=True)
            self._on_match((matcher, piece, amount))
            number, half_life_ms = matcher.number, matcher.half_life_ms
            if half_life_ms is None:
                insort(derived.live.setdefault(number, []), (at, amount))
                continue
            if half_life_ms:
                if half_life_ms != grown_by_ms:
                    grown_by_ms = half_life_ms
                    grown = growth(at, derived.newest_ms // matcher.grid_ms * matcher.grid_ms, half_life_ms)
                amount = weight(amount, grown)
            sums[number] = sums.get(number, 0) + amount
        return self._count_by_value(piece, wanted, in_order, is_scanners) if wanted.by_value else True

    def _count_by_value(self, piece: StoredEvent, wanted: TypePlan, in_order: bool, is_scanners: bool) -> bool:
        """The same for the values that the piece has of `by` scores; a value is there from its first match on."""
        for values, own in wanted.by_value:
            if not values.may_take(piece.properties):
                continue
            name = value_name(piece.properties[values.path])
            known = self._derived.by.get(values.key, {})
            derived = known[name] if name in known else Derived()
            derived.newest_ms = self._derived.newest_ms
            counter = Accumulator(self._plan, self._record, derived, self._on_match)
            counter._folded = self._folded_of(values.key, name)
            if not counter.count(piece, own, in_order, is_scanners):
                return False
            if name not in known and (derived.sums or derived.live or derived.lasts):
                self._derived.by.setdefault(values.key, {})[name] = derived
        return True

    def _folded_of(self, key: str, name: str) -> list[dict[str, CompactedRule]]:
        return [folded.by[key][name].rules for folded in compacted_of(self._record) if name in folded.by.get(key, {})]

    def _is_later(self, slot: bytes, at_ms: int) -> bool:
        """Whether every unfolded match that holds this slot occurred before at_ms: then none is displaced."""
        slots = self._derived.slots
        found = slots.find(slot)
        while found >= 0:
            time_at = found + len(slot)
            if int.from_bytes(slots[time_at : time_at + TIME_BYTES], "big", signed=True) >= at_ms:
                return False
            found = slots.find(slot, time_at)
        return True

    def _folded_slots(self, matcher: Matcher, slot: bytes) -> int:
        return sum([rules[matcher.key].slots.count(slot) for rules in self._folded if matcher.key in rules])


def derive_attributes(plan: Plan, attributes: Mapping[str, Any], derived: Derived) -> dict[int, int]:
    """Enter the points of the attribute rules that hold; the points, by number, of those rules that changed."""
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


def derive(plan: Plan, record: Record, until_ms: int | None = None, on_match: OnMatch | None = None) -> Derived:
    """All that is derived of the record's evidence, as of until_ms (later pieces do not exist), or None: of all."""
    pieces = [p for p in events_of(record) if until_ms is None or p.occurred_at_ms <= until_ms]
    pieces.sort(key=lambda piece: (piece.occurred_at_ms, piece.id))
    first = first_of(record)
    derived = Derived(first_ms=first if first is None or until_ms is None or first <= until_ms else None)
    derived.newest_ms = max(0, pieces[-1].occurred_at_ms if pieces else 0)
    derive_attributes(plan, attributes_of(record), derived)
    for folded in compacted_of(record):
        derived.newest_ms = max(derived.newest_ms, folded.newest_ms)
    for folded in compacted_of(record):
        add_compacted(plan, folded, derived)
    scanned, derived.traces = find_scanned(plan.model.scanners, pieces)
    counter = Accumulator(plan, record, derived, on_match or _unheard)
    for piece in pieces:
        wanted = plan.by_type.get(piece.type, plan.any_type)
        if wanted is not None:
            counter.count(piece, wanted, in_order=True, is_scanners=piece.id in scanned)
    settle_values(plan, derived)
    return derived


def settle_values(plan: Plan, derived: Derived) -> None:
    """Tell each value of the `by` scores what it shares with the contact: its times, its attribute rules."""
    for values in plan.values:
        of_attributes = {number: derived.sums.get(number, 0) for number in values.attributes}
        for of_value in derived.by.get(values.key, {}).values():
            of_value.newest_ms, of_value.first_ms = derived.newest_ms, derived.first_ms
            for number, points in of_attributes.items():
                if points:
                    of_value.sums[number] = points
                else:
                    of_value.sums.pop(number, None)


def stored_matches(plan: Plan, record: Record, numbers: frozenset[int]) -> dict[int, list[RuleMatch]]:
    """The matches that count, of the rules of these numbers alone, in (occurred_at, id) order."""
    found: dict[int, list[RuleMatch]] = {number: [] for number in numbers}
    derived = Derived(newest_ms=record.derived.newest_ms)
    counter = Accumulator(plan, record, derived, lambda match: found[match[0].number].append(match))
    wanted = plan.of_rules(numbers)
    pieces = events_of(record)
    is_traced = record.derived.traces and not wanted.keys().isdisjoint(TRACED_PATHS)
    scanned, _ = find_scanned(plan.model.scanners if is_traced else None, pieces)
    pieces = [piece for piece in pieces if piece.type in wanted]
    pieces.sort(key=lambda piece: (piece.occurred_at_ms, piece.id))
    for piece in pieces:
        counter.count(piece, wanted[piece.type], in_order=True, is_scanners=piece.id in scanned)
    return found


def _unheard(match: RuleMatch) -> None:
    """Nobody asked."""
