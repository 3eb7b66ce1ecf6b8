"""A handler by itself: what it waits for, what it answers where there is no room, what it truncates."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from concurrent.futures import Future
from dataclasses import replace
from threading import Timer, current_thread, main_thread
from typing import Any, NoReturn

import httpx
import orjson
import pytest

from streamprocessor.collector.durability.durable_writer import DurableWriter, NoRoomError
from streamprocessor.collector.durability.producer_record import ProducerRecord
from streamprocessor.collector.formats.jitsu import jitsu
from streamprocessor.collector.formats.native import native
from streamprocessor.collector.formats.posthog import posthog
from streamprocessor.collector.formats.segment import segment
from streamprocessor.collector.formats.snowplow import snowplow
from streamprocessor.collector.http import handler
from streamprocessor.collector.http.client_ip import ClientIps
from streamprocessor.collector.http.handler import CollectorContext, FormatHandler
from streamprocessor.collector.http.keys import Keys
from streamprocessor.collector.http.limits import LimitPolicy, SenderLimiter, SenderLimits
from streamprocessor.collector.http.wire_format import (
    DecodedEvents,
    HttpRequest,
    ParsedRequest,
    PendingFetchError,
    RefusalError,
    WireFormat,
)
from streamprocessor.collector.metrics import Metrics
from streamprocessor.collector.tracking.beacon import beacon
from streamprocessor.collector.tracking.click import click
from streamprocessor.collector.tracking.forms import forms
from streamprocessor.collector.tracking.pixel import pixel
from streamprocessor.collector.tracking.tokens import Tracked
from streamprocessor.process.telemetry.tracing import open_tracing
from tests.collector.formats.sdk_requests import CONTACT_IDS, VOCABULARY
from tests.collector.providers.senders import format_of
from tests.collector.tracking.requests import KEYS, NOW_MS, READING, SITES
from tests.harness.input_topics import INPUT_TOPICS
from tests.harness.otlp import otlp_receiver

WRITE_KEY = "a-key"
BROWSER_KEY = "a-public-key"
NO_LIMITS = SenderLimits(0, 0, 0)
LINK = f"/c/{KEYS.sign('click', Tracked('c-42', 'm-9', url='https://elsewhere.example/'))}"
NATIVE = native()
FORMS = forms(KEYS, READING, SITES)
BIG = gzip.compress(b"", mtime=0) * 50_000
TOKEN = "token-of-the-tests"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
READ, UNREAD = True, False
EVENT = {"contact_id": "c-1", "type": "x", "context": {"ip": "198.51.100.77"}}
PICTURE = f"/o/{KEYS.sign('open', Tracked('c-42', 'm-9'))}.gif"


class MemoryWriter(DurableWriter):
    """Writes records to memory; has_room False: nowhere."""

    def __init__(self, has_room: bool = True) -> None:
        self.records: list[ProducerRecord] = []
        self._takes_any = has_room

    async def write(self, records: list[ProducerRecord]) -> None:
        if not self._takes_any:
            raise NoRoomError("full")
        self.records += records

    @property
    def ips(self) -> list[Any]:
        return [orjson.loads(record.value)["context"].get("ip") for record in self.records]


def context_with(writer: MemoryWriter, truncate: bool = False, limits: SenderLimits = NO_LIMITS) -> CollectorContext:
    return CollectorContext(
        keys=Keys({"site": BROWSER_KEY}, {"tests": WRITE_KEY}),
        limiter=SenderLimiter(LimitPolicy(limits), lambda: 0.0),
        client_ips=ClientIps((), truncate),
        topics=INPUT_TOPICS,
        durable_writer=writer,
        metrics=Metrics(),
        clock_ms=lambda: NOW_MS,
    )


async def ask(wire_format: WireFormat, path: str, context: CollectorContext, **body: Any) -> httpx.Response:
    """The answer to one request through a handler of the format."""
    method = "POST" if body else "GET"
    route = next(route for verb, route in wire_format.routes if verb == method)
    app = httpx.ASGITransport(app=FormatHandler(route, {method: wire_format}, context), client=("203.0.113.9", 1))
    async with httpx.AsyncClient(transport=app, base_url="http://h", headers={"x-write-key": WRITE_KEY}) as client:
        return await client.request(method, path, **body)


@pytest.mark.parametrize(("more_bytes", "is_at_once"), [(0, True), (1, False)])
async def test_a_body_that_takes_long_is_read_beside_the_event_loop(more_bytes: int, is_at_once: bool) -> None:
    mandrill, read_at_once = format_of("mandrill", "unverified"), list[bool]()

    def parse(request: HttpRequest) -> ParsedRequest:
        read_at_once.append(current_thread() is main_thread())
        return mandrill.parse(request)

    def decode(request: HttpRequest, parsed: ParsedRequest) -> DecodedEvents:
        read_at_once.append(current_thread() is main_thread())
        return mandrill.decode(request, parsed)

    body = b"mandrill_events=%5B%5D&x=".ljust(handler.MAX_BYTES_AT_ONCE + more_bytes, b"x")
    headers = {"content-type": "application/x-www-form-urlencoded"}
    read_beside = replace(mandrill, parse=parse, decode=decode)
    answer = await ask(read_beside, "/hooks/mandrill", context_with(MemoryWriter()), content=body, headers=headers)

    assert (answer.status_code, read_at_once) == (200, [is_at_once, is_at_once])


async def test_a_click_that_cannot_be_kept_leads_on_and_is_counted() -> None:
    full = context_with(MemoryWriter(has_room=False))

    answer = await ask(click(KEYS, SITES), LINK, full)

    assert (answer.status_code, answer.headers["location"]) == (302, "https://elsewhere.example/")
    value_of = full.metrics.registry.get_sample_value
    assert value_of("leadscore_collector_entries_not_kept_total", {"route": "/c/{token}"}) == 1
    assert value_of("leadscore_collector_entries_accepted_total", {"topic": "email-clicks"}) is None


async def test_what_is_safe_is_counted_by_its_key_or_provider_and_what_is_not_is_not() -> None:
    context, full = context_with(MemoryWriter()), context_with(MemoryWriter(has_room=False))
    batch = [{"contact_id": "c-1", "type": "x"}, {"contact_id": "c-2", "type": "y"}, {"contact_id": "c-3"}]
    for each in (context, full):
        await ask(NATIVE, "/v1/events", each, json=batch)
        await ask(pixel(KEYS), PICTURE, each)

    def counted(of: CollectorContext, source: str) -> float | None:
        return of.metrics.registry.get_sample_value("leadscore_collector_source_events_total", {"source": source})

    assert [counted(context, source) for source in ("tests", "pixel", "site")] == [2, 1, None]
    assert [counted(full, source) for source in ("tests", "pixel")] == [None, None]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [(TRACE, TRACE), ("00-made-up-01", None), (None, None)],
    ids=["one", "a stranger's text", "none"],
)
async def test_the_records_of_a_request_have_its_trace_context(given: str | None, wanted: str | None) -> None:
    writer = MemoryWriter()
    app = FormatHandler("/v1/events", {"POST": NATIVE}, context_with(writer))
    headers = {"x-write-key": WRITE_KEY} | ({} if given is None else {"traceparent": given})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://h") as client:
        await client.post("/v1/events", json=[EVENT, EVENT], headers=headers)

    assert [record.traceparent for record in writer.records] == [wanted, wanted]


async def test_where_tracing_is_on_a_request_is_a_span_and_its_records_are_below_it() -> None:
    writer = MemoryWriter()
    with otlp_receiver() as receiver:
        tracing = open_tracing(receiver.endpoint, "collector")
        context = replace(context_with(writer), tracing=tracing)
        await ask(NATIVE, "/v1/events", context, json=EVENT)
        await ask(NATIVE, "/v1/events", context, content=b"{nonsense")
        tracing.close()
        [taken, refused] = receiver.wait_for("POST /v1/events")

    assert [record.traceparent for record in writer.records] == [f"{taken.context}-01"]
    statuses = [span.attributes["http.response.status_code"] for span in (taken, refused)]
    assert (statuses, taken.attributes["http.route"]) == ([200, 400], "/v1/events")


async def test_a_pixel_that_cannot_be_kept_is_a_picture_all_the_same() -> None:
    answer = await ask(pixel(KEYS), PICTURE, context_with(MemoryWriter(has_room=False)))

    assert (answer.status_code, len(answer.content)) == (200, 43)


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        ({"origin": "https://www.example.com"}, "pages of https://www.example.com"),
        ({"referer": "https://www.example.com/?email=ada@example.com"}, "pages of https://www.example.com"),
        ({"origin": "https://shop.example write-key: a-secret"}, "a page of no site"),
        ({}, "a program"),
    ],
)
async def test_a_key_that_nobody_knows_is_counted_and_its_page_is_named_in_the_log_once(
    headers: dict[str, str], sender: str, caplog: pytest.LogCaptureFixture
) -> None:
    context = context_with(MemoryWriter())
    site = FormatHandler("/b", {"POST": beacon(KEYS, READING)}, context)
    body = orjson.dumps({"key": "mistyped-key", "anonymous_id": "0123456789abcdef", "events": []})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=site), base_url="http://h") as client:
        answers = [await client.post("/b", content=body, headers=headers) for _ in range(3)]

    wanted = "browser or write key: wanted one that is known here; got another"
    assert [(answer.status_code, answer.text) for answer in answers] == [(401, wanted)] * 3
    assert [message for message in caplog.messages if "key" in message] == [f"/b: {sender} was not let in: {wanted}"]
    rejected = {"reason": "write-key"}
    assert context.metrics.registry.get_sample_value("leadscore_collector_items_rejected_total", rejected) == 3


async def test_an_event_that_cannot_be_kept_is_to_be_sent_again() -> None:
    answer = await ask(NATIVE, "/v1/events", context_with(MemoryWriter(has_room=False)), json=EVENT)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")


async def test_a_fault_of_ours_is_logged_by_its_place_and_the_pixel_is_there_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def stumble(_request: HttpRequest) -> NoReturn:
        raise ValueError("ada@example.com")

    broken = replace(pixel(KEYS), parse=stumble)

    answer = await ask(broken, PICTURE, context_with(MemoryWriter()))

    assert (answer.status_code, len(answer.content)) == (200, 43)
    assert "ValueError at" in caplog.text
    assert "ada" not in caplog.text


class Fetching:
    """Parses pixels once all of `fetches` are done, one after the other."""

    def __init__(self, *fetches: Future[bool]) -> None:
        self.parse_count = 0
        self._fetches = fetches
        self._pixel = pixel(KEYS)

    def parse(self, request: HttpRequest) -> ParsedRequest:
        self.parse_count += 1
        for fetched in self._fetches:
            if not (fetched.done() and fetched.result()):
                raise PendingFetchError(RefusalError(503, "not-ready", "not yet", 5), fetched)
        return self._pixel.parse(request)

    @property
    def wire_format(self) -> WireFormat:
        return replace(self._pixel, parse=self.parse, refusal_answer=NATIVE.refusal_answer)


async def test_a_request_waits_for_what_is_fetched_for_it() -> None:
    certificate: Future[bool] = Future()
    confirmation: Future[bool] = Future()
    Timer(0.05, certificate.set_result, [True]).start()
    Timer(0.1, confirmation.set_result, [True]).start()
    writer = MemoryWriter()

    answer = await ask(Fetching(certificate, confirmation).wire_format, PICTURE, context_with(writer))

    assert (answer.status_code, len(writer.records)) == (200, 1)


@pytest.mark.parametrize("came", [False, None])
async def test_what_does_not_come_or_not_in_time_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, came: bool | None
) -> None:
    monkeypatch.setattr(handler, "FETCH_SECONDS", 0.05)
    fetched: Future[bool] = Future()
    if came is not None:
        fetched.set_result(came)
    writer = MemoryWriter()

    fetching = Fetching(fetched)
    answer = await ask(fetching.wire_format, PICTURE, context_with(writer))

    assert (answer.status_code, answer.headers["retry-after"], writer.records) == (503, "5", [])
    assert fetching.parse_count == 1


WORDS = (CONTACT_IDS, VOCABULARY)
TRACK = {"type": "track", "event": "Downloaded", "userId": "c-1", "context": {"ip": "198.51.100.77"}}
SNOWPLOW = {"aid": WRITE_KEY, "e": "se", "se_ac": "x", "uid": "c-1", "p": "web", "ip": "198.51.100.77"}
CAPTURE = {"api_key": WRITE_KEY, "event": "x", "distinct_id": "c-1", "properties": {"$ip": "198.51.100.77"}}


@pytest.mark.parametrize(
    ("wire_format", "path", "body"),
    [
        (NATIVE, "/v1/events", EVENT),
        (segment(*WORDS), "/v1/batch", {"batch": [TRACK]}),
        (jitsu(*WORDS), "/api/s/track", TRACK),
        (posthog(*WORDS), "/capture/", CAPTURE),
        (snowplow(*WORDS), "/com.snowplowanalytics.snowplow/tp2", {"data": [SNOWPLOW]}),
    ],
    ids=["native", "segment", "jitsu", "posthog", "snowplow"],
)
@pytest.mark.parametrize(("truncate", "written_ip"), [(True, "198.51.100.0"), (False, "198.51.100.77")])
async def test_an_address_in_a_body_is_cut_where_addresses_are(
    wire_format: WireFormat, path: str, body: dict[str, Any], truncate: bool, written_ip: str | None
) -> None:
    writer = MemoryWriter()

    answer = await ask(wire_format, path, context_with(writer, truncate), json=body)

    assert (answer.status_code, writer.ips) == (200, [written_ip])


@pytest.mark.parametrize(
    ("ip", "written_ip"),
    [
        ("2001:db8:1:2::3", "2001:db8:1::"),
        ("fe80::1%of-ada", "fe80::"),
        ("::ffff:198.51.100.77", "198.51.100.0"),
        (" 198.51.100.77 ", "198.51.100.0"),
        ("198.51.100.77:4711", "198.51.100.0"),
        ("ada@example.com", None),
        ("198.51.100.77" + " " * 1_000, None),
        ("", None),
        (7, None),
        (None, None),
        (["198.51.100.77"], None),
    ],
)
async def test_what_stands_for_an_address_and_is_none_is_taken_out_where_addresses_are_cut(
    ip: object, written_ip: str | None
) -> None:
    writer = MemoryWriter()

    answer = await ask(NATIVE, "/v1/events", context_with(writer, True), json=EVENT | {"context": {"ip": ip}})

    assert (answer.status_code, writer.ips) == (200, [written_ip])


async def test_a_batch_above_the_burst_is_refused_whole_and_the_next_request_is_not() -> None:
    writer = MemoryWriter()
    context = context_with(writer, limits=SenderLimits(events_per_second=5))

    too_large = await ask(NATIVE, "/v1/events", context, json=[EVENT] * 11)
    other = await ask(NATIVE, "/v1/events", context, json=[EVENT] * 10)
    too_soon = await ask(NATIVE, "/v1/events", context, json=EVENT)

    assert (too_large.status_code, too_large.json()["code"]) == (413, "too-many")
    assert (other.status_code, len(writer.records)) == (200, 10)
    assert (too_soon.status_code, too_soon.headers["retry-after"]) == (429, "1")


async def test_a_form_with_a_large_file_is_kept_without_the_file() -> None:
    writer = MemoryWriter()
    fields = {"_key": BROWSER_KEY, "email": "ada@example.com", "message": "hello"}
    files = {"cv": ("cv.pdf", b"%PDF" * 1_000_000, "application/pdf")}

    answer = await ask(FORMS, "/f/contact", context_with(writer), data=fields, files=files)

    assert answer.status_code == 200
    assert orjson.loads(writer.records[0].value)["properties"]["fields"] == {
        "email": "ada@example.com",
        "message": "hello",
    }


async def test_fields_that_are_too_many_bytes_are_still_refused() -> None:
    fields = {f"f{number}": "x" * 16_000 for number in range(40)} | {"_key": BROWSER_KEY}

    answer = await ask(FORMS, "/f/contact", context_with(MemoryWriter()), data=fields)

    assert answer.status_code == 413


async def test_identities_above_the_limit_are_refused_by_themselves_and_named_in_the_answer() -> None:
    writer = MemoryWriter()
    items = [{"contact_id": "c-1", "update": "identify", "anonymous_id": f"anon:v-{n}"} for n in range(4)]

    answer = await ask(NATIVE, "/v1/events", context_with(writer, limits=SenderLimits(None, None, 3)), json=items)

    assert (answer.status_code, answer.json()["accepted"], len(writer.records)) == (200, 3, 3)
    assert [(item["index"], item["reason"]) for item in answer.json()["rejected"]] == [(3, "too-many-identities")]


@pytest.mark.parametrize(
    ("provider", "secret", "body", "headers", "answered"),
    [
        ("sparkpost", None, BIG, {}, (403, "not-configured", UNREAD)),
        ("sparkpost", TOKEN, BIG, {}, (401, "unauthorized", UNREAD)),
        ("sparkpost", TOKEN, BIG, {"authorization": f"Bearer {TOKEN}"}, (400, "too-many-members", READ)),
        ("sendgrid", None, b"[]", {}, (403, "not-configured", UNREAD)),
        ("mandrill", None, BIG, {}, (403, "not-configured", UNREAD)),
        ("mailersend", None, b"[]", {}, (403, "not-configured", READ)),
        ("mailersend", None, b'{"type": "webhook.test"}', {}, (200, None, READ)),
        ("mandrill", None, b"mandrill_events=%5B%5D", {}, (200, None, READ)),
    ],
    ids=["no secret", "no proof", "proof", "signed by", "trial first", "no trial", "trial", "trial as a form"],
)
async def test_a_hook_reads_no_more_than_it_needs_to_refuse(
    provider: str, secret: str | None, body: bytes, headers: dict[str, str], answered: tuple[int, str | None, bool]
) -> None:
    was_read = UNREAD

    async def parts() -> AsyncIterator[bytes]:
        nonlocal was_read
        was_read = READ
        yield body

    announced = {"content-length": str(len(body)), "content-type": "application/x-www-form-urlencoded"} | headers
    wire_format = format_of(provider, secret)
    path = f"/hooks/{provider}"
    answer = await ask(wire_format, path, context_with(MemoryWriter()), content=parts(), headers=announced)

    assert (answer.status_code, answer.json().get("code"), was_read) == answered
