"""What Jitsu's SDK sends otherwise than Segment's."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings

from streamprocessor.collector.formats.jitsu import jitsu
from streamprocessor.collector.http.wire_format import RefusalError
from tests.collector.formats.sdk_requests import (
    BROWSER,
    CONTACT_IDS,
    NOW,
    VOCABULARY,
    hostile,
    request_of,
    take,
    take_or_refuse,
)
from tests.collector.input_topics import topic_of

JITSU = jitsu(CONTACT_IDS, VOCABULARY)
CLICKED = "https://elsewhere.example/offer"

TRACK = {
    "type": "track",
    "event": "Email Link Clicked",
    "messageId": "m-1",
    "anonymousId": "a-1",
    "userId": "u-1",
    "timestamp": "2026-11-22T07:59:00.000Z",
    "sentAt": NOW,
    "writeKey": "id:***",
    "properties": {"url": CLICKED, "campaign": "q4"},
    "context": {"page": {"url": CLICKED, "path": "/offer"}, "userAgent": BROWSER, "traits": {"email": "j@example.com"}},
}


@pytest.mark.parametrize("path", ["/api/s/track", "/api/s/s2s/track"])
def test_a_track_is_an_event(path: str) -> None:
    taken = take(JITSU, request_of(path, TRACK, x_write_key="id:secret"))

    assert taken.key == "id:secret"
    assert (topic_of(taken.only), taken.only.contact_id) == ("email-clicks", "u-1")
    assert taken.only.value["id"] == "m-1"
    assert taken.only.value["properties"] == {"url": CLICKED, "campaign": "q4", "path": "/offer"}
    assert taken.only.value["context"] == {"user_agent": BROWSER}
    assert (taken.answer.status, orjson.loads(taken.answer.body)) == (200, {"ok": True})


def test_the_target_of_a_click_is_no_page_that_was_visited() -> None:
    download = TRACK | {"event": "Downloaded", "properties": {}}

    assert take(JITSU, request_of("/api/s/track", download)).only.value["properties"] == {}


def test_the_masked_key_of_the_body_is_no_key() -> None:
    assert take(JITSU, request_of("/api/s/track", TRACK)).key is None


def test_a_page_keeps_its_name() -> None:
    page = TRACK | {"type": "page", "properties": {"name": "Pricing", "url": "https://example.com/p", "path": "/p"}}

    taken = take(JITSU, request_of("/api/s/page", page))

    assert topic_of(taken.only) == "page-visits"
    assert taken.only.value["properties"]["name"] == "Pricing"


def test_an_identify_joins_the_visitor() -> None:
    identify = TRACK | {"type": "identify", "traits": {"plan": "pro"}, "context": {}}

    taken = take(JITSU, request_of("/api/s/identify", identify))

    assert taken.updates == [("u-1", "attributes", {"plan": "pro"}), ("u-1", "identify", "anon:a-1")]


def test_what_is_bad_or_refused_is_told_in_json() -> None:
    bad = take(JITSU, request_of("/api/s/track", TRACK | {"timestamp": "soon"}))

    assert bad.answer.status == 400
    assert orjson.loads(bad.answer.body)["ok"] is False
    refused = JITSU.refusal_answer(RefusalError(401, "unknown-key", "no such key"))
    assert orjson.loads(refused.body) == {"ok": False, "code": "unknown-key", "error": "no such key"}


@settings(max_examples=30, deadline=None)
@given(hostile(*TRACK, inner=("page", "traits", "email", "userAgent", "ip")))
def test_whatever_comes_is_taken_or_told(item: dict[str, Any]) -> None:
    take_or_refuse(JITSU, request_of("/api/s/track", item))
