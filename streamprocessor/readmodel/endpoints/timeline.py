"""The endpoint of what a contact did: the events that are kept one by one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.readmodel.endpoints.contact_lookup import ContactId, StoredContact, load_contact
from streamprocessor.readmodel.requests.parameters import PageQuery
from streamprocessor.readmodel.responses.contacts import Timeline, TimelineEvent, UncountedBy, UnscoredType
from streamprocessor.readmodel.responses.scores import instant
from streamprocessor.readmodel.routing.access import READER
from streamprocessor.readmodel.routing.context import Context
from streamprocessor.readmodel.routing.route import ApiRoute
from streamprocessor.readmodel.store.catalogue_rows import unscored_of
from streamprocessor.readmodel.store.cursors import TimelinePosition, cursor_of, read_cursor
from streamprocessor.scoring.events.acts import ACT
from streamprocessor.scoring.events.projection import EXCLUDED_FROM
from streamprocessor.scoring.events.scanners import find_scanner_events
from streamprocessor.scoring.evidence.union import compacted_of, events_of, sources_of, verdicts_of
from streamprocessor.scoring.record.evidence import StoredEvent
from streamprocessor.scoring.record.facts import SCANNER
from streamprocessor.scoring.steps.uncounted import Uncounted

router = APIRouter(prefix="/api/contacts", route_class=ApiRoute)


@router.get("/{contact_id:path}/events", dependencies=[READER])
def contact_events(context: Context, contact_id: ContactId, query: Annotated[PageQuery, Query()]) -> Timeline:
    """What a contact did, the newest first: events kept one by one, with what rules may ask of them."""
    with context.reading() as connection:
        stored = load_contact(context, connection, contact_id, context.clock_ms())
        unscored = unscored_of(connection, contact_id)
    uncounted = stored.scorer.uncounted(stored.record)
    events = sorted(events_of(stored.record), key=_position, reverse=True)
    actors = _actors(stored, events)
    if query.cursor is not None:
        before = read_cursor(query.cursor, TimelinePosition)
        events = [event for event in events if _position(event) < before]
    shown = events[: query.limit]
    owners = {event.id: source.id for source in sources_of(stored.record) for event in source.evidence.events()}
    owners |= dict.fromkeys((event.id for event in stored.record.evidence.events()), contact_id)
    newest_compacted_ms = max((compacted.newest_ms for compacted in compacted_of(stored.record)), default=None)
    return Timeline(
        events=[
            TimelineEvent(
                id=event.id,
                type=event.type,
                occurred_at=format_rfc3339(event.occurred_at_ms),
                arrival=format_rfc3339(event.arrival_ms),
                class_=actors[event.id],
                kept=_readable(event),
                came_under=owners[event.id],
                uncounted=[_uncounted_by(why) for why in uncounted.get(event.id, ())],
            )
            for event in shown
        ],
        next=cursor_of(_position(shown[-1])) if len(events) > query.limit else None,
        earlier_until=instant(newest_compacted_ms),
        unscored=[
            UnscoredType(type=type_, events=seen.events, last_at=format_rfc3339(seen.last_ms))
            for type_, seen in unscored.items()
        ],
    )


def _uncounted_by(why: Uncounted) -> UncountedBy:
    unmet = why.unmet
    return UncountedBy(
        reason=why.reason,
        rule=why.rule,
        path=None if unmet is None else unmet.path or None,
        operator=None if unmet is None else unmet.operator,
        how=None if unmet is None else unmet.how,
        repeats=why.repeats,
    )


def _readable(event: StoredEvent) -> dict[str, object]:
    return {path: value for path, value in event.properties.items() if not path.startswith((EXCLUDED_FROM, ACT))}


def _position(event: StoredEvent) -> TimelinePosition:
    return TimelinePosition(event.occurred_at_ms, event.id)


def _actors(stored: StoredContact, events: list[StoredEvent]) -> dict[str, str]:
    """Who did each event: by the last verdict, else a scanner where a burst tells it, else as it came."""
    scanned, _ = find_scanner_events(stored.scorer.model.scanners, events)
    actors = {event.id: SCANNER if event.id in scanned else event.actor for event in events}
    judged = {event_id: verdict[2] for event_id, verdict in verdicts_of(stored.record).items()}
    return actors | {event_id: actor for event_id, actor in judged.items() if event_id in actors}
