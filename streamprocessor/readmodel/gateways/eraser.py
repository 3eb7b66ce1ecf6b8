"""An erasure asked for over HTTP, handed to the workers."""

from __future__ import annotations

import uuid
from typing import Any

import orjson
from aiokafka.errors import KafkaError

from streamprocessor.contract.changelog.entry import MAX_CONTACT_KEY_BYTES, RESERVED
from streamprocessor.readmodel.problem import Problem


class Eraser:
    """Writes `erase` updates. producer: a started aiokafka one, acks all; topic: of contact updates."""

    def __init__(self, producer: Any, topic: str) -> None:
        self._producer = producer
        self._topic = topic

    async def erase(self, contact_id: str) -> str:
        """The update's id, once Kafka has it; raises Problem on an id that no contact ever had, or without Kafka.

        Not only ids that are let in now: whoever is kept under one that was let in once can be erased, too.
        """
        key = contact_id.encode()
        if not 0 < len(key) <= MAX_CONTACT_KEY_BYTES or key.startswith(RESERVED):
            got = "one that begins with a zero byte" if key.startswith(RESERVED) else f"{len(key)} bytes"
            detail = f"contact: wanted 1 to {MAX_CONTACT_KEY_BYTES} bytes, not the first zero; got {got}"
            raise Problem(400, "bad-parameter", detail)
        id_ = uuid.uuid4().hex
        value = orjson.dumps({"id": id_, "contact_id": contact_id, "update": "erase"})
        try:
            await self._producer.send_and_wait(self._topic, key=key, value=value)
        except KafkaError as error:
            detail = f"Kafka did not take the erasure ({type(error).__name__}); wanted it acknowledged: try again"
            raise Problem(503, "kafka-away", detail, {"Retry-After": "5"}) from error
        return id_
