import json
from collections.abc import Callable
from typing import Any

import pytest
from cloudevents.conversion import to_structured
from cloudevents.http import CloudEvent
from cloudevents.kafka import KafkaMessage, to_binary
from cloudevents.kafka import to_structured as to_structured_kafka

from streamprocessor.contract.topics.topics import Topic
from streamprocessor.errors import RecordError
from streamprocessor.scoring.record.facts import Event, SuppressionChanged
from tests.harness.decoding import decoder_for

ARRIVAL = 1_795_334_400_000
ATTRIBUTES = {
    "id": "e-1",
    "type": "download",
    "source": "https://shop.example.com",
    "time": "2026-11-22T07:00:00Z",
    "subject": "whatever",
    "datacontenttype": "application/json",
}


def sent(message: KafkaMessage) -> tuple[bytes, bytes, list[tuple[str, bytes | None]], int]:
    headers: list[tuple[str, bytes | None]] = [
        (name, value if isinstance(value, bytes) else str(value).encode()) for name, value in message.headers.items()
    ]
    value = message.value if isinstance(message.value, bytes) else message.value.encode()
    return b"c", value, headers, ARRIVAL


@pytest.mark.parametrize("mode", [to_binary, to_structured_kafka], ids=["binary", "structured"])
def test_a_cloud_event_lends_its_attributes_to_the_event_that_it_carries(
    topics: dict[str, Topic], mode: Callable[[CloudEvent], KafkaMessage]
) -> None:
    message = mode(CloudEvent(ATTRIBUTES, {"properties": {"file": "prices.pdf"}}))

    event = decoder_for(topics["activities"])(*sent(message))

    assert isinstance(event, Event)
    assert (event.id, event.type, event.occurred_at_ms) == ("e-1", "download", ARRIVAL - 3_600_000)
    assert event.properties == {"file": "prices.pdf"}


@pytest.mark.parametrize("mode", [to_binary, to_structured_kafka], ids=["binary", "structured"])
def test_what_the_event_says_itself_goes_before_its_attributes(
    topics: dict[str, Topic], mode: Callable[[CloudEvent], KafkaMessage]
) -> None:
    data = {"id": "own", "type": "webinar", "occurred_at": "2026-11-22T06:00:00Z"}

    event = decoder_for(topics["activities"])(*sent(mode(CloudEvent(ATTRIBUTES, data))))

    assert isinstance(event, Event)
    assert (event.id, event.type, event.occurred_at_ms) == ("own", "webinar", ARRIVAL - 7_200_000)


def test_the_type_of_a_cloud_event_must_be_its_topics(topics: dict[str, Topic]) -> None:
    message = to_binary(CloudEvent(ATTRIBUTES, {}))
    with pytest.raises(RecordError, match="unknown-type"):
        decoder_for(topics["email-opens"])(*sent(message))


def test_a_contact_update_may_come_as_a_cloud_event(topics: dict[str, Topic]) -> None:
    message = to_binary(CloudEvent(ATTRIBUTES, {"update": "suppressed", "suppressed": True}))
    update = decoder_for(topics["contact-updates"])(*sent(message))
    assert isinstance(update, SuppressionChanged)
    assert (update.id, update.suppressed) == ("e-1", True)


@pytest.mark.parametrize("data", [None, [], "text", 3])
def test_a_structured_cloud_event_must_carry_an_object(topics: dict[str, Topic], data: Any) -> None:
    _, body = to_structured(CloudEvent(ATTRIBUTES, {}))
    value = json.dumps({**json.loads(body), "data": data}).encode()
    headers = [("Content-Type", b"application/cloudevents+json; charset=utf-8")]
    with pytest.raises(RecordError, match="not-an-object"):
        decoder_for(topics["activities"])(b"c", value, headers, ARRIVAL)


def test_other_headers_change_nothing(topics: dict[str, Topic]) -> None:
    decode = decoder_for(topics["activities"])
    headers = [("traceparent", b"00-1"), ("content-type", b"application/json"), ("ce_id", b"x"), ("empty", None)]
    value = b'{"type":"download","occurred_at":1795334400000}'
    assert decode(b"c", value, headers, ARRIVAL) == decode(b"c", value, None, ARRIVAL)


def test_attributes_that_are_not_utf_8_end_in_a_reason(topics: dict[str, Topic]) -> None:
    headers = [("ce_specversion", b"1.0"), ("ce_time", b"\xff"), ("ce_type", b"download")]
    with pytest.raises(RecordError, match="bad-time"):
        decoder_for(topics["activities"])(b"c", b"{}", headers, ARRIVAL)
