"""The Kafka of docker-compose.yml without containers: its brokers, configured by the very program of its image."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from streamprocessor.kafka.embedded.node import READY, log4j2_xml
from streamprocessor.kafka.embedded.runtime import Runtime
from streamprocessor.process.child_process import ChildProcess

_HEAP_MB = 256
_SETUP = "kafka.docker.KafkaDockerWrapper"


@dataclass
class ComposeBrokers:
    """The brokers by name, each on a loopback address of its own that stands for what its name stands for in compose.

    environments: of compose, by name.
    """

    runtime: Runtime
    folder: Path
    environments: Mapping[str, Mapping[str, object]]
    processes: dict[str, ChildProcess] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Ports are those of the compose file: the addresses keep the brokers of two runs apart.
        network = f"127.{random.SystemRandom().randint(1, 250)}.{random.SystemRandom().randint(1, 250)}"
        self.addresses = {name: f"{network}.{number}" for number, name in enumerate(self.environments, 1)}

    def here(self, text: str) -> str:
        """The text with addresses in the place of names."""
        for name, address in self.addresses.items():
            text = text.replace(name, address)
        return text

    def set_up(self, name: str) -> None:
        """Write the broker's configuration and format its data folder, as its image does before it starts."""
        folder = self.folder / name
        folder.mkdir()
        log_config = folder / "log4j2.xml"
        log_config.write_text(log4j2_xml(folder / "kafka.log"))
        environment = {key: self.here(str(value)) for key, value in self.environments[name].items()}
        environment["KAFKA_LISTENERS"] = environment["KAFKA_LISTENERS"].replace("://:", f"://{self.addresses[name]}:")
        environment["KAFKA_LOG_DIRS"] = str(folder / "data")
        own = {key: value for key, value in os.environ.items() if not key.startswith("KAFKA_")}
        folders = [f"--{kind}-configs-dir={folder}" for kind in ("default", "mounted", "final")]
        command = self.runtime.command(_SETUP, "setup", *folders, heap_mb=64, log_config=log_config)
        done = subprocess.run(command, env=own | environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def start(self, name: str) -> None:
        """Start the broker; it may not be ready yet."""
        folder = self.folder / name
        command = self.runtime.command(
            "kafka.Kafka", str(folder / "server.properties"), heap_mb=_HEAP_MB, log_config=folder / "log4j2.xml"
        )
        self.processes[name] = ChildProcess(command, folder / "java.out")

    def is_ready(self, name: str) -> bool:
        """Whether the broker serves clients; fails where it has ended."""
        assert self.processes[name].alive, (self.folder / name / "java.out").read_text()
        log = self.folder / name / "kafka.log"
        return log.exists() and READY in log.read_text()


@contextmanager
def compose_brokers(
    runtime: Runtime, folder: Path, environments: Mapping[str, Mapping[str, object]]
) -> Iterator[ComposeBrokers]:
    """The brokers, set up and not started; those that run end with the block."""
    brokers = ComposeBrokers(runtime, folder, environments)
    for name in environments:
        brokers.set_up(name)
    try:
        yield brokers
    finally:
        for process in brokers.processes.values():
            process.kill()
