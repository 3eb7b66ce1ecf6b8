"""What the SDKs' requests have in common: JSON, the circumstances of a call, items taken one by one, answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from streamprocessor.collector.contact_ids import ContactIds
from streamprocessor.collector.formats.sdk_call import SdkCall, records_of
from streamprocessor.collector.formats.vocabulary import Vocabulary
from streamprocessor.collector.http.request_context import MAX_USER_AGENT_CHARS, is_prefetch
from streamprocessor.collector.http.validation import MAX_ITEMS
from streamprocessor.collector.http.wire_format import (
    DecodedEvents,
    HttpAnswer,
    Refusal,
    RefusedItem,
    Request,
    TopicEntry,
)
from streamprocessor.contract import reason_codes
from streamprocessor.contract.events.actors import actor_of
from streamprocessor.contract.events.event_fields import content_key, id_of
from streamprocessor.contract.strict_json import kind_of
from streamprocessor.errors import RecordError

_BROWSER = "Mozilla/"


def json_body(request: Request) -> Any:
    """What the body spells, whatever its content type says; raises Refusal where it is no JSON."""
    try:
        return orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise Refusal(400, reason_codes.NOT_JSON, f"body: wanted JSON; got an error: {error.msg}") from error


def object_body(request: Request) -> dict[str, Any]:
    """The object that the body spells; raises Refusal."""
    body = json_body(request)
    if not isinstance(body, dict):
        raise Refusal(400, reason_codes.NOT_AN_OBJECT, f"body: wanted a JSON object; got {kind_of(body)}")
    return body


def items_of(body: dict[str, Any]) -> list[Any]:
    """The items of a body's `batch`; raises Refusal where that is no list."""
    items = body.get("batch")
    if not isinstance(items, list):
        raise Refusal(400, reason_codes.NOT_AN_OBJECT, f"batch: wanted a list; got {kind_of(items)}")
    return items


def text_of(said: object) -> str | None:
    """A text that is not empty; None for anything else."""
    return said if isinstance(said, str) and said else None


def object_in(item: dict[str, Any], name: str) -> dict[str, Any]:
    """The object under a name, empty where it is absent; raises RecordError where it is anything else."""
    said = item.get(name)
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise RecordError(reason_codes.BAD_PROPERTIES, f"{name}: wanted an object; got {kind_of(said)}")
    return said


def item_id(said: object, item: dict[str, Any], stamped_ms: int | None, received_ms: int) -> str:
    """The id that an item brings; else a hash of it, and of the arrival where it has no time either."""
    brought = id_of(None if said == "" else said)
    if brought is not None:
        return brought
    try:
        return content_key([item] if stamped_ms is not None else [item, received_ms])
    except orjson.JSONEncodeError as error:  # what was read can be written, but for its depth
        raise RecordError(reason_codes.TOO_DEEP, "wanted fewer levels of objects and lists") from error


def context_of(request: Request, user_agent: object, ip: object, *, is_browser: bool | None = None) -> dict[str, Any]:
    """An event's `context`: the user agent and the address of whoever did it.

    user_agent, ip: as the call says them. Where it doesn't, the request's own are taken if a browser made it: those of
    a server that passes its visitors' events on say nothing of them. is_browser: None where only the user agent tells.
    """
    sender = request.headers.get("user-agent", "")
    from_browser = sender.startswith(_BROWSER) if is_browser is None else is_browser
    agent = text_of(user_agent) or (sender if from_browser else None)
    address = text_of(ip) or (request.ip if from_browser else None)
    actor = actor_of(agent, request.headers) if from_browser and is_prefetch(request) else None
    context = {"user_agent": agent[:MAX_USER_AGENT_CHARS] if agent else None, "ip": address, "actor": actor}
    return {word: value for word, value in context.items() if value}


def read_items(
    items: list[Any], say: Callable[[dict[str, Any]], SdkCall | None], words: tuple[ContactIds, Vocabulary]
) -> DecodedEvents:
    """The records of all items, each for itself: those that can't be taken are told by their position.

    say: what an item says, None where it means nothing here; raises RecordError. Raises Refusal for too many items.
    """
    if len(items) > MAX_ITEMS:
        raise Refusal(413, reason_codes.TOO_LARGE, f"batch: wanted at most {MAX_ITEMS} items; got {len(items)}")
    reading = DecodedEvents()
    for position, item in enumerate(items):
        found = _records(item, say, words)
        if isinstance(found, RecordError):
            reading.bad.append(RefusedItem(position, found.reason, found.detail))
        else:
            reading.entries += [entry._replace(position=position) for entry in found]
    return reading


def nothing_taken(reading: DecodedEvents) -> bool:
    """Whether what came was bad, all of it."""
    return bool(reading.bad) and not reading.entries


def rejected(reading: DecodedEvents) -> list[dict[str, Any]]:
    """The items that were not taken, as answers tell them."""
    return [{"index": bad.position, "reason": bad.reason, "detail": bad.detail} for bad in reading.bad]


def json_answer(status: int, content: dict[str, Any]) -> HttpAnswer:
    """An answer in JSON."""
    return HttpAnswer(status, orjson.dumps(content))


def _records(
    item: Any, say: Callable[[dict[str, Any]], SdkCall | None], words: tuple[ContactIds, Vocabulary]
) -> list[TopicEntry] | RecordError:
    try:
        if not isinstance(item, dict):
            raise RecordError(reason_codes.NOT_AN_OBJECT, f"wanted an object; got {kind_of(item)}")
        said = say(item)
        return [] if said is None else records_of(said, *words)
    except RecordError as error:
        return error
