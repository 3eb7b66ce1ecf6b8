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
    """A dead letter as it lies in its topic.

    place: its own partition:offset.
    at_ms: when it was put there, in milliseconds since 1970.
    letter: what its headers say.
    key, value: the bytes as they came; None: there was none.
    """

    place: str
    at_ms: int
    letter: DeadLetter
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True)
class LetterFilter:
    """Which dead letters: those that satisfy all that is given.

    reason: a reason code; None: any.
    topic: full name of the topic that they came from; None: any.
    places: their own partition:offset; none: any.
    """

    reason: str | None = None
    topic: str | None = None
    places: Sequence[str] = ()

    def takes(self, stored: StoredLetter) -> bool:
        """Whether this one satisfies all that is given."""
        return (
            self.reason in (None, stored.letter.reason)
            and self.topic in (None, stored.letter.origin.topic)
            and (not self.places or stored.place in self.places)
        )


async def stored_letters(
    clients: ClientSettings, topic: str, letter_filter: LetterFilter
) -> AsyncIterator[StoredLetter]:
    """The dead letters that pass the filter, in order within a partition."""
    async for record in records_of(clients, topic):
        place = f"{record.partition}:{record.offset}"
        stored = StoredLetter(place, record.timestamp, dead_letter_of(record.headers), record.key, record.value)
        if letter_filter.takes(stored):
            yield stored


async def send_again(
    clients: ClientSettings, letters: AsyncIterator[StoredLetter], inputs: Mapping[str, str]
) -> tuple[int, list[str]]:
    """How many were sent, and a sentence for each that was not because no input topic of ours is its origin.

    Each goes to the partition where its contact belongs, whichever it came from, in their order, with the headers that
    it came with; one that names no contact goes to where it came from.
    inputs: the input topics' full names, by each name that an origin may bear, the short one or the full one.
    """
    sent, refused = 0, []
    unacknowledged: deque[asyncio.Future[Any]] = deque()
    async with writer_to(clients, set(inputs.values())) as producer:
        async for stored in letters:
            origin, partition, *_ = stored.letter.origin
            topic = inputs.get(origin)
            if topic is None:
                wanted = ", ".join(sorted(inputs))
                refused.append(f"dead letter {stored.place}: came from {origin}; wanted one of {wanted}")
                continue
            headers, place = stored.letter.headers, None if stored.key else partition
            unacknowledged.append(await producer.send(topic, stored.value, stored.key, place, headers=headers))
            sent += 1
            if len(unacknowledged) > MOST_UNACKNOWLEDGED:
                await unacknowledged.popleft()
        await asyncio.gather(*unacknowledged)
    return sent, refused


def row_of(stored: StoredLetter) -> dict[str, Any]:
    """A dead letter in a row, without its bytes."""
    origin = stored.letter.origin
    return {
        "place": stored.place,
        "at": format_rfc3339(stored.at_ms),
        "origin": f"{origin.topic} {origin.partition}:{origin.offset}",
        "reason": stored.letter.reason,
        "detail": stored.letter.detail,
        "key": None if stored.key is None else stored.key.decode("utf-8", "backslashreplace"),
        "bytes": len(stored.value or b""),
    }


def whole_row_of(stored: StoredLetter) -> dict[str, Any]:
    """A dead letter in a row, with its headers and bytes, which are text only by chance."""
    headers = [[name, (value or b"").decode("utf-8", "backslashreplace")] for name, value in stored.letter.headers]
    value = None if stored.value is None else stored.value.decode("utf-8", "backslashreplace")
    exact = base64.b64encode(stored.value or b"").decode()
    return {**row_of(stored), "headers": headers, "value": value, "value_base64": exact}
