"""One Kafka that allows nothing that no ACL allows, and a system on it whose processes are users of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.conftest import receiver
from tests.harness.guarded_system import GuardedSystem
from tests.harness.secured_kafka import SecuredKafka
from tests.kafka.diagnosis.conftest import secured

__all__ = ["receiver", "secured"]


@pytest.fixture
def guarded(secured: SecuredKafka, topic_prefix: str, tmp_path: Path) -> Iterator[GuardedSystem]:
    """A system whose users may do what `topics acl` lists, and nothing else; no topic exists yet."""
    found = GuardedSystem(secured, topic_prefix, tmp_path)
    found.grant_all()
    yield found
    found.discard()
