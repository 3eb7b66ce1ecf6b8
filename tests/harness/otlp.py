"""Who takes traces: OTLP over HTTP on this machine, decoded by OpenTelemetry's own messages."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class ReceivedSpan(NamedTuple):
    """A span as it came. links, and its own context: as `traceparent` spells them, without the flags."""

    process: str
    name: str
    context: str
    parent_id: str
    links: list[str]
    kind: int
    attributes: dict[str, str | int | float]
    seconds: float

    @property
    def trace_id(self) -> str:
        return self.context[3:35]

    @property
    def span_id(self) -> str:
        return self.context[36:]


class OtlpReceiver:
    """Takes what is posted to it; status: what it answers."""

    def __init__(self, port: int = 0) -> None:
        self.status = 200
        self.paths: list[str] = []
        self.requests = 0
        self._spans: list[ReceivedSpan] = []
        self._changed = Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                receiver._take(self.path, body)
                self.send_response(receiver.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def spans(self, name: str) -> list[ReceivedSpan]:
        """Those of this name that came so far."""
        with self._changed:
            return [span for span in self._spans if span.name == name]

    def wait_for(self, name: str, timeout_seconds: float = 20.0) -> list[ReceivedSpan]:
        """Those of this name, as soon as there is one."""
        with self._changed:
            if not self._changed.wait_for(lambda: any(span.name == name for span in self._spans), timeout_seconds):
                message = f"no span {name!r} came; got {[span.name for span in self._spans]}"
                raise AssertionError(message)
        return self.spans(name)

    def wait_for_requests(self, count: int, timeout_seconds: float = 20.0) -> None:
        """Return once so many requests came."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.requests >= count, timeout_seconds), self.requests

    def serve(self) -> None:
        """Serve in a thread of its own."""
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    def _take(self, path: str, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        with self._changed:
            self.paths.append(path)
            self.requests += 1
            if self.status == 200:
                for resource_spans in request.resource_spans:
                    [process] = [
                        each.value.string_value
                        for each in resource_spans.resource.attributes
                        if each.key == "service.name"
                    ]
                    for scope in resource_spans.scope_spans:
                        self._spans += [_taken(process, span) for span in scope.spans]
            self._changed.notify_all()


@contextmanager
def otlp_receiver() -> Iterator[OtlpReceiver]:
    """A receiver that listens."""
    receiver = OtlpReceiver()
    receiver.serve()
    try:
        yield receiver
    finally:
        receiver.stop()


def _taken(process: str, span: Span) -> ReceivedSpan:
    def value_of(value: object) -> str | int | float:
        kind = value.WhichOneof("value")  # type: ignore[attr-defined]
        found: str | int | float = getattr(value, kind)
        return found

    return ReceivedSpan(
        process=process,
        name=span.name,
        context=f"00-{span.trace_id.hex()}-{span.span_id.hex()}",
        parent_id=span.parent_span_id.hex(),
        links=[f"00-{link.trace_id.hex()}-{link.span_id.hex()}" for link in span.links],
        kind=int(span.kind),
        attributes={each.key: value_of(each.value) for each in span.attributes},
        seconds=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
    )
