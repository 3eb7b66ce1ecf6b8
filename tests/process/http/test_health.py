"""What a scrape gets: the format that it accepts."""

from __future__ import annotations

import httpx
import pytest
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from starlette.applications import Starlette

from streamprocessor.process.http.health import health_routes

#: What Prometheus sends from 2.5 on, and what 3 sends.
PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=1.0.0;q=0.4"


async def scraped(accept: str) -> httpx.Response:
    registry = CollectorRegistry()
    histogram = Histogram("part_seconds", "A part", buckets=(1.0,), registry=registry)
    histogram.observe(2.0, {"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"})
    app = Starlette(routes=health_routes(registry, list))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://h") as http:
        return await http.get("/metrics", headers={"accept": accept})


@pytest.mark.parametrize("accept", [PROMETHEUS, PROMETHEUS_3])
async def test_whoever_accepts_openmetrics_gets_it_with_exemplars(accept: str) -> None:
    answer = await scraped(accept)

    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    parsed = text_string_to_metric_families(answer.text)  # type: ignore[no-untyped-call]
    families = {family.name: family for family in parsed}
    exemplars = [sample.exemplar for sample in families["part_seconds"].samples if sample.exemplar is not None]
    assert [exemplar.labels for exemplar in exemplars] == [{"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"}]


@pytest.mark.parametrize("accept", ["", "*/*", "text/plain;version=0.0.4", "text/html,application/xhtml+xml"])
async def test_all_others_get_plain_text_without_exemplars(accept: str) -> None:
    answer = await scraped(accept)

    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "trace_id" not in answer.text
    assert 'part_seconds_bucket{le="1.0"} 0.0' in answer.text
