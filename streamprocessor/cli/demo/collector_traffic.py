"""The demo's traffic through the collector, as a site or a mail provider would send it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson

from streamprocessor.errors import BrokerError
from streamprocessor.imports.kafka_sender import KafkaSender

_MOST_AT_ONCE = 500


class CollectorTraffic:
    """Posts events to a collector, those that came meanwhile together; what no collector takes goes to Kafka."""

    def __init__(self, http: aiohttp.ClientSession, url: str, sender: KafkaSender) -> None:
        """Send the demo's bad records by `sender`: they stand for producers that write to Kafka themselves."""
        self._http = http
        self._url = url
        self._sender = sender
        self._waiting: list[dict[str, Any]] = []
        self._posting: asyncio.Task[None] | None = None

    async def send(self, topic: str, key: bytes | None, value: bytes) -> None:
        """Put one record on its way; raises BrokerError where this or an earlier one was not taken."""
        try:
            event = orjson.loads(value)
        except orjson.JSONDecodeError:
            event = None
        if key is None or type(event) is not dict or event.keys() & {"contact_id"} or "id" not in event:
            await self._sender.send(topic, key, value)
            return
        self._waiting.append({"contact_id": key.decode()} | event)
        if self._posting is not None and self._posting.done():
            self._posting.result()
            self._posting = None
        if self._posting is None:
            self._posting = asyncio.ensure_future(self._post_all())

    async def close(self) -> None:
        """Give up what is on its way."""
        if self._posting is not None:
            self._posting.cancel()
            await asyncio.gather(self._posting, return_exceptions=True)

    async def _post_all(self) -> None:
        while self._waiting:
            events, self._waiting = self._waiting[:_MOST_AT_ONCE], self._waiting[_MOST_AT_ONCE:]
            try:
                async with self._http.post(self._url, data=orjson.dumps(events)) as response:
                    status, answer = response.status, await response.read()
            except (aiohttp.ClientError, TimeoutError) as error:
                message = f"{self._url}: wanted an answer; got {error!r}"
                raise BrokerError(message) from error
            if status != 200:
                message = f"{self._url}: wanted 200; got {status}: {answer[:200].decode('utf-8', 'replace')}"
                raise BrokerError(message)


@asynccontextmanager
async def collector_traffic(address: str, key: str, sender: KafkaSender) -> AsyncIterator[CollectorTraffic]:
    """Traffic to the collector at the address, for as long as the block lasts. key: a write key."""
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as http:
        traffic = CollectorTraffic(http, f"{address}/v1/events", sender)
        try:
            yield traffic
        finally:
            await traffic.close()
