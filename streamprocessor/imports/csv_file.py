"""A CSV file: its lines decoded, cut into records, and each read as a row, and how all that was done."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from streamprocessor.contract import reason_codes
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.foreign_text import shown_value
from streamprocessor.errors import OperatorError, RecordError
from streamprocessor.imports.csv_dialect import CellNotation, cell_notation, declared_delimiter, delimiter_of
from streamprocessor.imports.csv_mapping import CsvMapping
from streamprocessor.imports.csv_records import CsvRecord, RowShape, read_records
from streamprocessor.imports.csv_rows import NO_CLUES, RowBuilder, RowClues
from streamprocessor.imports.file_lines import MAX_LINE_BYTES, FileLines
from streamprocessor.imports.rows import BadRow, ReadRow

MAX_SHOWN_COLUMNS = 20
LINES_LOOKED_AT = 1000
CHARS_LOOKED_AT = 1 << 20
"""Notations are found by a file's first lines or characters, whichever bound comes first."""

_FALLBACK_ENCODING = "cp1252"
_TOO_LONG = "\ud800"  # in place of a line whose end is gone; no line of a file is this


class CsvFile:
    """The rows of a CSV file, and how it was read."""

    def __init__(
        self,
        lines: FileLines,
        mapping: CsvMapping,
        source_name: str,
        clues: RowClues = NO_CLUES,
    ) -> None:
        """Read by the mapping. The first row names the columns, `sep=;` and the like may stand before it."""
        self._lines = lines
        self._mapping = mapping
        self._source_name = source_name
        self._clues = clues
        self._delimiter = mapping.delimiter or ","
        self._notation: CellNotation | None = None
        self._fallback_lines = 0

    def __iter__(self) -> Iterator[ReadRow]:
        """One event or update a row, in the file's order, or why there is none; blank rows are passed over.

        Raises OperatorError where a column that the mapping names is not in the file.
        """
        texts = self._texts()
        first = next(texts, "")
        lines_before = 1
        declared = declared_delimiter(first)
        if declared is not None:
            first, lines_before = next(texts, ""), 2
        columns = self._mapping.columns()
        self._delimiter = self._mapping.delimiter or declared or delimiter_of(first, columns)
        header_lines = _NumberedLines(chain([first], texts), lines_before - 1)
        header = self._header(header_lines)
        missing = columns - set(header)
        if missing:
            wanted, got = _shown(sorted(missing)), _shown(header)
            message = (
                f"{self._source_name}: wanted the columns {wanted} too; got {got}, by delimiter {self._delimiter!r}"
            )
            raise OperatorError(message)
        yield from self._rows(header, header_lines)

    @property
    def read_as(self) -> str:
        """Encoding, delimiter and notations, as far as the file was read."""
        encoding = self._lines.encoding or "utf-8"
        if self._fallback_lines:
            encoding += f" ({self._fallback_lines} lines as {_FALLBACK_ENCODING})"
        words = ["gzip"] if self._lines.is_gzip else []
        words += [encoding, f"delimiter {self._delimiter!r}"]
        return ", ".join(words if self._notation is None else [*words, *self._notation.shown])

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

    def _header(self, lines: _NumberedLines) -> list[str]:
        try:
            return next(csv.reader(lines, delimiter=self._delimiter, strict=True), [])
        except csv.Error as error:
            message = f"{self._source_name}: wanted a first row that names the columns; {error}"
            raise OperatorError(message) from error

    def _rows(self, header: list[str], lines: _NumberedLines) -> Iterator[ReadRow]:
        # What a row looks like is known by its notations, and those by the first rows: they are cut into records twice.
        head = list(_beginning(lines))
        looked_at = read_records(iter(head), self._delimiter, RowShape(header, None), 0)
        self._notation = cell_notation(
            self._mapping, header, [record.cells for record in looked_at if isinstance(record, CsvRecord)]
        )
        build = RowBuilder(self._mapping, self._notation, self._clues)
        before = lines.number - len(head)
        for record in read_records(chain(head, lines), self._delimiter, build.shape(header), before):
            if isinstance(record, BadRow):
                yield record
            else:
                yield from self._rows_of(record, header, build)

    def _rows_of(self, record: CsvRecord, header: list[str], build: RowBuilder) -> Sequence[ReadRow]:
        line, cells = record
        if cells == [_TOO_LONG]:
            return [BadRow(line, reason_codes.TOO_LARGE, f"wanted a line of at most {MAX_LINE_BYTES} bytes; got more")]
        if len(cells) != len(header):
            return [BadRow(line, "bad-row", f"wanted {len(header)} cells; got {len(cells)}")]
        try:
            "".join(cells).encode()
        except UnicodeEncodeError:
            name = self._lines.encoding or f"utf-8 or {_FALLBACK_ENCODING}"
            return [BadRow(line, "encoding", f"wanted {name}, as encoding: in the mapping can say; got other bytes")]
        try:
            return build.rows(line, dict(zip(header, cells, strict=True)))
        except RecordError as error:
            return [BadRow(line, error.reason, error.detail)]


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


def read_csv(
    pieces: Iterable[bytes],
    mapping: CsvMapping,
    source_name: str,
    at_ms: int | None = None,
    contact_ids: ContactIds | None = None,
) -> CsvFile:
    """The rows of a CSV file's bytes, cut anywhere. at_ms, contact_ids: as RowClues has them."""
    lines = FileLines(pieces, source_name, mapping.encoding)
    return CsvFile(lines, mapping, source_name, RowClues(at_ms, contact_ids))


def _beginning(lines: Iterator[str]) -> Iterator[str]:
    size_chars = 0
    for line in islice(lines, LINES_LOOKED_AT):
        yield line
        size_chars += len(line)
        if size_chars > CHARS_LOOKED_AT:
            return


def _shown(columns: list[str]) -> str:
    """The first columns of a stranger's file, each cut."""
    shown = ", ".join(map(shown_value, columns[:MAX_SHOWN_COLUMNS]))
    return f"{shown}, ... ({len(columns)} in all)" if len(columns) > MAX_SHOWN_COLUMNS else shown or "none"
