"""A file's lines, whatever it was saved as: gzip, UTF-16, a byte order mark, the line ends of three systems."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterable, Iterator

from streamprocessor.errors import OperatorError
from streamprocessor.imports.file_bytes import with_head
from streamprocessor.imports.file_kinds import HEAD_BYTES, refuse_what_is_no_text

MAX_LINE_BYTES = 16 * 1024 * 1024
"""What is beyond is dropped, so that a file of one endless line is not in memory whole; no row may be that long."""

_MAX_PART_BYTES = 1024 * 1024
_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31  # zlib's word for gzip with any window
_MARKS = (  # UTF-32's begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class FileLines:
    """The lines of a file, with their ends, as UTF-8; those that are none are as they were.

    is_gzip, encoding: what was found once the first line is read; encoding None: each line may be in its own.
    """

    def __init__(self, pieces: Iterable[bytes], source_name: str, encoding: str | None = None) -> None:
        """Read the file's bytes, cut anywhere. encoding: that of the text; None: found by looking.

        Raises OperatorError, while lines are read, where the file is no text or its gzip is damaged.
        """
        self.is_gzip = False
        self.encoding = encoding
        self._source_name = source_name
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        """Each line once."""
        head, pieces = with_head(self._pieces, len(_GZIP))
        if head.startswith(_GZIP):
            self.is_gzip = True
            pieces = self._unzipped(pieces)
        head, pieces = with_head(pieces, HEAD_BYTES)
        refuse_what_is_no_text(head, self._source_name)
        yield from _split(self._as_utf8(head, pieces), _line_end_of(head))

    def _unzipped(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The content of one gzip file after the other; in parts, for a small file may hold a large one."""
        reader = zlib.decompressobj(_GZIP_WINDOW)
        is_whole = True
        try:
            for piece in pieces:
                rest = piece
                while rest:
                    if is_whole and not rest.strip(b"\0"):  # what tape drives fill blocks with
                        break
                    part = reader.decompress(rest, _MAX_PART_BYTES)
                    if part:
                        yield part
                    is_whole, rest = reader.eof, reader.unused_data if reader.eof else reader.unconsumed_tail
                    if reader.eof:
                        reader = zlib.decompressobj(_GZIP_WINDOW)
        except zlib.error as error:
            message = f"{self._source_name}: wanted gzip; got damaged bytes ({error})"
            raise OperatorError(message) from error
        if not is_whole:
            message = f"{self._source_name}: wanted whole gzip; got a file that ends too early"
            raise OperatorError(message)

    def _as_utf8(self, head: bytes, pieces: Iterable[bytes]) -> Iterable[bytes]:
        """The pieces in UTF-8, without a mark; bytes that the encoding has not are none of UTF-8 either."""
        mark, marked = next(((mark, name) for mark, name in _MARKS if head.startswith(mark)), (b"", None))
        self.encoding = marked or self.encoding or _wide_encoding_of(head)
        if self.encoding is None and 10 * head.count(0) > len(head):
            message = f"{self._source_name}: wanted text; got bytes that no text has: export the table as CSV or .xlsx"
            raise OperatorError(message)
        if self.encoding is None or codecs.lookup(self.encoding).name == "utf-8":
            return _without(mark, pieces)
        return self._transcoded(pieces, self.encoding)

    def _transcoded(self, pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
        errors = "replace" if codecs.lookup(encoding).name.startswith(("utf-16", "utf-32")) else "surrogateescape"
        decoder = codecs.getincrementaldecoder(encoding)(errors)
        try:
            for piece in pieces:
                yield decoder.decode(piece).encode("utf-8", "surrogateescape")
            yield decoder.decode(b"", final=True).encode("utf-8", "surrogateescape")
        except UnicodeError as error:  # of codecs that are more than a table
            message = f"{self._source_name}: wanted {encoding}; got other bytes"
            raise OperatorError(message) from error


def _without(mark: bytes, pieces: Iterable[bytes]) -> Iterator[bytes]:
    remaining = iter(pieces)
    yield next(remaining, b"").removeprefix(mark)
    yield from remaining


def _wide_encoding_of(head: bytes) -> str | None:
    """UTF-16 that no mark announces: every second byte of a text's beginning is zero. None: one byte is a character."""
    for encoding, low in (("utf-16-le", 1), ("utf-16-be", 0)):
        if len(head) > 1 and head[low::2].count(0) > len(head) // 4 and head[1 - low :: 2].count(0) == 0:
            return encoding
    return None


def _line_end_of(head: bytes) -> bytes:
    """A carriage return alone ends lines only where nothing else does, in files of old Macs."""
    return b"\r" if b"\n" not in head and b"\r" in head.rstrip(b"\0\r") else b"\n"


def _split(pieces: Iterable[bytes], end: bytes) -> Iterator[bytes]:
    """The lines, each cut where it is too long; what a line grows to is put together once, at its end."""
    begun: list[bytes] = []
    begun_bytes = 0
    for piece in pieces:
        first, *others = piece.split(end)
        if begun_bytes < MAX_LINE_BYTES:
            begun.append(first)
            begun_bytes += len(first)
        if others:
            *whole, rest = others
            yield b"".join(begun)[:MAX_LINE_BYTES] + end
            for line in whole:
                yield line[:MAX_LINE_BYTES] + end
            begun, begun_bytes = [rest], len(rest)
    if begun_bytes:
        yield b"".join(begun)[:MAX_LINE_BYTES]
