"""One Kafka with a door for each kind of connection, for all cases."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamprocessor.kafka.embedded.runtime import Runtime
from tests.cli.conftest import call, log_as_before, project_folder
from tests.harness.secured_kafka import SecuredKafka, secured_kafka

__all__ = ["call", "log_as_before", "project_folder"]


@pytest.fixture(scope="session")
def secured(kafka_runtime: Runtime) -> Iterator[SecuredKafka]:
    """The running broker and what is needed to get in."""
    with (
        tempfile.TemporaryDirectory(prefix="streamprocessor-secured-") as folder,
        secured_kafka(kafka_runtime, Path(folder)) as broker,
    ):
        yield broker
