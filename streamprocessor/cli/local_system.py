"""All of it on this machine: embedded Kafka, topics, model, supervised workers; nothing is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from streamprocessor.broker.embedded import DEFAULT_PORT, EmbeddedKafka, prepare
from streamprocessor.broker.ports import any_free, next_free
from streamprocessor.broker.supervisor import Child, Supervisor
from streamprocessor.broker.topics import apply
from streamprocessor.cli.options import KAFKA_FOLDER
from streamprocessor.cli.revisions import apply_model
from streamprocessor.collector.keys import write_keys_file
from streamprocessor.errors import EXIT_FAILED
from streamprocessor.process.kept_secrets import kept_pairs
from streamprocessor.settings import Settings
from streamprocessor.stream.startup import client_settings, layout_of

Say = Callable[[str], None]

_LOOK_SECONDS = 0.25
_ANSWER_SECONDS = 1.0


@dataclass(frozen=True)
class LocalKafka:
    """The Kafka in use: `process` where it is our own, None where --bootstrap named another."""

    settings: Settings
    process: EmbeddedKafka | None


@contextmanager
def kafka_for(settings: Settings, say: Say) -> Iterator[LocalKafka]:
    """Kafka for as long as the block lasts: the one named, else an embedded one, fetched and started, stopped after.

    Raises BrokerError where it can't be fetched or started.
    """
    if settings.bootstrap:
        yield LocalKafka(settings, None)
        return
    port = None if settings.kafka_port == DEFAULT_PORT else settings.kafka_port
    folder = settings.data_path / KAFKA_FOLDER
    with EmbeddedKafka(folder, port=port, runtime=prepare(progress=say)) as kafka:
        say(f"Apache Kafka is up on {kafka.bootstrap}, its data in {folder}")
        yield LocalKafka(settings.model_copy(update={"bootstrap": kafka.bootstrap}), kafka)


async def set_up(settings: Settings, say: Say) -> None:
    """Make the topics and put the model file in force, where that is not done yet."""
    layout = layout_of(settings)
    mended = await apply(client_settings(settings), layout)
    say(f"{len(layout.topics)} topics are there ({len(mended)} differences made good)")
    revision, is_new = await apply_model(settings, Path(settings.model))
    state = "now in force" if is_new else "in force"
    say(f"model {settings.model} is {state} as revision {revision.revision}")


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
        command = _command(self.settings, "worker", ("--metrics-port", str(port)))
        return Child(f"worker-{number}", command, self.logs / f"worker-{number}.log" if self.logs else None)


def collector_child(settings: Settings, port: int, logs: Path | None = None) -> Child:
    """The collector, on that port; logs: where its output goes, None: to ours."""
    command = _command(settings, "collector", ("--collector-port", str(port)))
    return Child("collector", command, logs / "collector.log" if logs else None)


def _command(settings: Settings, name: str, more: tuple[str, ...]) -> tuple[str, ...]:
    options = {
        "--bootstrap": settings.bootstrap,
        "--app-id": settings.app_id,
        "--model": settings.model,
        "--topic-prefix": settings.topic_prefix,
        "--data-dir": settings.data_dir,
    }
    return (sys.executable, "-m", "streamprocessor", name, *(word for pair in options.items() for word in pair), *more)


def free_ports(first: int, count: int) -> tuple[int, ...]:
    """So many free ports, from `first` on; 0: any."""
    ports: list[int] = []
    for _ in range(count):
        ports.append(any_free(*ports) if first == 0 else next_free(ports[-1] + 1 if ports else first))
    return tuple(ports)


async def supervise(kafka: EmbeddedKafka | None, supervisor: Supervisor, say: Say) -> int:
    """The exit code, once the workers were told to end and did; where our Kafka ends by itself, so do they."""
    if kafka is None:
        return await supervisor.run()
    watching = asyncio.ensure_future(_stop_without(kafka, supervisor, say))
    try:
        return await supervisor.run()
    finally:
        watching.cancel()


async def wait_until_ready(plan: WorkerPlan, say: Say) -> None:
    """Return when every worker is ready, and say so of each."""
    for number, port in enumerate(plan.ports, 1):
        address = f"http://{plan.settings.metrics_host}:{port}"
        await _until_ready(address)
        say(f"worker-{number} is ready; metrics and health on {address}")


async def wait_until_collecting(settings: Settings, port: int, say: Say) -> str:
    """The collector's address, once it is ready; says so, and where the key is that lets in."""
    address = f"http://{settings.collector_host}:{port}"
    await _until_ready(address)
    key = "" if settings.write_keys else f"; its write key is in {write_keys_file(settings.data_path)}"
    say(f"collector is ready on {address}{key}")
    return address


def a_write_key(settings: Settings) -> str:
    """One of the keys that the collector lets in; raises OperatorError where none can be read."""
    keys = kept_pairs(settings.write_keys, write_keys_file(settings.data_path), "STREAMPROCESSOR_WRITE_KEYS")
    return next(iter(keys.values()))


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """SIGTERM does as Ctrl-C does while the block lasts, so that what was started is stopped."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


async def _stop_without(kafka: EmbeddedKafka, supervisor: Supervisor, say: Say) -> None:
    while not await asyncio.to_thread(kafka.wait, _LOOK_SECONDS):
        pass
    say(kafka.why_it_ended())
    supervisor.stop(EXIT_FAILED)
    supervisor.stop()  # told twice, it doesn't wait: without Kafka nothing can be finished, and nothing is lost


async def _until_ready(address: str) -> None:
    while not await asyncio.to_thread(_is_ready, f"{address}/readyz"):  # noqa: ASYNC110 - another process
        await asyncio.sleep(_LOOK_SECONDS)


def _is_ready(address: str) -> bool:
    with contextlib.suppress(OSError, urllib.error.URLError), urllib.request.urlopen(address, timeout=_ANSWER_SECONDS):
        return True
    return False
