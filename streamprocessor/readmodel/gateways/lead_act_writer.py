"""What people do with hot leads, handed to Kafka."""

from __future__ import annotations

from typing import Any

from aiokafka.errors import KafkaError

from streamprocessor.inbox.acts import event_of
from streamprocessor.inbox.episode import LeadAct
from streamprocessor.readmodel.problem import Problem


class LeadActWriter:
    """Writes events of the inbox. producer: a started aiokafka one, acks all; topic: of activities."""

    def __init__(self, producer: Any, topic: str) -> None:
        self._producer = producer
        self._topic = topic

    async def write(self, contact_id: str, act: LeadAct) -> None:
        """Return once Kafka has the act; raises Problem without Kafka."""
        try:
            await self._producer.send_and_wait(self._topic, key=contact_id.encode(), value=event_of(contact_id, act))
        except KafkaError as error:
            detail = f"Kafka did not take it ({type(error).__name__}); wanted it acknowledged: try again"
            raise Problem(503, "kafka-away", detail, {"Retry-After": "5"}) from error
