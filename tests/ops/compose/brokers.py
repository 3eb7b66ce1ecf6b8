"""The brokers of docker-compose.yml, configured by the very program of their image."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from streamprocessor.kafka.embedded.node import READY, log4j2_xml
from streamprocessor.kafka.embedded.runtime import Runtime
from streamprocessor.process.child_process import ChildProcess
from tests.ops.compose.services import Services

_HEAP_MB = 256
_SETUP = "kafka.docker.KafkaDockerWrapper"


def brokers_of(services: Services) -> list[str]:
    """The names of the brokers."""
    return [name for name in services.described if name.startswith("kafka-")]


def set_up(runtime: Runtime, services: Services, name: str) -> None:
    """Write the broker's configuration and format its data folder, as its image does before it starts."""
    folder = _folder(services, name)
    folder.mkdir()
    log_config = folder / "log4j2.xml"
    log_config.write_text(log4j2_xml(folder / "kafka.log"))
    environment = services.environment(name)
    environment["KAFKA_LISTENERS"] = environment["KAFKA_LISTENERS"].replace("://:", f"://{services.addresses[name]}:")
    environment["KAFKA_LOG_DIRS"] = str(folder / "data")
    own = {key: value for key, value in os.environ.items() if not key.startswith("KAFKA_")}
    folders = [f"--{kind}-configs-dir={folder}" for kind in ("default", "mounted", "final")]
    command = runtime.command(_SETUP, "setup", *folders, heap_mb=64, log_config=log_config)
    done = subprocess.run(command, env=own | environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def start(runtime: Runtime, services: Services, name: str) -> None:
    """Start the broker; it may not be ready yet."""
    folder = _folder(services, name)
    command = runtime.command(
        "kafka.Kafka", str(folder / "server.properties"), heap_mb=_HEAP_MB, log_config=folder / "log4j2.xml"
    )
    services.processes[name] = ChildProcess(command, services.log(name))


def is_ready(services: Services, name: str) -> bool:
    """Whether the broker serves clients; fails where it has ended."""
    assert services.processes[name].alive, services.log(name).read_text()
    log = _folder(services, name) / "kafka.log"
    return log.exists() and READY in log.read_text()


def _folder(services: Services, name: str) -> Path:
    return services.folder / name
