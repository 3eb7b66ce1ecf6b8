"""What is counted of a micro-batch: each event, under labels of which there are never too many."""

from __future__ import annotations

import time

import pytest

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.stream.metrics import Metrics
from streamprocessor.stream.partition.batch import Batch
from streamprocessor.stream.partition.microbatch_metrics import MOST_TYPES, MicrobatchMetrics
from streamprocessor.stream.partition.microbatch_result import MicrobatchResult
from tests.stream.partition.raw_records import Raw

ACTIVITIES = 4
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


def test_each_event_of_a_batch_has_an_age_of_its_own() -> None:
    metrics, counting = metrics_by("purchase")
    now_ms = int(time.time() * 1000)
    ages_ms = [90_000] * 300 + [5_000] * 200 + [0] * 500
    records = [Raw(n, now_ms - age_ms, b"c", b"{}", []) for n, age_ms in enumerate(ages_ms)]

    counting.count_input([Batch(ACTIVITIES, list(records))], MicrobatchResult())

    def up_to(bound: str) -> float | None:
        return metrics.registry.get_sample_value("leadscore_event_age_seconds_bucket", {"le": bound})

    assert [up_to(bound) for bound in ("1.0", "10.0", "60.0", "600.0", "+Inf")] == [500, 700, 700, 1_000, 1_000]
    assert metrics.registry.get_sample_value("leadscore_event_age_seconds_sum") == pytest.approx(28_000, rel=0.01)
