"""What RudderStack's SDKs send otherwise than Segment's."""

from __future__ import annotations

import orjson
import pytest

from streamprocessor.collector.formats.segment import segment
from streamprocessor.collector.http.wire_format import RefusalError
from tests.collector.formats.sdk_requests import CONTACT_IDS, NOW, VOCABULARY, basic, request_of, take

SEGMENT = segment(CONTACT_IDS, VOCABULARY)

# As rudder-sdk-python 2.1 sends it: traits in the context only, the anonymous id null, no key in the body.
IDENTIFY = {
    "anonymousId": None,
    "channel": "server",
    "context": {
        "traits": {"email": "jane@example.com", "firstName": "Jane"},
        "library": {"name": "rudder-analytics-python"},
    },
    "type": "identify",
    "userId": "u-1",
    "timestamp": "2026-11-22T07:59:00+00:00",
    "messageId": "m-1",
    "integrations": {},
}

# As rudder-sdk-node sends it: originalTimestamp only, traits in both places.
PAGE = {
    "type": "page",
    "name": "Pricing",
    "anonymousId": "a-1",
    "properties": {"url": "https://example.com/pricing"},
    "originalTimestamp": "2026-11-22T07:58:00.000Z",
    "sentAt": "2026-11-22T07:59:00.000Z",
    "messageId": "m-2",
    "context": {"library": {"name": "@rudderstack/rudder-sdk-node"}},
}


def test_traits_of_the_context_are_the_contacts_attributes() -> None:
    taken = take(SEGMENT, request_of("/v1/batch", {"batch": [IDENTIFY], "sentAt": NOW}, authorization=basic("key")))

    assert taken.key == "key"
    attributes = {"email": "jane@example.com", "firstName": "Jane", "first_name": "Jane"}
    assert taken.updates == [
        ("u-1", "attributes", attributes),
        ("u-1", "identify", CONTACT_IDS.address("jane@example.com")),
    ]


def test_the_original_timestamp_is_set_right_by_the_events_own_time_of_sending() -> None:
    request = request_of("/v1/batch", {"batch": [PAGE]}, content_type="application/x-www-form-urlencoded")

    taken = take(SEGMENT, request)

    assert taken.only.contact_id == "anon:a-1"
    assert taken.only.value["type"] == "page_visit"
    assert taken.only.value["occurred_at"] == "2026-11-22T07:59:00.000Z"


@pytest.mark.parametrize("status", [400, 401, 413, 429, 503])
def test_an_error_has_the_code_and_message_without_which_the_sdk_dies(status: int) -> None:
    answer = SEGMENT.refusal_answer(RefusalError(status, "a-code", "a message"))

    assert answer.status == status
    assert orjson.loads(answer.body) == {"code": "a-code", "message": "a message"}


def test_the_answer_is_a_200_with_json() -> None:
    answer = take(SEGMENT, request_of("/v1/batch", {"batch": [PAGE]})).answer

    assert (answer.status, answer.content_type) == (200, "application/json")
    assert orjson.loads(answer.body)["success"] is True
