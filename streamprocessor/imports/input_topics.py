"""Sending to the input topics, once they are known to be there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from streamprocessor.contract.topics.topics import IN
from streamprocessor.imports.kafka_sender import KafkaSender, kafka_sender
from streamprocessor.kafka.admin.cluster import WRITE
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.kafka.admin.reconcile import refuse_unless_allowed
from streamprocessor.kafka.connection import client_settings
from streamprocessor.settings import Settings


@asynccontextmanager
async def checked_sender(settings: Settings) -> AsyncIterator[KafkaSender]:
    """A sender to the input topics; raises TopicError at once where one is missing or may not be written."""
    clients = client_settings(settings)
    names = [name for name, topic in layout_of(settings).names().items() if topic.direction == IN]
    await refuse_unless_allowed(clients, dict.fromkeys(names, WRITE))
    async with kafka_sender(clients, settings.topic_prefix) as sender:
        yield sender
