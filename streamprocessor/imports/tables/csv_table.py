"""A CSV file: its lines decoded, its header found, the rest cut into records."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, islice

from streamprocessor.contract import reason_codes
from streamprocessor.errors import OperatorError
from streamprocessor.imports.file_lines import MAX_LINE_BYTES, FileLines
from streamprocessor.imports.rows import BadRow
from streamprocessor.imports.tables.csv_records import CsvRecord, RowShape, read_records
from streamprocessor.imports.tables.delimiters import declared_delimiter, delimiter_of, first_rows
from streamprocessor.imports.tables.header import ROWS_LOOKED_AT, bounded_header, header_position
from streamprocessor.imports.tables.table import RECORDS_LOOKED_AT, IsRow

CHARS_LOOKED_AT = 1 << 20
"""What a file is like is found by its first lines, of so many characters at most."""

_FALLBACK_ENCODING = "cp1252"
_TOO_LONG = "\ud800"  # in place of a line whose end is gone; no line of a file is this


class CsvTable:
    """The records of a CSV file, and how it was read."""

    def __init__(
        self, lines: FileLines, source_name: str, delimiter: str | None = None, columns: Collection[str] = ()
    ) -> None:
        """Read the lines; a title or blank lines may stand above the header, and `sep=;` and the like.

        delimiter: None: found by looking. columns: that are wanted, by which the header is known.
        """
        self._lines = lines
        self._source_name = source_name
        self._delimiter = delimiter or ","
        self._is_delimiter_known = delimiter is not None
        self._columns = columns
        self._fallback_lines = 0
        self._numbered = _NumberedLines(iter(()), 0)

    @cached_property
    def header(self) -> list[str]:
        """The names of the columns."""
        texts = self._texts()
        beginning = list(_beginning(texts, ROWS_LOOKED_AT))
        if not any(line.strip() for line in beginning):
            message = f"{self._source_name}: wanted a first row that names the columns; got an empty file"
            raise OperatorError(message)
        declared = declared_delimiter(beginning[0])
        lines_before = 0 if declared is None else 1
        if not self._is_delimiter_known:
            self._delimiter = declared or delimiter_of(beginning, self._columns)
        rows = first_rows(beginning[lines_before:], self._delimiter)
        if rows:
            lines_before += rows[header_position([row.cells for row in rows], self._columns)].lines_before
        self._numbered = _NumberedLines(chain(beginning[lines_before:], texts), lines_before)
        try:
            names = next(csv.reader(self._numbered, delimiter=self._delimiter, strict=True), [])
        except csv.Error as error:
            message = f"{self._source_name}: wanted a first row that names the columns; {error}"
            raise OperatorError(message) from error
        return bounded_header(names, self._source_name)

    @property
    def how(self) -> str:
        """By which delimiter the header was cut."""
        return f", by delimiter {self._delimiter!r}"

    def head(self) -> Sequence[CsvRecord]:
        """The first records."""
        looked_at = read_records(iter(self._head_lines), self._delimiter, RowShape(self.header, None), 0)
        return [record for record in looked_at if isinstance(record, CsvRecord)]

    def records(self, is_row: IsRow | None) -> Iterator[CsvRecord | BadRow]:
        """All records below the header, once."""
        # What a row looks like is known by its notations, and those by the first rows: they are cut into records twice.
        head, width = self._head_lines, len(self.header)
        before = self._numbered.number - len(head)
        shape = RowShape(self.header, is_row)
        for record in read_records(chain(head, self._numbered), self._delimiter, shape, before):
            if isinstance(record, BadRow):
                yield record
            elif any(record.cells):  # a line of delimiters alone is as blank as one without
                yield self._checked(record, width)

    @property
    def read_as(self) -> list[str]:
        """Encoding and delimiter."""
        encoding = self._lines.encoding or "utf-8"
        if self._fallback_lines:
            encoding += f" ({self._fallback_lines} lines as {_FALLBACK_ENCODING})"
        return [*(["gzip"] if self._lines.is_gzip else []), encoding, f"delimiter {self._delimiter!r}"]

    @cached_property
    def _head_lines(self) -> list[str]:
        assert self.header is not None  # which stands before them
        return list(_beginning(self._numbered, RECORDS_LOOKED_AT))

    def _texts(self) -> Iterator[str]:
        for line in self._lines:
            if len(line) >= MAX_LINE_BYTES:
                yield _TOO_LONG
                continue
            try:
                yield line.decode()
            except UnicodeDecodeError:
                yield self._in_other_encoding(line)

    def _in_other_encoding(self, line: bytes) -> str:
        """The line where it is Windows' Latin, if nobody said what it is; else what makes its row a bad one."""
        if self._lines.encoding is None:
            try:
                text = line.decode(_FALLBACK_ENCODING)
            except UnicodeDecodeError:
                pass
            else:
                self._fallback_lines += 1
                return text
        return line.decode("utf-8", "surrogateescape")

    def _checked(self, record: CsvRecord, width: int) -> CsvRecord | BadRow:
        line, cells = record
        if len(cells) != width:
            if cells == [_TOO_LONG]:
                wanted = f"wanted a line of at most {MAX_LINE_BYTES} bytes; got more"
                return BadRow(line, reason_codes.TOO_LARGE, wanted)
            if len(cells) < width or any(cells[width:]):
                return BadRow(line, "bad-row", f"wanted {width} cells; got {len(cells)}")
            record = CsvRecord(line, cells[:width])  # the rest are delimiters alone, which spreadsheets leave behind
        try:
            "".join(cells).encode()
        except UnicodeEncodeError:
            name = self._lines.encoding or f"utf-8 or {_FALLBACK_ENCODING}"
            return BadRow(line, "encoding", f"wanted {name}, as encoding: in the mapping can say; got other bytes")
        return record


class _NumberedLines:
    """Lines, and how many of the file there were when the last one came."""

    def __init__(self, lines: Iterator[str], number: int) -> None:
        self.number = number
        self._lines = lines

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        return line


def _beginning(lines: Iterable[str], count: int) -> Iterator[str]:
    size_chars = 0
    for line in islice(lines, count):
        yield line
        size_chars += len(line)
        if size_chars > CHARS_LOOKED_AT:
            return
