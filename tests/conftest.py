"""Apache Kafka for the tests: one for the whole run, and some of a test's own that may be stopped and killed."""

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streamprocessor.kafka.embedded.embedded import EmbeddedKafka, prepare
from streamprocessor.kafka.embedded.runtime import Runtime

TEST_HEAP_MB = 256


@pytest.fixture(scope="session")
def kafka_runtime() -> Runtime:
    """Java and Kafka's jars, fetched when they aren't in the cache."""
    return prepare()


@pytest.fixture(scope="session")
def kafka(kafka_runtime: Runtime) -> Iterator[EmbeddedKafka]:
    """A running Kafka shared by all tests: isolate with `topic_prefix`, never stop it."""
    with (
        tempfile.TemporaryDirectory(prefix="streamprocessor-kafka-") as folder,
        EmbeddedKafka(Path(folder), port=0, heap_mb=512, runtime=kafka_runtime) as broker,
    ):
        yield broker


@pytest.fixture(scope="session")
def bootstrap(kafka: EmbeddedKafka) -> str:
    """The address of the shared Kafka."""
    return kafka.bootstrap


@pytest.fixture
def topic_prefix(request: pytest.FixtureRequest) -> str:
    """A prefix for topics, groups and app ids that no other test has."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:40].strip("-")
    return f"{name}-{os.urandom(4).hex()}-"


@pytest.fixture
def own_kafka(kafka_runtime: Runtime, tmp_path: Path) -> Iterator[Callable[[], EmbeddedKafka]]:
    """Makes brokers of the test's own, already started; they may be stopped, killed and started again."""
    brokers: list[EmbeddedKafka] = []

    def start() -> EmbeddedKafka:
        broker = EmbeddedKafka(tmp_path / f"kafka-{len(brokers)}", port=0, heap_mb=TEST_HEAP_MB, runtime=kafka_runtime)
        brokers.append(broker)
        broker.start()
        return broker

    yield start
    for broker in brokers:
        broker.stop()
