"""Bodies of posted forms, thinned as they arrive: files are left out, and what is far too long for a field is cut.

So a message with a large attachment is kept, and nothing of the attachment is ever held in memory. What comes out is a
body of the same kind, for the readers of forms.
"""

from __future__ import annotations

import re

from python_multipart.multipart import parse_options_header

from streamprocessor.collector.http.wire_format import BodyThinner, HttpRequest

MULTIPART, URLENCODED = "multipart/form-data", "application/x-www-form-urlencoded"
MAX_POSTED_BYTES = 50 * 1024 * 1024
MAX_VALUE_BYTES = 16 * 1024  # more than a field that is kept can have, percent-encoded
MAX_HEAD_BYTES = 16 * 1024

_IS_FILE = re.compile(rb"^content-disposition:[^\r\n]*;\s*filename", re.IGNORECASE | re.MULTILINE)
_LAST = b"--"  # after the last delimiter
_HEAD_END = b"\r\n\r\n"


def thinner_of(request: HttpRequest) -> BodyThinner | None:
    """What thins the body of this request; None where it is no form, or is compressed."""
    content_type = request.headers.get("content-type", "")
    kind = kind_of_form(content_type)
    if request.headers.get("content-encoding"):
        return None
    if kind == URLENCODED:
        return UrlencodedThinner()
    boundary = parse_options_header(content_type)[1].get(b"boundary") if kind == MULTIPART else None
    return MultipartThinner(boundary) if boundary else None


def kind_of_form(content_type: str) -> str:
    """The media type, without its parameters."""
    return content_type.partition(";")[0].strip().lower()


class UrlencodedThinner:
    """Cuts each name with its value at MAX_VALUE_BYTES."""

    def __init__(self) -> None:
        self._room_bytes = MAX_VALUE_BYTES

    def thin(self, piece: bytes) -> bytes:
        """What stays of a piece of the body."""
        kept: list[bytes] = []
        for number, pair in enumerate(piece.split(b"&")):
            if number:
                self._room_bytes = MAX_VALUE_BYTES
            kept.append(pair[: self._room_bytes])
            self._room_bytes -= min(len(pair), self._room_bytes)
        return b"&".join(kept)

    def rest(self) -> bytes:
        """What stays of what was not decided yet, at the end of the body."""
        return b""


class MultipartThinner:
    """Leaves out what files hold, cuts fields at MAX_VALUE_BYTES, and drops what stands before and after the parts."""

    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._pending = b"\r\n"  # before the first delimiter there is no line to end
        self._room_bytes = 0
        self._is_in_head = self._is_over = False

    def thin(self, piece: bytes) -> bytes:
        """What stays of a piece of the body, as far as that is decided."""
        if self._is_over:
            return b""
        pending = self._pending + piece
        kept: list[bytes] = []
        at = 0
        while True:
            end = _end_of_head(pending, at) if self._is_in_head else pending.find(self._delimiter, at)
            if end < 0:
                break
            if self._is_in_head:
                kept.append(self._head(pending[at:end]))
                at = end
            else:
                kept += self._data(pending[at:end]), self._delimiter
                at = end + len(self._delimiter)
            self._is_in_head = not self._is_in_head
        if self._is_in_head and pending.startswith(_LAST, at):
            kept.append(_LAST + b"\r\n")
            self._is_over = True
        elif not self._is_in_head:
            undecided = max(at, len(pending) - len(self._delimiter) + 1)
            kept.append(self._data(pending[at:undecided]))
            at = undecided
        self._pending = pending[at:]
        return b"".join(kept)

    def rest(self) -> bytes:
        """What stays of what was not decided yet, at the end of the body."""
        if self._is_over:
            return b""
        return self._pending if self._is_in_head else self._data(self._pending)

    def _head(self, head: bytes) -> bytes:
        self._room_bytes = 0 if _IS_FILE.search(head) else MAX_VALUE_BYTES
        return head

    def _data(self, data: bytes) -> bytes:
        kept = data[: self._room_bytes]
        self._room_bytes -= len(kept)
        return kept


def _end_of_head(pending: bytes, at: int) -> int:
    """Where the data of a part begins; -1: it has not come yet, or there is no other part."""
    if pending.startswith(_LAST, at):
        return -1
    end = pending.find(_HEAD_END, at)
    if end >= 0:
        return end + len(_HEAD_END)
    return len(pending) if len(pending) - at > MAX_HEAD_BYTES else -1
