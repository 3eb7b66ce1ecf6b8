"""What the SDKs' requests have in common: JSON, the context of a call, items taken one by one, answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from streamprocessor.collector.formats.sdk_call import SaidAddresses, SdkCall, records_of, without_placeholders
from streamprocessor.collector.formats.vocabulary import Vocabulary
from streamprocessor.collector.http.request_context import MAX_USER_AGENT_CHARS, is_prefetch
from streamprocessor.collector.http.validation import MAX_ITEMS
from streamprocessor.collector.http.wire_format import (
    DecodedEvents,
    HttpRequest,
    RefusalError,
    RefusedItem,
)
from streamprocessor.contract import reason_codes
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.actors import actor_of
from streamprocessor.contract.events.event_fields import content_key, id_of
from streamprocessor.contract.lenient_json import read_json
from streamprocessor.contract.strict_json import kind_of
from streamprocessor.errors import RecordError

_BROWSER = "Mozilla/"


def json_body(request: HttpRequest) -> Any:
    """What the body spells, whatever its content type says; raises RefusalError where it is no JSON."""
    try:
        return read_json(request.body)
    except orjson.JSONDecodeError as error:
        raise RefusalError(400, reason_codes.NOT_JSON, f"body: wanted JSON; got an error: {error.msg}") from error


def object_body(request: HttpRequest) -> dict[str, Any]:
    """The object that the body spells; raises RefusalError."""
    body = json_body(request)
    if not isinstance(body, dict):
        raise RefusalError(400, reason_codes.NOT_AN_OBJECT, f"body: wanted a JSON object; got {kind_of(body)}")
    return body


def items_of(body: dict[str, Any]) -> list[Any]:
    """The items of a body's `batch`; raises RefusalError where that is no list."""
    items = body.get("batch")
    if not isinstance(items, list):
        raise RefusalError(400, reason_codes.NOT_AN_OBJECT, f"batch: wanted a list; got {kind_of(items)}")
    return items


def item_count_of(body: dict[str, Any]) -> int:
    """How many items a body's `batch` holds; 1 where it has none."""
    items = body.get("batch")
    return len(items) if isinstance(items, list) else 1


def text_of(value: object) -> str | None:
    """A text that is not empty; None for anything else."""
    return value if isinstance(value, str) and value else None


def object_in(item: dict[str, Any], name: str) -> dict[str, Any]:
    """The object under a name, empty where it is absent; raises RecordError where it is anything else."""
    value = item.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RecordError(reason_codes.BAD_PROPERTIES, f"{name}: wanted an object; got {kind_of(value)}")
    return value


def item_id(value: object, item: dict[str, Any], stamped_ms: int | None, received_ms: int) -> str:
    """The id that an item brings; else a hash of it, and of the arrival where it has no time either."""
    own_id = id_of(None if value == "" else value)
    if own_id is not None:
        return own_id
    try:
        return content_key([item] if stamped_ms is not None else [item, received_ms])
    except orjson.JSONEncodeError as error:  # what was read can be written, but for its depth
        raise RecordError(reason_codes.TOO_DEEP, "wanted fewer levels of objects and lists") from error


def context_of(
    request: HttpRequest, user_agent: object, ip: object, *, is_browser: bool | None = None
) -> dict[str, Any]:
    """An event's `context`: the user agent and the address of whoever did it.

    user_agent, ip: as the call has them. Where it has none, the request's own are taken if a browser made it: those of
    a server that passes its visitors' events on tell nothing of them.
    is_browser: whether a browser made it; None where only the user agent tells.
    """
    sender = request.headers.get("user-agent", "")
    from_browser = sender.startswith(_BROWSER) if is_browser is None else is_browser
    agent = text_of(user_agent) or (sender if from_browser else None)
    address = text_of(ip) or (request.ip if from_browser else None)
    actor = actor_of(agent, request.headers) if from_browser and is_prefetch(request) else None
    context = {"user_agent": agent[:MAX_USER_AGENT_CHARS] if agent else None, "ip": address, "actor": actor}
    return {word: value for word, value in context.items() if value}


def decode_items(
    items: list[Any],
    call_of: Callable[[dict[str, Any]], SdkCall | None],
    contact_ids: ContactIds,
    vocabulary: Vocabulary,
) -> DecodedEvents:
    """The records of all items, each for itself: those that can't be taken are refused by their position.

    call_of: the call that an item is, None where it means nothing here; raises RecordError.
    Raises RefusalError for too many items.
    """
    if len(items) > MAX_ITEMS:
        raise RefusalError(413, reason_codes.TOO_LARGE, f"batch: wanted at most {MAX_ITEMS} items; got {len(items)}")
    decoded = DecodedEvents()
    addresses = SaidAddresses()
    for position, item in enumerate(items):
        try:
            if not isinstance(item, dict):
                raise RecordError(reason_codes.NOT_AN_OBJECT, f"wanted an object; got {kind_of(item)}")
            said = call_of(item)
            if said is None:
                continue
            call, placeholders = without_placeholders(said)
            entries = records_of(addresses.heard(call), contact_ids, vocabulary)
        except RecordError as error:
            decoded.refused.append(RefusedItem(position, error.reason, error.detail))
        else:
            decoded.entries += [entry._replace(position=position) for entry in entries]
            decoded.placeholder_ids += placeholders
    return decoded


def nothing_taken(decoded: DecodedEvents) -> bool:
    """Whether all that came was refused."""
    return bool(decoded.refused) and not decoded.entries
