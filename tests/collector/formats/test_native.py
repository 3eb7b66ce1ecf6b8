"""The native format: a pure function from request to entries, and the same against a real collector and Kafka."""

from __future__ import annotations

import gzip
import zlib
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.collector.durability.producer_record import ProducerRecord
from streamprocessor.collector.formats.native import native, offered_key
from streamprocessor.collector.http.validation import MAX_EVENT_BYTES, MAX_ITEMS, check_entries
from streamprocessor.collector.http.wire_format import DecodedEvents, HttpRequest, RefusalError
from streamprocessor.contract.topics.topics import IN, Topic, read_topics
from tests.harness.collectors import KEY, CollectorProcess
from tests.harness.decoding import decoder_for
from tests.harness.input_topics import INPUT_TOPICS
from tests.harness.system import ROOT, System

NOW_MS = 1_795_334_400_000
TOPICS: dict[str, Topic] = {topic.name: topic for topic in read_topics(ROOT / "topics") if topic.direction == IN}
FORMAT = native()
PAGE = {"contact_id": "c-1", "type": "page_visit"}


def request(body: object, content_type: str = "application/json") -> HttpRequest:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return HttpRequest("POST", "/v1/events", "", {"content-type": content_type}, raw, raw, NOW_MS)


def taken(body: object, content_type: str = "application/json") -> tuple[list[ProducerRecord], DecodedEvents]:
    asked = request(body, content_type)
    decoded = FORMAT.decode(asked, FORMAT.parse(asked))
    records, good, refused = check_entries(decoded.entries, INPUT_TOPICS, NOW_MS)
    return records, DecodedEvents(good, [*decoded.refused, *refused])


@pytest.mark.parametrize(
    ("event", "topic"),
    [
        ({"type": "email_open"}, "email-opens"),
        ({"type": "email_click"}, "email-clicks"),
        ({"type": "page_visit"}, "page-visits"),
        ({"type": "form_submission"}, "form-submissions"),
        ({"type": "download"}, "activities"),
        ({"update": "attributes", "attributes": {"plan": "pro"}}, "contact-updates"),
        ({"update": "suppressed", "suppressed": True}, "contact-updates"),
        ({"update": "identify", "anonymous_id": "anon:v-1"}, "contact-updates"),
    ],
)
def test_a_fact_goes_to_the_topic_of_its_type_with_id_contact_and_time_written(
    event: dict[str, Any], topic: str
) -> None:
    ((written_to, key, value, _),), _ = taken(event | {"contact_id": "c-1"})

    content = orjson.loads(value)
    assert (written_to, key) == (topic, b"c-1")
    assert event.items() <= content.items()
    assert (content["contact_id"], content["occurred_at"]) == ("c-1", "2026-11-22T08:00:00.000Z")
    assert content["id"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ([PAGE, PAGE | {"contact_id": "c-2"}], "application/json"),
        ({"events": [PAGE, PAGE | {"contact_id": "c-2"}]}, "application/json"),
        (orjson.dumps(PAGE) + b"\n" + orjson.dumps(PAGE | {"contact_id": "c-2"}) + b"\n", "application/x-ndjson"),
        (orjson.dumps(PAGE) + b"\r\n\n" + orjson.dumps(PAGE | {"contact_id": "c-2"}), "text/plain"),
        ([PAGE, {"specversion": "1.0", "id": "x", "type": "page_visit", "data": {"contact_id": "c-2"}}], "text/plain"),
    ],
)
def test_several_come_as_a_list_wrapped_a_line_each_or_as_cloud_events(body: object, content_type: str) -> None:
    records, decoded = taken(body, content_type)

    assert [record.key for record in records] == [b"c-1", b"c-2"]
    assert decoded.refused == []


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("text", "not-an-object"),
        ({"type": "page_visit"}, "no-contact"),
        ({"type": "page_visit", "contact_id": ""}, "no-contact"),
        ({"type": "page_visit", "contact_id": ["c"]}, "no-contact"),
        ({"type": "page_visit", "contact_id": "\x00c"}, "bad-key"),
        ({"type": "page_visit", "contact_id": "c" * 1025}, "bad-key"),
        ({"contact_id": "c"}, "unknown-type"),
        (PAGE | {"type": "t" * 129}, "unknown-type"),
        (PAGE | {"type": 7}, "unknown-type"),
        (PAGE | {"occurred_at": "yesterday"}, "bad-time"),
        (PAGE | {"occurred_at": NOW_MS // 1000}, "bad-time"),
        (PAGE | {"occurred_at": NOW_MS + 300_001}, "from-the-future"),
        (PAGE | {"id": {}}, "bad-id"),
        (PAGE | {"properties": []}, "bad-properties"),
        (PAGE | {"context": {"actor": "alien"}}, "bad-context"),
        (PAGE | {"properties": {"text": "x" * MAX_EVENT_BYTES}}, "too-large"),
        ({"contact_id": "c", "update": "nonsense"}, "unknown-update"),
        ({"contact_id": "c", "update": "attributes"}, "bad-update"),
    ],
)
def test_what_is_bad_is_named_with_its_position_and_the_others_are_taken(bad: object, reason: str) -> None:
    records, decoded = taken([PAGE, bad, PAGE | {"contact_id": "c-2"}])

    assert [(item.position, item.reason) for item in decoded.refused] == [(1, reason)]
    assert [record.key for record in records] == [b"c-1", b"c-2"]
    answer = orjson.loads(FORMAT.accepted_answer(request(b""), FORMAT.parse(request([PAGE])), decoded).body)
    assert (answer["accepted"], [item["index"] for item in answer["rejected"]]) == (2, [1])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"[]", "empty"),
        (b"{", "not-json"),
        (b"\xff\xfe", "not-json"),
        (b'{"events": 7}', "bad-batch"),
        (b"[" * 2_000 + b"]" * 2_000, "not-json"),
        (orjson.dumps([PAGE] * (MAX_ITEMS + 1)), "too-many"),
    ],
)
def test_a_body_that_holds_no_facts_is_refused(body: object, code: str) -> None:
    with pytest.raises(RefusalError) as refused:
        taken(body)

    assert refused.value.code == code
    assert refused.value.status in (400, 413)


def test_what_nests_deeper_than_the_stream_reads_is_named() -> None:
    deep = b'{"contact_id":"c","type":"t","properties":{"a":' + b"[" * 260 + b"]" * 260 + b"}}"

    records, decoded = taken(deep)

    assert records == []
    assert decoded.refused[0].reason == "too-deep"


def test_the_same_content_has_the_same_id_and_another_has_another() -> None:
    ids = [orjson.loads(record.value)["id"] for record in taken([PAGE, PAGE, PAGE | {"properties": {"path": "/"}}])[0]]

    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize("ahead_ms", [1, 299_999])
def test_a_clock_ahead_of_ours_is_held_to_arrival_so_that_no_slower_clock_refuses_it(ahead_ms: int) -> None:
    ((_, _, value, _),), _ = taken(PAGE | {"occurred_at": NOW_MS + ahead_ms})

    assert orjson.loads(value)["occurred_at"] == "2026-11-22T08:00:00.000Z"


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"authorization": "Bearer k"}, "k"),
        ({"authorization": "bearer k "}, "k"),
        ({"authorization": "Basic " + b64encode(b"k:").decode()}, "k"),
        ({"authorization": "Basic !!"}, None),
        ({"authorization": "Basic " + b64encode(b"\xff:").decode()}, None),
        ({"x-write-key": "k"}, "k"),
        ({"authorization": "Digest k"}, None),
        ({}, None),
    ],
)
def test_a_key_is_offered_in_any_of_three_ways(headers: dict[str, str], key: str | None) -> None:
    assert offered_key(headers) == key


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    ["id", "contact_id", "type", "update", "occurred_at", "properties", "context", "attributes", "specversion", "data"]
)
NEAR_EVENTS = st.dictionaries(FIELDS, JSON | st.sampled_from(["c-1", "page_visit", "attributes", NOW_MS]), max_size=8)


@given(st.lists(NEAR_EVENTS, max_size=5))
def test_whatever_is_accepted_the_worker_reads(items: list[dict[str, Any]]) -> None:
    try:
        raw = orjson.dumps(items)
    except TypeError:  # integers of more than 64 bits
        return
    try:
        records, decoded = taken(raw)
    except RefusalError:
        return

    assert len(records) == len(decoded.entries)
    assert len(records) + len(decoded.refused) == len(items)
    for topic, key, value, _ in records:
        fields = orjson.loads(value)
        if fields.get("update") in ("identify", "merge", "unmerge", "erase", "do_not_score"):
            continue
        fact = decoder_for(TOPICS[topic])(key, value, [], NOW_MS + 10)
        assert fact.id == fields["id"]


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: object) -> None:
    status = 200
    try:
        taken(body)
    except RefusalError as refusal:
        status = refusal.status
    assert status in (200, 400)


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("encoding", "compress"),
    [(None, bytes), ("gzip", gzip.compress), (None, gzip.compress), ("deflate", zlib.compress), ("gzip", bytes)],
)
async def test_each_good_event_of_a_batch_is_in_kafka_once_and_in_order(
    collector: CollectorProcess, system: System, encoding: str | None, compress: Callable[[bytes], bytes]
) -> None:
    contact = f"c-{encoding}-{compress.__name__}"
    events = [PAGE | {"contact_id": contact, "id": f"e-{number}"} for number in range(40)]
    headers = {"authorization": f"Bearer {KEY}"} | ({"content-encoding": encoding} if encoding else {})
    async with httpx.AsyncClient() as http:
        answer = await http.post(
            f"{collector.address}/v1/events", content=compress(orjson.dumps([*events, "bad"])), headers=headers
        )

    assert answer.status_code == 200
    assert answer.json()["accepted"] == 40
    assert answer.json()["rejected"][0]["index"] == 40
    await collector.all_in_kafka()
    stored = [record for record in await system.read("page-visits") if record.key == contact.encode()]
    assert [orjson.loads(record.value)["id"] for record in stored] == [event["id"] for event in events]
    assert len({record.partition for record in stored}) == 1


@pytest.mark.kafka
async def test_records_lie_in_the_partition_where_kafkas_own_partitioner_puts_their_key(
    collector: CollectorProcess, system: System, tmp_path: Path
) -> None:
    contacts = [f"where-{number}-ü" for number in range(30)]
    events = [{"contact_id": contact, "type": "form_submission"} for contact in contacts]
    async with httpx.AsyncClient(headers={"x-write-key": KEY}) as http:
        assert (await http.post(f"{collector.address}/v1/events", json=events)).status_code == 200
    await collector.all_in_kafka()
    async with system.producer() as producer:
        for contact in contacts:
            await producer.send_and_wait(system.full["form-submissions"], key=contact.encode(), value=b"{}")

    partitions: dict[bytes, set[int]] = {}
    for record in await system.read("form-submissions"):
        partitions.setdefault(record.key, set()).add(record.partition)
    assert {len(partitions[contact.encode()]) for contact in contacts} == {1}
