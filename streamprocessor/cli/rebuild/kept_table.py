"""A table kept where an input topic or a salt was lost: what it knows stays, a new topic begins at its start."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from streamprocessor.cli.kafka.broker_source import BrokerSource
from streamprocessor.cli.kafka.topic_reader import writer_to
from streamprocessor.cli.rebuild.application import Application
from streamprocessor.cli.rebuild.stored_table import StoredPartition
from streamprocessor.contract.changelog.entry import IDENTITY_KEY, encode_identity
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG


async def keep_table(application: Application, say: Callable[[str], None], *, forget_erased: bool = False) -> None:
    """Have the table forget the offsets of the input topics that were made anew, and the check of the address salt.

    forget_erased: who was erased, too: their salt was lost, and nobody can tell them any more.

    Raises OperatorError where workers run.
    """
    await application.refuse_workers()
    source, changelog = BrokerSource(application.clients), application.layout.full_name(CONTACTS_CHANGELOG)
    ids = await application.input_ids()
    numbers = {topic.name: topic.number for topic in application.layout.topics if topic.number is not None}
    renewed: set[str] = set()
    contacts = 0
    async with writer_to(application.clients, [changelog]) as producer:
        for topic, number in sorted(await source.ends([changelog])):
            stored = StoredPartition(number)
            async for record in source.records(topic, number):
                stored.add(record)
            if stored.identity is None:
                continue
            known = stored.identity.topic_ids
            changed = {name for name, id_ in ids.items() if known.get(name, id_) != id_}
            renewed |= changed
            for key, value in stored.without_offsets({numbers[name] for name in changed}):
                contacts += 1
                await producer.send(changelog, key=key, value=value, partition=number)
            if forget_erased:
                for key in stored.erased:
                    await producer.send(changelog, key=key, value=None, partition=number)
            identity = encode_identity(msgspec.structs.replace(stored.identity, topic_ids=ids, address_check=""))
            await producer.send(changelog, key=IDENTITY_KEY, value=identity, partition=number)
    names = [application.layout.full_name(name) for name in renewed]
    if names:
        await application.commit(dict.fromkeys(await source.ends(names), 0))
        begun = (
            f"{', '.join(sorted(names))}: begun at the start; {contacts} contacts keep what they had of the former ones"
        )
        say(begun)
    say(f"{changelog}: is of the input topics as they are; the next worker's address salt is the table's")
