"""Topics and groups taken away for good."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import CoordinationType
from aiokafka.errors import GroupIdNotFound, KafkaError, for_code
from aiokafka.protocol.admin import DeleteGroupsRequest

from streamprocessor.kafka.admin.reconcile import topic_ids
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.connection import connected
from streamprocessor.kafka.diagnosis.diagnosis import broker_error

_GONE_SECONDS = 30.0
_LOOK_SECONDS = 0.1


async def delete_topics(clients: ClientSettings, names: Collection[str]) -> None:
    """Delete those of the topics that there are; on return they are gone."""
    there = await topic_ids(clients, names)
    if not there:
        return
    admin = AIOKafkaAdminClient(**clients.arguments())
    await admin.start()
    try:
        await admin.delete_topics(list(there))
    finally:
        await admin.close()
    async with asyncio.timeout(_GONE_SECONDS):
        while await topic_ids(clients, there):  # noqa: ASYNC110 - the broker tells nobody when it is done
            await asyncio.sleep(_LOOK_SECONDS)


async def delete_group(clients: ClientSettings, group: str) -> None:
    """Delete the consumer group, which has no members, and what it committed; nothing where there is none.

    Raises BrokerError where it can't be deleted.
    """
    async with connected(clients) as client:
        try:
            coordinator = await client.coordinator_lookup(CoordinationType.GROUP, group)
            response = await client.send(coordinator, DeleteGroupsRequest([group]))
            for _, code in response.results:
                if code and code != GroupIdNotFound.errno:
                    raise for_code(code)
        except KafkaError as error:
            raise await broker_error(clients, error, f"group {group}: can't be deleted") from error
