"""The topics of a second application, from the first one that says what they are for to the models that let it start.

Until the models are there no worker starts on them; so whatever is killed before can be thrown away and begun again.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from streamprocessor.cli.kafka.topic_reader import newest_under, records_of
from streamprocessor.cli.rebuild.acknowledged_writer import AcknowledgedWriter, acknowledged_writer
from streamprocessor.cli.rebuild.application import Application
from streamprocessor.cli.rebuild.input_replay import recreate
from streamprocessor.contract.changelog.entry import (
    ERASED_PREFIX,
    IDENTITY_KEY,
    ORIGIN_KEY,
    TableIdentity,
    encode_erasure,
    encode_identity,
)
from streamprocessor.contract.model_file.revisions import ModelRevision, encode_revision, new_key, newest_of
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG, EVIDENCE_TRANSFERS, MODELS, SUBSCRIPTIONS
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.reconcile import apply, end_offsets, topic_ids
from streamprocessor.kafka.partitioner import partition_of


class TableStage(StrEnum):
    """How far a second table is.

    BEGUN: what is in it may be thrown away. WRITTEN: it is whole, and the first one has ended. DONE: workers may start.
    """

    BEGUN = "begun"
    WRITTEN = "written"
    DONE = "done"


class TableOrigin(msgspec.Struct, frozen=True):
    """What a second table says of itself.

    group: that of the application whose place it takes.
    covers_all: whether its evidence has all that its model needs, from the topics' first record on.
    """

    group: str
    stage: TableStage
    covers_all: bool = False


class SecondTopics:
    """The topics that stand under the second application's id. partitions: of its table."""

    def __init__(self, origin: Application, target: Application) -> None:
        """Of a table in the target that takes the place of the origin's."""
        self._origin = origin
        self._target = target
        self._changelog = target.layout.full_name(CONTACTS_CHANGELOG)
        self.partitions = next(topic.partitions for topic in target.layout.input_names().values())

    async def origin(self) -> TableOrigin | None:
        """What the table says of itself; None: nothing is there. Raises OperatorError where it is another table."""
        names = [self._changelog, self._target.layout.full_name(MODELS)]
        there = await topic_ids(self._target.clients, names)
        if not there or not any((await end_offsets(self._target.clients, there)).values()):
            return None
        value = await newest_under(self._target.clients, self._changelog, ORIGIN_KEY) if names[0] in there else None
        origin = None if value is None else msgspec.json.decode(value, type=TableOrigin)
        if origin is None or origin.group != self._origin.group:
            of = "a table of its own" if origin is None else f"the table in place of that of group {origin.group}"
            message = (
                f"application {self._target.layout.app_id}: its topics hold {of}; wanted an --into that is no "
                f"application yet, or the table in place of that of group {self._origin.group}"
            )
            raise OperatorError(message)
        return origin

    async def begin(self) -> None:
        """Have the topics, with nothing in the table but whose place it takes."""
        if await self.origin() is not None:
            await recreate(self._target, [self._changelog, self._target.layout.full_name(EVIDENCE_TRANSFERS)])
        await apply(self._target.clients, self._target.layout)
        async with acknowledged_writer(self._target.clients, [self._changelog]) as writer:
            await self.note(writer, TableStage.BEGUN)

    async def note(self, writer: AcknowledgedWriter, stage: TableStage, *, covers_all: bool = False) -> None:
        """Say how far the table is, once all that was written before is acknowledged."""
        await writer.flush()
        value = msgspec.json.encode(TableOrigin(self._origin.group, stage, covers_all))
        await writer.send((self._changelog, partition_of(ORIGIN_KEY, self.partitions)), ORIGIN_KEY, value)
        await writer.flush()

    async def write_identity(self, writer: AcknowledgedWriter, identity: TableIdentity) -> None:
        """Say in each partition whose table it is."""
        ids = await self._target.input_ids()
        value = encode_identity(msgspec.structs.replace(identity, topic_ids=ids, successor=msgspec.UNSET))
        for number in range(self.partitions):
            await writer.send((self._changelog, number), IDENTITY_KEY, value)

    async def write_erased(self, writer: AcknowledgedWriter, erased: Mapping[bytes, int]) -> None:
        """Say in each partition who was erased: of a pseudonym nobody can tell where it belongs."""
        for number in range(self.partitions):
            for pseudonym, at_ms in erased.items():
                await writer.send((self._changelog, number), ERASED_PREFIX + pseudonym, encode_erasure(at_ms))

    async def copy_subscriptions(self, writer: AcknowledgedWriter) -> None:
        """Have the subscriptions of the first application."""
        name = self._target.layout.full_name(SUBSCRIPTIONS)
        async for record in records_of(self._origin.clients, self._origin.layout.full_name(SUBSCRIPTIONS)):
            await writer.send((name, 0), record.key, record.value, record.headers)

    async def copy_models(self, writer: AcknowledgedWriter, last: ModelRevision | None) -> None:
        """Have the history of models of the first application, each once; from here on workers start.

        last: comes after them; None: nothing does.
        """
        name = self._target.layout.full_name(MODELS)
        copied = [record async for record in records_of(self._target.clients, name)]
        keys = {record.key for record in copied}
        async for record in records_of(self._origin.clients, self._origin.layout.full_name(MODELS)):
            if record.value is not None and record.key not in keys:  # without a value a worker asked for the time
                await writer.send((name, 0), record.key, record.value, record.headers)
        newest = newest_of(copied)
        if last is not None and (newest is None or newest.revision < last.revision):
            await writer.send((name, 0), new_key(last), encode_revision(last))
