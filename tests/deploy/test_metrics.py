"""Every metric of every process is described to who watches them."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from streamprocessor.collector.metrics import Metrics as CollectorMetrics
from streamprocessor.delivery.metrics import Metrics as DeliveryMetrics
from streamprocessor.process.loop_watch import loop_watched
from streamprocessor.process.telemetry.resources import measure_resources
from streamprocessor.readmodel.metrics import Metrics as ApiMetrics
from streamprocessor.shadow.metrics import Metrics as ShadowMetrics
from streamprocessor.stream.metrics import Metrics as WorkerMetrics
from tests.harness.system import ROOT

#: Each of these has as many values as the model, the settings and the topics give it, or is bounded where it is set.
LABELS = {
    *("act", "cause", "door", "key", "partition", "reason", "result", "route", "score", "side", "source"),
    *("stage", "status", "subscription", "to", "topic", "type", "what"),
    *("model", "revision", "version"),
}
FILE = ROOT / "deploy" / "prometheus" / "metrics.md"


def rows_of(process: str, registry: CollectorRegistry) -> list[str]:
    """What the file says of the metrics of a registry."""
    rows = []
    for collector in registry._collector_to_names:
        for metric in collector.collect():
            labels = ", ".join(getattr(collector, "_labelnames", ())) or "–"
            suffix = "_total" if metric.type == "counter" else ""
            rows.append(f"| `{metric.name}{suffix}` | {process} | {metric.type} | {labels} | {metric.documentation} |")
    return sorted(rows)


async def all_rows() -> list[str]:
    """What the file says, in its order."""
    registries = {
        "worker": WorkerMetrics().registry,
        "collector": CollectorMetrics().registry,
        "delivery": DeliveryMetrics().registry,
        "api": ApiMetrics().registry,
        "shadow": ShadowMetrics().registry,
    }
    rows = [row for process, registry in registries.items() for row in rows_of(process, registry)]
    of_every_process = CollectorRegistry()
    measure_resources(of_every_process, ROOT)
    async with loop_watched(of_every_process):
        return rows + rows_of("each", of_every_process)


async def test_each_metric_stands_in_the_list_as_it_is_and_no_other_does() -> None:
    listed = [line for line in FILE.read_text().splitlines() if line.startswith("| `")]
    wanted = await all_rows()

    if listed != wanted:
        missing, unknown = (
            "\n".join(row for row in rows if row not in of) for rows, of in ((wanted, listed), (listed, wanted))
        )
        pytest.fail(f"{FILE.name}: missing:\n{missing}\nnot there:\n{unknown}\nor they stand in another order")


async def test_every_label_is_one_of_few_values_and_none_is_of_a_contact() -> None:
    named = {label for row in await all_rows() for label in row.split(" | ")[3].split(", ")} - {"–"}

    assert named == LABELS
