"""What a real Prometheus makes of our metrics: it asks for OpenMetrics, reads all of them, and keeps the examples."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from streamprocessor.collector.metrics import Metrics as CollectorMetrics
from streamprocessor.contract.messages.traces import RecordTrace
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.delivery.metrics import Metrics as DeliveryMetrics
from streamprocessor.process.http.health import health_routes
from streamprocessor.process.http.serving import listening_socket, serving
from streamprocessor.process.telemetry.resources import measure_resources
from streamprocessor.readmodel.metrics import Metrics as ApiMetrics
from streamprocessor.stream.metrics import Metrics as WorkerMetrics
from streamprocessor.stream.partition.batch import Batch
from streamprocessor.stream.partition.microbatch_metrics import MicrobatchMetrics
from streamprocessor.stream.partition.microbatch_result import MicrobatchResult
from tests.harness.system import until
from tests.ops.prometheus import PROGRAM, Prometheus, settings_text
from tests.stream.partition.raw_records import Raw

pytestmark = [
    pytest.mark.ops,
    pytest.mark.skipif(shutil.which(PROGRAM) is None, reason="wants prometheus: apt-get install prometheus"),
]

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
MODEL = parse_model("scores: {s: {rules: [{id: r, on: purchase, points: 10}]}}", "m")


class AcceptHeaders:
    """An application that notes what its callers accept."""

    def __init__(self, app: ASGIApp) -> None:
        self.accepted: list[str] = []
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.accepted.append(dict(scope["headers"]).get(b"accept", b"").decode())
        await self._app(scope, receive, send)


def scoring_metrics() -> CollectorRegistry:
    """A worker's, after a slow micro-batch of one old event in a trace."""
    metrics = WorkerMetrics()
    counting = MicrobatchMetrics(metrics, {4: "activities"}, MODEL)
    at_ms = int(time.time() * 1000) - 3_000
    traces = [RecordTrace(at_ms, f"00-{TRACE_ID}-00f067aa0ba902b7-01")]
    counting.observe_durations(0, traces, (0.4, 0.1, 0.05))
    batch = Batch(4, [Raw(0, at_ms, b"c", b"{}", [])])
    counting.count_input([batch], MicrobatchResult(consumed={(4, "purchase"): 1}, traces=traces))
    return metrics.registry


@pytest_asyncio.fixture
async def scraped() -> AsyncIterator[tuple[AcceptHeaders, int]]:
    """A worker's metrics over HTTP."""
    app = AcceptHeaders(Starlette(routes=health_routes(scoring_metrics(), list)))
    async with serving(app, listening_socket("metrics", "127.0.0.1", 0)) as port:
        yield app, port


@pytest_asyncio.fixture
async def prometheus(scraped: tuple[AcceptHeaders, int], tmp_path: Path) -> AsyncIterator[Prometheus]:
    """A Prometheus that scrapes them."""
    settings = settings_text({"worker": [f"127.0.0.1:{scraped[1]}"]})
    prometheus = Prometheus(tmp_path / "prometheus", settings, "--enable-feature=exemplar-storage").start()
    try:
        yield await prometheus.ready()
    finally:
        prometheus.stop()


async def test_prometheus_asks_for_openmetrics_reads_it_and_keeps_the_examples(
    scraped: tuple[AcceptHeaders, int], prometheus: Prometheus
) -> None:
    age = "leadscore_event_age_seconds_bucket"
    wanted = {'leadscore_events_consumed_total{type="purchase"}': 1, age + '{le="1.0"}': 0, age + '{le="5.0"}': 1}
    # Together: a question keeps the application, which is of this thread, from answering a scrape, which then fails.
    await until(
        lambda: {query: prometheus.value(query) for query in wanted},
        lambda values: values == wanted,
        30,
        "what was scraped",
    )
    app, _ = scraped
    assert all(accept.startswith("application/openmetrics-text") for accept in app.accepted)

    now_seconds = time.time()
    for query in ("leadscore_batch_duration_seconds_bucket", age):
        found = prometheus.ask("query_exemplars", query=query, start=now_seconds - 60, end=now_seconds + 60)
        ids = {exemplar["labels"]["trace_id"] for series in found for exemplar in series["exemplars"]}
        assert ids == {TRACE_ID}, query


@pytest.mark.parametrize(
    "registry",
    [WorkerMetrics().registry, CollectorMetrics().registry, DeliveryMetrics().registry, ApiMetrics().registry],
    ids=["worker", "collector", "delivery", "api"],
)
def test_promtool_finds_nothing_to_complain_of(registry: CollectorRegistry, tmp_path: Path) -> None:
    measure_resources(registry, tmp_path)
    promtool = ["promtool", "check", "metrics"]
    checked = subprocess.run(promtool, input=generate_latest(registry), capture_output=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, b"")
