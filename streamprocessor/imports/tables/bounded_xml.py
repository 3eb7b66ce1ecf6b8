"""XML whose tags and comments are of a size that programs write: an endless one takes a parser hours, not seconds."""

from __future__ import annotations

from typing import IO
from xml.parsers.expat import ParserCreate, XMLParserType

MAX_MARKUP_BYTES = 1 << 20
"""A parser that waits for the end of a tag or comment looks through all of it again with each piece that comes."""


def refuse_endless_markup(parser: XMLParserType, given_bytes: int) -> None:
    """Raise ValueError where the parser, which was given so many bytes, waits for the end of what is too long."""
    waiting_bytes = given_bytes - parser.CurrentByteIndex
    if waiting_bytes > MAX_MARKUP_BYTES:
        message = f"wanted tags and comments of at most {MAX_MARKUP_BYTES} bytes; got a longer one"
        raise ValueError(message)


class BoundedXml:
    """A file of XML, for a parser that reads it."""

    def __init__(self, file: IO[bytes]) -> None:
        """Read the file."""
        self._file = file
        self._parser = ParserCreate()
        self._given_bytes = 0

    def read(self, size_bytes: int = -1, /) -> bytes:
        """The next bytes. Raises ExpatError where they are no XML, ValueError where markup is too long."""
        piece = self._file.read(size_bytes)
        self._parser.Parse(piece, not piece)
        self._given_bytes += len(piece)
        refuse_endless_markup(self._parser, self._given_bytes)
        return piece
