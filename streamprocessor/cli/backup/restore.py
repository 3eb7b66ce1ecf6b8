"""A backup brought back: extracted, compared with what it was, and its table given a name of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from streamprocessor.cli.backup.archive import Description, extract, finish
from streamprocessor.cli.kafka.broker_source import BrokerSource
from streamprocessor.cli.kafka.system_state import differences, system_state
from streamprocessor.cli.kafka.topic_reader import writer_to
from streamprocessor.cli.terminal.options import KAFKA_FOLDER
from streamprocessor.contract.changelog.entry import IDENTITY_KEY, decode_identity, encode_identity, new_incarnation
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG
from streamprocessor.errors import NotAsItWasError
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.kafka.connection import client_settings
from streamprocessor.kafka.embedded.embedded import EmbeddedKafka, prepare
from streamprocessor.process.data_folder import keep_private
from streamprocessor.settings import Settings

_SESSION_TIMEOUT_MS = 3_000  # a start waits until the broker that was backed up while it ran is missed


async def bring_back(settings: Settings, archive: Path) -> Description:
    """Extract the archive into the data folder of the settings and prove it; what it is of.

    Raises:
        OperatorError: the folder is not empty, the archive is not whole, or Kafka can't be started on it.
        NotAsItWasError: the restored Kafka says other than the files said that were backed up.
    """
    keep_private(settings.data_path)
    description = await asyncio.to_thread(extract, archive, settings.data_path)
    if description.state:
        runtime = await asyncio.to_thread(prepare)
        folder = settings.data_path / KAFKA_FOLDER
        kafka = EmbeddedKafka(folder, port=0, session_timeout_ms=_SESSION_TIMEOUT_MS, runtime=runtime)
        await asyncio.to_thread(kafka.start)
        try:
            names = {"topic_prefix": description.topic_prefix, "app_id": description.app_id}
            restored = settings.model_copy(update={**names, "bootstrap": kafka.bootstrap})
            await _compare(restored, description)
            await _rename_table(restored)
        finally:
            await asyncio.to_thread(kafka.stop)
    finish(settings.data_path)
    return description


async def _compare(settings: Settings, description: Description) -> None:
    state = await system_state(BrokerSource(client_settings(settings)), layout_of(settings), description.at_ms)
    differing = differences(description.state, state)
    if differing:
        sentences = "\n".join(differing)
        message = f"{settings.data_dir}: is not what was backed up:\n{sentences}"
        raise NotAsItWasError(message)


async def _rename_table(settings: Settings) -> None:
    """Have what is announced from now on bear new ids.

    After the backup steps were announced that are not in it; the next ones of the same contacts have their numbers, and
    whoever drops ids that he has seen would drop them.
    """
    clients, changelog = client_settings(settings), layout_of(settings).full_name(CONTACTS_CHANGELOG)
    source = BrokerSource(clients)
    identities = {}
    for _, number in await source.ends([changelog]):
        async for record in source.records(changelog, number):
            if record.key == IDENTITY_KEY and record.value is not None:
                identities[number] = decode_identity(record.value)
    async with writer_to(clients, [changelog]) as producer:
        for number, identity in identities.items():
            renamed = msgspec.structs.replace(identity, incarnation=new_incarnation())
            value = encode_identity(renamed)
            await producer.send_and_wait(changelog, key=IDENTITY_KEY, value=value, partition=number)
