"""Compaction: stored events go into sums when they are old, or too many, so that a record stays small for ever."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from streamprocessor.scoring.events.acts import ACT
from streamprocessor.scoring.events.scanners import TRACE_BYTES, TRACED_PATHS, find_scanner_events
from streamprocessor.scoring.evidence.compacted import (
    Evicted,
    RuleAmount,
    add_event,
    move_landmarks,
    trim,
)
from streamprocessor.scoring.evidence.derive import RuleMatch, derive
from streamprocessor.scoring.evidence.size_limits import (
    LEAST_BYTES,
    MARK_BYTES,
    MATCH_BYTES,
    MOST_EVENTS,
    MOST_VERDICT_BYTES,
    SLOT_IN_TIME_BYTES,
    events_over_limit,
    is_over_limit,
    size_of_event_bytes,
    size_of_verdict_bytes,
    size_of_verdicts_bytes,
)
from streamprocessor.scoring.evidence.union import compacted_of, events_of, sources_of, verdicts_of
from streamprocessor.scoring.plan.plan import Plan
from streamprocessor.scoring.record.attribute_writes import is_needed_deletion
from streamprocessor.scoring.record.evidence import Compacted, StoredEvent
from streamprocessor.scoring.record.facts import SCANNER
from streamprocessor.scoring.record.links import EvidenceSource
from streamprocessor.scoring.record.record import Record

MOST_FRESH_UNMEASURED = 16


def is_due(record: Record) -> bool:
    """Whether compaction should look at the record: something is old enough, or there is too much."""
    if record.compact_at_ms is not None and record.compact_at_ms <= record.at_ms:
        return True
    evidence = record.evidence
    if record.links is not None and record.links.children:
        return is_over_limit(record)
    if record.verdicts and size_of_verdicts_bytes(record) > MOST_VERDICT_BYTES:
        return True
    if len(evidence.fresh) <= MOST_FRESH_UNMEASURED and len(evidence.packed) <= LEAST_BYTES:
        return evidence.packed_count >= MOST_EVENTS
    return is_over_limit(record)


def next_compaction_ms(plan: Plan, at_ms: int) -> int:
    """When what is new at at_ms can be compacted; an eighth of the window later, so that it is done in bulk."""
    window_ms = plan.model.correction_window_ms
    return at_ms + window_ms + window_ms // 8 + 1


def compact_in_place(plan: Plan, record: Record) -> int:
    """Compact what is old, and early what is too much; the number of events and verdicts that went early.

    An event is old when both its occurred_at and its arrival are more than the correction window behind the record's
    clock. Old events of laws that can't be summed up stay until they are worth nothing; early ones join their rule's
    compacted matches, where two of the oldest become one when there are too many.
    """
    evicted_verdicts = _evict_oldest_verdicts_in_place(record)
    by_event: dict[str, list[RuleAmount]] = {}

    def on_match(match: RuleMatch) -> None:
        matcher, event, amount = match
        by_event.setdefault(event.id, []).append(RuleAmount(matcher, amount))

    repeats: dict[str, str] = {}
    record.derived = derive(plan, record, on_match=on_match, on_repeat=repeats.__setitem__)
    old_ms = record.at_ms - plan.model.correction_window_ms
    events = sorted(events_of(record), key=lambda event: (event.occurred_at_ms, event.id))
    evicted_events: list[StoredEvent] = []
    remaining: list[StoredEvent] = []
    for event in events:
        is_old = event.occurred_at_ms < old_ms and event.arrival_ms < old_ms
        is_evicted = is_old and not _is_needed_uncompacted(plan, event, by_event.get(event.id, ()), record.at_ms)
        (evicted_events if is_evicted else remaining).append(event)
    early = events_over_limit(record, (_size_with_matches_bytes(plan, event, by_event) for event in remaining))
    evicted_events += remaining[:early]
    remaining = remaining[early:]
    if evicted_events:
        _store_actors_as_verdicts(plan, record, events, remaining)
        verdicts = verdicts_of(record)
        evicted_ids = {event.id for event in evicted_events}
        if repeats:
            evicted_events = [event for event in evicted_events if event.id not in repeats]
            orphans = {event.id for event in remaining if repeats.get(event.id) in evicted_ids}
            evicted_ids |= orphans  # what they repeat goes: they would count without it
            remaining = [event for event in remaining if event.id not in orphans]
            early += len(orphans)
        evicted = {p.id: Evicted(p, _actor(p, verdicts), by_event.get(p.id, [])) for p in evicted_events}
        pending = dict(evicted)
        holders: list[Record | EvidenceSource] = [record, *sources_of(record)]
        for holder in holders:
            _compact_into(plan, record, holder, pending)
            _evict(holder, evicted_ids)
        for compacted in compacted_of(record):
            trim(plan, compacted, record.at_ms, len(holders))
        record.derived = derive(plan, record)
    _drop_expired(record, old_ms, {event.id for event in remaining})
    oldest_ms = min((event.arrival_ms for event in remaining), default=None)
    is_due_again = oldest_ms is not None or bool(record.verdicts)
    record.compact_at_ms = next_compaction_ms(plan, max(oldest_ms or old_ms, old_ms)) if is_due_again else None
    return early + evicted_verdicts


def _compact_into(plan: Plan, record: Record, holder: Record | EvidenceSource, pending: dict[str, Evicted]) -> None:
    """Compact those of the pending events that this holder has; an event that two hold is compacted by the first."""
    ids = {event.id for event in holder.evidence.events() if event.id in pending and pending[event.id].event == event}
    if not ids:
        return
    compacted = holder.compacted = holder.compacted or Compacted()
    move_landmarks(plan, compacted, record.derived.newest_ms)
    for id_ in [id_ for id_ in pending if id_ in ids]:
        evicted = pending.pop(id_)
        add_event(plan, record, compacted, evicted)
        _keep_word(plan, holder, evicted)


def _keep_word(plan: Plan, holder: Record | EvidenceSource, evicted: Evicted) -> None:
    """Let the holder keep what the event says on suppression."""
    type_plan = plan.by_type.get(evicted.event.type)
    if type_plan is None or type_plan.suppression is None or not plan.counts(evicted.actor, type_plan.is_open):
        return
    holder.suppressed = type_plan.suppression.after(holder.suppressed, evicted.event)


def _evict(holder: Record | EvidenceSource, evicted_ids: AbstractSet[str]) -> None:
    """Drop the events of these ids, and the verdicts on them, from what this holder stores."""
    events = holder.evidence.events()
    if any(event.id in evicted_ids for event in events):
        holder.evidence.replace(event for event in events if event.id not in evicted_ids)
    for id_ in [id_ for id_ in holder.verdicts if id_ in evicted_ids]:
        del holder.verdicts[id_]


def _actor(event: StoredEvent, verdicts: Mapping[str, tuple[int, str, str, int]]) -> str:
    """Who did the event, by the last verdict on it."""
    return verdicts[event.id][2] if event.id in verdicts else event.actor


def _is_needed_uncompacted(plan: Plan, event: StoredEvent, matches: Iterable[RuleAmount], at_ms: int) -> bool:
    """Whether a law that can't be summed up still needs the event by itself."""
    return any(
        plan.per_match_terms[match.matcher.number].still_worth((event.occurred_at_ms, match.amount), at_ms)
        for match in matches
        if match.matcher.half_life_ms is None
    )


def _store_actors_as_verdicts(
    plan: Plan, record: Record, events: Sequence[StoredEvent], remaining: Iterable[StoredEvent]
) -> None:
    """Store who did an event, as the least of verdicts, where the remaining events alone would show another actor.

    Of evicted events it is stored too, where what was done shows a scanner's.
    """
    by_scanner, _ = find_scanner_events(plan.model.scanners, events)
    by_scanner_still, _ = find_scanner_events(plan.model.scanners, remaining)
    verdicts = verdicts_of(record)
    for event in events:
        if (event.id in by_scanner) != (event.id in by_scanner_still) and event.id not in verdicts:
            actor = SCANNER if event.id in by_scanner else event.actor
            record.verdicts[event.id] = (-1, "", actor, event.arrival_ms)


def _size_with_matches_bytes(plan: Plan, event: StoredEvent, by_event: Mapping[str, Sequence[RuleAmount]]) -> int:
    """About how many bytes go with the event: its own, and those of what is derived of it."""
    size_bytes = size_of_event_bytes(event) + MARK_BYTES + (TRACE_BYTES if event.type in TRACED_PATHS else 0)
    if ACT in event.properties:
        size_bytes += SLOT_IN_TIME_BYTES
    for matcher, _ in by_event.get(event.id, ()):
        size_bytes += (matcher.slot_count is not None) * SLOT_IN_TIME_BYTES
        size_bytes += (matcher.once_per is not None) * SLOT_IN_TIME_BYTES
        if matcher.half_life_ms is None and not plan.per_match_terms[matcher.number].last_alone:
            size_bytes += MATCH_BYTES
    return size_bytes


def _evict_oldest_verdicts_in_place(record: Record) -> int:
    """Evict the oldest verdicts where they take too much, their events stay as they were judged; how many went."""
    weight = size_of_verdicts_bytes(record)
    if weight <= MOST_VERDICT_BYTES:
        return 0
    actors: dict[str, str] = {}
    for event_id, verdict in sorted(record.verdicts.items(), key=lambda item: (item[1][3], item[0])):
        if weight <= MOST_VERDICT_BYTES * 3 // 4:
            break
        weight -= size_of_verdict_bytes(event_id, verdict)
        actors[event_id] = verdict[2]
        del record.verdicts[event_id]
    events = record.evidence.events()
    if any(event.id in actors for event in events):
        record.evidence.replace(event._replace(actor=actors.get(event.id, event.actor)) for event in events)
    return len(actors)


def _drop_expired(record: Record, old_ms: int, event_ids: set[str]) -> None:
    """Drop verdicts and deletions that waited longer than the correction window for their event or late writes."""
    verdicts = {id_: verdict for id_, verdict in record.verdicts.items() if id_ in event_ids or verdict[3] >= old_ms}
    record.verdicts = verdicts
    deleted = [name for name, written in record.attributes.items() if written[0] is None and written[1] < old_ms]
    for name in deleted:
        if not is_needed_deletion(record.attributes, name):
            del record.attributes[name]
