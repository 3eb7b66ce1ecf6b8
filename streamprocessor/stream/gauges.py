"""What is read off the data plane when somebody asks: gauges and the answer to `status`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from streamprocessor.catalogue.rule_watch import asked_types
from streamprocessor.process.clock import now_ms
from streamprocessor.scoring.model.model import Model
from streamprocessor.stream.metrics import Metrics
from streamprocessor.stream.partition.data_plane import DataPlane
from streamprocessor.stream.partition.microbatch_metrics import NO_TYPES


class Gauges:
    """What is read off the data plane when somebody asks."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._committed: dict[tuple[str, int], int] = {}

    def model(self, model: Model) -> None:
        """Note which model scores."""
        self._metrics.build_info.clear()
        self._metrics.build_info.labels(version("streamprocessor"), model.version, str(model.revision)).set(1)

    def committed(self, offsets: Mapping[tuple[str, int], int], done: bool) -> None:
        """Note a commit, or that one failed."""
        if not done:
            self._metrics.commit_failures.inc()
            return
        self._committed.update(offsets)

    def refresh(self, plane: DataPlane) -> None:
        """Bring the gauges of the table, the timers and the lag up to date."""
        metrics = self._metrics
        for gauge in (
            metrics.lag_records,
            metrics.table_contacts,
            metrics.partition_owned,
            metrics.partition_lag_seconds,
            metrics.committed_offset,
            metrics.hot_contacts,
        ):
            gauge.clear()
        for (number, partition), lag in plane.lag().items():
            metrics.lag_records.labels(plane.context.topic_names[number], str(partition)).set(lag)
        for number, partition_state in plane.partitions.items():
            metrics.table_contacts.labels(str(number)).set(len(partition_state.records))
        metrics.table_bytes.set(sum(partition_state.record_bytes for partition_state in plane.partitions.values()))
        metrics.timers_pending.set(sum(len(partition_state.timers) for partition_state in plane.partitions.values()))
        for lead in plane.context.scorer.model.hot_leads:
            hot = sum(partition_state.hot_contacts[lead.score] for partition_state in plane.partitions.values())
            metrics.hot_contacts.labels(lead.score).set(hot)
        lags_seconds = _lags_seconds(plane)
        for number, lag_seconds in lags_seconds.items():
            metrics.partition_lag_seconds.labels(str(number)).set(lag_seconds)
        metrics.lag_seconds.set(max(lags_seconds.values(), default=0.0))
        if plane.context.lease.owns_at(now_ms()):
            for number in plane.partitions:
                metrics.partition_owned.labels(str(number)).set(1)
        for number, topic in plane.context.full_names.items():
            for partition in plane.partitions:
                if (topic, partition) in self._committed:
                    name = plane.context.topic_names[number]
                    metrics.committed_offset.labels(name, str(partition)).set(self._committed[topic, partition])

    def status(self, plane: DataPlane) -> dict[str, Any]:
        """What `streamprocessor status` shows of this worker."""
        lags: dict[int, int] = {}
        for (_, partition), lag in plane.lag().items():
            lags[partition] = lags.get(partition, 0) + lag
        model = plane.context.scorer.model
        return {
            "model": {"name": model.name, "version": model.version, "revision": model.revision},
            "lag_seconds": max(_lags_seconds(plane).values(), default=0.0),
            "types_without_rule": self._types_without_rule(model),
            "partitions": [
                {
                    "partition": number,
                    "contacts": len(partition_state.records),
                    "bytes": partition_state.record_bytes,
                    "timers": len(partition_state.timers),
                    "next_timer_at_ms": partition_state.timers.next_at_ms(),
                    "step": partition_state.microbatch,
                    "lag_records": lags.get(number),
                    "recovered": number in plane.tasks,
                }
                for number, partition_state in sorted(plane.partitions.items())
            ],
        }

    def _types_without_rule(self, model: Model) -> dict[str, int]:
        """How many events came, since the worker started, of each type that no rule names."""
        (consumed,) = self._metrics.events_consumed.collect()
        named = asked_types(model) | NO_TYPES
        events = Counter[str]()
        for sample in consumed.samples:
            if sample.labels["type"] not in named:
                events[sample.labels["type"]] += int(sample.value)
        return dict(events.most_common())


def _lags_seconds(plane: DataPlane) -> dict[int, float]:
    """How far each partition's time is behind now; those whose time is not known are left out."""
    now_seconds = time.time()
    times_ms = {number: plane.partition_time_ms(number) for number in plane.tasks}
    return {number: max(0.0, now_seconds - at_ms / 1000) for number, at_ms in times_ms.items() if at_ms is not None}
