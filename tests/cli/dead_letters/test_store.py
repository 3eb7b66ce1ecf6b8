"""Dead letters that are sent again go to where their contacts belong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

import pytest

from streamprocessor.cli.dead_letters import store
from streamprocessor.cli.dead_letters.store import StoredLetter, send_again
from streamprocessor.contract.messages.dead_letters import DeadLetter, Origin
from streamprocessor.kafka.clients import ClientSettings


@pytest.mark.parametrize(("key", "partition"), [(b"jane", None), (None, 3), (b"", 3)])
async def test_the_producer_places_what_names_a_contact_and_the_rest_goes_to_where_it_came_from(
    monkeypatch: pytest.MonkeyPatch, key: bytes | None, partition: int | None
) -> None:
    sent: list[tuple[str, bytes | None, bytes | None, int | None]] = []

    class Producer:
        async def send(self, topic: str, value: Any, key: Any, partition: Any, headers: Any) -> asyncio.Future[None]:
            sent.append((topic, value, key, partition))
            assert headers == [("h", b"v")]
            acknowledged = asyncio.get_running_loop().create_future()
            acknowledged.set_result(None)
            return acknowledged

    @asynccontextmanager
    async def writer_to(clients: ClientSettings, topics: Collection[str]) -> AsyncIterator[Producer]:
        yield Producer()

    async def letters() -> AsyncIterator[StoredLetter]:
        letter = DeadLetter(Origin("visits", 3, 7, 0), "not-json", "", [("h", b"v")])
        yield StoredLetter("0:0", 0, letter, key, b"value")

    monkeypatch.setattr(store, "writer_to", writer_to)

    assert await send_again(ClientSettings("127.0.0.1:1"), letters(), {"visits": "p-visits"}) == (1, [])

    assert sent == [("p-visits", b"value", key, partition)]
