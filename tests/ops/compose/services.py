"""The services of docker-compose.yml without containers: each on a loopback address that stands for its name."""

from __future__ import annotations

import os
import random
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streamprocessor.process.child_process import ChildProcess
from streamprocessor.settings import PREFIX
from tests.harness.system import ROOT


@dataclass
class Services:
    """The services by name, as compose describes them.

    folder: of what they keep. secrets: the folder of the secrets' files.
    """

    described: Mapping[str, Mapping[str, Any]]
    folder: Path
    secrets: Path
    processes: dict[str, ChildProcess] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Ports are those of the compose file: the addresses keep two runs apart.
        network = f"127.{random.SystemRandom().randint(1, 250)}.{random.SystemRandom().randint(1, 250)}"
        self.addresses = {name: f"{network}.{number}" for number, name in enumerate(self.described, 1)}

    def here(self, text: str) -> str:
        """The text with addresses in the place of names that are hosts: a port, or nothing, follows."""
        names = "|".join(self.addresses)
        return re.sub(rf"(?<![\w-])({names})(?=:\d|$)", lambda at: self.addresses[at[1]], text)

    def environment(self, name: str) -> dict[str, str]:
        """The environment of the service, with this machine's places in it."""
        given = {key: self.here(str(value)) for key, value in self.described[name]["environment"].items()}
        places = {"/run/secrets": str(self.secrets), "0.0.0.0": self.addresses[name]}
        for place, here in places.items():
            given = {key: value.replace(place, here) for key, value in given.items()}
        if f"{PREFIX}DATA_DIR" in given and name != "setup":  # which keeps nothing
            given[f"{PREFIX}DATA_DIR"] = str(self.data(name))
        return given

    def data(self, name: str) -> Path:
        """The folder that stands for the service's volume: of two with one volume the same."""
        volumes = [mount.split(":")[0] for mount in self.described[name]["volumes"] if not mount.startswith(".")]
        return self.folder / str(volumes[0])

    def start(self, name: str) -> None:
        """Start a process of ours, in the project's folder as in its container's; it may not be ready yet."""
        command = [sys.executable, "-m", "streamprocessor", *self.described[name]["command"]]
        own = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
        words = [f"{key}={value}" for key, value in (own | self.environment(name)).items()]
        self.processes[name] = ChildProcess(["env", "-i", "-C", str(ROOT), *words, *command], self.log(name))

    def log(self, name: str) -> Path:
        """What the service said."""
        return self.folder / f"{name}.log"


@contextmanager
def services_in(folder: Path, described: Mapping[str, Mapping[str, Any]], secrets: Path) -> Iterator[Services]:
    """The services, none of which runs yet; those that were started end with the block."""
    services = Services(described, folder, secrets)
    try:
        yield services
    finally:
        for process in services.processes.values():
            process.kill()
