"""The application's producer and consumer, for parts that are put together before the application is."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any

import faust
from faust.types import TP

from streamprocessor.stream.partition.batch import InputPartition
from streamprocessor.stream.partition.ports import InputState


class ProducerPort:
    """A BatchProducer; bind it before anything is sent."""

    _app: faust.App

    def bind(self, app: faust.App) -> None:
        """Send through this application from now on."""
        self._app = app

    def create_batch(self) -> Any:
        """An empty batch of aiokafka's."""
        return self._app.producer._ensure_producer().create_batch()

    async def send_batch(self, batch: Any, topic: str, partition: int) -> Awaitable[Any]:
        """Hand the batch over; the result's metadata has the offset of the batch's first record."""
        sent: Awaitable[Any] = await self._app.producer._ensure_producer().send_batch(batch, topic, partition=partition)
        return sent


class ConsumerPort:
    """An InputConsumer; bind it before anything is asked."""

    _app: faust.App

    def __init__(self, inputs: Mapping[int, str]) -> None:
        """Know the full names of the input topics by their numbers."""
        self._inputs = inputs

    def bind(self, app: faust.App) -> None:
        """Ask this application's consumer from now on."""
        self._app = app

    def highwater(self, where: InputPartition) -> int | None:
        """The offset after the partition's last record, as of the last fetch; None: not known yet."""
        end: int | None = self._app.consumer.highwater(TP(self._inputs[where.topic_number], where.partition))
        return end

    def pause(self, number: int) -> None:
        """Stop fetching the inputs of this partition number."""
        self._app.consumer.pause_partitions(self._partitions(number))

    def resume(self, number: int) -> None:
        """Fetch the inputs of this partition number again, where they are still ours."""
        consumer = self._app.consumer
        consumer.resume_partitions(self._partitions(number) & consumer.assignment())

    async def input_states(self, numbers: set[int]) -> Mapping[InputPartition, InputState]:
        """Where each input partition of these numbers stands."""
        inputs = self._inputs.items()
        where = {TP(name, number): InputPartition(topic, number) for topic, name in inputs for number in numbers}
        ends = await self._app.consumer.highwaters(*where)
        committed = await self._app.consumer.seek_to_committed()
        return {place: InputState(ends[tp], committed.get(tp)) for tp, place in where.items()}

    def _partitions(self, number: int) -> set[TP]:
        return {TP(name, number) for name in self._inputs.values()}
