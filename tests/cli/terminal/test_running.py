import json
import logging
import re
import sys
from pathlib import Path

import click
import pytest
from aiokafka.errors import NodeNotReadyError

from streamprocessor.cli.local.local_processes import WorkerPlan, free_ports
from streamprocessor.cli.local.local_system import supervise
from streamprocessor.cli.terminal.instants import Instant
from streamprocessor.cli.terminal.running import run
from streamprocessor.errors import BrokerAwayError
from streamprocessor.kafka.embedded.embedded import EmbeddedKafka
from streamprocessor.process.logs.setup import log_to_stderr
from streamprocessor.process.supervisor import Child, Supervisor
from streamprocessor.settings import Settings


def test_the_log_has_one_form_and_leaves_out_what_libraries_chat(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr("worker", "INFO", "human")
    logging.getLogger("streamprocessor.stream.table").info("recovered %d partitions", 3)
    logging.getLogger("streamprocessor.stream.transport").info("[^-Consumer]: Starting...")
    logging.getLogger("aiokafka.consumer").info("chat")
    for _ in range(100):
        logging.getLogger("faust").warning("matters")
    for _ in range(2):
        logging.getLogger("streamprocessor.stream.worker").warning("ours")

    lines = capsys.readouterr().err.splitlines()
    form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "
    assert [re.sub(f"^{form}", "", line) for line in lines] == [
        "INFO streamprocessor.stream.table: recovered 3 partitions",
        "WARNING faust: matters",
        "WARNING streamprocessor.stream.worker: ours",
        "WARNING streamprocessor.stream.worker: ours",
    ]
    assert all(re.match(form, line) for line in lines)


def test_a_strangers_words_in_the_log_steer_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr("worker", "INFO", "human")
    logging.getLogger("streamprocessor.delivery").error("subscription %s: refused", "a\x1b[31m")

    assert capsys.readouterr().err.endswith("subscription a\\x1b[31m: refused\n")


@pytest.mark.parametrize("text", ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "1767225600000"])
def test_an_instant_is_rfc_3339_or_epoch_milliseconds(text: str) -> None:
    assert Instant().convert(text, None, None) == 1_767_225_600_000


@pytest.mark.parametrize("text", ["", "now", "2026-01-01", "2026-01-01T00:00:00", "-5", "1.5"])
def test_anything_else_is_no_instant(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Instant().convert(text, None, None)


@pytest.mark.parametrize("first", [0, 21_000])
def test_each_worker_gets_a_port_of_its_own(first: int) -> None:
    ports = free_ports(first, 4)

    assert len(set(ports)) == 4
    assert min(ports) >= first


class KilledKafka(EmbeddedKafka):
    """An embedded Kafka that is dead already."""

    def wait(self, timeout_seconds: float | None = None) -> bool:  # noqa: ARG002
        return True

    def why_it_ended(self) -> str:
        return "Kafka ended: the disk is full"


async def test_where_our_kafka_ends_by_itself_all_ends_at_once_and_the_cause_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    sleeper = Child("worker-1", (sys.executable, "-c", "import time; time.sleep(600)"))

    code = await supervise(KilledKafka(tmp_path, port=0), Supervisor([sleeper], told.append), told.append)

    assert code == 1
    assert told[0] == "Kafka ended: the disk is full"


def test_a_worker_is_started_with_the_settings_of_up(tmp_path: Path) -> None:
    settings = Settings(bootstrap="k:1", app_id="app", topic_prefix="p-", data_dir="d", model="m.yaml")

    first, second = WorkerPlan(settings, (7001, 7002), tmp_path).children()

    words = dict(zip(first.command[4::2], first.command[5::2], strict=True))
    assert words == {
        "--bootstrap": "k:1",
        "--app-id": "app",
        "--model": "m.yaml",
        "--topic-prefix": "p-",
        "--data-dir": "d",
        "--metrics-port": "7001",
    }
    assert (second.name, second.log) == ("worker-2", tmp_path / "worker-2.log")
    assert json.dumps(second.command).count("7002") == 1


def test_a_kafka_that_goes_away_while_a_process_starts_or_runs_is_said_in_a_sentence() -> None:
    async def work() -> None:
        raise NodeNotReadyError("node 1")

    with pytest.raises(BrokerAwayError, match="Kafka can't be used any more: NodeNotReadyError"):
        run(work())
