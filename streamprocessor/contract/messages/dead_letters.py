"""Dead letters: records that can't be used, as they came; their origin and the reason stand in headers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from streamprocessor.contract.messages.message import Headers, Message
from streamprocessor.contract.topic_names import DEAD_LETTERS
from streamprocessor.errors import OperatorError, RecordError

MAX_DETAIL_CHARS = 500

_OURS = "dl_"


class Origin(NamedTuple):
    """The place of a record: the topic's full name on the broker, partition, offset and its timestamp."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int


class DeadLetter(NamedTuple):
    """The headers of a dead letter, read: its origin, why it is there, and the headers that it came with."""

    origin: Origin
    reason: str
    detail: str
    headers: Headers


def dead_letter(
    key: bytes | None,
    value: bytes | None,
    headers: Sequence[tuple[str, bytes | None]] | None,
    origin: Origin,
    error: RecordError,
) -> Message:
    """The record as it came, with the headers that explain it."""
    explained = [
        *_own(headers),
        ("dl_topic", origin.topic.encode()),
        ("dl_partition", b"%d" % origin.partition),
        ("dl_offset", b"%d" % origin.offset),
        ("dl_timestamp", b"%d" % origin.timestamp_ms),
        ("dl_reason", error.reason.encode()),
        ("dl_detail", error.detail[:MAX_DETAIL_CHARS].encode("utf-8", "replace")),
    ]
    return Message(DEAD_LETTERS, key, value, explained)


def dead_letter_of(headers: Sequence[tuple[str, bytes | None]] | None) -> DeadLetter:
    """The dead letter that the headers explain; raises OperatorError where they are not a dead letter's."""
    explained = {name: value for name, value in headers or () if name.startswith(_OURS) and value is not None}
    try:
        origin = Origin(
            explained["dl_topic"].decode(),
            int(explained["dl_partition"]),
            int(explained["dl_offset"]),
            int(explained["dl_timestamp"]),
        )
        reason, detail = explained["dl_reason"].decode(), explained["dl_detail"].decode("utf-8", "replace")
    except (KeyError, ValueError) as error:
        message = f"dead letter: wanted headers dl_topic to dl_detail; got {len(explained)} others; is the topic ours?"
        raise OperatorError(message) from error
    return DeadLetter(origin, reason, detail, _own(headers))


def _own(headers: Sequence[tuple[str, bytes | None]] | None) -> Headers:
    return [(name, value) for name, value in headers or () if not name.startswith(_OURS)]
