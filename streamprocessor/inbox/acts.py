"""Acts with hot leads as events of the `activities` topic, and back."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import msgspec
import orjson

from streamprocessor.contract.events.cloud_events import event_object
from streamprocessor.contract.events.events import RecordHeaders, decode_event
from streamprocessor.contract.lead_types import LEAD_TYPES
from streamprocessor.contract.lenient_json import read_object
from streamprocessor.contract.rfc3339 import format_rfc3339, parse_rfc3339
from streamprocessor.errors import RecordError
from streamprocessor.inbox.episode import LeadAct

MOST_CHARS = 512
"""A reason or a name has at most so many; an event with a longer one is none of the inbox."""

MOST_ACTS = 200
"""With one lead; those after that count for nothing."""

_SIGN = b"lead_"


def lead_id_of(episode: str) -> str:
    """What a hot lead is called in addresses and in the audit: no part of its contact's id. episode: its event's id."""
    return blake2b(episode.encode(), digest_size=12).hexdigest()


def act_id_of(episode: str, act_type: str, rounds: int, to: str | None = None) -> str:
    """The id of an act's event: the same for the same act, so that a repeat is no second one.

    rounds: how often the lead was assigned before; to: whom it is assigned to.
    """
    words = orjson.dumps([episode, act_type, rounds, to])
    return f"lead:{blake2b(words, digest_size=16).hexdigest()}"


def event_of(contact_id: str, act: LeadAct) -> bytes:
    """The event's JSON."""
    properties: dict[str, Any] = {"episode": act.episode, "score_name": act.score_name, "by": act.by}
    if act.to is not None:
        properties["to"] = act.to
    if act.reason:
        properties["reason"] = act.reason
    if act.due_ms is not None:
        properties["due_at"] = format_rfc3339(act.due_ms)
    event = {"id": act.id, "contact_id": contact_id, "type": act.type, "occurred_at": format_rfc3339(act.at_ms)}
    return orjson.dumps(event | {"properties": properties})


def read_act(contact_id: str, value: bytes | None, headers: RecordHeaders, arrival_ms: int) -> LeadAct | None:
    """The act that a record of `activities` tells of; None: it is another event, or none that can be used."""
    if not value or (_SIGN not in value and not any(_SIGN in (header or b"") for _, header in headers or ())):
        return None
    try:
        event = decode_event(event_object(read_object(value), headers), contact_id, arrival_ms, None)
    except RecordError:  # the worker puts it among the dead letters
        return None
    properties = event.properties
    episode, due_at = properties.get("episode"), properties.get("due_at")
    words = [_text(properties, name) for name in ("score_name", "by", "to", "reason")]
    if event.type not in LEAD_TYPES or not isinstance(episode, str) or None in words:
        return None
    score_name, by, to, reason = (word or "" for word in words)
    due_ms = parse_rfc3339(due_at) if isinstance(due_at, str) else None
    return LeadAct(event.id, event.type, episode, score_name, by, event.occurred_at_ms, to or None, reason, due_ms)


def stored_acts(acts: list[LeadAct]) -> str:
    """The acts as a database keeps them."""
    return msgspec.json.encode(acts).decode()


def read_stored_acts(stored: str) -> list[LeadAct]:
    """What stored_acts was given."""
    return msgspec.json.decode(stored, type=list[LeadAct])


def _text(properties: Mapping[str, Any], name: str) -> str | None:
    """The property's text, "" where it is not there; None: it is no text that the inbox takes."""
    value = properties.get(name)
    if value is None:
        return ""
    return value if isinstance(value, str) and len(value) <= MOST_CHARS and "\0" not in value else None
