"""Rows of a table read as events and updates, by a mapping."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import orjson

from streamprocessor.contract import reason_codes
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.actors import actor_of
from streamprocessor.contract.events.address_identities import one_address
from streamprocessor.contract.foreign_text import shown_value
from streamprocessor.errors import RecordError
from streamprocessor.imports.cells.numbers import AmbiguousNumberError, read_number
from streamprocessor.imports.cells.times import time_reader
from streamprocessor.imports.cells.typed import TypedCell, instant_ms
from streamprocessor.imports.columns.columns import KEEP, NUMBER, SKIP, TEXT, TimeColumn, TypeColumn, ValueColumn
from streamprocessor.imports.columns.row_events import MAX_COUNT, MAX_ROW_EVENTS, RowEvents
from streamprocessor.imports.columns.suppressed_column import SuppressedColumn
from streamprocessor.imports.csv_dialect import CellNotation
from streamprocessor.imports.csv_mapping import CsvMapping
from streamprocessor.imports.rows import ContentIds, ImportRow, SkippedRow
from streamprocessor.imports.tables.table import IsRow
from streamprocessor.scoring.record.facts import HUMAN

_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

_EventColumns: TypeAlias = tuple[Mapping[str, ValueColumn], Mapping[str, ValueColumn]]


class RowClues(NamedTuple):
    """What rows are read by beside their mapping.

    at_ms: when what has no time is written, of attributes the later row last; None: when it arrives.
    contact_ids: makes the contacts of mail addresses; None: no mapping asks for it.
    """

    at_ms: int | None = None
    contact_ids: ContactIds | None = None


NO_CLUES = RowClues()


class RowBuilder:
    """Rows of a file, from their cells by the names of their columns."""

    def __init__(self, mapping: CsvMapping, notation: CellNotation, clues: RowClues) -> None:
        """Begin a file, whose cells are written in the notation."""
        self._mapping = mapping
        self._notation = notation
        self._clues = clues
        self._times_ms = {column: _instants(column, notation) for column in mapping.time_columns()}
        self._contact_columns = mapping.contact_columns()
        self._may_skip = bool(mapping.skip or mapping.only or isinstance(mapping.type, TypeColumn))
        named = mapping.type.column if isinstance(mapping.type, TypeColumn) else mapping.type
        self._content_ids = ContentIds(f"csv-{named or 'attributes'}-")

    def row_test(self, header: list[str]) -> IsRow | None:
        """Whether cells begin a row; None: without a column of times, nothing in a cell tells."""
        if self._mapping.occurred_at is None:
            return None
        return lambda cells: self._may_be_row(dict(zip(header, cells, strict=False)))

    def _may_be_row(self, cells: dict[str, str]) -> bool:
        """Whether the cells, of which some may be missing, name a contact and a time."""
        try:
            columns = self._contact_columns
            return bool(self._time(cells)) and any(cells.get(column.column, "").strip() for column in columns)
        except RecordError:
            return False

    def rows(self, line: int, cells: dict[str, str]) -> Sequence[ImportRow | SkippedRow]:
        """The row as events and updates, or that it says nothing. Raises RecordError where it is bad."""
        mapping = self._mapping
        if self._may_skip and self._is_skipped(cells):
            return [SkippedRow(line)]
        row_id, time, contact_id = self._id(line, cells), self._time(cells), self._contact(cells)
        rows: list[ImportRow | SkippedRow] = [
            ImportRow(line, contact_id, {"id": row_id + suffix, **time, **content})
            for suffix, content in self._contents(cells)
        ]
        for events in mapping.events:
            rows += [ImportRow(line, contact_id, event) for event in self._events(events, contact_id, cells)]
            if len(rows) > MAX_ROW_EVENTS:
                reason, detail = "bad-value", f"the row: wanted at most {MAX_ROW_EVENTS} events; got more"
                raise RecordError(reason, detail)
        return rows or [SkippedRow(line)]

    def _is_skipped(self, cells: dict[str, str]) -> bool:
        mapping = self._mapping
        return (
            any(cells[skip.column] in skip.cells for skip in mapping.skip)
            or any(cells[only.column] not in only.cells for only in mapping.only)
            or _is_passed_over(mapping.type, cells)
        )

    def _contact(self, cells: dict[str, str]) -> str:
        for column in self._contact_columns:
            cell = cells[column.column].strip()
            if cell:
                break
        else:
            place = " and ".join(shown_value(column.column) for column in self._contact_columns)
            raise RecordError(reason_codes.NO_CONTACT, f"column {place} is empty")
        if not column.is_address:
            return column.id_of(cell)
        address = one_address(cell)
        if address is None:
            detail = f"{_place(column.column)}: wanted a mail address; got {shown_value(cell)}"
            raise RecordError(reason_codes.NO_CONTACT, detail)
        assert self._clues.contact_ids is not None
        return self._clues.contact_ids.address(address)

    def _time(self, cells: dict[str, str]) -> dict[str, int]:
        """When the row says that it occurred, or the import is; nothing where neither is known."""
        return self._time_of(self._mapping.occurred_at, cells)

    def _time_of(self, column: TimeColumn | None, cells: dict[str, str]) -> dict[str, int]:
        if column is not None:
            return {"occurred_at": self._times_ms[column](cells.get(column.column, ""))}
        return {} if self._clues.at_ms is None else {"occurred_at": self._clues.at_ms}

    def _id(self, line: int, cells: dict[str, str]) -> str:
        column = self._mapping.id
        if column is not None and cells[column.column].strip():
            return column.prefix + cells[column.column].strip()
        if self._mapping.occurred_at is None and self._mapping.type is None and self._clues.at_ms is not None:
            # Of what is written at one instant the larger id holds: the later row.
            return f"csv-attributes-{self._clues.at_ms}-{line:012}"
        return self._content_ids.next_for(orjson.dumps(list(cells.values())))

    def _contents(self, cells: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
        """What the row says, each with what is put behind the row's id."""
        mapping = self._mapping
        if mapping.type is not None:
            return [("", self._event(_type_of(mapping.type, cells), (mapping.properties, mapping.context), cells))]
        contents: list[tuple[str, dict[str, Any]]] = []
        if mapping.attributes:
            contents.append(("", {"update": "attributes", "attributes": self._values(mapping.attributes, cells)}))
        if mapping.suppressed is not None and (suppressed := _suppressed(mapping.suppressed, cells)) is not None:
            contents.append((":suppressed", {"update": "suppressed", "suppressed": suppressed}))
        return contents

    def _events(self, events: RowEvents, contact_id: str, cells: dict[str, str]) -> Iterator[dict[str, Any]]:
        """The events beside the row's updates.

        Their ids are those of any later import of the contact, so that one with a higher count adds the new ones.
        """
        needed = [events.count, events.type.column if isinstance(events.type, TypeColumn) else None]
        needed.append(events.occurred_at.column if events.occurred_at and events.count is None else None)
        if any(column is not None and not cells[column].strip() for column in needed):
            return
        if _is_passed_over(events.type, cells):
            return
        count = 1 if events.count is None else self._count(events.count, cells)
        if count == 0:
            return
        event_type, time = _type_of(events.type, cells), self._time_of(events.occurred_at, cells)
        event = self._event(event_type, (events.properties, events.context), cells)
        given_id = "" if events.id is None else cells[events.id.column].strip()
        if events.id is not None and given_id:
            yield {"id": events.id.prefix + given_id, **time, **event}
        elif events.count is None and events.occurred_at is not None:
            yield {"id": f"{contact_id}-{event_type}-{time['occurred_at']}", **time, **event}
        else:
            yield from ({"id": f"{contact_id}-{event_type}-{n}", **time, **event} for n in range(1, count + 1))

    def _count(self, column: str, cells: dict[str, str]) -> int:
        number = self._value(ValueColumn(column, NUMBER), cells[column])
        if number != int(number) or not 0 <= number <= MAX_COUNT:
            raise _bad_value(column, f"a whole number from 0 to {MAX_COUNT}", cells[column])
        return int(number)

    def _event(self, event_type: str, columns: _EventColumns, cells: dict[str, str]) -> dict[str, Any]:
        """The event; columns: of its properties and of its context."""
        properties, context = self._values(columns[0], cells), self._values(columns[1], cells)
        actor = actor_of(str(context.get("user_agent", "")))
        if actor != HUMAN:
            context.setdefault("actor", actor)
        return {"type": event_type, "properties": properties, "context": context}

    def _values(self, columns: Mapping[str, ValueColumn], cells: dict[str, str]) -> dict[str, Any]:
        return {
            name: self._value(column, cells[column.column])
            for name, column in columns.items()
            if cells[column.column] != ""
        }

    def _value(self, column: ValueColumn, cell: str) -> Any:
        if column.read_as == TEXT:
            return str(cell) if isinstance(cell, TypedCell) else cell
        wanted = f"a {column.read_as}"
        if column.read_as == NUMBER:
            if isinstance(cell, TypedCell) and isinstance(cell.value, (int, float)):
                return cell.value
            try:
                number = read_number(cell, self._notation.numbers[column.column])
            except AmbiguousNumberError as ambiguous:
                wanted = f"one number, which decimal: or thousands: in the mapping make of {ambiguous}"
            else:
                if number is not None:
                    return number
        elif cell.strip().lower() in _BOOLEANS:
            return _BOOLEANS[cell.strip().lower()]
        raise _bad_value(column.column, wanted, cell)


def _instants(column: TimeColumn, notation: CellNotation) -> Callable[[str], int]:
    """A function from a cell of the column to epoch milliseconds; it raises RecordError bad-time."""
    of_text = time_reader(_place(column.column), notation.times[column.column], column.zone)

    def read(cell: str) -> int:
        if isinstance(cell, TypedCell) and not isinstance(cell.value, (int, float)):
            return instant_ms(cell.value, column.zone)
        return of_text(cell.strip())

    return read


def _type_of(event_type: str | TypeColumn, cells: dict[str, str]) -> str:
    if isinstance(event_type, str):
        return event_type
    cell = cells[event_type.column].strip()
    is_known = not event_type.types or event_type.others == KEEP
    known = event_type.types.get(cell, cell if is_known else None)
    if not known:
        wanted = ", ".join(event_type.types) or "a type"
        detail = f"{_place(event_type.column)}: wanted {shown_value(wanted)}; got {shown_value(cell)}"
        raise RecordError(reason_codes.UNKNOWN_TYPE, detail)
    return known


def _is_passed_over(event_type: str | TypeColumn | None, cells: dict[str, str]) -> bool:
    if not isinstance(event_type, TypeColumn) or event_type.others != SKIP:
        return False
    return cells[event_type.column].strip() not in event_type.types


def _suppressed(column: SuppressedColumn, cells: dict[str, str]) -> bool | None:
    """What the row says of suppression; None: nothing."""
    try:
        return column.says(cells[column.column])
    except ValueError as wanted:
        raise _bad_value(column.column, shown_value(str(wanted)), cells[column.column].strip()) from None


def _bad_value(column: str, wanted: str, cell: str) -> RecordError:
    reason, detail = "bad-value", f"{_place(column)}: wanted {wanted}; got {shown_value(cell)}"
    return RecordError(reason, detail)


def _place(column: str) -> str:
    return f"column {shown_value(column)}"
