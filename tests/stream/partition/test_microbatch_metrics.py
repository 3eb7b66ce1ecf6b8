"""What is counted of a micro-batch: each event, under labels of which there are never too many."""

from __future__ import annotations

import time

import pytest

from streamprocessor.contract.messages.traces import RecordTrace
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.process.telemetry.tracing import open_tracing
from streamprocessor.stream.metrics import Metrics
from streamprocessor.stream.partition.batch import Batch
from streamprocessor.stream.partition.microbatch_metrics import MOST_TYPES, MicrobatchMetrics
from streamprocessor.stream.partition.microbatch_result import MicrobatchResult
from tests.harness.otlp import otlp_receiver
from tests.stream.partition.raw_records import Raw

ACTIVITIES = 4
AT_MS = 1_790_000_000_000
MODEL = "scores: {{s: {{rules: [{{id: r, on: {type_}, points: 10}}]}}}}"


def metrics_by(type_: str) -> tuple[Metrics, MicrobatchMetrics]:
    metrics = Metrics()
    model = parse_model(MODEL.format(type_=type_), "m")
    return metrics, MicrobatchMetrics(metrics, {ACTIVITIES: "activities"}, model)


def consumed(metrics: Metrics) -> dict[str, float]:
    (family,) = metrics.events_consumed.collect()
    return {sample.labels["type"]: sample.value for sample in family.samples}


def test_a_stranger_who_invents_types_makes_no_more_series_and_keeps_out_none_that_the_model_names() -> None:
    metrics, counting = metrics_by("purchase")
    for number in range(0, 100_000, 100):
        invented = {(ACTIVITIES, f"made-up-{number + n}"): 1 for n in range(100)}
        counting.count_input([], MicrobatchResult(consumed=invented))
    counting.count_input([], MicrobatchResult(consumed={(ACTIVITIES, "purchase"): 3}))

    counts = consumed(metrics)
    assert len(counts) == MOST_TYPES + 2
    assert counts["purchase"] == 3
    assert counts["other"] == 100_000 - MOST_TYPES


def test_the_types_of_a_new_model_are_told_apart_from_then_on() -> None:
    metrics, counting = metrics_by("purchase")
    counting.count_input([], MicrobatchResult(consumed={(ACTIVITIES, f"t{n}"): 1 for n in range(MOST_TYPES)}))
    counting.count_input([], MicrobatchResult(consumed={(ACTIVITIES, "demo"): 1}))
    counting.use_model(parse_model(MODEL.format(type_="demo"), "m"))
    counting.count_input([], MicrobatchResult(consumed={(ACTIVITIES, "demo"): 5}))

    assert (consumed(metrics)["demo"], consumed(metrics)["other"]) == (5, 1)


TRACES = [RecordTrace(AT_MS, f"00-{'1' * 32}-{'1' * 16}-01"), RecordTrace(AT_MS + 1, f"00-{'2' * 32}-{'2' * 16}-01")]


def exemplars(metrics: Metrics, family: str, stage: str | None = None) -> list[tuple[str, float]]:
    return [
        (sample.exemplar.labels["trace_id"], sample.exemplar.value)
        for metric in metrics.registry.collect()
        if metric.name == family
        for sample in metric.samples
        if sample.exemplar is not None and sample.labels.get("stage") == stage
    ]


@pytest.mark.parametrize(
    ("traces", "seconds", "wanted"),
    [
        (TRACES, (0.2, 0.05, 0.01), [("2" * 32, 0.05)]),
        (TRACES, (0.1, 0.05, 0.01), []),  # not slow
        ([], (2.0, 0.05, 0.01), []),
    ],
)
def test_a_slow_micro_batch_shows_the_trace_of_its_newest_event(
    traces: list[RecordTrace], seconds: tuple[float, ...], wanted: list[tuple[str, float]]
) -> None:
    metrics, counting = metrics_by("purchase")
    counting.observe_durations(3, traces, seconds)

    assert exemplars(metrics, "leadscore_batch_duration_seconds", "changelog") == wanted
    summed = metrics.registry.get_sample_value("leadscore_batch_duration_seconds_sum", {"stage": "changelog"})
    assert summed == seconds[1]


def test_where_tracing_is_on_a_micro_batch_is_a_span_and_its_example() -> None:
    metrics = Metrics()
    with otlp_receiver() as receiver:
        tracing = open_tracing(receiver.endpoint, "worker")
        model = parse_model(MODEL.format(type_="purchase"), "m")
        counting = MicrobatchMetrics(metrics, {ACTIVITIES: "activities"}, model, tracing)
        counting.observe_durations(3, TRACES, (0.5, 0.25, 0.0))
        counting.observe_durations(3, [], (9.0, 9.0, 9.0))
        tracing.close()
        [span] = receiver.wait_for("micro-batch")

    assert span.links == [trace.traceparent[:52] for trace in TRACES]
    assert span.seconds == pytest.approx(0.75, abs=0.001)
    assert span.attributes == {
        "messaging.destination.partition.id": "3",
        "compute_seconds": 0.5,
        "changelog_seconds": 0.25,
        "announcements_seconds": 0.0,
    }
    assert exemplars(metrics, "leadscore_batch_duration_seconds", "compute") == [(span.trace_id, 0.5)]


def test_an_event_that_was_long_under_way_shows_its_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics, counting = metrics_by("purchase")
    now_ms = int(time.time() * 1000)
    monkeypatch.setattr(time, "time", lambda: now_ms / 1000)
    for age_ms, trace in ((200, "1"), (3_000, "2")):
        at_ms = now_ms - age_ms
        traces = [RecordTrace(at_ms, f"00-{trace * 32}-{trace * 16}-01")]
        batch = Batch(ACTIVITIES, [Raw(0, at_ms, b"c", b"{}", [])])
        counting.count_input([batch], MicrobatchResult(traces=traces))

    [(trace_id, age_seconds)] = exemplars(metrics, "leadscore_event_age_seconds")
    assert (trace_id, age_seconds >= 3) == ("2" * 32, True)


def test_each_event_of_a_batch_has_an_age_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics, counting = metrics_by("purchase")
    now_ms = int(time.time() * 1000)
    monkeypatch.setattr(time, "time", lambda: now_ms / 1000)
    ages_ms = [90_000] * 300 + [5_000] * 200 + [0] * 500
    records = [Raw(n, now_ms - age_ms, b"c", b"{}", []) for n, age_ms in enumerate(ages_ms)]

    counting.count_input([Batch(ACTIVITIES, list(records))], MicrobatchResult())

    def up_to(bound: str) -> float | None:
        return metrics.registry.get_sample_value("leadscore_event_age_seconds_bucket", {"le": bound})

    assert [up_to(bound) for bound in ("1.0", "10.0", "60.0", "600.0", "+Inf")] == [500, 700, 700, 1_000, 1_000]
    assert metrics.registry.get_sample_value("leadscore_event_age_seconds_sum") == pytest.approx(28_000)
