"""How many different things there were, about: a HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007)."""

from __future__ import annotations

from hashlib import blake2b
from math import log

_INDEX_BITS = 9
REGISTERS = 1 << _INDEX_BITS
"""A count by 512 registers has a standard error of 1.04 / sqrt(512), 4.6 %."""

_REST_BITS = 64 - _INDEX_BITS
_ALPHA = 0.7213 / (1 + 1.079 / REGISTERS)


def hash_of(text: str) -> int:
    """64 well mixed bits of a text."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def add_in_place(registers: bytearray, hash64: int) -> None:
    """Count what has this hash, once however often it comes."""
    index = hash64 >> _REST_BITS
    rank = _REST_BITS - (hash64 & ((1 << _REST_BITS) - 1)).bit_length() + 1
    if rank > registers[index]:
        registers[index] = rank


def united(left: bytearray, right: bytearray) -> bytearray:
    """The registers of what either of two has counted."""
    return bytearray(map(max, left, right))


def estimate(registers: bytearray) -> int:
    """About how many different things were counted.

    >>> estimate(bytearray(REGISTERS))
    0
    """
    empty = registers.count(0)
    raw = _ALPHA * REGISTERS * REGISTERS / sum(2.0**-rank for rank in registers)
    return round(REGISTERS * log(REGISTERS / empty) if empty and raw <= 2.5 * REGISTERS else raw)
