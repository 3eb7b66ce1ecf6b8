"""The processes of one machine: how each is started, where it answers, what is said once it does."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from streamprocessor.cli.local.sign_in_lines import tell_sign_in
from streamprocessor.collector.http.keys import browser_keys_file, write_keys, write_keys_file
from streamprocessor.process.ports import any_free, next_free
from streamprocessor.process.supervisor import Child
from streamprocessor.readmodel.requests.tokens import TOKENS_FILE
from streamprocessor.settings import Settings

Say = Callable[[str], None]

_LOOK_SECONDS = 0.25
_ANSWER_SECONDS = 1.0
_TITLES = {"collector": "the collector", "delivery": "delivery", "api": "the page, with its API,"}


@dataclass(frozen=True)
class WorkerPlan:
    """Workers to be started: where each has metrics and health, where its output goes (None: to ours)."""

    settings: Settings
    ports: tuple[int, ...]
    logs: Path | None = None

    def children(self) -> list[Child]:
        """The processes."""
        return [self._child(number, port) for number, port in enumerate(self.ports, 1)]

    def _child(self, number: int, port: int) -> Child:
        command = command_of(self.settings, "worker", {"--metrics-port": str(port)})
        return Child(f"worker-{number}", command, log_of(self.logs, f"worker-{number}"))

    async def tell_when_ready(self, say: Say) -> None:
        """Return when every worker is ready; says so of each as soon as it is, whatever the others do."""

        async def tell(number: int, address: str) -> None:
            await until_ready(address)
            say(f"worker-{number} is ready; metrics and health on {address}")

        addresses = [f"http://{self.settings.metrics_host}:{port}" for port in self.ports]
        await asyncio.gather(*(tell(number, address) for number, address in enumerate(addresses, 1)))


@dataclass(frozen=True)
class FrontPlan:
    """The processes that people and programs talk to: collector, delivery, api. ports: where each answers."""

    settings: Settings
    ports: Mapping[str, int]
    logs: Path | None = None

    def children(self) -> list[Child]:
        """The processes."""
        return [self._child(name, port) for name, port in self.ports.items()]

    def _child(self, name: str, port: int) -> Child:
        options = {f"--{name}-port": str(port)}
        if name == "delivery" and self.settings.subscriptions:
            options["--subscriptions"] = self.settings.subscriptions
        if name in ("delivery", "api") and self.settings.inbox:
            options["--inbox"] = self.settings.inbox
        if name == "api":  # it asks delivery what became of webhooks
            options["--delivery-port"] = str(self.ports["delivery"])
        return Child(name, command_of(self.settings, name, options), log_of(self.logs, name))

    def address_of(self, name: str) -> str:
        """Where the process of that name answers."""
        return f"http://{getattr(self.settings, f'{name}_host')}:{self.ports[name]}"

    async def tell_when_ready(self, say: Say) -> None:
        """Return when all are ready; says of each, as soon as it is, where it is and where the secret that lets in."""

        async def tell(name: str) -> None:
            await until_ready(self.address_of(name))
            say(f"{_TITLES[name]} is ready on {self.address_of(name)}{self._key_to(name)}")
            if name == "api":
                tell_sign_in(self.settings, self.address_of(name), say)

        await asyncio.gather(*map(tell, self.ports))

    def _key_to(self, name: str) -> str:
        folder = self.settings.data_path
        if name == "collector":
            keys = []
            if not self.settings.browser_keys:
                keys.append(f"its browser key (public: for pages, forms, apps) is in {browser_keys_file(folder)}")
            if not self.settings.write_keys:
                keys.append(f"its write key (secret: for servers) is in {write_keys_file(folder)}")
            return "".join(f"; {key}" for key in keys)
        if name == "api" and not self.settings.api_tokens:
            return f"; the token to sign in with is in {folder / TOKENS_FILE}"
        return ""


def shadow_child(settings: Settings, logs: Path | None = None) -> Child:
    """The process that scores the candidates that people name on the page, on any free port."""
    command = command_of(settings, "shadow", {"--shadow-port": "0"})
    return Child("shadow", command, log_of(logs, "shadow"))


def front_plan(settings: Settings, logs: Path | None = None) -> FrontPlan:
    """Collector, delivery and api on the ports of the settings, or the next free ones; port 0: any free one."""
    ports: dict[str, int] = {}
    for name in _TITLES:
        ports[name] = _free_port(getattr(settings, f"{name}_port"), *ports.values())
    return FrontPlan(settings, ports, logs)


def a_write_key(settings: Settings) -> str:
    """One of the keys with which servers send; raises OperatorError where none can be read."""
    return next(iter(write_keys(settings).values()))


def command_of(settings: Settings, name: str, more: Mapping[str, str]) -> tuple[str, ...]:
    """How the process of that name is started with these settings and these options besides."""
    options = {
        "--bootstrap": settings.bootstrap,
        "--app-id": settings.app_id,
        "--model": settings.model,
        "--topic-prefix": settings.topic_prefix,
        "--data-dir": settings.data_dir,
        **more,
    }
    if name == "shadow":  # there it names a candidate
        del options["--model"]
    return (sys.executable, "-m", "streamprocessor", name, *(word for pair in options.items() for word in pair))


def log_of(folder: Path | None, name: str) -> Path | None:
    """The file for the output of the process of that name; None: it goes where ours does."""
    return folder / f"{name}.log" if folder else None


def free_ports(first: int, count: int) -> tuple[int, ...]:
    """So many free ports, from `first` on; 0: any."""
    ports: list[int] = []
    for _ in range(count):
        ports.append(_free_port(first, *ports))
    return tuple(ports)


def _free_port(first: int, *taken: int) -> int:
    if first == 0:
        return any_free(*taken)
    port = next_free(first)
    while port in taken:
        port = next_free(port + 1)
    return port


async def until_ready(address: str) -> None:
    """Return when the process that answers there is ready."""
    while not await asyncio.to_thread(_is_ready, f"{address}/readyz"):  # noqa: ASYNC110 - another process
        await asyncio.sleep(_LOOK_SECONDS)


def _is_ready(address: str) -> bool:
    with contextlib.suppress(OSError, urllib.error.URLError), urllib.request.urlopen(address, timeout=_ANSWER_SECONDS):
        return True
    return False
