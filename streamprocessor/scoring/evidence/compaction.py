"""Folding: single pieces go into sums when they are old, or too many, so that a record stays small for ever."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from streamprocessor.scoring.events.projection import value_name
from streamprocessor.scoring.events.scanners import TRACE_BYTES, TRACED_PATHS, find_scanned
from streamprocessor.scoring.evidence.compacted import compacted_sum
from streamprocessor.scoring.evidence.derive import RuleMatch, derive
from streamprocessor.scoring.evidence.size_limits import (
    LEAST_BYTES,
    LIVE_BYTES,
    MARK_BYTES,
    MOST_PIECES,
    MOST_VERDICT_BYTES,
    SLOT_BYTES,
    SLOT_IN_TIME_BYTES,
    events_over_limit,
    is_too_much,
    size_of,
    size_of_verdict_bytes,
    size_of_verdicts_bytes,
)
from streamprocessor.scoring.evidence.union import compacted_of, events_of, sources_of, verdicts_of
from streamprocessor.scoring.plan.matching import Matcher
from streamprocessor.scoring.plan.per_value_plan import ValuesPlan
from streamprocessor.scoring.plan.plan import Plan
from streamprocessor.scoring.record.evidence import Compacted, CompactedRule, StoredEvent
from streamprocessor.scoring.record.facts import HUMAN, SCANNER
from streamprocessor.scoring.record.links import EvidenceSource
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.terms.per_match import RecencyTerm
from streamprocessor.scoring.terms.terms import growth, landmark, weight

MOST_FRESH_UNWEIGHED = 16
MOST_SLOTS, MOST_SLOTS_OF_ALL = 256, 2_048
MOST_LIVE, LEAST_LIVE = 256, 16
MOST_TYPES = 64
ANY_TYPE = ""


class Counted(NamedTuple):
    """A match that counts: what a piece gave by one rule."""

    matcher: Matcher
    amount: int


class Evicted(NamedTuple):
    """A piece that is to be folded, with the actor of its verdict and the matches that count."""

    piece: StoredEvent
    actor: str
    matches: list[Counted]


def is_due(record: Record) -> bool:
    """Whether folding should look at the record: something is old enough, or there is too much."""
    if record.compact_at_ms is not None and record.compact_at_ms <= record.at_ms:
        return True
    evidence = record.evidence
    if record.links is not None and record.links.children:
        return is_too_much(record)
    if record.verdicts and size_of_verdicts_bytes(record) > MOST_VERDICT_BYTES:
        return True
    if len(evidence.fresh) <= MOST_FRESH_UNWEIGHED and len(evidence.packed) <= LEAST_BYTES:
        return evidence.packed_count >= MOST_PIECES
    return is_too_much(record)


def next_compaction_ms(plan: Plan, at_ms: int) -> int:
    """When what is new at at_ms can be folded; an eighth of the window later, so that it is done in bulk."""
    window_ms = plan.model.correction_window_ms
    return at_ms + window_ms + window_ms // 8 + 1


def compact(plan: Plan, record: Record) -> int:
    """Fold what is old, and early what is too much; how many events and verdicts went early.

    A piece is old when both its occurred_at and its arrival are more than the correction window behind the record's
    clock. Old pieces of laws that can't be summed up stay until they are worth nothing; early ones join their rule's
    folded matches, where two of the oldest become one when there are too many.
    """
    settled = _settle_verdicts(record)
    by_piece: dict[str, list[Counted]] = {}

    def on_match(match: RuleMatch) -> None:
        matcher, piece, amount = match
        by_piece.setdefault(piece.id, []).append(Counted(matcher, amount))

    record.derived = derive(plan, record, on_match=on_match)
    old_ms = record.at_ms - plan.model.correction_window_ms
    pieces = sorted(events_of(record), key=lambda piece: (piece.occurred_at_ms, piece.id))
    going: list[StoredEvent] = []
    staying: list[StoredEvent] = []
    for piece in pieces:
        is_old = piece.occurred_at_ms < old_ms and piece.arrival_ms < old_ms
        goes = is_old and not _needs_itself(plan, piece, by_piece.get(piece.id, ()), record.at_ms)
        (going if goes else staying).append(piece)
    too_many = events_over_limit(record, (_size_with_matches(plan, piece, by_piece) for piece in staying))
    going += staying[:too_many]
    staying = staying[too_many:]
    if going:
        _keep_classes(plan, record, pieces, staying)
        verdicts = verdicts_of(record)
        leaving = {p.id: Evicted(p, _actor(p, verdicts), by_piece.get(p.id, [])) for p in going}
        waiting = dict(leaving)
        holders: list[Record | EvidenceSource] = [record, *sources_of(record)]
        for holder in holders:
            _fold_of(plan, record, holder, waiting)
            _evict(holder, leaving)
        for folded in compacted_of(record):
            _keep_small(plan, folded, record.at_ms, len(holders))
        record.derived = derive(plan, record)
    _forget_waiting(record, old_ms, {piece.id for piece in staying})
    oldest_ms = min((piece.arrival_ms for piece in staying), default=None)
    waits = oldest_ms is not None or bool(record.verdicts)
    record.compact_at_ms = next_compaction_ms(plan, max(oldest_ms or old_ms, old_ms)) if waits else None
    return too_many + settled


def _fold_of(plan: Plan, record: Record, holder: Record | EvidenceSource, waiting: dict[str, Evicted]) -> None:
    """Fold what of the waiting pieces this holder has; a piece that two hold is folded by the first."""
    ids = {piece.id for piece in holder.evidence.events() if piece.id in waiting and waiting[piece.id].piece == piece}
    if not ids:
        return
    folded = holder.compacted = holder.compacted or Compacted()
    _move_landmarks(plan, folded, record.derived.newest_ms)
    for id_ in [id_ for id_ in waiting if id_ in ids]:
        _fold_piece(plan, record, folded, waiting.pop(id_))


def _evict(holder: Record | EvidenceSource, leaving: Mapping[str, Evicted]) -> None:
    held = holder.evidence.events()
    if any(piece.id in leaving for piece in held):
        holder.evidence.replace(piece for piece in held if piece.id not in leaving)
    for id_ in [id_ for id_ in holder.verdicts if id_ in leaving]:
        del holder.verdicts[id_]


def _actor(piece: StoredEvent, verdicts: Mapping[str, tuple[int, str, str, int]]) -> str:
    return verdicts[piece.id][2] if piece.id in verdicts else piece.actor


def _needs_itself(plan: Plan, piece: StoredEvent, matches: Iterable[Counted], at_ms: int) -> bool:
    """Whether a law that can't be summed up still needs the piece."""
    return any(
        plan.live[match.matcher.number].still_worth((piece.occurred_at_ms, match.amount), at_ms)
        for match in matches
        if match.matcher.half_life_ms is None
    )


def _keep_classes(plan: Plan, record: Record, pieces: Sequence[StoredEvent], staying: Iterable[StoredEvent]) -> None:
    """Put down, as the least of verdicts, who did a piece where that would be told otherwise without those that go.

    Of pieces that go themselves it is put down too, where what was done shows a scanner's.
    """
    scanned, _ = find_scanned(plan.model.scanners, pieces)
    scanned_still, _ = find_scanned(plan.model.scanners, staying)
    verdicts = verdicts_of(record)
    for piece in pieces:
        if (piece.id in scanned) != (piece.id in scanned_still) and piece.id not in verdicts:
            actor = SCANNER if piece.id in scanned else piece.actor
            record.verdicts[piece.id] = (-1, "", actor, piece.arrival_ms)


def _fold_piece(plan: Plan, record: Record, folded: Compacted, leaving: Evicted) -> None:
    piece, actor, matches = leaving
    at = piece.occurred_at_ms
    if actor == HUMAN:
        folded.lasts[piece.type] = max(at, folded.lasts.get(piece.type, at))
        _fold_activity(plan, folded, piece)
    folded.newest_ms = max(folded.newest_ms, at)
    for matcher, amount in matches:
        values = plan.values_of.get(matcher.number)
        rules = folded.rules if values is None else _of_value(folded, values, piece).rules
        held = rules.get(matcher.key)
        if held is None:
            half_life_ms = matcher.half_life_ms
            at_ms = landmark(record.derived.newest_ms, half_life_ms) if half_life_ms else 0.0
            held = rules[matcher.key] = CompactedRule(half_life_ms=half_life_ms, at_ms=at_ms)
        held.count += 1
        if matcher.half_life_ms is None:
            insort(held.live, (at, amount))
        elif matcher.half_life_ms:
            held.amount += weight(amount, growth(at, held.at_ms, matcher.half_life_ms))
        else:
            held.amount += amount
        if matcher.slot_count is not None:
            held.slots += matcher.slot(piece.properties, at)


def _fold_activity(plan: Plan, folded: Compacted, piece: StoredEvent) -> None:
    """Note a human event for the inactivity rules of the value that it has."""
    for values in plan.values:
        types = {type_ for _, rule in values.silences for type_ in rule.types or (ANY_TYPE,)}
        said = types & {piece.type, ANY_TYPE}
        if said and values.may_take(piece.properties):
            lasts = _of_value(folded, values, piece).lasts
            for type_ in said:
                lasts[type_] = max(piece.occurred_at_ms, lasts.get(type_, piece.occurred_at_ms))


def _of_value(folded: Compacted, values: ValuesPlan, piece: StoredEvent) -> Compacted:
    return folded.by.setdefault(values.key, {}).setdefault(value_name(piece.properties[values.path]), Compacted())


def _rules_held(folded: Compacted) -> Iterator[tuple[dict[str, CompactedRule], int]]:
    """What is folded of the contact and of each value, with the number of those that share the bounds of a rule."""
    yield folded.rules, 1
    for of_score in folded.by.values():
        for of_value in of_score.values():
            yield of_value.rules, len(of_score)


def _move_landmarks(plan: Plan, folded: Compacted, newest_ms: int) -> None:
    for rules, _ in _rules_held(folded):
        for matcher in plan.matchers.values():
            held = rules.get(matcher.key)
            if held is not None and matcher.half_life_ms:
                held.amount = compacted_sum(matcher, held, newest_ms)
                held.at_ms = landmark(newest_ms, matcher.half_life_ms)


def _keep_small(plan: Plan, folded: Compacted, at_ms: int, holders: int) -> None:
    """Hold the folded evidence within its bounds: the oldest limit keys and types go, the oldest matches join.

    holders: of folded evidence that share the bounds.
    """
    limited = sum(matcher.slot_count is not None for matcher in plan.matchers.values())
    most_slots = min(MOST_SLOTS, MOST_SLOTS_OF_ALL // max(1, limited))
    joining = sum(not isinstance(term, RecencyTerm) for term in plan.live.values())
    most_live = max(LEAST_LIVE, MOST_LIVE // max(1, joining))
    for rules, values in _rules_held(folded):
        sharing = values * holders
        for matcher in plan.matchers.values():
            held = rules.get(matcher.key)
            if held is None:
                continue
            held.slots = held.slots[-max(1, most_slots // sharing) * SLOT_BYTES :]
            term = plan.live.get(matcher.number)
            if term is not None:
                held.live = [match for match in held.live if term.still_worth(match, at_ms)]
                most = max(1, most_live // sharing)
                held.live = held.live[-1:] if isinstance(term, RecencyTerm) else _joined(held.live, most)
    if len(folded.lasts) > MOST_TYPES:
        latest = sorted(folded.lasts.items(), key=lambda item: (item[1], item[0]))[-MOST_TYPES:]
        folded.lasts = dict(latest)


def _joined(matches: list[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """At most so many matches: the oldest ones become one at the latest of their instants."""
    surplus = len(matches) - most
    if surplus <= 0:
        return matches
    oldest = matches[: surplus + 1]
    return [(oldest[-1][0], sum(amount for _, amount in oldest)), *matches[surplus + 1 :]]


def _size_with_matches(plan: Plan, piece: StoredEvent, by_piece: Mapping[str, Sequence[Counted]]) -> int:
    """About how many bytes go with the piece: its own, and those of what is derived of it."""
    size = size_of(piece) + MARK_BYTES + (TRACE_BYTES if piece.type in TRACED_PATHS else 0)
    for matcher, _ in by_piece.get(piece.id, ()):
        if matcher.slot_count is not None:
            size += SLOT_IN_TIME_BYTES
        if matcher.half_life_ms is None and not isinstance(plan.live[matcher.number], RecencyTerm):
            size += LIVE_BYTES
    return size


def _settle_verdicts(record: Record) -> int:
    """Where verdicts take too much, the oldest go: their events stay as they were judged. How many went."""
    weight = size_of_verdicts_bytes(record)
    if weight <= MOST_VERDICT_BYTES:
        return 0
    going: dict[str, str] = {}
    for event_id, said in sorted(record.verdicts.items(), key=lambda item: (item[1][3], item[0])):
        if weight <= MOST_VERDICT_BYTES * 3 // 4:
            break
        weight -= size_of_verdict_bytes(event_id, said)
        going[event_id] = said[2]
        del record.verdicts[event_id]
    pieces = record.evidence.events()
    if any(piece.id in going for piece in pieces):
        record.evidence.replace(piece._replace(actor=going.get(piece.id, piece.actor)) for piece in pieces)
    return len(going)


def _forget_waiting(record: Record, old_ms: int, held_ids: set[str]) -> None:
    """Verdicts wait for their event, deletions for late writes, as long as the correction window."""
    waiting = {id_: v for id_, v in record.verdicts.items() if id_ in held_ids or v[3] >= old_ms}
    record.verdicts = waiting
    deleted = [name for name, written in record.attributes.items() if written[0] is None and written[1] < old_ms]
    for name in deleted:
        del record.attributes[name]
