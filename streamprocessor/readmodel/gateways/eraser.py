"""An erasure asked for over HTTP, handed to the workers."""

from __future__ import annotations

import uuid
from typing import Any

import orjson
from aiokafka.errors import KafkaError

from streamprocessor.contract.events.event_fields import contact_of
from streamprocessor.errors import RecordError
from streamprocessor.readmodel.problem import Problem


class Eraser:
    """Writes `erase` updates. producer: a started aiokafka one, acks all; topic: of contact updates."""

    def __init__(self, producer: Any, topic: str) -> None:
        self._producer = producer
        self._topic = topic

    async def erase(self, contact_id: str) -> str:
        """The update's id, once Kafka has it; raises Problem on an id that no contact can have, or without Kafka."""
        try:
            contact_of(contact_id.encode())
        except RecordError as error:
            raise Problem(400, "bad-parameter", f"contact: {error.detail}") from error
        id_ = uuid.uuid4().hex
        value = orjson.dumps({"id": id_, "contact_id": contact_id, "update": "erase"})
        try:
            await self._producer.send_and_wait(self._topic, key=contact_id.encode(), value=value)
        except KafkaError as error:
            detail = f"Kafka did not take the erasure ({type(error).__name__}); wanted it acknowledged: try again"
            raise Problem(503, "kafka-away", detail, {"Retry-After": "5"}) from error
        return id_
