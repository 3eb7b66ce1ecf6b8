"""The bytes of a file, which come in pieces that are cut anywhere."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import IO, BinaryIO

_PIECE_BYTES = 1 << 16
_IN_MEMORY_BYTES = 16 << 20


def pieces_of(content: BinaryIO, on_read: Callable[[int], object] | None = None) -> Iterator[bytes]:
    """The content, piece by piece. on_read: is told the size of each in bytes before it is dealt with."""
    while piece := content.read(_PIECE_BYTES):
        if on_read is not None:
            on_read(len(piece))
        yield piece


def with_head(pieces: Iterable[bytes], size_bytes: int) -> tuple[bytes, Iterator[bytes]]:
    """The beginning of the content, of that size where there is as much, and the whole content again."""
    remaining = iter(pieces)
    head = b""
    while len(head) < size_bytes and (piece := next(remaining, None)) is not None:
        head += piece
    return head, chain([head] if head else [], remaining)


def spooled(pieces: Iterable[bytes]) -> IO[bytes]:
    """The pieces as a file that can be read from anywhere, which nobody else sees, and which goes when it is closed."""
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - the caller closes it
    for piece in pieces:
        file.write(piece)
    file.seek(0)
    return file
