"""The endpoint of what a contact did: the events that are kept one by one."""

from __future__ import annotations

from typing import Any

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.readmodel.endpoints.contacts import StoredContact, load_contact
from streamprocessor.readmodel.endpoints.context import ApiContext
from streamprocessor.readmodel.endpoints.endpoint import ApiRequest, Endpoint
from streamprocessor.readmodel.requests import answer_json
from streamprocessor.readmodel.requests.parameters import Paged
from streamprocessor.readmodel.requests.tokens import READ
from streamprocessor.readmodel.responses.contacts import Timeline
from streamprocessor.readmodel.store.cursors import Happened, cursor_of, read_cursor
from streamprocessor.scoring.events.projection import EXCLUDED_FROM
from streamprocessor.scoring.events.scanners import find_scanner_events
from streamprocessor.scoring.evidence.union import compacted_of, events_of, sources_of, verdicts_of
from streamprocessor.scoring.record.evidence import StoredEvent
from streamprocessor.scoring.record.facts import SCANNER


def _events(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    asked = call.query
    kept = load_contact(house, call.path["contact_id"], house.clock_ms())
    pieces = sorted(events_of(kept.record), key=_place, reverse=True)
    actors = _actors(kept, pieces)
    if asked.cursor is not None:
        before = read_cursor(asked.cursor, Happened)
        pieces = [piece for piece in pieces if _place(piece) < before]
    shown = pieces[: asked.limit]
    own = {piece.id for piece in kept.record.evidence.events()}
    came_under = {piece.id: source.id for source in sources_of(kept.record) for piece in source.evidence.events()}
    return {
        "events": [
            {
                "id": piece.id,
                "type": piece.type,
                "occurred_at": format_rfc3339(piece.occurred_at_ms),
                "arrival": format_rfc3339(piece.arrival_ms),
                "class": actors[piece.id],
                "kept": {path: value for path, value in piece.properties.items() if not path.startswith(EXCLUDED_FROM)},
                "came_under": kept.row.contact_id if piece.id in own else came_under[piece.id],
            }
            for piece in shown
        ],
        "next": cursor_of(_place(shown[-1])) if len(pieces) > asked.limit else None,
        "earlier_until": answer_json.instant(
            max((folded.newest_ms for folded in compacted_of(kept.record)), default=None)
        ),
    }


def _place(piece: StoredEvent) -> Happened:
    return Happened(piece.occurred_at_ms, piece.id)


def _actors(kept: StoredContact, pieces: list[StoredEvent]) -> dict[str, str]:
    """Who did each event: by the last verdict, else a scanner where a burst tells it, else as it came."""
    scanned, _ = find_scanner_events(kept.scorer.model.scanners, pieces)
    actors = {piece.id: SCANNER if piece.id in scanned else piece.actor for piece in pieces}
    said = {event_id: verdict[2] for event_id, verdict in verdicts_of(kept.record).items()}
    return actors | {event_id: actor for event_id, actor in said.items() if event_id in actors}


TIMELINE = (
    Endpoint(
        "GET",
        "/api/contacts/{contact_id:path}/events",
        "contact_events",
        "What a contact did, the newest first: events kept one by one, with what rules may ask of them.",
        READ,
        Timeline,
        _events,
        Paged,
    ),
)
