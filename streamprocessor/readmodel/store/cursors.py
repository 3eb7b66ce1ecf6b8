"""Where a page ended, as a text that clients hand back."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from typing import Annotated, NamedTuple, TypeVar

import msgspec

from streamprocessor.readmodel.problem import Problem

LARGEST = 2**63 - 1

Storable = Annotated[int, msgspec.Meta(ge=-LARGEST, le=LARGEST)]


class ScorePosition(NamedTuple):
    """Where a contact stands in a list sorted by a score. presented_nano None: the score is a label alone."""

    presented_nano: Storable | None
    unrounded_nano: Storable
    contact_id: Annotated[str, msgspec.Meta(pattern="^[^\\x00]*$")]


class NumberPosition(NamedTuple):
    """Where something stands in a list sorted by its own number."""

    number: Storable


class LeadPosition(NamedTuple):
    """Where a lead stands in the inbox."""

    place_ms: Storable
    lead_id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]*$")]


class TimelinePosition(NamedTuple):
    """Where an event stands in a timeline."""

    occurred_at_ms: Storable
    event_id: str


Position = TypeVar("Position", ScorePosition, NumberPosition, LeadPosition, TimelinePosition)


def cursor_of(position: ScorePosition | NumberPosition | LeadPosition | TimelinePosition) -> str:
    """The cursor of what has this position."""
    return urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def read_cursor(cursor: str, kind: type[Position]) -> Position:
    """What cursor_of was given; raises Problem where it is none of that kind."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return msgspec.json.decode(urlsafe_b64decode(padded.encode("ascii")), type=kind)
    except (NotBase64, ValueError, msgspec.DecodeError) as error:
        raise Problem(400, "bad-cursor", "cursor: wanted the `next` of a page before; got another text") from error
