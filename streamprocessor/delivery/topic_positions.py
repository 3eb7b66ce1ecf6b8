"""Topics that are read outside of any group, from positions that the store keeps: offsets by topic and partition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition

from streamprocessor.errors import OperatorError
from streamprocessor.kafka.clients import ClientSettings

POLL_MS = 500


def new_consumer(clients: ClientSettings) -> AIOKafkaConsumer:
    """A consumer without a group, not started, to which partitions are assigned by hand."""
    return AIOKafkaConsumer(
        **clients.arguments(),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=POLL_MS,
    )


def refuse_made_anew(known: Mapping[tuple[str, int], int], ends: Mapping[tuple[str, int], int]) -> None:
    """Raise OperatorError where a partition ends before the position that it was read up to."""
    for place, end in ends.items():
        if known.get(place, 0) > end:
            message = (
                f"topic {place[0]}, partition {place[1]}: ends at {end}; wanted the one that was read up to "
                f"{known[place]}: it was made anew. Use another delivery database, or another data folder"
            )
            raise OperatorError(message)


async def offsets_at(
    consumer: AIOKafkaConsumer, places: Iterable[tuple[str, int]], instant_ms: int
) -> dict[tuple[str, int], int]:
    """The first record from the instant on in each of the partitions that has one."""
    found = await consumer.offsets_for_times({TopicPartition(*place): instant_ms for place in places})
    return {(where.topic, where.partition): at.offset for where, at in found.items() if at is not None}


def seek(consumer: AIOKafkaConsumer, begins: Mapping[tuple[str, int], int]) -> None:
    """Have the consumer read these partitions, each from there on."""
    consumer.assign([TopicPartition(*place) for place in begins])
    for place, offset in begins.items():
        consumer.seek(TopicPartition(*place), offset)
