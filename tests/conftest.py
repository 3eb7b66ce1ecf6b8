"""Apache Kafka for the tests: one for the whole run, and some of a test's own that may be stopped and killed.

Hypothesis has two profiles, `default` in make test and `nightly` for a long search; HYPOTHESIS_PROFILE chooses.
"""

import gc
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings

from streamprocessor.kafka.embedded.boot import format_data
from streamprocessor.kafka.embedded.embedded import EmbeddedKafka, prepare
from streamprocessor.kafka.embedded.node import KafkaNode
from streamprocessor.kafka.embedded.runtime import Runtime
from streamprocessor.process.files.locks import wait_for
from streamprocessor.process.ports import any_free
from streamprocessor.settings import PREFIX
from tests.harness.postgres import PostgresServer, has_postgres, running_postgres

TEST_HEAP_MB = 256

hypothesis_settings.register_profile(
    "default",
    max_examples=100,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[phase for phase in Phase if phase is not Phase.explain],  # minutes for what shrinking has shown already
)
hypothesis_settings.register_profile("nightly", hypothesis_settings.get_profile("default"), max_examples=10_000)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_sessionstart() -> None:
    """Look for no garbage while tests are collected: there is hardly any among millions of objects."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Look for it from here on, but not in what was collected, which stays to the end."""
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how the order of the tests can be had again, also with -q."""
    seed = terminalreporter.config.getoption("randomly_seed", None)
    terminalreporter.write_line(f"the order was that of --randomly-seed={seed}")


@pytest.fixture(scope="session", autouse=True)
def no_settings_of_the_shell() -> Iterator[None]:
    """No test, nor any process that one starts, has settings of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(PREFIX)]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def certificates_are_read_once() -> Iterator[None]:
    """All clients of HTTP share what they trust: to read that takes 20 ms, and almost every test has a client."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx._transports.default.create_ssl_context", cache(httpx.create_ssl_context))
        yield


@pytest.fixture(scope="session")
def kafka_runtime() -> Runtime:
    """Java and Kafka's jars, fetched when they aren't in the cache."""
    return prepare()


@pytest.fixture(scope="session")
def kafka(kafka_runtime: Runtime, new_cluster: Path) -> Iterator[EmbeddedKafka]:
    """A running Kafka shared by all tests: isolate with `topic_prefix`, never stop it."""
    with tempfile.TemporaryDirectory(prefix="streamprocessor-kafka-") as folder:
        shutil.copytree(new_cluster, Path(folder) / "data")
        with EmbeddedKafka(
            Path(folder), port=0, heap_mb=512, session_timeout_ms=60_000, runtime=kafka_runtime
        ) as broker:
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


@pytest.fixture(scope="session")
def new_cluster(kafka_runtime: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a cluster that has not begun: all clusters of a run begin as copies of this one.

    Java makes it once, also where several processes run the tests: the folder above theirs is of all of them.
    """
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "new-cluster"
    node = KafkaNode(folder, any_free(), any_free(), heap_mb=TEST_HEAP_MB)
    with wait_for(folder.with_name("new-cluster.lock")):
        if not node.formatted:
            node.write_settings()
            format_data(kafka_runtime, node)
    return node.data


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server, where Debian's is installed."""
    if not has_postgres():
        pytest.skip("PostgreSQL is not installed here (apt install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="streamprocessor-postgres-"))
    folder.chmod(0o755)
    try:
        with running_postgres(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own_kafka(kafka_runtime: Runtime, new_cluster: Path, tmp_path: Path) -> Iterator[Callable[[], EmbeddedKafka]]:
    """Makes brokers of the test's own, already started; they may be stopped, killed and started again."""
    brokers: list[EmbeddedKafka] = []

    def start() -> EmbeddedKafka:
        broker = _mortal_kafka(kafka_runtime, new_cluster, tmp_path / f"kafka-{len(brokers)}")
        brokers.append(broker)
        broker.start()
        return broker

    yield start
    for broker in brokers:
        broker.stop()


@pytest.fixture(scope="module")
def module_kafka(
    kafka_runtime: Runtime, new_cluster: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedKafka]:
    """The broker of `mortal_kafka`."""
    with _mortal_kafka(kafka_runtime, new_cluster, tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture
def mortal_kafka(module_kafka: EmbeddedKafka) -> EmbeddedKafka:
    """A running broker of the module's own, which its tests may stop, kill and start: isolate with `topic_prefix`."""
    module_kafka.start()  # where a test has left it dead
    return module_kafka


def _mortal_kafka(runtime: Runtime, new_cluster: Path, folder: Path) -> EmbeddedKafka:
    shutil.copytree(new_cluster, folder / "data")
    # A client that was killed is started again at once, and takes its partitions back.
    return EmbeddedKafka(folder, port=0, heap_mb=TEST_HEAP_MB, session_timeout_ms=2_000, runtime=runtime)
