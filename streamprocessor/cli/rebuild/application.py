"""Where a table is: an application on one Kafka, and its workers' group."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from streamprocessor.contract.topics.rights import rights_of
from streamprocessor.contract.topics.roles import REBUILD
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.consumer_group import consumer_group
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.kafka.admin.reconcile import Layout, topic_ids
from streamprocessor.kafka.admin.rights import ProcessRights
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.connection import client_settings
from streamprocessor.settings import Settings

_LOOK_SECONDS = 0.5


class Application(NamedTuple):
    """One application on one Kafka. wait_seconds: for workers of which the group does not know yet that they ended."""

    clients: ClientSettings
    layout: Layout
    wait_seconds: float = 0.0

    @property
    def group(self) -> str:
        """The workers' group."""
        return self.layout.group

    async def refuse_without_rights(self) -> None:
        """Raise NotAllowedError where a right on a topic that is there, or on the group, is missing."""
        layout = self.layout
        wanted = rights_of(REBUILD, layout.topics, layout.prefix, layout.app_id)
        await ProcessRights(self.clients, REBUILD, wanted, frozenset(layout.names())).refuse_where_missing()

    async def refuse_workers(self) -> None:
        """Raise OperatorError where workers run: they would write into what is read."""
        deadline = time.monotonic() + self.wait_seconds
        while members := (await consumer_group(self.clients, self.layout, self.group)).members:
            if time.monotonic() < deadline:
                await asyncio.sleep(_LOOK_SECONDS)
                continue
            names = ", ".join(sorted(member.name for member in members))
            message = (
                f"group {self.group}: has workers ({names}); wanted none: stop them; one that ended by itself is "
                "missed when its session has timed out, which --wait waits for"
            )
            raise OperatorError(message)

    async def input_ids(self) -> dict[str, str]:
        """Kafka's ids of the topics that workers read, by their short names."""
        short = {name: topic.name for name, topic in self.layout.names().items() if topic.number is not None}
        return {short[name]: id_ for name, id_ in (await topic_ids(self.clients, short)).items()}

    async def commit(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Have the group go on at these offsets; it has no members."""
        consumer = AIOKafkaConsumer(**self.clients.arguments(), group_id=self.group, enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign([TopicPartition(*place) for place in offsets])
            await consumer.commit({TopicPartition(*place): offset for place, offset in offsets.items()})
        finally:
            await consumer.stop()


def application_of(settings: Settings, wait_seconds: float = 0.0) -> Application:
    """The application of these settings."""
    return Application(client_settings(settings), layout_of(settings), wait_seconds)
