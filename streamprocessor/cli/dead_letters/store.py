"""The dead-letters topic read, and its records sent to where they came from."""

from __future__ import annotations

import asyncio
import base64
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from streamprocessor.cli.kafka.topic_reader import records_of, writer_to
from streamprocessor.contract.messages.dead_letters import DeadLetter, dead_letter_of
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.kafka.clients import ClientSettings

MOST_UNACKNOWLEDGED = 1_000


class StoredLetter(NamedTuple):
    """A dead letter. place: its own partition and offset; at_ms: when it was put there."""

    place: str
    at_ms: int
    letter: DeadLetter
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True)
class LetterFilter:
    """Which ones: those that satisfy all that is given. topic: the full name of where they came from."""

    reason: str | None = None
    topic: str | None = None
    places: Sequence[str] = ()

    def takes(self, kept: StoredLetter) -> bool:
        """True for one of those."""
        return (
            self.reason in (None, kept.letter.reason)
            and self.topic in (None, kept.letter.origin.topic)
            and (not self.places or kept.place in self.places)
        )


async def read_letters(clients: ClientSettings, topic: str, wanted: LetterFilter) -> AsyncIterator[StoredLetter]:
    """The dead letters that are wanted, in order within a partition."""
    async for record in records_of(clients, topic):
        place = f"{record.partition}:{record.offset}"
        kept = StoredLetter(place, record.timestamp, dead_letter_of(record.headers), record.key, record.value)
        if wanted.takes(kept):
            yield kept


async def send_again(
    clients: ClientSettings, letters: AsyncIterator[StoredLetter], inputs: Mapping[str, str]
) -> tuple[int, list[str]]:
    """How many were sent, and a sentence for each that was not because no input topic of ours is its origin.

    Each goes to the very partition that it came from, in their order, with the headers that it came with.
    inputs: the input topics' full names, by each name that an origin may bear, the short one or the full one.
    """
    sent, refused = 0, []
    unacknowledged: deque[asyncio.Future[Any]] = deque()
    async with writer_to(clients, set(inputs.values())) as producer:
        async for kept in letters:
            origin, partition, *_ = kept.letter.origin
            topic = inputs.get(origin)
            if topic is None:
                wanted = ", ".join(sorted(inputs))
                refused.append(f"dead letter {kept.place}: came from {origin}; wanted one of {wanted}")
                continue
            headers = kept.letter.headers
            unacknowledged.append(await producer.send(topic, kept.value, kept.key, partition, headers=headers))
            sent += 1
            if len(unacknowledged) > MOST_UNACKNOWLEDGED:
                await unacknowledged.popleft()
        await asyncio.gather(*unacknowledged)
    return sent, refused


def row_of(kept: StoredLetter) -> dict[str, Any]:
    """A dead letter in a row, without its bytes."""
    origin = kept.letter.origin
    return {
        "place": kept.place,
        "at": format_rfc3339(kept.at_ms),
        "origin": f"{origin.topic} {origin.partition}:{origin.offset}",
        "reason": kept.letter.reason,
        "detail": kept.letter.detail,
        "key": None if kept.key is None else kept.key.decode("utf-8", "backslashreplace"),
        "bytes": len(kept.value or b""),
    }


def whole_row_of(kept: StoredLetter) -> dict[str, Any]:
    """A dead letter in a row, with its headers and bytes, which are text only by chance."""
    headers = [[name, (value or b"").decode("utf-8", "backslashreplace")] for name, value in kept.letter.headers]
    value = None if kept.value is None else kept.value.decode("utf-8", "backslashreplace")
    exact = base64.b64encode(kept.value or b"").decode()
    return {**row_of(kept), "headers": headers, "value": value, "value_base64": exact}
