"""Keys are placed as Kafka's own client does it."""

from __future__ import annotations

from aiokafka.partitioner import DefaultPartitioner
from aiokafka.partitioner import murmur2 as murmur2_of_aiokafka
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.kafka.partitioner import murmur2, partition_of


@given(st.binary(max_size=80))
def test_a_hash_is_aiokafkas(key: bytes) -> None:
    assert murmur2(key) == murmur2_of_aiokafka(key)


@given(st.binary(min_size=1, max_size=80), st.integers(1, 200))
def test_a_partition_is_the_default_partitioners(key: bytes, partitions: int) -> None:
    numbers = list(range(partitions))
    assert partition_of(key, partitions) == DefaultPartitioner()(key, numbers, numbers)
