"""Writes of attributes, as records hold them: [value, occurred_at_ms, id], and the rank where it is a browser's."""

from __future__ import annotations

from typing import Any, TypeAlias

from streamprocessor.scoring.record.facts import SERVER_RANK, AttributesWritten

WriteOrder: TypeAlias = tuple[int, int, str]
"""(rank, occurred_at_ms, id): of two writes of an attribute the larger holds."""

_RANK_AT = 3


def write_of(value: Any, fact: AttributesWritten) -> list[Any]:
    """The write of one attribute by the fact; the rank that nearly all have takes no room."""
    write = [value, fact.occurred_at_ms, fact.id]
    return write if fact.rank == SERVER_RANK else [*write, fact.rank]


def rank_of(write: list[Any]) -> int:
    """BROWSER_RANK or SERVER_RANK."""
    return write[_RANK_AT] if len(write) > _RANK_AT else SERVER_RANK


def order_of(write: list[Any]) -> WriteOrder:
    """What decides which of two writes holds."""
    return rank_of(write), write[1], write[2]
