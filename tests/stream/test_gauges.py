"""What is read off a data plane: of the partitions that this worker has, and of no others."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from streamprocessor.process.clock import now_ms
from streamprocessor.stream.gauges import Gauges
from streamprocessor.stream.metrics import Metrics
from streamprocessor.stream.partition.batch import InputPartition
from streamprocessor.stream.partition.data_plane import DataPlane

OPENS, VISITS = 1, 2


class Plane:
    """A data plane with two inputs, and partitions that a test gives it."""

    def __init__(self) -> None:
        self.ends: dict[InputPartition, int] = {}
        self.is_owner = True
        lease = SimpleNamespace(owns_at=lambda _: self.is_owner)
        consumer = SimpleNamespace(highwater=lambda where: self.ends.get(where, 0))
        model = SimpleNamespace(hot_leads=[SimpleNamespace(score="engagement")])
        context: Any = SimpleNamespace(
            topic_names={OPENS: "email-opens", VISITS: "page-visits"},
            full_names={OPENS: "p-email-opens", VISITS: "p-page-visits"},
            lease=lease,
            consumer=consumer,
            scorer=SimpleNamespace(model=model),
        )
        self.real = DataPlane(context)
        self.metrics = Metrics()
        self.gauges = Gauges(self.metrics)

    def give(self, *numbers: int, behind_seconds: float = 0.0) -> None:
        """Have exactly these partitions; the first of them waits to score a record that arrived so long ago."""
        state: Any = SimpleNamespace(records={b"c": b""}, record_bytes=0, timers=(), hot_contacts=Counter())
        self.real.partitions = dict.fromkeys(numbers, state)
        waiting_since_ms = {OPENS: now_ms() - int(behind_seconds * 1000)} if behind_seconds else {}
        self.real.tasks = {
            number: SimpleNamespace(  # type: ignore[misc]
                waiting_since_ms=lambda since_ms=(waiting_since_ms if number == numbers[0] else {}): since_ms,
                newest_arrival_ms={},
                applied_to={},
            )
            for number in numbers
        }

    def read(self, name: str, **labels: str) -> float | None:
        self.gauges.refresh(self.real)
        return self.metrics.registry.get_sample_value(f"leadscore_{name}", labels)


def test_a_partition_is_owned_where_it_is_held_until_it_goes_or_kafka_may_have_given_it_away() -> None:
    plane = Plane()
    plane.give(0, 3)
    assert [plane.read("partition_owned", partition=str(number)) for number in range(4)] == [1, None, None, 1]

    plane.give(3)
    assert [plane.read("partition_owned", partition=str(number)) for number in range(4)] == [None, None, None, 1]

    plane.is_owner = False
    assert plane.read("partition_owned", partition="3") is None


def test_each_partition_tells_how_far_its_time_is_behind_and_the_worst_is_the_workers() -> None:
    plane = Plane()
    plane.give(0, 3, behind_seconds=90.0)

    assert plane.read("partition_lag_seconds", partition="0") == pytest.approx(90, abs=5)
    assert plane.read("partition_lag_seconds", partition="3") == pytest.approx(0, abs=5)
    assert plane.read("consumer_lag_seconds") == pytest.approx(90, abs=5)


def test_a_partition_whose_time_is_not_known_tells_none() -> None:
    plane = Plane()
    plane.give(0)
    plane.ends[InputPartition(OPENS, 0)] = 500  # and nothing of it was read

    assert plane.read("partition_lag_seconds", partition="0") is None
    assert plane.read("consumer_lag_records", topic="email-opens", partition="0") == 500


def test_committed_offsets_are_named_as_lags_are_and_go_with_their_partition() -> None:
    plane = Plane()
    plane.give(0, 1)
    plane.gauges.committed({("p-email-opens", 0): 7, ("p-page-visits", 1): 9}, True)
    plane.gauges.committed({("p-email-opens", 0): 8}, False)

    assert plane.read("committed_offset", topic="email-opens", partition="0") == 7
    assert plane.read("committed_offset", topic="page-visits", partition="1") == 9
    assert plane.read("commit_failures_total") == 1

    plane.give(1)
    assert plane.read("committed_offset", topic="email-opens", partition="0") is None
