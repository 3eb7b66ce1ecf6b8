"""Receivers that answer as they are told, and delivery processes that send to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from streamprocessor.settings import Settings
from tests.delivery.receivers import Receiver
from tests.harness.deliveries import DeliveryProcess
from tests.harness.fixtures import session_timeout_seconds, settings, system, worker

__all__ = ["session_timeout_seconds", "settings", "system", "worker"]

MakeDelivery = Callable[..., DeliveryProcess]


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A local HTTP server that keeps what it gets."""
    found = Receiver()
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
def delivery(settings: Settings, tmp_path: Path) -> Iterator[MakeDelivery]:
    """Starts delivery processes for a text of subscriptions; whatever is left of them ends with the test."""
    started: list[DeliveryProcess] = []

    def start(subscriptions: str, **changes: object) -> DeliveryProcess:
        process = DeliveryProcess(settings.model_copy(update=changes), tmp_path, subscriptions)
        started.append(process)
        return process.start()

    yield start
    for process in started:
        process.discard()
