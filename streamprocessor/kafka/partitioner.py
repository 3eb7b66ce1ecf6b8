"""Which partition a key belongs to, as the JVM's clients and most others place it: by murmur2.

Clients built on librdkafka place by CRC32 unless they are told `partitioner=murmur2_random`.
"""

from __future__ import annotations

from struct import unpack_from

PARTITIONER = "partitioner=murmur2_random"
"""What to set in a client built on librdkafka, so that it places keys as all others do."""

_SEED, _FACTOR, _WORD = 0x9747B28C, 0x5BD1E995, 0xFFFFFFFF


def partition_of(key: bytes, partitions: int) -> int:
    """The partition, of so many, that the contact of this key lies in."""
    return key_hash(key) % partitions


def key_hash(key: bytes) -> int:
    """The hash of a key whose remainder by the number of partitions is its partition."""
    return murmur2(key) & 0x7FFFFFFF


def is_misplaced(key: bytes, partition: int, partitions: int) -> bool:
    """Whether the contact of this key belongs to another partition, of so many, than this one.

    What a worker hands over to where it belongs leaves a tombstone behind, which says nothing of the contact.
    """
    return partition_of(key, partitions) != partition


def murmur2(key: bytes) -> int:
    """Kafka's hash of a key, of 32 bits. Each new contact passes here, so it takes words where others take bytes.

    >>> hex(murmur2(b"21"))
    '0xc5f2f8ec'
    """
    size = len(key)
    whole = size & ~3
    hashed = _SEED ^ size
    for word in unpack_from(f"<{whole >> 2}I", key):
        mixed = word * _FACTOR & _WORD
        hashed = (hashed * _FACTOR & _WORD) ^ ((mixed ^ mixed >> 24) * _FACTOR & _WORD)
    if size != whole:
        hashed = (hashed ^ int.from_bytes(key[whole:], "little")) * _FACTOR & _WORD
    hashed = (hashed ^ hashed >> 13) * _FACTOR & _WORD
    return hashed ^ hashed >> 15
