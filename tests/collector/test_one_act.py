"""A form that is sent twice is one act, whichever door takes it: both have equal properties, and count once."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from streamprocessor.collector.formats.posthog import posthog
from streamprocessor.collector.formats.segment import segment
from streamprocessor.collector.formats.snowplow import snowplow
from streamprocessor.collector.http.wire_format import HttpRequest, WireFormat
from streamprocessor.collector.tracking.beacon import beacon
from streamprocessor.collector.tracking.forms import forms
from streamprocessor.contract.events.events import decode_event
from streamprocessor.contract.topic_names import FORM_SUBMISSION
from streamprocessor.scoring.model.model import E15, NANO, Model, Score
from streamprocessor.scoring.model.rules import EventRule
from streamprocessor.scoring.scorer import Scorer
from tests.collector.formats.sdk_requests import CONTACT_IDS, NOW_MS, VOCABULARY
from tests.collector.tracking.requests import KEYS, READING, SITES
from tests.scoring.against_oracle import record_of, unrounded_nano

PAGE = "https://www.example.com/contact"
SCORER = Scorer(Model("m", "v", (Score("s", (EventRule("form", (FORM_SUBMISSION,), E15),)),)))


def posted(path: str, body: object, after_ms: int, content_type: str = "application/json") -> HttpRequest:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    headers = {"content-type": content_type, "referer": PAGE, "user-agent": "Mozilla/5.0 (X11) Firefox/140.0"}
    return HttpRequest("POST", path, "", headers, raw, raw, NOW_MS + after_ms, "203.0.113.9")


def plain_form(name: str, after_ms: int) -> HttpRequest:
    fields = urlencode({"_key": "k", "email": "ada@example.com", "name": name}).encode()
    return posted("/f/contact", fields, after_ms, "application/x-www-form-urlencoded")


def script(name: str, after_ms: int) -> HttpRequest:
    fields = {"email": "ada@example.com", "name": name}
    event = {"id": f"{after_ms:032}", "type": FORM_SUBMISSION, "url": PAGE, "form": "contact", "fields": fields}
    return posted("/b", {"key": "k", "anonymous_id": "0123456789abcdef", "events": [event]}, after_ms)


def segment_call(name: str, after_ms: int) -> HttpRequest:
    page = {"path": "/contact", "url": PAGE, "title": "Contact"}
    call = {"type": "track", "event": "Form Submitted", "userId": "ada", "messageId": f"m-{after_ms}"}
    return posted("/v1/track", call | {"properties": {"name": name}, "context": {"page": page}}, after_ms)


def posthog_call(name: str, after_ms: int) -> HttpRequest:
    own = {"$insert_id": f"i-{after_ms}", "$time": after_ms / 1_000, "$current_url": PAGE, "$device_id": "d"}
    call = {
        "event": "Form Submitted",
        "distinct_id": "ada",
        "uuid": f"u-{after_ms}",
        "properties": {"name": name, **own},
    }
    return posted("/capture/", {"api_key": "k", **call}, after_ms)


def snowplow_call(name: str, after_ms: int) -> HttpRequest:
    session = {"schema": "iglu:com.acme/client_session/jsonschema/1-0-2", "data": {"eventIndex": after_ms}}
    form = {"schema": "iglu:com.snowplowanalytics.snowplow/submit_form/jsonschema/1-0-0", "data": {"name": name}}
    item = {"e": "ue", "aid": "k", "p": "web", "eid": f"e-{after_ms}", "duid": "d", "url": PAGE}
    item |= {"ue_pr": orjson.dumps({"schema": "", "data": form}).decode()}
    item |= {"co": orjson.dumps({"schema": "", "data": [session]}).decode()}
    return posted("/com.snowplowanalytics.snowplow/tp2", {"schema": "", "data": [item]}, after_ms)


def events_of(wire_format: WireFormat, asked: HttpRequest) -> list[Any]:
    """The forms that the worker reads, as they arrive."""
    decoded = wire_format.decode(asked, wire_format.parse(asked))
    forms_sent = [entry.value for entry in decoded.entries if entry.value.get("update") is None]
    return [decode_event(value, value["contact_id"], asked.received_at_ms, FORM_SUBMISSION) for value in forms_sent]


@pytest.mark.parametrize(
    ("wire_format", "ask"),
    [
        (forms(KEYS, READING, SITES), plain_form),
        (beacon(KEYS, READING), script),
        (segment(CONTACT_IDS, VOCABULARY), segment_call),
        (posthog(CONTACT_IDS, VOCABULARY), posthog_call),
        (snowplow(CONTACT_IDS, VOCABULARY), snowplow_call),
    ],
    ids=["forms", "beacon", "segment", "posthog", "snowplow"],
)
def test_the_same_form_twice_within_seconds_counts_once(wire_format: WireFormat, ask: Any) -> None:
    asked = [ask("Ada", 0), ask("Ada", 300), ask("Ada", 9_000), ask("Bob", 9_001), ask("Ada", 30_000)]
    facts = [event for each in asked for event in events_of(wire_format, each)]
    assert len({event.id for event in facts}) == len(asked)
    record = record_of(SCORER, facts)
    assert unrounded_nano(SCORER.scores_at(record, record.at_ms)["s"]) == 3 * NANO


def test_one_form_that_the_page_posts_and_the_script_tells_of_counts_once() -> None:
    posted_too = events_of(forms(KEYS, READING, SITES), plain_form("Ada", 0))
    told = events_of(beacon(KEYS, READING), script("Ada", 400))

    assert posted_too[0].properties["fields"] == told[0].properties["fields"]
    record = record_of(SCORER, [*posted_too, *told])
    assert unrounded_nano(SCORER.scores_at(record, record.at_ms)["s"]) == NANO
