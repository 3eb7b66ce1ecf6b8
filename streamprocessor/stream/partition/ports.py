"""What the data plane needs of Kafka: a producer of batches, and the consumer of the input topics."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, NamedTuple, Protocol

from streamprocessor.stream.partition.batch import InputPartition


class InputState(NamedTuple):
    """Where an input partition stands.

    end: the offset after its last record.
    committed: the group's committed offset; None: never committed.
    """

    end: int
    committed: int | None


class BatchProducer(Protocol):
    """An idempotent producer whose batches are acknowledged by all in-sync replicas."""

    def create_batch(self) -> Any:
        """An empty batch of aiokafka's."""

    async def send_batch(self, batch: Any, topic: str, partition: int) -> Awaitable[Any]:
        """Hand the batch over; the result's metadata has the offset of the batch's first record."""


class InputConsumer(Protocol):
    """The group's consumer of the input topics."""

    def highwater(self, where: InputPartition) -> int | None:
        """The offset after the partition's last record, as of the last fetch; None: not known yet."""

    def pause(self, number: int) -> None:
        """Stop fetching the inputs of this partition number."""

    def resume(self, number: int) -> None:
        """Fetch the inputs of this partition number again."""

    async def input_states(self, numbers: set[int]) -> Mapping[InputPartition, InputState]:
        """Where each input partition of these numbers stands."""
