"""The input topics, read by nobody's group: where they begin and end, and a partition's records by contact."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streamprocessor.contract.topics.rights import READ
from streamprocessor.kafka.admin.reconcile import end_offsets
from streamprocessor.kafka.admin.rights import refuse_unless_allowed
from streamprocessor.kafka.clients import ClientSettings, new_reader
from streamprocessor.kafka.diagnosis.diagnosis import broker_error
from streamprocessor.kafka.reader import read_to
from streamprocessor.replay.arrivals import packed
from streamprocessor.replay.run.order import InputSpan


@dataclass(slots=True)
class PartitionRecords:
    """A partition number's records.

    by_key: packed, by contact key.
    first_ms: topic → when the first record that is there arrived.
    """

    by_key: dict[bytes | None, bytearray] = field(default_factory=dict)
    first_ms: dict[str, int] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        """What the records take."""
        return sum(map(len, self.by_key.values()))


async def spans_of(clients: ClientSettings, topics: Collection[str], since_ms: int | None) -> list[InputSpan]:
    """What these topics hold now. since_ms: of what arrived earlier nothing; None: all of it.

    Raises TopicError where a topic is missing or may not be read, BrokerError where Kafka can't be used.
    """
    await refuse_unless_allowed(clients, dict.fromkeys(topics, READ))
    ends = {TopicPartition(*where): end for where, end in (await end_offsets(clients, topics)).items()}
    reader = new_reader(clients)
    try:
        await reader.start()
        begins = await reader.beginning_offsets(list(ends))
        firsts = dict(begins)
        if since_ms is not None:
            found = await reader.offsets_for_times(dict.fromkeys(ends, since_ms))
            firsts = {where: ends[where] if at is None else at.offset for where, at in found.items()}
    except KafkaError as error:
        raise await broker_error(clients, error, f"{', '.join(sorted(topics))}: can't be read") from error
    finally:
        await reader.stop()
    return [
        InputSpan(
            where.topic, where.partition, firsts[where], end, begins[where] if firsts[where] == begins[where] else 0
        )
        for where, end in sorted(ends.items())
    ]


async def records_of_partition(
    clients: ClientSettings,
    spans: Sequence[InputSpan],
    numbers: dict[str, int],
    is_wanted: Callable[[bytes | None], bool] | None,
    on_read: Callable[[int], object],
) -> PartitionRecords:
    """All records of these spans, which are of one partition number.

    numbers: of the topics. is_wanted: of whose contacts, by their keys; None: all. on_read: hears of so many more.
    """
    records = PartitionRecords()
    by_key, first_ms = records.by_key, records.first_ms
    ends = {TopicPartition(span.topic, span.partition): span.end for span in spans if span.first < span.end}
    if not ends:
        return records
    reader = new_reader(clients)
    try:
        await reader.start()
        reader.assign(list(ends))
        for span in spans:
            if span.first < span.end:
                reader.seek(TopicPartition(span.topic, span.partition), span.first)
        async for fetched in read_to(reader, ends):
            for where, of_topic in fetched.items():
                number, end = numbers[where.topic], ends[where]
                if where.topic not in first_ms and of_topic:
                    first_ms[where.topic] = of_topic[0].timestamp
                for record in of_topic:
                    if record.offset >= end:
                        break
                    key = record.key
                    if is_wanted is not None and not is_wanted(key):
                        continue
                    row = packed(record.timestamp, number, record.value, record.headers)
                    known = by_key.get(key)
                    if known is None:
                        by_key[key] = bytearray(row)
                    else:
                        known += row
                on_read(len(of_topic))
    except KafkaError as error:
        topics = ", ".join(sorted({span.topic for span in spans}))
        raise await broker_error(clients, error, f"{topics}: can't be read") from error
    finally:
        await reader.stop()
    return records


def partitions_of(spans: Iterable[InputSpan]) -> dict[int, list[InputSpan]]:
    """The spans of each partition number."""
    numbered: dict[int, list[InputSpan]] = {}
    for span in spans:
        numbered.setdefault(span.partition, []).append(span)
    return numbered
