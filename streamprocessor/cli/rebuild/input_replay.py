"""A table made anew of what the input topics still hold: for a changelog that was lost and is in no backup."""

from __future__ import annotations

from collections.abc import Callable

from aiokafka import TopicPartition

from streamprocessor.cli.kafka.topic_reader import writer_to
from streamprocessor.cli.rebuild.application import Application
from streamprocessor.contract.changelog.entry import IDENTITY_KEY, TableIdentity, encode_identity, new_incarnation
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG, EVIDENCE_TRANSFERS
from streamprocessor.kafka.admin.cluster import NewTopic, configs, create, describe
from streamprocessor.kafka.admin.reconcile import apply, end_offsets
from streamprocessor.kafka.admin.removal import delete_topics
from streamprocessor.kafka.clients import ClientSettings, new_reader
from streamprocessor.kafka.connection import connected


async def begin_anew(application: Application, salt_check: str, say: Callable[[str], None]) -> None:
    """Have workers read all that the input topics hold into an empty table. salt_check: of the erasure salt.

    Raises OperatorError where workers run.
    """
    await application.refuse_workers()
    changelog, transfers = (application.layout.full_name(name) for name in (CONTACTS_CHANGELOG, EVIDENCE_TRANSFERS))
    await recreate(application, [changelog, transfers])
    names = [*application.layout.input_names(), transfers]
    beginnings = await beginnings_of(application.clients, names)
    await application.commit(beginnings)
    ids = await application.input_ids()
    async with writer_to(application.clients, [changelog]) as producer:
        for topic, number in await end_offsets(application.clients, [changelog]):
            identity = encode_identity(TableIdentity(new_incarnation(), ids, salt_check))
            await producer.send_and_wait(topic, key=IDENTITY_KEY, value=identity, partition=number)
    ends = await end_offsets(application.clients, names)
    records = sum(end - beginnings[where] for where, end in ends.items())
    say(f"{changelog}: empty; workers make the table anew of up to {records} records of input as soon as they start")


async def recreate(application: Application, names: list[str]) -> None:
    """Make these topics anew, empty, with as many partitions and the settings that they have."""
    layout = application.layout
    async with connected(application.clients) as client:
        there = (await describe(client, names)).topics
        wanted = {name: layout.config(layout.names()[name], topic.replication) for name, topic in there.items()}
        existing = await configs(client, {name: config.keys() for name, config in wanted.items()}) if there else {}
        await delete_topics(application.clients, list(there))
        same = [NewTopic(name, each.partitions, each.replication, existing[name]) for name, each in there.items()]
        if same:
            await create(client, same)
    if len(there) < len(names):
        await apply(application.clients, layout)


async def beginnings_of(clients: ClientSettings, names: list[str]) -> dict[tuple[str, int], int]:
    """The offset of the first record that each partition of these topics still holds."""
    where = [TopicPartition(*each) for each in await end_offsets(clients, names)]
    reader = new_reader(clients)
    await reader.start()
    try:
        return {
            (each.topic, each.partition): offset for each, offset in (await reader.beginning_offsets(where)).items()
        }
    finally:
        await reader.stop()
