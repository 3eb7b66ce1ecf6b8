"""A running system, as the documents have their readers start one, in a folder that looks like the project's."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from streamprocessor.kafka.embedded.embedded import EmbeddedKafka
from tests.documents.markdown import ROOT

WAIT_SECONDS = 60.0
SHARED = ("deploy", "topics", "Makefile")
#: What documents call the addresses of processes, and how `up` tells where they are.
ADDRESSES = {
    "127.0.0.1:8000": r"collector is ready on http://([\w.:]+)",
    "127.0.0.1:8080": r"its API, is ready on http://([\w.:]+)",
}


@dataclass(frozen=True)
class Running:
    """What `up` runs. folder: in which a reader would be; environment: what replaces the reader's settings."""

    folder: Path
    environment: Mapping[str, str]
    addresses: Mapping[str, str]

    def here(self, text: str) -> str:
        """The text with the addresses and topics of this system."""
        for theirs, ours in self.addresses.items():
            text = text.replace(theirs, ours)
        return text


@pytest.fixture(scope="session")
def running(kafka: EmbeddedKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`up` on the Kafka of the test run."""
    folder = tmp_path_factory.mktemp("reader")
    for name in SHARED:
        (folder / name).symlink_to(ROOT / name)
    prefix = f"documents-{os.urandom(4).hex()}-"
    own = {"BOOTSTRAP": kafka.bootstrap, "TOPIC_PREFIX": prefix, "PARTITIONS": "2"}
    ports = dict.fromkeys(("METRICS_PORT", "COLLECTOR_PORT", "DELIVERY_PORT", "API_PORT"), "0")
    environment = {f"STREAMPROCESSOR_{name}": value for name, value in (own | ports).items()}
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    log = folder / "up.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "streamprocessor", "up"]
        process = subprocess.Popen(command, env=os.environ | environment, cwd=folder, stdout=output, stderr=output)
    try:
        addresses = {theirs: _address(pattern, log) for theirs, pattern in ADDRESSES.items()}
        _address(r"delivery is ready on http://(\S+)", log)
        _address(r"is ready; metrics and health on (\S+)", log)
        topics = {'"activities"': f'"{prefix}activities"', "127.0.0.1:9092": kafka.bootstrap}
        yield Running(folder, environment, addresses | topics)
        process.send_signal(signal.SIGINT)
        assert process.wait(WAIT_SECONDS) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


def _address(pattern: str, log: Path) -> str:
    """What the log tells by the pattern, once it does."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if (told := re.search(pattern, log.read_text())) is not None:
            return told[1]
        time.sleep(0.1)
    pytest.fail(f"waited {WAIT_SECONDS} s in vain for {pattern}; {log.read_text()}")
