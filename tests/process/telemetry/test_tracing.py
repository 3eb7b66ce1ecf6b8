"""Spans as OpenTelemetry's receivers get them, and what is said where there is none, or no OpenTelemetry."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from streamprocessor.errors import OperatorError
from streamprocessor.process.telemetry.spans import TRACING_OFF, SpanKind
from streamprocessor.process.telemetry.tracing import open_tracing
from streamprocessor.settings import read_settings
from tests.harness.otlp import OtlpReceiver, otlp_receiver

SENDERS, OTHERS = (f"00-{digit * 32}-{digit * 16}-01" for digit in "12")
NOT_KEPT = f"00-{'3' * 32}-{'3' * 16}-00"
SERVER, CLIENT, CONSUMER = 2, 3, 5  # as the protocol numbers them


def test_work_within_a_trace_is_a_span_of_it_and_what_follows_is_below_that_span() -> None:
    with otlp_receiver() as receiver:
        tracing = open_tracing(receiver.endpoint, "collector")
        request = tracing.start(SpanKind.SERVER, "POST /v1/events", SENDERS)
        webhook = tracing.start(SpanKind.CLIENT, "webhook", request.traceparent)
        webhook.end({"http.response.status_code": 503})
        request.end({"http.route": "/v1/events"})
        tracing.close()
        [taken], [sent] = receiver.wait_for("POST /v1/events"), receiver.wait_for("webhook")

    assert set(receiver.paths) == {"/v1/traces"}
    assert (taken.process, taken.kind, taken.attributes) == (
        "streamprocessor-collector",
        SERVER,
        {"http.route": "/v1/events"},
    )
    assert (taken.trace_id, taken.parent_id) == (SENDERS[3:35], SENDERS[36:52])
    assert request.traceparent == f"{taken.context}-01"
    assert (sent.kind, sent.trace_id, sent.parent_id) == (CLIENT, taken.trace_id, taken.span_id)
    assert sent.attributes == {"http.response.status_code": 503}


def test_work_without_a_trace_begins_one() -> None:
    with otlp_receiver() as receiver:
        tracing = open_tracing(f"{receiver.endpoint}/v1/traces", "collector")
        request = tracing.start(SpanKind.SERVER, "GET /c/{token}", None)
        request.end({})
        tracing.close()
        [taken] = receiver.wait_for("GET /c/{token}")

    assert (taken.parent_id, request.traceparent) == ("", f"{taken.context}-01")


def test_a_micro_batch_is_a_trace_of_its_own_that_links_to_those_of_its_events() -> None:
    with otlp_receiver() as receiver:
        tracing = open_tracing(receiver.endpoint, "worker")
        own = tracing.done("micro-batch", [SENDERS, NOT_KEPT, OTHERS], 0.25, {"compute_seconds": 0.2})
        tracing.close()
        [taken] = receiver.wait_for("micro-batch")

    assert (taken.kind, taken.parent_id, own) == (CONSUMER, "", f"{taken.context}-01")
    assert taken.links == [SENDERS[:52], OTHERS[:52]]
    assert taken.seconds == pytest.approx(0.25, abs=0.001)
    assert taken.attributes == {"compute_seconds": 0.2}


def test_what_its_sender_does_not_keep_makes_no_span_and_goes_on_as_not_kept() -> None:
    with otlp_receiver() as receiver:
        tracing = open_tracing(receiver.endpoint, "worker")
        request = tracing.start(SpanKind.SERVER, "POST /b", NOT_KEPT)
        request.end({})
        assert tracing.done("micro-batch", [NOT_KEPT], 0.1, {}) is None
        tracing.close()

    assert (receiver.spans("POST /b"), receiver.spans("micro-batch")) == ([], [])
    assert request.traceparent is not None
    assert (request.traceparent[3:35], request.traceparent[-2:]) == (NOT_KEPT[3:35], "00")


def test_a_receiver_that_takes_nothing_is_named_once_and_once_when_it_takes_them_again(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    with otlp_receiver() as receiver:
        receiver.status = 400
        tracing = open_tracing(receiver.endpoint, "worker")
        for count in (1, 2, 3):
            tracing.start(SpanKind.SERVER, "lost", None).end({})
            receiver.wait_for_requests(count)
        receiver.status = 200
        tracing.start(SpanKind.SERVER, "taken", None).end({})
        receiver.wait_for("taken")
        tracing.close()

    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert "does not take them" in caplog.messages[0]
    assert "takes them again" in caplog.messages[1]
    assert "Traceback" not in caplog.text


def test_an_endpoint_where_nobody_listens_holds_up_neither_work_nor_the_end() -> None:
    nobody = OtlpReceiver()
    threads = set(threading.enumerate())
    tracing = open_tracing(nobody.endpoint, "worker")
    nobody._server.server_close()
    began_seconds = time.monotonic()
    for _ in range(3_000):
        tracing.start(SpanKind.SERVER, "POST /v1/events", None).end({})
    tracing.close()

    assert time.monotonic() - began_seconds < 10
    assert set(threading.enumerate()) <= threads


def test_without_an_endpoint_traces_are_passed_on_as_they_came() -> None:
    assert open_tracing("", "worker") is TRACING_OFF
    span = TRACING_OFF.start(SpanKind.SERVER, "POST /v1/events", SENDERS)
    span.end({})
    assert span.traceparent == SENDERS
    assert TRACING_OFF.start(SpanKind.SERVER, "POST /v1/events", None).traceparent is None
    assert TRACING_OFF.done("micro-batch", [SENDERS], 0.1, {}) is None


def test_without_the_extra_an_endpoint_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    monkeypatch.delitem(sys.modules, "streamprocessor.process.telemetry.otlp", raising=False)

    with pytest.raises(OperatorError, match=r"pip install 'streamprocessor\[otlp\]'"):
        open_tracing("http://127.0.0.1:4318", "worker")


def test_the_sdk_is_not_even_imported_while_no_endpoint_is_set() -> None:
    code = """
import sys
from streamprocessor.stream import worker
worker.open_tracing("", "worker")
print([name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter"))])
"""
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize("endpoint", ["otel:4318", "ftp://otel", "http://", "http://a b"])
def test_an_endpoint_that_is_no_address_is_refused(endpoint: str) -> None:
    with pytest.raises(OperatorError, match="STREAMPROCESSOR_OTLP_ENDPOINT"):
        read_settings({"STREAMPROCESSOR_OTLP_ENDPOINT": endpoint})
