"""Input for tests of the whole worker: reproducible, all topics, duplicates and late events among it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence

from tests.harness.system import Sent, System

PATHS = ("/", "/pricing", "/pricing/teams", "/blog/one", "/docs")
HOUR_MS = 3_600_000


def traffic(seed: int, contacts: int, events: int, now_ms: int) -> Iterator[Sent]:
    """Events of random contacts over the last two days; one in twenty comes twice, ids are unique otherwise."""
    chance = random.Random(seed)
    for number in range(events):
        sent = _one(chance, f"c-{chance.randrange(contacts)}", f"e-{seed}-{number}", now_ms)
        yield sent
        if chance.random() < 0.05:
            yield sent


async def send_evenly(system: System, records: Sequence[Sent], seconds: float) -> None:
    """Send the records, and take so long for it."""
    slices = int(seconds * 20)
    async with system.producer() as producer:
        for number in range(slices):
            await system.send_through(producer, records[number::slices])
            await asyncio.sleep(seconds / slices)  # their own pace


def _one(chance: random.Random, contact: str, event_id: str, now_ms: int) -> Sent:
    occurred_at_ms = now_ms - chance.randrange(48 * HOUR_MS)
    kind = chance.choices(("open", "click", "page", "form", "download", "unsubscribe"), (30, 20, 40, 3, 5, 2))[0]
    event = {"id": event_id, "occurred_at": occurred_at_ms}
    key = contact.encode()
    if kind == "open":
        return Sent("email-opens", key, event | {"properties": {"message": f"m-{chance.randrange(8)}"}})
    if kind == "click":
        return Sent("email-clicks", key, event | {"properties": {"url": f"https://example.com/{chance.randrange(5)}"}})
    if kind == "page":
        return Sent("page-visits", key, event | {"properties": {"path": chance.choice(PATHS)}})
    if kind == "form":
        return Sent("form-submissions", key, event | {"properties": {"form": "contact"}})
    return Sent("activities", key, event | {"type": kind})
