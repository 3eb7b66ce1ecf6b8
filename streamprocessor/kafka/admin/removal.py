"""Topics and groups taken away for good."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import CoordinationType
from aiokafka.errors import GroupIdNotFound, KafkaError, for_code
from aiokafka.protocol.admin import DeleteGroupsRequest

from streamprocessor.errors import TopicError
from streamprocessor.kafka.admin.reconcile import topic_ids
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.connection import connected
from streamprocessor.kafka.diagnosis.diagnosis import broker_error

_GONE_SECONDS = 30.0
_LOOK_SECONDS = 0.1


async def delete_topics(clients: ClientSettings, names: Collection[str]) -> None:
    """Delete those of the topics that there are; on return they are gone.

    Raises TopicError where the broker does not delete one.
    """
    there = await topic_ids(clients, names)
    if not there:
        return
    admin = AIOKafkaAdminClient(**clients.arguments())
    await admin.start()
    try:
        response = await admin.delete_topics(list(there))
    finally:
        await admin.close()
    refused = [f"{name} ({for_code(code).__name__})" for name, code in response.topic_error_codes if code]
    if refused:
        message = f"topics {', '.join(refused)}: wanted them deleted; the broker refuses"
        raise TopicError(message)
    try:
        async with asyncio.timeout(_GONE_SECONDS):
            while await topic_ids(clients, there):  # noqa: ASYNC110 - the broker tells nobody when it is done
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError as error:
        message = (
            f"topics {', '.join(there)}: wanted them gone; they are there {_GONE_SECONDS:.0f} s after they were deleted"
        )
        raise TopicError(message) from error


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
