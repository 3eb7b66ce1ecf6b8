"""Answers in JSON, as the formats of SDKs and programs give them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from streamprocessor.collector.http.wire_format import DecodedEvents, HttpAnswer, RefusalError, RefusedItem
from streamprocessor.contract.access_policy import NOT_WITH_THIS_KEY


def json_answer(status: int, content: dict[str, Any]) -> HttpAnswer:
    """An answer in JSON."""
    return HttpAnswer(status, orjson.dumps(content))


def refusal_in_json(refusal: RefusalError) -> HttpAnswer:
    """A refusal as JSON: a code for programs, a sentence for people."""
    return json_answer(refusal.status, {"code": refusal.code, "message": str(refusal)})


def refused_status(decoded: DecodedEvents) -> int:
    """The status where nothing was taken: 403 where it was for the key alone, else 400."""
    is_for_the_key = all(item.reason == NOT_WITH_THIS_KEY for item in decoded.refused)
    return 403 if decoded.refused and is_for_the_key else 400


def left_out_items(decoded: DecodedEvents) -> dict[str, Any]:
    """The attributes that were left out of items that were taken, as answers list them; empty without any."""
    items = [{"index": item.position, "attributes": item.attributes} for item in decoded.left_out]
    return {"left_out": items} if items else {}


def rejected_items(refused: Iterable[RefusedItem]) -> list[dict[str, Any]]:
    """The items that were not taken, as answers list them."""
    return [{"index": item.position, "reason": item.reason, "detail": item.detail} for item in refused]
