"""Records that Kafka lacks, found by reading the topics back where a crash or a lost producer left it unsure."""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndTimestamp

from streamprocessor.collector.durability.kafka_writer import KafkaWriter, NotAcknowledgedError
from streamprocessor.collector.durability.producer_record import ProducerRecord
from streamprocessor.kafka.clients import new_reader
from streamprocessor.kafka.reader import read_to


async def missing_in_kafka(
    kafka_writer: KafkaWriter, records: Sequence[ProducerRecord], since_ms: int
) -> list[ProducerRecord]:
    """The records that the topics don't hold among what arrived since then; raises NotAcknowledgedError without Kafka.

    since_ms: by the broker's clock, so leave room for the difference of clocks. The same bytes under the same key are
    the same record: its id is in them.
    """
    missing = set(records)
    topics = {kafka_writer.full_name(record.topic): record.topic for record in records}
    partitions = {
        TopicPartition(kafka_writer.full_name(record.topic), kafka_writer.partition_of(record.topic, record.key))
        for record in records
    }
    consumer = new_reader(kafka_writer.clients)
    try:
        await consumer.start()
        consumer.assign(list(partitions))
        ends = await consumer.end_offsets(list(partitions))
        starts = await consumer.offsets_for_times(dict.fromkeys(partitions, since_ms))
        unread = {partition for partition in partitions if _has_records(starts[partition], ends[partition])}
        consumer.pause(*(partitions - unread))
        for partition in unread:
            consumer.seek(partition, starts[partition].offset)
        async for fetched in read_to(consumer, {partition: ends[partition] for partition in unread}):
            for partition, batch in fetched.items():
                for record in batch:
                    missing.discard(ProducerRecord(topics[partition.topic], record.key, record.value))
    except KafkaError as error:
        message = f"not read back: {error!r}"
        raise NotAcknowledgedError(message) from error
    finally:
        await consumer.stop()
    return [record for record in records if record in missing]


def _has_records(start: OffsetAndTimestamp | None, end: int) -> bool:
    """Whether a partition has records from there on; None: nothing arrived since."""
    return start is not None and start.offset < end
