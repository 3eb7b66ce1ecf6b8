"""CSV rows read as events or attribute updates, by a mapping."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

import orjson

from streamprocessor.contract import reason_codes
from streamprocessor.contract.events.actors import actor_of
from streamprocessor.contract.foreign_text import shown_value
from streamprocessor.errors import OperatorError, RecordError
from streamprocessor.imports.cell_numbers import AmbiguousNumberError, read_number
from streamprocessor.imports.cell_times import time_reader
from streamprocessor.imports.csv_dialect import CellNotation, cell_notation, delimiter_of, said_delimiter
from streamprocessor.imports.csv_mapping import NUMBER, TEXT, CsvMapping, TimeColumn, ValueColumn
from streamprocessor.imports.csv_records import CsvRecord, RowShape, read_records
from streamprocessor.imports.file_lines import MAX_LINE_BYTES, FileLines
from streamprocessor.imports.rows import BadRow, ContentIds, ImportRow, ReadRow, SkippedRow
from streamprocessor.scoring.record.facts import HUMAN

MAX_SHOWN_COLUMNS = 20
LINES_LOOKED_AT = 1000
CHARS_LOOKED_AT = 1 << 20
"""Of a file's beginning, by which notations are found, whichever comes first."""

_FALLBACK_ENCODING = "cp1252"
_TOO_LONG = "\ud800"  # in place of a line whose end is gone; no line of a file is this
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class CsvFile:
    """The rows of a CSV file, and how it was read."""

    def __init__(self, lines: FileLines, mapping: CsvMapping, source_name: str) -> None:
        """Read by the mapping. The first row names the columns, `sep=;` and the like may stand before it."""
        self._lines = lines
        self._mapping = mapping
        self._source_name = source_name
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
        said = said_delimiter(first)
        if said is not None:
            first, lines_before = next(texts, ""), 2
        columns = self._mapping.columns()
        self._delimiter = self._mapping.delimiter or said or delimiter_of(first, columns)
        header_lines = _Counted(chain([first], texts), lines_before - 1)
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

    def _header(self, lines: _Counted) -> list[str]:
        try:
            return next(csv.reader(lines, delimiter=self._delimiter, strict=True), [])
        except csv.Error as error:
            message = f"{self._source_name}: wanted a first row that names the columns; {error}"
            raise OperatorError(message) from error

    def _rows(self, header: list[str], lines: _Counted) -> Iterator[ReadRow]:
        # What a row looks like is known by its notations, and those by the first rows: they are cut into records twice.
        head = list(_beginning(lines))
        looked_at = read_records(iter(head), self._delimiter, RowShape(header, None), 0)
        self._notation = cell_notation(
            self._mapping, header, [record.cells for record in looked_at if isinstance(record, CsvRecord)]
        )
        build = _RowBuilder(self._mapping, self._notation)
        shape = RowShape(header, lambda cells: build.may_be_row(dict(zip(header, cells, strict=False))))
        before = lines.number - len(head)
        for record in read_records(chain(head, lines), self._delimiter, shape, before):
            if isinstance(record, BadRow):
                yield record
            else:
                yield self._row(record, header, build)

    def _row(self, record: CsvRecord, header: list[str], build: _RowBuilder) -> ReadRow:
        line, cells = record
        if cells == [_TOO_LONG]:
            return BadRow(line, reason_codes.TOO_LARGE, f"wanted a line of at most {MAX_LINE_BYTES} bytes; got more")
        if len(cells) != len(header):
            return BadRow(line, "bad-row", f"wanted {len(header)} cells; got {len(cells)}")
        try:
            "".join(cells).encode()
        except UnicodeEncodeError:
            name = self._lines.encoding or f"utf-8 or {_FALLBACK_ENCODING}"
            return BadRow(line, "encoding", f"wanted {name}, as encoding: in the mapping can say; got other bytes")
        try:
            return build.row(line, dict(zip(header, cells, strict=True)))
        except RecordError as error:
            return BadRow(line, error.reason, error.detail)


class _Counted:
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


def read_csv(pieces: Iterable[bytes], mapping: CsvMapping, source_name: str) -> CsvFile:
    """The rows of a CSV file's bytes, cut anywhere."""
    return CsvFile(FileLines(pieces, source_name, mapping.encoding), mapping, source_name)


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


class _RowBuilder:
    def __init__(self, mapping: CsvMapping, notation: CellNotation) -> None:
        self._mapping = mapping
        self._notation = notation
        self._time_ms = time_reader(_place(mapping.occurred_at), notation.times, mapping.occurred_at.zone)
        self._content_ids = ContentIds(f"csv-{mapping.type or 'attributes'}-")

    def may_be_row(self, cells: dict[str, str]) -> bool:
        """Whether the cells, of which some may be missing, name a contact and a time."""
        contact, time = cells.get(self._mapping.contact.column, ""), cells.get(self._mapping.occurred_at.column, "")
        try:
            self._time_ms(time.strip())
        except RecordError:
            return False
        return bool(contact.strip())

    def row(self, line: int, cells: dict[str, str]) -> ImportRow | SkippedRow:
        """The row as an event or update, or that it is to be skipped. Raises RecordError where it is bad."""
        mapping = self._mapping
        if any(cells[skip.column] in skip.cells for skip in mapping.skip):
            return SkippedRow(line)
        event_id = self._id(cells)
        contact = cells[mapping.contact.column].strip()
        if not contact:
            reason, detail = reason_codes.NO_CONTACT, f"column {shown_value(mapping.contact.column)} is empty"
            raise RecordError(reason, detail)
        value: dict[str, Any] = {
            "id": event_id,
            "occurred_at": self._time_ms(cells[mapping.occurred_at.column].strip()),
        }
        self._fill(value, cells)
        return ImportRow(line, mapping.contact.prefix + contact, value)

    def _id(self, cells: dict[str, str]) -> str:
        column = self._mapping.id
        if column is None or not cells[column.column].strip():
            return self._content_ids.next_for(orjson.dumps(list(cells.values())))
        return column.prefix + cells[column.column].strip()

    def _fill(self, value: dict[str, Any], cells: dict[str, str]) -> None:
        mapping = self._mapping
        if mapping.type is None:
            value |= {"update": "attributes", "attributes": self._values(mapping.attributes, cells)}
            return
        context = self._values(mapping.context, cells)
        actor = actor_of(str(context.get("user_agent", "")))
        if actor != HUMAN:
            context.setdefault("actor", actor)
        value |= {"type": mapping.type, "properties": self._values(mapping.properties, cells), "context": context}

    def _values(self, columns: Mapping[str, ValueColumn], cells: dict[str, str]) -> dict[str, Any]:
        return {
            name: self._value(column, cells[column.column])
            for name, column in columns.items()
            if cells[column.column] != ""
        }

    def _value(self, column: ValueColumn, cell: str) -> Any:
        if column.read_as == TEXT:
            return cell
        wanted = f"a {column.read_as}"
        if column.read_as == NUMBER:
            try:
                number = read_number(cell, self._notation.numbers[column.column])
            except AmbiguousNumberError as ambiguous:
                wanted = f"one number, which decimal: or thousands: in the mapping make of {ambiguous}"
            else:
                if number is not None:
                    return number
        elif cell.strip().lower() in _BOOLEANS:
            return _BOOLEANS[cell.strip().lower()]
        reason, detail = "bad-value", f"{_place(column)}: wanted {wanted}; got {shown_value(cell)}"
        raise RecordError(reason, detail)


def _place(column: ValueColumn | TimeColumn) -> str:
    return f"column {shown_value(column.column)}"
