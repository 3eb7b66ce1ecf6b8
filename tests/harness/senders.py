"""Clients of a collector under load: what was answered with 200 is claimed, nothing else is."""

from __future__ import annotations

import asyncio
import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import httpx
import orjson

from tests.harness.collectors import KEY, CollectorProcess
from tests.harness.system import System

BATCH = 5
#: Of each client between two requests, so that clients leave the processes under test a part of the machine.
PAUSE_SECONDS = float(os.environ.get("FAULT_PAUSE_SECONDS", "0.02"))
TYPES = ("page_visit", "email_click", "download")


@dataclass
class Load:
    """Clients that send until told to stop. claimed: ids of events that were answered with 200."""

    collector: CollectorProcess
    clients: int = 4
    claimed: list[str] = field(default_factory=list)
    answers: Counter[int | str] = field(default_factory=Counter)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> Load:
        """Begin to send."""
        self._tasks = [asyncio.ensure_future(self._send(number)) for number in range(self.clients)]
        return self

    async def stop(self) -> None:
        """Return once the last request is answered."""
        self._stopping.set()
        await asyncio.gather(*self._tasks)

    async def _send(self, client: int) -> None:
        number = 0
        async with httpx.AsyncClient(timeout=20, headers={"authorization": f"Bearer {KEY}"}) as http:
            while not self._stopping.is_set():
                ids = [f"{client}-{number + step}" for step in range(BATCH)]
                number += BATCH
                events = [
                    {"id": name, "contact_id": f"c-{client}", "type": TYPES[int(name.partition("-")[2]) % len(TYPES)]}
                    for name in ids
                ]
                try:
                    answer = await http.post(f"{self.collector.address}/v1/events", content=orjson.dumps(events))
                except httpx.TransportError as error:  # killed
                    self.answers[type(error).__name__] += 1
                    await asyncio.sleep(0.05)
                    continue
                self.answers[answer.status_code] += 1
                if answer.status_code == 200:
                    assert answer.json() == {"accepted": BATCH, "rejected": []}
                    self.claimed += ids
                await asyncio.sleep(PAUSE_SECONDS)


async def assert_claims_hold(system: System, load: Load) -> None:
    """Every claimed event is in its topic, no id is there twice, and each contact's events are in order."""
    counts: Counter[str] = Counter()
    for topic in ("page-visits", "email-clicks", "activities"):
        order: dict[bytes, list[int]] = defaultdict(list)
        for record in await system.read(topic):
            name = orjson.loads(record.value)["id"]
            counts[name] += 1
            order[record.key].append(int(name.partition("-")[2]))
        assert all(numbers == sorted(numbers) for numbers in order.values()), f"{topic}: out of order"
    assert load.claimed, load.answers
    assert [name for name in load.claimed if not counts[name]] == []
    assert {name: count for name, count in counts.items() if count > 1} == {}
