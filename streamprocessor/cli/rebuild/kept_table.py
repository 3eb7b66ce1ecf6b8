"""A table kept where an input topic or a salt was lost: what it knows stays, a new topic begins at its start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from streamprocessor.cli.kafka.broker_source import BrokerSource
from streamprocessor.cli.kafka.stored_partition import StoredPartition
from streamprocessor.cli.rebuild.acknowledged_writer import acknowledged_writer
from streamprocessor.cli.rebuild.application import Application
from streamprocessor.contract.changelog.entry import (
    IDENTITY_KEY,
    TableIdentity,
    decode_identity,
    encode_identity,
    new_incarnation,
)
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG
from streamprocessor.kafka.admin.consumer_group import Offsets, committed_offsets
from streamprocessor.kafka.admin.reconcile import end_offsets


class _Inputs(NamedTuple):
    """The input topics as they are: Kafka's ids and our numbers, by short name, and their ends."""

    ids: Mapping[str, str]
    numbers: Mapping[str, int]
    ends: Mapping[tuple[str, int], int]


async def keep_table(application: Application, say: Callable[[str], None], *, forget_erased: bool = False) -> None:
    """Have the table know no more of the input topics than they hold, nor which address salt it was made with.

    A topic that was made anew begins at its start, one that has become shorter at its end. Where it is killed it begins
    again: a partition says that it is of the new topics only after the group was told where to begin in them.
    forget_erased: forget who was erased, too: their salt was lost, and nobody can tell them any more.

    Raises OperatorError where workers run.
    """
    await application.refuse_workers()
    source, layout = BrokerSource(application.clients), application.layout
    changelog = layout.full_name(CONTACTS_CHANGELOG)
    inputs = await _inputs(application)
    renewed = await _renewed(source, changelog, inputs)
    await _begin(application, inputs, renewed)
    contacts = 0
    async with acknowledged_writer(application.clients, [changelog]) as writer:
        for topic, number in sorted(await source.ends([changelog])):
            stored = await StoredPartition.read(source, topic, number)
            if stored.identity is None:
                continue
            ends = {inputs.numbers[name]: inputs.ends[name, number] for name in inputs.ids}
            for key, value in stored.corrected({inputs.numbers[name] for name in renewed}, ends):
                contacts += 1
                await writer.send((changelog, number), key, value)
            if forget_erased:
                for key in stored.erased:
                    await writer.send((changelog, number), key, None)
            known = stored.identity
            incarnation = new_incarnation() if known.successor else known.incarnation  # whose ids went on elsewhere
            identity = TableIdentity(incarnation, dict(inputs.ids), known.salt_check)
            await writer.send((changelog, number), IDENTITY_KEY, encode_identity(identity))
    begun = ", ".join(sorted(layout.full_name(name) for name in renewed))
    if begun:
        say(f"{begun}: begun at the start")
    say(f"{changelog}: {contacts} contacts know no more of the input topics than those hold; all else is as it was")


async def _renewed(source: BrokerSource, changelog: str, inputs: _Inputs) -> set[str]:
    """The topics that are others than some partition of the table was made from."""
    renewed: set[str] = set()
    for topic, number in await source.ends([changelog]):
        known: Mapping[str, str] = {}
        async for record in source.records(topic, number):
            if record.key == IDENTITY_KEY and record.value is not None:
                known = decode_identity(record.value).topic_ids
        renewed |= {name for name, id_ in inputs.ids.items() if known.get(name, id_) != id_}
    return renewed


async def _begin(application: Application, inputs: _Inputs, renewed: set[str]) -> None:
    names = {application.layout.full_name(name): name for name in inputs.ids}
    committed = await committed_offsets(application.clients, application.group)
    await application.commit(
        {
            where: 0 if names[where[0]] in renewed else min(offset, inputs.ends[names[where[0]], where[1]])
            for where, offset in committed.items()
            if where[0] in names
        }
    )


async def _inputs(application: Application) -> _Inputs:
    layout = application.layout
    ids = await application.input_ids()
    numbers = {topic.name: topic.number for topic in layout.topics if topic.number is not None}
    short = {layout.full_name(name): name for name in ids}
    ends: Offsets = await end_offsets(application.clients, short)
    return _Inputs(ids, numbers, {(short[name], number): end for (name, number), end in ends.items()})
