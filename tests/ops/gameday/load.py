"""People who do what makes them hot leads, one after the other, through the collector."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import orjson

from tests.harness.collectors import KEY, CollectorProcess

PAUSE_SECONDS = 0.2


class Load:
    """A new contact every fifth of a second. claimed: ids of the events that were answered with 200.

    types: what people still do; whoever takes one away sees what comes of its silence.
    """

    def __init__(self, collector: CollectorProcess) -> None:
        self._collector = collector
        self._stopping = asyncio.Event()
        self._sending: asyncio.Task[None] | None = None
        self.claimed: list[str] = []
        self.types = {"page_visit", "email_click", "download", "form_submission"}

    def start(self) -> Load:
        """Begin to send."""
        self._sending = asyncio.ensure_future(self._send())
        return self

    async def stop(self) -> None:
        """Return once the last request is answered."""
        self._stopping.set()
        if self._sending is not None:
            await self._sending

    async def _send(self) -> None:
        async with httpx.AsyncClient(timeout=20, headers={"authorization": f"Bearer {KEY}"}) as http:
            number = 0
            while not self._stopping.is_set():
                events = [event for event in _acts_of(number) if event["type"] in self.types]
                if await self._is_taken(http, events):
                    self.claimed += [event["id"] for event in events]
                    number += 1
                await asyncio.sleep(PAUSE_SECONDS)  # its own pace

    async def _is_taken(self, http: httpx.AsyncClient, events: list[dict[str, Any]]) -> bool:
        try:
            answer = await http.post(f"{self._collector.address}/v1/events", content=orjson.dumps(events))
        except httpx.TransportError:
            return False  # it is down; the same again, under the same ids
        return answer.status_code == 200


def _acts_of(number: int) -> list[dict[str, Any]]:
    contact = f"c-{number}"
    acts: tuple[tuple[str, dict[str, Any]], ...] = (
        ("page_visit", {"path": "/pricing"}),
        ("email_click", {"url": f"https://example.com/{number % 5}"}),
        ("download", {"file": "a.pdf"}),
        ("form_submission", {"form": "contact"}),
    )
    return [
        {"id": f"{contact}-{kind}", "contact_id": contact, "type": kind, "properties": properties}
        for kind, properties in acts
    ]
