"""Clients of every kind that send to the input topics: each as it is by default, wherever that places a key."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import confluent_kafka
import httpx
import orjson

from tests.harness.collectors import KEY, CollectorProcess
from tests.harness.commands import run_command
from tests.harness.system import ROOT, Sent, System

NPM = ["npm", "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
KAFKAJS = ROOT / "tests" / "faults" / "js"

#: Sends records one after the other, so many seconds apart.
SendingClient: TypeAlias = Callable[[System, Sequence[Sent], float], Coroutine[Any, Any, None]]


async def send_by_aiokafka(system: System, records: Sequence[Sent], pause_seconds: float) -> None:
    async with system.producer() as producer:
        for record in records:
            await system.send_through(producer, [record])
            await asyncio.sleep(pause_seconds)


async def send_by_confluent(system: System, records: Sequence[Sent], pause_seconds: float) -> None:
    """librdkafka's default partitioner, consistent_random, places a key by CRC32."""
    producer = confluent_kafka.Producer({"bootstrap.servers": system.settings.bootstrap, "acks": "all"})
    for topic, key, value in records:
        producer.produce(system.full[topic], orjson.dumps(value), key)
        producer.poll(0)
        await asyncio.sleep(pause_seconds)
    assert await asyncio.to_thread(producer.flush, 30) == 0


def kafkajs_in(folder: Path) -> SendingClient | None:
    """KafkaJS, installed into the folder; None: there is no Node here."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return None
    shutil.copytree(KAFKAJS, folder, dirs_exist_ok=True)
    subprocess.run(NPM, cwd=folder, check=True, timeout=120)

    async def send(system: System, records: Sequence[Sent], pause_seconds: float) -> None:
        lines = [
            orjson.dumps(
                {
                    "topic": system.full[topic],
                    "key": (key or b"").decode(),
                    "value": orjson.dumps(value).decode(),
                }
            )
            for topic, key, value in records
        ]
        process = await asyncio.create_subprocess_exec(
            *("node", "send.js", system.settings.bootstrap, str(pause_seconds * 1000)),
            cwd=folder,
            env=os.environ | {"KAFKAJS_NO_PARTITIONER_WARNING": "1"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate(b"\n".join(lines))
        assert process.returncode == 0, output.decode()

    return send


def http_through(collector: CollectorProcess) -> SendingClient:
    """Posts to a collector of the same system."""

    async def send(system: System, records: Sequence[Sent], pause_seconds: float) -> None:
        async with httpx.AsyncClient(base_url=collector.address, headers={"Authorization": f"Bearer {KEY}"}) as client:
            for record in records:
                answer = await client.post("/v1/events", json=_line(record), timeout=30)
                assert answer.status_code in (200, 202), answer.text
                await asyncio.sleep(pause_seconds)

    return send


def import_in(folder: Path) -> SendingClient:
    """`streamprocessor import` of a file in the folder, which goes as fast as it can."""

    async def send(system: System, records: Sequence[Sent], pause_seconds: float) -> None:
        file = folder / "events.jsonl"
        file.write_bytes(b"\n".join(orjson.dumps(_line(record)) for record in records))
        end = await run_command(system, "import", str(file))
        assert end.exit_code == 0, end

    return send


def _line(record: Sent) -> dict[str, Any]:
    assert isinstance(record.value, dict)
    assert record.key is not None
    return {"contact_id": record.key.decode(), **record.value}
