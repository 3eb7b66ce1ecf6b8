"""Which partition a key belongs to, as every Kafka client agrees: the default murmur2 partitioner."""

from aiokafka.partitioner import DefaultPartitioner

_PARTITIONER = DefaultPartitioner()


def partition_of(key: bytes, partitions: int) -> int:
    """The partition, of so many, that the contact of this key lies in."""
    numbers = range(partitions)
    return int(_PARTITIONER(key, numbers, numbers))
