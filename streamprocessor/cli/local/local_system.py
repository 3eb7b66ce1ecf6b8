"""All of it on this machine: embedded Kafka, topics, model, supervised workers; nothing is left behind."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from streamprocessor.cli.kafka.revision_report import applied_sentence, unchanged_sentence
from streamprocessor.cli.kafka.revisions import apply_first, apply_next_model, next_model_from
from streamprocessor.cli.local.local_processes import Say
from streamprocessor.cli.terminal.options import KAFKA_FOLDER
from streamprocessor.cli.terminal.progress import preparation
from streamprocessor.cli.terminal.user import user_name
from streamprocessor.contract.model_file.next_revision import Publication
from streamprocessor.errors import EXIT_FAILED
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.kafka.admin.reconcile import apply
from streamprocessor.kafka.connection import client_settings
from streamprocessor.kafka.embedded.embedded import DEFAULT_PORT, EmbeddedKafka, prepare
from streamprocessor.process.data_folder import keep_private
from streamprocessor.process.erasure_salt import make_erasure_salt
from streamprocessor.process.http.address_note import forget_killed_processes
from streamprocessor.process.stored_secrets import make_address_salt
from streamprocessor.process.supervisor import Supervisor
from streamprocessor.settings import Settings

_LOOK_SECONDS = 0.25


@dataclass(frozen=True)
class LocalKafka:
    """The Kafka in use: `process` where it is our own, None where --bootstrap named another."""

    settings: Settings
    process: EmbeddedKafka | None

    @property
    def typed_settings(self) -> Settings:
        """The settings as a person types them: without the address of an embedded Kafka, which is found."""
        return self.settings if self.process is None else self.settings.model_copy(update={"bootstrap": ""})


@contextmanager
def kafka_for(settings: Settings, say: Say) -> Iterator[LocalKafka]:
    """Kafka for as long as the block lasts: the one named, else an embedded one, fetched and started, stopped after.

    Raises BrokerError where it can't be fetched or started, OperatorError where the data folder can't be made.
    """
    keep_private(settings.data_path)
    if settings.bootstrap:
        yield LocalKafka(settings, None)
        return
    port = None if settings.kafka_port == DEFAULT_PORT else settings.kafka_port
    folder = settings.data_path / KAFKA_FOLDER
    with preparation(say) as progress:
        runtime = prepare(progress=progress)
    with EmbeddedKafka(folder, port=port, runtime=runtime) as kafka:
        say(f"Apache Kafka is up on {kafka.bootstrap}, its data in {folder}")
        yield LocalKafka(settings.model_copy(update={"bootstrap": kafka.bootstrap}), kafka)


async def set_up(kafka: LocalKafka, command: str, say: Say, *, model_given: bool) -> None:
    """Make the topics and the salts where they are not there yet, and put the model file in force where none is.

    command: what starts the system, as the model's history names it.
    model_given: whether the file was named on this start: then it is put in force whatever was.
    """
    settings = kafka.settings
    forget_killed_processes(settings.data_path)  # this start may have fewer of them, at other ports
    make_erasure_salt(settings.erasure_salt, settings.data_path)
    make_address_salt(settings.address_salt, settings.data_path)
    layout = layout_of(settings)
    mended = await apply(client_settings(settings), layout)
    say(f"{len(layout.topics)} topics are there ({len(mended)} differences made good)")
    file, origin, by = Path(settings.model), f"{command} {settings.model}", Publication(author=user_name())
    if model_given:
        applied = await apply_next_model(settings, next_model_from(file, origin, by))
    else:
        applied = await apply_first(settings, file, origin, by)
    typed = kafka.typed_settings
    if applied.is_new or model_given:
        say(applied_sentence(applied, settings.model, typed))
    else:
        say(unchanged_sentence(applied.entry, typed))


async def supervise(kafka: EmbeddedKafka | None, supervisor: Supervisor, say: Say) -> int:
    """The exit code, once the workers were told to end and did; where our Kafka ends by itself, so do they."""
    if kafka is None:
        return await supervisor.run()
    watching = asyncio.ensure_future(_stop_without(kafka, supervisor, say))
    try:
        return await supervisor.run()
    finally:
        watching.cancel()


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
