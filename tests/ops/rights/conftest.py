"""One Kafka that allows nothing that no ACL allows, and a system on it whose processes are users of their own."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from streamprocessor.kafka.embedded.runtime import Runtime
from tests.delivery.receivers import Receiver
from tests.harness.guarded_system import GuardedSystem
from tests.harness.secured_kafka import SecuredKafka, secured_kafka

__all__ = ["guarded", "receiver", "secured"]


@pytest.fixture(scope="session")
def secured(kafka_runtime: Runtime) -> Iterator[SecuredKafka]:
    """The running broker and what is needed to get in."""
    with (
        tempfile.TemporaryDirectory(prefix="streamprocessor-secured-") as folder,
        secured_kafka(kafka_runtime, Path(folder)) as broker,
    ):
        yield broker


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A local HTTP server that keeps what it gets."""
    found = Receiver()
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
def guarded(secured: SecuredKafka, topic_prefix: str, tmp_path: Path) -> Iterator[GuardedSystem]:
    """A system whose users may do what `topics acl` lists, and nothing else; no topic exists yet."""
    found = GuardedSystem(secured, topic_prefix, tmp_path)
    found.grant_all()
    yield found
    found.discard()
