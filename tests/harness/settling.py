"""When a system has come to rest: nothing more follows from anything that was sent."""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.harness.system import System, until

#: What workers say to each other is read like an input.
CONSUMED_INTERNALS = ("evidence-transfers",)


async def until_settled(system: System, timeout_seconds: float = 60.0) -> None:
    """Return when everything is applied and committed, also what followed from it by way of other partitions.

    Two looks that find the same ends, all of them committed: what was committed at the first look had sent all that
    follows from it before it was, so the second look would have seen it.
    """
    group = f"{system.settings.topic_prefix}{system.settings.app_id}"
    consumer = AIOKafkaConsumer(**system.clients.arguments(), group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = _consumed(system)
        consumer.assign(partitions)
        ends_before: dict[TopicPartition, int] = {}

        async def at_rest() -> bool:
            nonlocal ends_before
            ends = await consumer.end_offsets(partitions)
            committed = {place: await consumer.committed(place) or 0 for place, end in ends.items() if end}
            same, ends_before = ends == ends_before, ends
            return same and all(ends[place] == offset for place, offset in committed.items())

        await until(at_rest, bool, timeout_seconds, "everything applied and committed")
    finally:
        await consumer.stop()


def _consumed(system: System) -> list[TopicPartition]:
    return [
        TopicPartition(name, number)
        for name, topic in system.layout.names().items()
        if topic.direction == "in" or topic.name in CONSUMED_INTERNALS
        for number in range(topic.partitions)
    ]
