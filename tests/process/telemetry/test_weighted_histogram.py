"""Many observations at once are as many observed one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.openmetrics.exposition import generate_latest

from streamprocessor.process.telemetry.weighted_histogram import WeightedHistogram

BOUNDS = (0.05, 1.0, 10.0, 60.0)


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=200))
def test_values_that_fall_count_in_the_buckets_of_each(ages_ms: list[int]) -> None:
    values = [age_ms / 1000 for age_ms in sorted(ages_ms, reverse=True)]
    at_once, one_by_one = CollectorRegistry(), CollectorRegistry()
    histogram = WeightedHistogram("age_seconds", "Age", BOUNDS, at_once)
    histogram.observe_falling(values.__getitem__, 0, len(values))
    each = Histogram("age_seconds", "Age", buckets=BOUNDS, registry=one_by_one)
    for value in values:
        each.observe(value)

    for bound in ("0.05", "1.0", "10.0", "60.0", "+Inf"):
        labels = {"le": bound}
        name = "age_seconds_bucket"
        assert at_once.get_sample_value(name, labels) == one_by_one.get_sample_value(name, labels)
    assert at_once.get_sample_value("age_seconds_count") == len(values)
    summed = at_once.get_sample_value("age_seconds_sum")
    assert min(values) * len(values) <= (summed or 0) + 1e-6 <= max(values) * len(values) + 1e-5


def test_a_thousand_equal_values_cost_two_looks_and_sum_up_exactly() -> None:
    registry, looks = CollectorRegistry(), list[int]()
    histogram = WeightedHistogram("age_seconds", "Age", BOUNDS, registry)

    def value_at(index: int) -> float:
        looks.append(index)
        return 0.5

    histogram.observe_falling(value_at, 0, 1_000)

    assert len(looks) == 2
    assert registry.get_sample_value("age_seconds_sum") == pytest.approx(500)


def test_an_example_stands_in_the_bucket_of_its_value() -> None:
    registry = CollectorRegistry()
    histogram = WeightedHistogram("age_seconds", "Age", BOUNDS, registry)
    histogram.observe_falling(lambda _: 2.5, 0, 1)
    histogram.exemplify(2.5, {"trace_id": "4bf9"}, 1_790_000_000.5)

    text = generate_latest(registry).decode()  # type: ignore[no-untyped-call]

    assert 'age_seconds_bucket{le="10.0"} 1.0 # {trace_id="4bf9"} 2.5 1790000000.5' in text.splitlines()
