"""Sending what is told: requests to a collector, exports to `import`, records to Kafka by two kinds of clients."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import httpx
import orjson

from tests.faults.people.wire import Post, Row, Telling, csv_text, mapping_of
from tests.harness.clients import http_through, send_by_aiokafka, send_by_confluent
from tests.harness.collectors import CollectorProcess
from tests.harness.commands import run_command
from tests.harness.mapped_files import read_mapping
from tests.harness.system import Sent, System

CONNECTIONS = 4


async def send_all(
    system: System, collector: CollectorProcess, tellings: Sequence[Telling], folder: Path, seconds: float
) -> None:
    """Send everything through all doors at the same time, over some seconds; each is answered as what is taken."""
    posts = [telling for telling in tellings if isinstance(telling, Post)]
    records = [telling for telling in tellings if isinstance(telling, Sent)]
    rows = [telling for telling in tellings if isinstance(telling, Row)]
    clients = (send_by_aiokafka, send_by_confluent, http_through(collector))
    pause_seconds = seconds * len(clients) / max(1, len(records))
    await asyncio.gather(
        *(_post(collector, posts[first::CONNECTIONS], seconds) for first in range(CONNECTIONS)),
        *(send(system, records[first :: len(clients)], pause_seconds) for first, send in enumerate(clients)),
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
    """The exports one after the other, the first once more."""
    exports = sorted({row.export for row in rows})
    for export in (*exports, *exports[:1]):
        mapping, file = mapping_of(export), folder / f"{export}.csv"
        cells = [row.cells for row in rows if row.export == export]
        file.write_text(csv_text(sorted(read_mapping(mapping).columns()), cells), encoding="utf-8")
        end = await run_command(system, "import", str(file), "--mapping", str(mapping))
        assert (end.exit_code, end.complaint) == (0, ""), end
