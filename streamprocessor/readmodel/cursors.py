"""Where a page ended, as a text that clients hand back."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64

import msgspec

from streamprocessor.readmodel.problems import Problem

LARGEST = 2**63 - 1


def cursor_of(position: int, contact_id: str) -> str:
    """The cursor of the row with this position in the order and this contact."""
    return urlsafe_b64encode(msgspec.json.encode((position, contact_id))).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[int, str]:
    """What cursor_of was given; raises Problem where it is none of ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        position, contact_id = msgspec.json.decode(urlsafe_b64decode(padded.encode("ascii")), type=tuple[int, str])
    except (NotBase64, ValueError, msgspec.DecodeError) as error:
        raise Problem(400, "bad-cursor", "cursor: wanted the `next` of a page before; got another text") from error
    if abs(position) > LARGEST or "\0" in contact_id:
        raise Problem(400, "bad-cursor", "cursor: wanted the `next` of a page before; got another text")
    return position, contact_id
