"""Tracing on: spans by OpenTelemetry, sent by OTLP over HTTP, in a thread of its own that holds nobody up.

Which traces are kept is the sender's word, where it gives one, else the SDK's own settings (OTEL_TRACES_SAMPLER).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from threading import Thread

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from streamprocessor.process.telemetry.spans import Span, SpanKind

TRACES_PATH = "/v1/traces"
SEND_SECONDS = 5
CLOSE_SECONDS = 2.0
#: A span of many records links to so many of them at most.
MOST_LINKS = 128

_KINDS = {
    SpanKind.SERVER: trace.SpanKind.SERVER,
    SpanKind.CLIENT: trace.SpanKind.CLIENT,
    SpanKind.CONSUMER: trace.SpanKind.CONSUMER,
}

log = logging.getLogger(__name__)


class OtlpTracing:
    """Notes spans, and sends them to an endpoint; those that it does not take are dropped."""

    def __init__(self, endpoint: str, process: str) -> None:
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # it says each failure many times, with its stack
        url = endpoint if endpoint.endswith(TRACES_PATH) else endpoint.rstrip("/") + TRACES_PATH
        release = version("streamprocessor")
        resource = Resource.create({"service.name": f"streamprocessor-{process}", "service.version": release})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._exporter = OutageLoggingExporter(OTLPSpanExporter(endpoint=url, timeout=SEND_SECONDS), url)
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("streamprocessor", release)

    def start(self, kind: SpanKind, name: str, parent: str | None) -> Span:
        """Work that begins now."""
        context = Context()
        if parent is not None:
            context = trace.set_span_in_context(trace.NonRecordingSpan(_context_of(parent)), context)
        return RecordingSpan(self._tracer.start_span(name, context, _KINDS[kind]))

    def done(
        self, name: str, links: Sequence[str], seconds: float, attributes: Mapping[str, str | int | float]
    ) -> str | None:
        """Work that ended just now, where any of the traces that it was for is kept."""
        kept = [context for context in map(_context_of, links[-MOST_LINKS:]) if context.trace_flags.sampled]
        if not kept:
            return None
        ended_ns = time.time_ns()
        span = self._tracer.start_span(
            name,
            Context(),
            trace.SpanKind.CONSUMER,
            attributes,
            links=[trace.Link(context) for context in kept],
            start_time=ended_ns - int(seconds * 1e9),
        )
        span.end(ended_ns)
        return _traceparent_of(span)

    def close(self) -> None:
        """Send the rest; an endpoint that does not answer is not waited for."""
        closing = Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)
        if closing.is_alive():
            self._exporter.shutdown()  # ends what would be tried again
            closing.join(CLOSE_SECONDS)


class RecordingSpan:
    """A span of OpenTelemetry's that has begun."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span
        self.traceparent: str | None = _traceparent_of(span)

    def end(self, attributes: Mapping[str, str | int | float]) -> None:
        """End it now."""
        self._span.set_attributes(attributes)
        self._span.end()


class OutageLoggingExporter(SpanExporter):
    """Sends by another exporter, and says once that its endpoint takes nothing, and once that it does again."""

    def __init__(self, exporter: SpanExporter, url: str) -> None:
        self._exporter = exporter
        self._url = url
        self._fails = False
        self._is_shut_down = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Whether they were taken; none is once nothing is to be sent any more."""
        result = SpanExportResult.FAILURE if self._is_shut_down else self._exporter.export(spans)
        fails = result is not SpanExportResult.SUCCESS
        if fails and not self._fails:
            log.warning("traces: %s does not take them; they are dropped until it does", self._url)
        elif self._fails and not fails:
            log.warning("traces: %s takes them again", self._url)
        self._fails = fails
        return result

    def shutdown(self) -> None:
        """Send no more."""
        self._is_shut_down = True
        self._exporter.shutdown()


def _context_of(traceparent: str) -> trace.SpanContext:
    _, trace_id, span_id, flags = traceparent.split("-")
    return trace.SpanContext(int(trace_id, 16), int(span_id, 16), True, trace.TraceFlags(int(flags, 16)))


def _traceparent_of(span: trace.Span) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags & 1:02x}"
