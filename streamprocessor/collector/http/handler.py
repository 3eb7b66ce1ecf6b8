"""One request, from its bytes to its answer: decompressed, parsed, authenticated, decoded, checked, written."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.types import Receive, Scope, Send

from streamprocessor.collector.durability.durable_writer import DurableWriter, NoRoomError
from streamprocessor.collector.durability.producer_record import ProducerRecord
from streamprocessor.collector.http.bodies import ClientDisconnectedError, read_body
from streamprocessor.collector.http.client_ip import ClientIps
from streamprocessor.collector.http.decompression import decompressed
from streamprocessor.collector.http.event_source import source_name, with_source
from streamprocessor.collector.http.keys import KeyHolder, Keys, origin_of
from streamprocessor.collector.http.limits import SenderLimiter
from streamprocessor.collector.http.permissions import permitted
from streamprocessor.collector.http.validation import MAX_ITEMS, check_entries, within_attribute_limits
from streamprocessor.collector.http.wire_format import (
    DecodedEvents,
    HttpAnswer,
    HttpRequest,
    ParsedRequest,
    PendingFetchError,
    RefusalError,
    WireFormat,
)
from streamprocessor.collector.metrics import Metrics
from streamprocessor.contract.foreign_text import shown_text
from streamprocessor.contract.lenient_json import mends_told_to
from streamprocessor.contract.topics.input_topics import InputTopics
from streamprocessor.contract.traceparents import TRACEPARENT, traceparent_of
from streamprocessor.errors import place_of
from streamprocessor.process.http.client_address import sender_network
from streamprocessor.process.logs.notices import Notices
from streamprocessor.process.telemetry.spans import TRACING_OFF, SpanKind, Tracing

SPOOL_FULL_SECONDS = 10
MAX_ENTRIES = 4 * MAX_ITEMS  # an item of a format may say several things, such as who somebody is and what is known
FETCH_SECONDS = 5.0
MAX_BYTES_AT_ONCE = 1024 * 1024
"""Larger bodies take up to a second to read and are read in a thread; all others in one turn of the event loop."""
MAX_FETCHES = 2  # a certificate, then a confirmation; together less than a sender waits for us
_PREFLIGHT_SECONDS = b"86400"
_OTHER_METHOD = b'{"code":"method","message":"wanted one of the methods in the header Allow; got another"}'

_SITE = re.compile(r"https?://[\w.-]{1,253}(:\d{1,5})?")

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CollectorContext:
    """What the handlers of all paths share. clock_ms: wall-clock milliseconds since the epoch. tracing: of requests."""

    keys: Keys
    limiter: SenderLimiter
    client_ips: ClientIps
    topics: InputTopics
    durable_writer: DurableWriter
    metrics: Metrics
    clock_ms: Callable[[], int]
    tracing: Tracing = TRACING_OFF


class FormatHandler:
    """One path, as an ASGI application. formats: by method; all have the same path."""

    def __init__(self, path: str, formats: Mapping[str, WireFormat], context: CollectorContext) -> None:
        self._path = path
        self._formats = formats
        self._context = context
        self._allow = ", ".join(sorted({*formats, "HEAD", "OPTIONS"}))
        self._requests_by_status: dict[int, Any] = {}
        self._duration = context.metrics.request_duration.labels(path)
        self._large_body = asyncio.Lock()
        self._notices = Notices(log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began_seconds = time.perf_counter()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        method = scope["method"]
        wire_format = self._formats.get(method)
        if wire_format is None and method == "HEAD":
            wire_format = self._formats.get("GET")
        span_name = self._path if wire_format is None else f"{method} {self._path}"
        span = self._context.tracing.start(SpanKind.SERVER, span_name, traceparent_of(headers.get(TRACEPARENT)))
        scope[TRACEPARENT] = span.traceparent
        try:
            if wire_format is not None:
                answer = await self._answer(wire_format, scope, headers, receive)
            elif method in ("OPTIONS", "HEAD"):
                answer = HttpAnswer(200, b"", "text/plain; charset=utf-8", (("allow", self._allow),))
            else:
                answer = HttpAnswer(405, _OTHER_METHOD, headers=(("allow", self._allow),))
        except ClientDisconnectedError:
            span.end({})
            return
        self._count(answer.status, began_seconds)
        span.end({"http.route": self._path, "http.response.status_code": answer.status})
        await _send(send, answer, self._cross_origin(headers, method, wire_format))

    async def _answer(
        self, wire_format: WireFormat, scope: Scope, headers: Mapping[str, str], receive: Receive
    ) -> HttpAnswer:
        try:
            try:
                request = await self._request(wire_format, scope, headers, receive)
                with mends_told_to(self._count_mended):
                    return await self._collect(wire_format, request)
            except (RefusalError, ClientDisconnectedError):
                raise
            except Exception as error:  # every request is answered: pixels are pictures whatever goes wrong
                log.error("%s: a request could not be handled: %s", self._path, place_of(error))
                raise RefusalError(500, "internal", "this is our fault; it is in the log") from error
        except RefusalError as refusal:
            self._context.metrics.rejected.labels(refusal.code).inc()
            answer = wire_format.refusal_answer(refusal)
            if refusal.retry_after_seconds is None:
                return answer
            return answer._replace(headers=(*answer.headers, ("retry-after", str(refusal.retry_after_seconds))))

    async def _request(
        self, wire_format: WireFormat, scope: Scope, headers: Mapping[str, str], receive: Receive
    ) -> HttpRequest:
        head = self._head(scope, headers)
        wire_format.admit(head)
        raw_body = await read_body(receive, head, wire_format)
        body = decompressed(raw_body, headers.get("content-encoding", ""), wire_format.max_body_bytes)
        return head._replace(body=body, raw_body=raw_body, received_at_ms=self._context.clock_ms())

    def _head(self, scope: Scope, headers: Mapping[str, str]) -> HttpRequest:
        """The request without its body."""
        context, peer = self._context, scope["client"]
        address = context.client_ips.address_of(peer[0] if peer else None, headers.get("x-forwarded-for"))
        return HttpRequest(
            scope["method"],
            scope["path"],
            scope["query_string"].decode("latin-1"),
            headers,
            body=b"",
            raw_body=b"",
            received_at_ms=context.clock_ms(),
            ip=context.client_ips.stored(address),
            network=sender_network(address),
            traceparent=scope[TRACEPARENT],
        )

    async def _collect(self, wire_format: WireFormat, request: HttpRequest) -> HttpAnswer:
        """The answer to a request whose entries are safe; raises RefusalError where none are, others where we fail."""
        context = self._context
        parsed = await self._parsed(wire_format, request)
        holder = self._authenticate(wire_format, request, parsed)
        if holder is not None:
            context.limiter.refuse_too_many(holder, request.network, parsed.item_count)
        decoded = await self._read(request, lambda: wire_format.decode(request, parsed))
        if len(decoded.entries) > MAX_ENTRIES:
            raise RefusalError(413, "too-many", f"body: wanted at most {MAX_ITEMS} events; got more")
        entries, refused = decoded.entries, decoded.refused
        if decoded.placeholder_ids:
            context.metrics.placeholder_ids.labels(self._path).inc(decoded.placeholder_ids)
        if holder is not None:
            entries, over_limit = context.limiter.admit(holder, request.network, decoded)
            within_limits = DecodedEvents(entries, [*refused, *over_limit])
            entries, refused = permitted(wire_format.name, holder.kind, within_limits, context.metrics)
        source = source_name(wire_format, holder)
        entries = with_source(context.client_ips.truncated(entries), source)
        entries, left_out = within_attribute_limits(entries)
        records, good, unusable = check_entries(entries, context.topics, request.received_at_ms)
        refused = [*refused, *unusable]
        for item in refused:
            context.metrics.rejected.labels(item.reason).inc()
        if request.traceparent is not None:
            records = [record._replace(traceparent=request.traceparent) for record in records]
        if records:
            await self._write(wire_format, records, source)
        return wire_format.accepted_answer(request, parsed, DecodedEvents(good, refused, left_out=left_out))

    async def _parsed(self, wire_format: WireFormat, request: HttpRequest) -> ParsedRequest:
        """The request, parsed; what has to be fetched for it first is waited for, at most MAX_FETCHES times."""
        for _ in range(MAX_FETCHES):
            try:
                return await self._read(request, lambda: wire_format.parse(request))
            except PendingFetchError as pending:
                if not await _is_fetched(pending.fetched):
                    raise
        return await self._read(request, lambda: wire_format.parse(request))

    async def _read(self, request: HttpRequest, read: Callable[[], T]) -> T:
        """What is read of the request; a large body in a thread, one of a path at a time, while others are answered."""
        if len(request.body) <= MAX_BYTES_AT_ONCE:
            return read()
        async with self._large_body:
            return await asyncio.to_thread(read)

    def _authenticate(self, wire_format: WireFormat, request: HttpRequest, parsed: ParsedRequest) -> KeyHolder | None:
        """Who sends; None where the format proves its sender otherwise. Raises RefusalError 401, 403."""
        if not wire_format.needs_key:
            return None
        try:
            return self._context.keys.admit(parsed.key, request.headers)
        except RefusalError as refusal:
            sender = _named_sender(origin_of(request.headers))
            self._notices.tell(f"{self._path}: {sender} was not let in: {refusal}")
            raise

    async def _write(self, wire_format: WireFormat, records: list[ProducerRecord], source: str) -> None:
        """Return once the records are safe, or lost where the format answers all the same; raises RefusalError 503."""
        metrics = self._context.metrics
        try:
            await self._context.durable_writer.write(records)
        except NoRoomError as error:
            metrics.lost.labels(self._path).inc(len(records))
            if wire_format.answers_unstored:
                return
            message = "no room to keep this while Kafka is away; try again"
            raise RefusalError(503, "full", message, SPOOL_FULL_SECONDS) from error
        for topic, count in Counter(record.topic for record in records).items():
            metrics.accepted.labels(topic).inc(count)
        metrics.source_events.labels(source).inc(len(records))

    def _count_mended(self, reason: str) -> None:
        self._context.metrics.mended.labels(reason).inc()

    def _count(self, status: int, began_seconds: float) -> None:
        requests = self._requests_by_status.get(status)
        if requests is None:
            requests = self._context.metrics.requests.labels(self._path, str(status))
            self._requests_by_status[status] = requests
        requests.inc()
        self._duration.observe(time.perf_counter() - began_seconds)

    def _cross_origin(
        self, headers: Mapping[str, str], method: str, wire_format: WireFormat | None
    ) -> list[tuple[bytes, bytes]]:
        """The headers that let pages of any site send here: their key authenticates them, not their cookies."""
        origin = headers.get("origin")
        if origin is None:
            return []
        allowed = [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"Origin")]
        formats = self._formats.values() if wire_format is None else (wire_format,)
        if any(of_path.credentials for of_path in formats):
            allowed.append((b"access-control-allow-credentials", b"true"))
        if method == "OPTIONS":
            requested = headers.get("access-control-request-headers", "content-type")
            allowed += [
                (b"access-control-allow-methods", self._allow.encode()),
                (b"access-control-allow-headers", requested.encode("latin-1")),
                (b"access-control-max-age", _PREFLIGHT_SECONDS),
            ]
        return allowed


def _named_sender(page: str | None) -> str:
    """Who sends, as the log may name it: what is no site's address is a stranger's text, and may hold anything."""
    if page is None:
        return "a program"
    return f"pages of {shown_text(page)}" if _SITE.fullmatch(page) else "a page of no site"


async def _is_fetched(fetched: Future[bool]) -> bool:
    """Whether it comes, and in time."""
    fetching = asyncio.wrap_future(fetched)
    await asyncio.wait({fetching}, timeout=FETCH_SECONDS)
    return fetching.done() and fetching.result()


async def _send(send: Send, answer: HttpAnswer, cross_origin: list[tuple[bytes, bytes]]) -> None:
    headers = [
        (b"content-type", answer.content_type.encode("latin-1")),
        (b"content-length", b"%d" % len(answer.body)),
        *((name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers),
        *cross_origin,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
