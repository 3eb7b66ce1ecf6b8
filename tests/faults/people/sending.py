"""Sending what is told: requests to a collector, exports to `import`, records to Kafka by two kinds of clients."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Sequence
from pathlib import Path

import httpx
import orjson

from streamprocessor.imports.csv_mapping import read_mapping
from tests.faults.people.doors import Telling
from tests.faults.people.wire import Post, Row
from tests.harness.clients import send_by_aiokafka, send_by_confluent
from tests.harness.collectors import CollectorProcess
from tests.harness.commands import run_command
from tests.harness.system import Sent, System

HERE = Path(__file__).parent
CONNECTIONS = 4


async def send_all(
    system: System, collector: CollectorProcess, tellings: Sequence[Telling], folder: Path, seconds: float
) -> None:
    """Send everything through all doors at the same time, over some seconds; each is answered as what is taken."""
    posts = [telling for telling in tellings if isinstance(telling, Post)]
    records = [telling for telling in tellings if isinstance(telling, Sent)]
    rows = [telling for telling in tellings if isinstance(telling, Row)]
    pause_seconds = seconds * 2 / max(1, len(records))
    await asyncio.gather(
        *(_post(collector, posts[first::CONNECTIONS], seconds) for first in range(CONNECTIONS)),
        send_by_aiokafka(system, records[::2], pause_seconds),
        send_by_confluent(system, records[1::2], pause_seconds),
        _import(system, rows, folder),
    )


async def _post(collector: CollectorProcess, posts: Sequence[Post], seconds: float) -> None:
    async with httpx.AsyncClient(base_url=collector.address, timeout=30) as client:
        for post in posts:
            for request in post.requests:
                answer = await client.post(request.path, content=request.body, headers=request.headers)
                assert answer.status_code in (200, 202, 204), (request, answer.status_code, answer.text)
                if answer.headers.get("content-type", "").startswith("application/json"):
                    assert orjson.loads(answer.content).get("rejected", []) == [], (request, answer.text)
            await asyncio.sleep(seconds / len(posts))


async def _import(system: System, rows: Sequence[Row], folder: Path) -> None:
    """The exports one after the other, each in two parts; the first part of each is imported twice."""
    for export in sorted({row.export for row in rows}):
        of_one = [row.cells for row in rows if row.export == export]
        parts = (of_one[::2], of_one[1::2], of_one[::2])
        mapping = HERE / f"{export}.yaml"
        columns = sorted(read_mapping(mapping).columns())
        for part in filter(None, parts):
            file = folder / f"{export}.csv"
            with file.open("w", newline="", encoding="utf-8") as stream:
                writer = csv.DictWriter(stream, columns, restval="", extrasaction="ignore")
                writer.writeheader()
                writer.writerows(part)
            end = await run_command(system, "import", str(file), "--mapping", str(mapping))
            assert (end.exit_code, end.complaint) == (0, ""), end
