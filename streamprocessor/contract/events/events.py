"""Records of the input topics, as bytes, into facts. Every event of the stream passes here, so this is hot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from streamprocessor.contract import reason_codes, strict_json
from streamprocessor.contract.events.actors import actor_of
from streamprocessor.contract.events.cloud_events import event_object
from streamprocessor.contract.events.event_fields import (
    ACTORS,
    MAX_ID_CHARS,
    bounded_by_arrival,
    check_contact,
    content_key,
    id_of,
    instant_ms_of,
)
from streamprocessor.contract.events.transfers import MisplacedRecord, RetainedRecord, decode_transfer
from streamprocessor.contract.events.updates import contact_of_update, decode_update
from streamprocessor.contract.foreign_text import shown_value
from streamprocessor.contract.lenient_json import mended_object, read_object
from streamprocessor.contract.rfc3339 import parse_rfc3339
from streamprocessor.contract.strict_json import kind_of
from streamprocessor.contract.topic_names import EMAIL_CLICK, EVIDENCE_TRANSFERS
from streamprocessor.contract.topics.topics import Topic
from streamprocessor.errors import RecordError
from streamprocessor.scoring.canonical import unchecked
from streamprocessor.scoring.record.facts import HUMAN, SCANNER, Event, Fact, InputFact
from streamprocessor.scoring.record.transfers import Received

RecordHeaders: TypeAlias = Sequence[tuple[str, bytes | None]] | None
ValueDecoder: TypeAlias = Callable[[str, bytes | None, RecordHeaders, int], Received | MisplacedRecord | RetainedRecord]

MAX_TYPE_CHARS = 128
_BLANK_USER_AGENTS = ("", "-")

CONTACT_UPDATE = "contact-update.json"


def value_decoder_for(topic: Topic) -> ValueDecoder:
    """A function of (contact, value, headers, arrival_ms) for records of that input topic, whose key says the contact.

    It answers the fact, and raises RecordError where there is none; or a record that lay in another partition and holds
    one. arrival_ms: the record's timestamp.
    """
    if topic.schema == CONTACT_UPDATE:
        return _decode_update_value
    if topic.name == EVIDENCE_TRANSFERS:
        return decode_transfer
    implied_type = topic.event_type

    def decode(contact: str, value: bytes | None, headers: RecordHeaders, arrival_ms: int) -> Fact:
        if not value:
            raise _nothing()
        try:  # as lenient_json.read_object does: every event passes here
            body = strict_json.read_object(value)
        except RecordError as error:
            body = mended_object(value, error)
        if headers or "specversion" in body:
            body = event_object(body, headers)
        return decode_event(body, contact, arrival_ms, implied_type)

    return decode


def decode_fact(body: dict[str, Any], contact: str, arrival_ms: int) -> InputFact:
    """The fact that a JSON object spells, a contact update where it has `update`, else an event with a `type`."""
    if "update" in body:
        return decode_update(body, contact, arrival_ms)
    return decode_event(body, contact, arrival_ms, None)


def decode_line(line: bytes) -> tuple[str, InputFact]:
    """The contact and the fact of one line of JSON Lines, as bytes.

    It arrived at its `arrival` where it has one, else when it occurred. Raises RecordError as the topics' decoders do.
    """
    body = read_object(line)
    contact = body.get("contact_id")
    if type(contact) is not str or not contact:
        raise RecordError(reason_codes.NO_CONTACT, f"contact_id: wanted a text; got {kind_of(contact)}")
    contact_of_update(body.get("update"), contact.encode())
    arrival_ms = instant_ms_of(body.get("arrival"), "arrival")
    if arrival_ms is None:
        arrival_ms = instant_ms_of(body.get("occurred_at"), "occurred_at")
    if arrival_ms is None:
        raise RecordError(
            reason_codes.BAD_TIME, "occurred_at: wanted in a file, where nothing else says when; got none"
        )
    return contact, decode_fact(body, contact, arrival_ms)


def decode_event(body: dict[str, Any], contact: str, arrival_ms: int, implied_type: str | None) -> Event:
    """The event that an object spells; implied_type is the topic's, None where the event must say it."""
    get = body.get
    contact_id = get("contact_id")
    if contact_id is not None and contact_id != contact:
        check_contact(contact_id, contact)
    event_type = get("type")
    if event_type is None:
        event_type = implied_type
    if event_type != implied_type or event_type is None:
        event_type = _free_type(event_type, implied_type)
    properties = get("properties")
    if type(properties) is not dict:
        properties = _absent_object(properties, "properties", reason_codes.BAD_PROPERTIES)
    context = get("context")
    if type(context) is not dict:
        context = _absent_object(context, "context", reason_codes.BAD_CONTEXT)
    actor = _actor_in(context, event_type) if context else HUMAN
    occurred_at = get("occurred_at")
    stated_ms = parse_rfc3339(occurred_at) if type(occurred_at) is str else None
    if stated_ms is None or stated_ms < 0:
        stated_ms = instant_ms_of(occurred_at, "occurred_at")
    if stated_ms is None:
        stated_ms = occurred_at_ms = arrival_ms
    else:
        occurred_at_ms = stated_ms if stated_ms <= arrival_ms else bounded_by_arrival(stated_ms, arrival_ms)
    event_id = get("id")
    if type(event_id) is not str or not 0 < len(event_id) <= MAX_ID_CHARS or not event_id.isprintable():
        event_id = id_of(event_id) or content_key([event_type, contact, stated_ms, properties])
    return unchecked(Event, (event_id, event_type, occurred_at_ms, arrival_ms, properties, context, actor))


def _actor_in(context: dict[str, Any], event_type: str) -> str:
    """The actor that the event names; where it names none, the one that its user agent tells.

    Whoever follows a link of a mail with a user agent that says nothing is a scanner: browsers have one.
    """
    actor = context.get("actor")
    if actor is None:
        user_agent = context.get("user_agent")
        if type(user_agent) is not str:
            return HUMAN
        if event_type == EMAIL_CLICK and user_agent.strip() in _BLANK_USER_AGENTS:
            return SCANNER
        return actor_of(user_agent)
    if actor not in ACTORS:
        raise RecordError(reason_codes.BAD_CONTEXT, f"context.actor: wanted one of {', '.join(ACTORS)}; got another")
    return str(actor)


def _decode_update_value(contact: str, value: bytes | None, headers: RecordHeaders, arrival_ms: int) -> InputFact:
    return decode_update(_object_of(value, headers), contact, arrival_ms)


def _object_of(value: bytes | None, headers: RecordHeaders) -> dict[str, Any]:
    if not value:
        raise _nothing()
    return event_object(read_object(value), headers)


def _nothing() -> RecordError:
    return RecordError(reason_codes.EMPTY, "value: wanted a JSON object; got nothing")


def _free_type(value: object, implied: str | None) -> str:
    if implied is None and type(value) is str and 0 < len(value) <= MAX_TYPE_CHARS:
        return value
    expected = f"'{implied}', the topic's type" if implied else f"a text of 1 to {MAX_TYPE_CHARS} characters"
    raise RecordError(reason_codes.UNKNOWN_TYPE, f"type: wanted {expected}; got {shown_value(value)}")


def _absent_object(value: object, where: str, reason: str) -> dict[str, Any]:
    if value is None:
        return {}
    raise RecordError(reason, f"{where}: wanted an object; got {kind_of(value)}")
