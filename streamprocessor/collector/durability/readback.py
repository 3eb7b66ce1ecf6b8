"""What of some rows Kafka has already: read back from the topics, where a crash or a lost producer left it unsure."""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streamprocessor.collector.durability.kafka_writer import KafkaWriter, NotAcknowledged
from streamprocessor.collector.durability.row import Row
from streamprocessor.kafka.clients import new_reader

_POLL_MS = 1_000


async def not_there_yet(line: KafkaWriter, rows: Sequence[Row], since_ms: int) -> list[Row]:
    """The rows that the topics don't hold among what arrived since then; raises NotAcknowledged without Kafka.

    since_ms: by the broker's clock, so leave room for the difference of clocks. The same bytes under the same key are
    the same row: its id is in them.
    """
    wanted = set(rows)
    topics = {line.full_name(row.topic): row.topic for row in rows}
    places = {TopicPartition(line.full_name(row.topic), line.partition_of(row.topic, row.key)) for row in rows}
    consumer = new_reader(line.clients)
    try:
        await consumer.start()
        consumer.assign(list(places))
        ends = await consumer.end_offsets(list(places))
        starts = await consumer.offsets_for_times(dict.fromkeys(places, since_ms))
        left = {place for place in places if starts[place] is not None and starts[place].offset < ends[place]}
        consumer.pause(*(places - left))
        for place in left:
            consumer.seek(place, starts[place].offset)
        while left:
            for place, records in (await consumer.getmany(timeout_ms=_POLL_MS)).items():
                for record in records:
                    wanted.discard(Row(topics[place.topic], record.key, record.value))
            left = {place for place in left if await consumer.position(place) < ends[place]}
    except KafkaError as error:
        message = f"not read back: {error!r}"
        raise NotAcknowledged(message) from error
    finally:
        await consumer.stop()
    return [row for row in rows if row in wanted]
