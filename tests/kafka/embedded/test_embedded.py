"""The embedded Kafka, real and with a Java that misbehaves."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streamprocessor.errors import BrokerError
from streamprocessor.kafka.embedded.embedded import EmbeddedKafka
from streamprocessor.kafka.embedded.pid_file import note, running_in
from streamprocessor.kafka.embedded.runtime import Runtime
from streamprocessor.process.ports import any_free, is_free, next_free

JavaThat = Callable[[str], Runtime]

SERVES = "ready(); time.sleep(60)"

ENDS_WHEN_TOLD = """
ready()
while not (folder / "end").exists():
    time.sleep(0.01)
sys.exit("No space left on device")
"""


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def create(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def write(bootstrap: str, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        await producer.send_and_wait(topic, value)


async def read(bootstrap: str, topic: str, count: int) -> list[bytes | None]:
    async with AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        return [(await consumer.getone()).value for _ in range(count)]


def cluster_id(broker: EmbeddedKafka) -> str:
    lines = (broker.folder / "data" / "meta.properties").read_text().splitlines()
    return next(line for line in lines if line.startswith("cluster.id="))


@pytest.mark.kafka
async def test_what_was_acknowledged_is_there_after_kill_9_and_after_a_stop(
    own_kafka: Callable[[], EmbeddedKafka],
) -> None:
    broker = own_kafka()
    address, cluster = broker.bootstrap, cluster_id(broker)
    await create(address, "kept")
    await write(address, "kept", b"before kill -9")

    broker.kill()
    assert not broker.alive
    assert broker.start() == address
    await write(address, "kept", b"before stop")
    broker.stop()
    assert not broker.alive
    assert broker.start() == address

    assert await read(address, "kept", 2) == [b"before kill -9", b"before stop"]
    assert cluster_id(broker) == cluster


@pytest.mark.kafka
def test_data_that_cant_be_read_is_named_with_what_to_do(own_kafka: Callable[[], EmbeddedKafka]) -> None:
    broker = own_kafka()
    broker.stop()
    data = broker.folder / "data"
    (data / "meta.properties").write_text("version=1\ncluster.id=another\nnode.id=77\n")

    with pytest.raises(BrokerError) as raised:
        broker.start()
    assert f"its data in {data} can't be read" in str(raised.value)
    assert f"mv {data} {data}.broken" in str(raised.value)
    assert not broker.alive


STARTS_AND_WAITS = """
import sys, time
from pathlib import Path
from streamprocessor.kafka.embedded.embedded import EmbeddedKafka
broker = EmbeddedKafka(Path(sys.argv[1]), port=0, heap_mb=256)
broker.start()
print(broker.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.kafka
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_a_broker_dies_when_the_process_that_started_it_is_killed(kafka_runtime: Runtime, tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTS_AND_WAITS, str(tmp_path / "kafka")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert runs(pid)
        parent.kill()

    until(lambda: not runs(pid))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_a_broker_outlives_the_thread_that_started_it(java_that: JavaThat, tmp_path: Path) -> None:
    broker = EmbeddedKafka(tmp_path / "kafka", port=0, runtime=java_that(SERVES))
    starter = threading.Thread(target=broker.start)
    starter.start()
    starter.join()

    assert not broker.wait(0.3)
    broker.kill()


def test_a_broker_that_does_not_end_when_asked_to_is_killed(java_that: JavaThat, tmp_path: Path) -> None:
    stubborn = java_that("signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SERVES)
    broker = EmbeddedKafka(tmp_path / "kafka", port=0, runtime=stubborn)
    broker.start()
    pid = broker.pid
    broker.stop(grace_seconds=0.1)

    assert not broker.alive
    assert not runs(pid)


def test_a_started_broker_is_not_started_again(java_that: JavaThat, tmp_path: Path) -> None:
    with EmbeddedKafka(tmp_path / "kafka", port=0, runtime=java_that(SERVES)) as broker:
        pid = broker.pid
        assert broker.start() == broker.bootstrap
        assert broker.pid == pid


def test_a_data_folder_is_formatted_once(java_that: JavaThat, tmp_path: Path) -> None:
    broker = EmbeddedKafka(tmp_path / "kafka", port=0, runtime=java_that(SERVES))
    for _ in range(2):
        broker.start()
        broker.stop()

    assert (tmp_path / "java" / "runs").read_text().split() == ["format", "broker", "broker"]


def test_a_port_that_was_asked_for_and_is_in_use_is_refused(java_that: JavaThat, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BrokerError, match=f"port {port} on 127.0.0.1 is in use: end the program"):
            EmbeddedKafka(tmp_path / "kafka", port=port, runtime=java_that(SERVES)).start()


def test_without_a_wish_the_next_free_port_is_taken() -> None:
    port = any_free()
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
        assert next_free(port) > port


def test_another_broker_on_the_folder_is_named_with_its_process_and_port(java_that: JavaThat, tmp_path: Path) -> None:
    folder = tmp_path / "kafka"
    with EmbeddedKafka(folder, port=0, runtime=java_that(SERVES)) as first:
        assert running_in(folder) is not None
        with pytest.raises(BrokerError) as raised:
            EmbeddedKafka(folder, port=0, runtime=java_that(SERVES)).start()

    assert f"as process {first.pid} on port {first.port}" in str(raised.value)
    assert f"--bootstrap {first.bootstrap}" in str(raised.value)
    assert running_in(folder) is None


def test_the_note_of_a_killed_broker_counts_for_nothing(java_that: JavaThat, tmp_path: Path) -> None:
    broker = EmbeddedKafka(tmp_path / "kafka", port=0, runtime=java_that(SERVES))
    broker.start()
    broker.kill()

    assert (broker.folder / "broker.json").exists()
    assert running_in(broker.folder) is None
    broker.start()
    assert broker.alive
    broker.stop()


def test_a_note_counts_only_for_the_process_it_was_written_for(tmp_path: Path) -> None:
    note(tmp_path, os.getpid(), 9092)
    assert running_in(tmp_path) is not None

    file = tmp_path / "broker.json"
    file.write_text(file.read_text().replace('"created_seconds": ', '"created_seconds": 1'))
    assert running_in(tmp_path) is None

    file.write_text('{"pid": ')
    assert running_in(tmp_path) is None


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("java.io.IOException: No space left on device", "the disk is full: free some space where"),
        ("java.net.BindException: Address already in use", "is in use: end the program that listens there"),
        ("KafkaException: Failed to acquire lock on file .lock", "another Kafka works on"),
        ("java.nio.file.AccessDeniedException: /x", "make the folder writable"),
        ("Error: Could not reserve enough space for object heap", "not enough memory for its heap of 512 MB"),
        ("something nobody has seen yet", "the cause is in its log"),
    ],
)
def test_a_broker_that_ends_while_starting_says_why_with_its_last_lines(
    java_that: JavaThat, tmp_path: Path, said: str, advice: str
) -> None:
    broker = EmbeddedKafka(tmp_path / "kafka", port=0, runtime=java_that(f"print('first'); sys.exit({said!r})"))

    with pytest.raises(BrokerError) as raised:
        broker.start()
    assert "Kafka ended while starting (exit code 1)" in str(raised.value)
    assert advice in str(raised.value)
    assert f"  first\n  {said}" in str(raised.value)
    assert not broker.alive


def test_a_full_disk_is_named_whatever_the_broker_says(
    java_that: JavaThat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=4096))
    broker = EmbeddedKafka(tmp_path / "kafka", port=0, runtime=java_that("sys.exit('a fault in unsafe memory access')"))

    with pytest.raises(BrokerError, match="the disk is full"):
        broker.start()


def test_words_of_an_earlier_run_are_not_taken_for_the_cause(java_that: JavaThat, tmp_path: Path) -> None:
    broker = EmbeddedKafka(tmp_path / "kafka", port=0, runtime=java_that("sys.exit('new trouble')"))
    broker.folder.mkdir()
    (broker.folder / "kafka.log").write_text("ERROR No space left on device\nINFO Kafka Server started\n")

    with pytest.raises(BrokerError, match="the cause is in its log"):
        broker.start()


def test_a_broker_that_is_not_ready_in_time_is_ended(java_that: JavaThat, tmp_path: Path) -> None:
    broker = EmbeddedKafka(tmp_path / "kafka", port=0, runtime=java_that("time.sleep(60)"))
    with pytest.raises(BrokerError, match=r"Kafka was not ready within 0\.5 s"):
        broker.start(timeout_seconds=0.5)

    assert not [child for child in psutil.Process().children() if _runs_in(tmp_path, child)]


def _runs_in(folder: Path, process: psutil.Process) -> bool:
    try:
        return str(folder) in " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):  # another test's, which has just ended
        return False


def test_a_broker_that_ends_later_tells_why(java_that: JavaThat, tmp_path: Path) -> None:
    broker = EmbeddedKafka(tmp_path / "kafka", port=0, runtime=java_that(ENDS_WHEN_TOLD))
    broker.start()
    (broker.folder / "end").touch()

    assert broker.wait(10)
    assert "the disk is full" in broker.why_it_ended()


def test_a_folder_that_cant_be_one_is_named(java_that: JavaThat, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(BrokerError, match="Kafka can't use the folder"):
        EmbeddedKafka(tmp_path / "file" / "kafka", port=0, runtime=java_that(SERVES)).start()


def test_a_java_that_is_gone_is_named(tmp_path: Path) -> None:
    broker = EmbeddedKafka(tmp_path / "kafka", port=0, runtime=Runtime(java=tmp_path / "none", jars=()))

    with pytest.raises(BrokerError, match="there is no Java at"):
        broker.start()


def test_an_address_is_known_only_after_a_start(tmp_path: Path) -> None:
    broker = EmbeddedKafka(tmp_path / "kafka", port=0)

    assert not broker.alive
    with pytest.raises(BrokerError, match="has not been started"):
        _ = broker.bootstrap
