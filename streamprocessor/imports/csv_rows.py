"""CSV rows read as events or attribute updates, by a mapping."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from streamprocessor.contract import reason_codes
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.actors import actor_of
from streamprocessor.contract.events.address_identities import is_one_address
from streamprocessor.contract.foreign_text import MAX_VALUE_CHARS, shown_value
from streamprocessor.errors import OperatorError, RecordError
from streamprocessor.imports.csv_mapping import (
    NUMBER,
    TEXT,
    CsvMapping,
    SuppressedColumn,
    TimeColumn,
    TypeColumn,
    ValueColumn,
)
from streamprocessor.imports.rows import BadRow, ContentIds, ImportRow, ReadRow
from streamprocessor.scoring.record.facts import HUMAN

MAX_SHOWN_COLUMNS = 20

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def read_csv(
    lines: Iterable[bytes],
    mapping: CsvMapping,
    source_name: str,
    at_ms: int | None = None,
    contact_ids: ContactIds | None = None,
) -> Iterator[ReadRow]:
    """The event or the updates of each row, in the file's order; rows to skip and blank ones are passed over.

    The first row names the columns. A byte order mark, any line end and a missing last one are taken.
    at_ms: when attributes are written that have no time, the later row last; None: when they arrive.
    contact_ids: makes the contacts of mail addresses; None: no mapping asks for it.
    Raises OperatorError where a column that the mapping names is not in the file.
    """
    reader = csv.reader(_texts(lines), delimiter=mapping.delimiter, strict=True)
    header = _header(reader, source_name)
    missing = mapping.columns() - set(header)
    if missing:
        message = f"{source_name}: wanted the columns {_shown(sorted(missing))} too; got {_shown(header)}"
        raise OperatorError(message)
    build = _RowBuilder(mapping, at_ms, contact_ids)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(line, "not-csv", str(error))
            continue
        yield from _read_row(line, header, cells, build)


def _shown(columns: list[str]) -> str:
    """The first columns of a stranger's file, each cut."""
    shown = ", ".join(map(shown_value, columns[:MAX_SHOWN_COLUMNS]))
    return f"{shown}, ... ({len(columns)} in all)" if len(columns) > MAX_SHOWN_COLUMNS else shown or "none"


def _header(reader: Iterator[list[str]], source_name: str) -> list[str]:
    try:
        return next(reader, [])
    except csv.Error as error:
        message = f"{source_name}: wanted a first row that names the columns; {error}"
        raise OperatorError(message) from error


def _texts(lines: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines):
        # Bytes that are no UTF-8 become surrogates here and their row a bad one; decoding strictly would end the file.
        yield line.decode("utf-8-sig" if number == 0 else "utf-8", "surrogateescape")


def _read_row(line: int, header: list[str], cells: list[str], build: _RowBuilder) -> Sequence[ReadRow]:
    if not cells:
        return ()
    if len(cells) != len(header):
        return [BadRow(line, "bad-row", f"wanted {len(header)} cells; got {len(cells)}")]
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return [BadRow(line, "not-utf8", "wanted UTF-8; got other bytes")]
    try:
        return build.rows(line, dict(zip(header, cells, strict=True)))
    except RecordError as error:
        return [BadRow(line, error.reason, error.detail)]


class _RowBuilder:
    def __init__(self, mapping: CsvMapping, at_ms: int | None, contact_ids: ContactIds | None) -> None:
        self._mapping, self._at_ms, self._contact_ids = mapping, at_ms, contact_ids
        self._time_ms = None if mapping.occurred_at is None else _time_reader(mapping.occurred_at)
        named = mapping.type.column if isinstance(mapping.type, TypeColumn) else mapping.type
        self._content_ids = ContentIds(f"csv-{named or 'attributes'}-")

    def rows(self, line: int, cells: dict[str, str]) -> list[ImportRow]:
        """The row as an event or updates, none where it is to be skipped. Raises RecordError where it is bad."""
        mapping = self._mapping
        if any(cells[skip.column] in skip.cells for skip in mapping.skip):
            return []
        row_id, time, contact_id = self._id(line, cells), self._time(cells), self._contact(cells)
        return [
            ImportRow(line, contact_id, {"id": row_id + suffix, **time, **content})
            for suffix, content in self._contents(cells)
        ]

    def _contact(self, cells: dict[str, str]) -> str:
        column = self._mapping.contact
        cell, place = cells[column.column].strip(), f"column {shown_value(column.column)}"
        if not cell:
            raise RecordError(reason_codes.NO_CONTACT, f"{place} is empty")
        if not column.is_address:
            return column.prefix + cell
        if not is_one_address(cell):
            raise RecordError(reason_codes.NO_CONTACT, f"{place}: wanted a mail address; got {shown_value(cell)}")
        assert self._contact_ids is not None
        return self._contact_ids.address(cell)

    def _time(self, cells: dict[str, str]) -> dict[str, int]:
        """When the row says that it occurred, or the import is; nothing where neither is known."""
        column = self._mapping.occurred_at
        if column is not None and self._time_ms is not None:
            return {"occurred_at": self._time_ms(cells[column.column].strip())}
        return {} if self._at_ms is None else {"occurred_at": self._at_ms}

    def _id(self, line: int, cells: dict[str, str]) -> str:
        column = self._mapping.id
        if column is not None and cells[column.column].strip():
            return column.prefix + cells[column.column].strip()
        if self._time_ms is None and self._at_ms is not None:
            # Of what is written at one instant the larger id holds: the later row.
            return f"csv-attributes-{self._at_ms}-{line:012}"
        return self._content_ids.next_for(orjson.dumps(list(cells.values())))

    def _contents(self, cells: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
        """What the row says, each with what is put behind the row's id."""
        mapping = self._mapping
        if mapping.type is not None:
            return [("", self._event(_type_of(mapping.type, cells), cells))]
        contents: list[tuple[str, dict[str, Any]]] = []
        if mapping.attributes:
            contents.append(("", {"update": "attributes", "attributes": _values(mapping.attributes, cells)}))
        if mapping.suppressed is not None and (suppressed := _suppressed(mapping.suppressed, cells)) is not None:
            contents.append((":suppressed", {"update": "suppressed", "suppressed": suppressed}))
        return contents

    def _event(self, event_type: str, cells: dict[str, str]) -> dict[str, Any]:
        mapping = self._mapping
        context = _values(mapping.context, cells)
        actor = actor_of(str(context.get("user_agent", "")))
        if actor != HUMAN:
            context.setdefault("actor", actor)
        return {"type": event_type, "properties": _values(mapping.properties, cells), "context": context}


def _type_of(event_type: str | TypeColumn, cells: dict[str, str]) -> str:
    if isinstance(event_type, str):
        return event_type
    cell = cells[event_type.column].strip()
    known = event_type.types.get(cell) if event_type.types else cell
    if not known:
        wanted = ", ".join(event_type.types) or "a type"
        detail = f"{_place(event_type)}: wanted {shown_value(wanted)}; got {shown_value(cell)}"
        raise RecordError(reason_codes.UNKNOWN_TYPE, detail)
    return known


def _suppressed(column: SuppressedColumn, cells: dict[str, str]) -> bool | None:
    """What the row says of suppression; None: nothing."""
    cell = cells[column.column].strip()
    if cell.lower() in column.true_values:
        return True
    if not cell or cell.lower() in column.false_values:
        return False if cell and column.lifts else None
    wanted = ", ".join([*sorted(column.true_values), *sorted(column.false_values)])
    raise _bad_value(column, shown_value(wanted), cell)


def _values(columns: Mapping[str, ValueColumn], cells: dict[str, str]) -> dict[str, Any]:
    return {
        name: _value(column, cells[column.column]) for name, column in columns.items() if cells[column.column] != ""
    }


def _value(column: ValueColumn, cell: str) -> Any:
    if column.read_as == TEXT:
        return cell
    if column.read_as == NUMBER:
        number = _number(cell)
        if number is not None:
            return number
    elif cell.strip().lower() in _BOOLEANS:
        return _BOOLEANS[cell.strip().lower()]
    raise _bad_value(column, f"a {column.read_as}", cell)


def _bad_value(column: ValueColumn | SuppressedColumn, wanted: str, cell: str) -> RecordError:
    reason, detail = "bad-value", f"{_place(column)}: wanted {wanted}; got {shown_value(cell)}"
    return RecordError(reason, detail)


def _place(column: ValueColumn | TimeColumn | TypeColumn | SuppressedColumn) -> str:
    return f"column {shown_value(column.column)}"


def _number(cell: str) -> int | float | None:
    try:
        return int(cell)
    except ValueError:
        pass
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _time_reader(time: TimeColumn) -> Callable[[str], int]:
    """A function from a cell to epoch milliseconds, cutting finer times; it raises RecordError `bad-time`."""
    parse: Callable[[str], datetime] = {
        "epoch_ms": lambda text: _EPOCH + timedelta(milliseconds=int(text)),
        "epoch_seconds": lambda text: _EPOCH + timedelta(microseconds=math.floor(float(text) * 1e6)),
        "iso": lambda text: datetime.fromisoformat(text.replace("Z", "+00:00")),
    }.get(time.format, lambda text: datetime.strptime(text, time.format))  # noqa: DTZ007 - read() puts the zone on

    time_format = time.format[:MAX_VALUE_CHARS]

    def read(text: str) -> int:
        try:
            moment = parse(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=time.zone)
            return (moment - _EPOCH) // timedelta(milliseconds=1)
        except (ValueError, OverflowError):
            reason, detail = reason_codes.BAD_TIME, f"{_place(time)}: wanted {time_format}; got {shown_value(text)}"
            raise RecordError(reason, detail) from None

    return read
