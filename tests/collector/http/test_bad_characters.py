"""A batch does not die with one item: what SDKs, servers and providers send with one bad character is taken."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import orjson
import posthog as posthog_sdk
import pytest
import rudderstack.analytics.client  # type: ignore[import-untyped]
import segment.analytics.client  # type: ignore[import-untyped]

from streamprocessor.collector.formats.jitsu import jitsu
from streamprocessor.collector.formats.posthog import posthog, posthog_v1
from streamprocessor.collector.formats.segment import segment as segment_format
from streamprocessor.collector.formats.snowplow import snowplow
from streamprocessor.collector.http.wire_format import WireFormat
from streamprocessor.collector.tracking.beacon import beacon
from tests.collector.formats.sdk_requests import CONTACT_IDS, VOCABULARY
from tests.collector.http.test_handler import NATIVE, WRITE_KEY, MemoryWriter, ask, context_with
from tests.collector.providers.senders import SENDERS, Sender, cases_of, format_of
from tests.collector.tracking.requests import KEYS, READING

SEGMENT = segment_format(CONTACT_IDS, VOCABULARY)
BAD_TEXTS = {
    "half-character": rb'"cut \ud83d"',
    "not-a-number": b"NaN",
    "encoding": b'"caf\xe9"',
    "control-character": b'"two\nlines"',
}
SEGMENT_ITEM = '{"type": "track", "userId": "c-%d", "event": "x", "properties": {"p": %s}}'
POSTHOG_ITEM = '{"event": "x", "distinct_id": "c-%d", "properties": {"p": %s}}'
NATIVE_ITEM = '{"contact_id": "c-%d", "type": "x", "properties": {"p": %s}}'
BEACON_ITEM = '{"type": "page_visit", "url": "https://example.com/%d", "referrer": %s}'


class Door(NamedTuple):
    """A path, and how a body of several items is spelled there."""

    wire_format: WireFormat
    path: str
    item: str
    body: str = '{"batch": [%s]}'
    separator: str = ", "


DOORS = [
    Door(NATIVE, "/v1/events", NATIVE_ITEM, "[%s]"),
    Door(NATIVE, "/v1/events", NATIVE_ITEM, '{"events": [%s]}'),
    Door(SEGMENT, "/v1/batch", SEGMENT_ITEM),
    Door(posthog(CONTACT_IDS, VOCABULARY), "/batch/", POSTHOG_ITEM, f'{{"api_key": "{WRITE_KEY}", "batch": [%s]}}'),
    Door(posthog_v1(CONTACT_IDS, VOCABULARY), "/i/v1/analytics/events", POSTHOG_ITEM),
    Door(
        beacon(KEYS, READING), "/b", BEACON_ITEM,
        f'{{"key": "{WRITE_KEY}", "anonymous_id": "visitor-0001", "events": [%s]}}',
    ),
]  # fmt: skip


@pytest.mark.parametrize("reason", BAD_TEXTS)
@pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{door.wire_format.name} {door.body[:10]}")
async def test_one_bad_character_costs_no_item_of_a_batch(door: Door, reason: str) -> None:
    writer = MemoryWriter()
    context = context_with(writer)
    items = [door.item % (number, '"good"') for number in range(4)] + [door.item % (4, "@")]
    body = (door.body % door.separator.join(items)).encode().replace(b"@", BAD_TEXTS[reason])

    answer = await ask(door.wire_format, door.path, context, content=body)

    assert answer.is_success, answer.text
    assert len(writer.records) == 5
    mended = context.metrics.registry.get_sample_value("leadscore_collector_json_mended_total", {"reason": reason})
    assert mended == 1


async def test_a_byte_order_mark_before_a_body_is_passed_over() -> None:
    writer = MemoryWriter()
    body = b"\xef\xbb\xbf" + (NATIVE_ITEM % (1, 1)).encode()

    answer = await ask(NATIVE, "/v1/events", context_with(writer), content=body)

    assert answer.json() == {"accepted": 1, "rejected": []}


async def test_of_lines_each_is_mended_by_itself_and_what_is_no_json_is_refused_alone() -> None:
    writer = MemoryWriter()
    lines = [NATIVE_ITEM % (1, "NaN"), NATIVE_ITEM % (2, r'"\ud83d"'), '{"contact_id": "c', NATIVE_ITEM % (3, '"x"')]
    body = "\n".join(lines).encode()

    answer = await ask(NATIVE, "/v1/events", context_with(writer), content=body)

    assert answer.json()["accepted"] == 3
    assert [(item["index"], item["reason"]) for item in answer.json()["rejected"]] == [(2, "not-json")]
    assert [orjson.loads(record.value)["properties"]["p"] for record in writer.records] == [None, "�", "x"]


@pytest.mark.parametrize("bad", [b"NaN", rb'"\ud83d"', b'"\xe9"'])
@pytest.mark.parametrize(
    ("wire_format", "path", "body", "headers"),
    [
        (
            jitsu(CONTACT_IDS, VOCABULARY),
            "/api/s/s2s/track",
            b'{"type": "track", "userId": "c-1", "event": "x", "properties": {"p": @}}',
            {},
        ),
        (
            snowplow(CONTACT_IDS, VOCABULARY),
            "/com.snowplowanalytics.snowplow/tp2",
            b'{"schema": "s", "data": [{"e": "se", "aid": "a-key", "uid": "c-1", "se_ac": "b", "se_la": @}]}',
            {},
        ),
    ],
    ids=["jitsu", "snowplow"],
)
async def test_a_call_of_its_own_is_taken_with_a_bad_character(
    wire_format: WireFormat, path: str, body: bytes, headers: dict[str, str], bad: bytes
) -> None:
    writer = MemoryWriter()

    answer = await ask(wire_format, path, context_with(writer), content=body.replace(b"@", bad), headers=headers)

    assert (answer.status_code, len(writer.records)) == (200, 1)


@pytest.mark.parametrize("sender", SENDERS, ids=lambda sender: sender.cases)
def test_a_provider_s_payload_with_a_bad_character_tells_what_it_told(sender: Sender) -> None:
    for case in cases_of(sender):
        assert told_by(sender, with_bad_characters(case["payload"])) == told_by(sender, case["payload"])


def told_by(sender: Sender, payload: Any) -> list[tuple[str, object]]:
    wire_format = format_of(sender.provider, sender.secret)  # a new one, that knows no token yet
    request = sender.post(payload, sender.secret)
    decoded = wire_format.decode(request, wire_format.parse(request))
    assert decoded.refused == []
    return [(entry.contact_id, entry.value.get("type", entry.value.get("update"))) for entry in decoded.entries]


def with_bad_characters(payload: Any) -> Any:
    """The payload with words that nobody reads; json.dumps spells them as half a character and NaN."""
    if isinstance(payload, list):
        return [with_bad_characters(item) for item in payload]
    return payload | {"x_text": "cut \ud83d", "x_number": float("nan")} if isinstance(payload, dict) else payload


# ---- SDKs as they are ------------------------------------------------------------------------------------------


class Posted(NamedTuple):
    """What an SDK posted."""

    path: str
    headers: dict[str, str]
    body: bytes


@contextmanager
def recorder() -> Iterator[tuple[str, list[Posted]]]:
    """The address of a server that takes anything, and what came."""
    posted: list[Posted] = []

    class Recorder(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            posted.append(Posted(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            answer = b'{"success": true, "status": 1}'
            self.send_response(200)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """A request leaves no line in the output of the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", posted
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def say_by_segment(address: str, value: Any) -> None:
    client = segment.analytics.client.Client(WRITE_KEY, host=address, gzip=True, max_retries=0)
    for number in range(5):
        client.track(f"c-{number}", "x", {"p": value if number == 2 else 1})
    client.shutdown()


def say_by_rudder(address: str, value: Any) -> None:
    client = rudderstack.analytics.client.Client(WRITE_KEY, host=address, max_retries=0)
    for number in range(5):
        client.track(f"c-{number}", "x", {"p": value if number == 2 else 1})
    client.shutdown()


def say_by_posthog(address: str, value: Any) -> None:
    client = posthog_sdk.Posthog(WRITE_KEY, host=address, max_retries=0)
    for number in range(5):
        client.capture("x", distinct_id=f"c-{number}", properties={"p": value if number == 2 else 1})
    client.shutdown()


@pytest.mark.parametrize("value", ["cut \ud83d", float("nan"), float("-inf")], ids=["half", "nan", "infinity"])
@pytest.mark.parametrize(
    ("say", "wire_format"),
    [
        (say_by_segment, SEGMENT),
        (say_by_rudder, SEGMENT),
        (say_by_posthog, posthog(CONTACT_IDS, VOCABULARY)),
    ],
    ids=["segment", "rudder", "posthog"],
)
async def test_of_five_events_of_an_unmodified_sdk_all_five_arrive(
    say: Callable[[str, Any], None], wire_format: WireFormat, value: Any
) -> None:
    with recorder() as (address, posted):
        say(address, value)
    writer = MemoryWriter()
    context = context_with(writer)

    for request in posted:
        sent = {name: text for name, text in request.headers.items() if name not in ("host", "content-length")}
        answer = await ask(wire_format, request.path, context, content=request.body, headers=sent)
        assert answer.status_code == 200, answer.text

    assert sorted(record.key for record in writer.records) == [f"c-{number}".encode() for number in range(5)]
    json.dumps([orjson.loads(record.value) for record in writer.records], allow_nan=False)
