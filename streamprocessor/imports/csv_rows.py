"""CSV rows read as events or attribute updates, by a mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from streamprocessor.contract import reason_codes
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.actors import actor_of
from streamprocessor.contract.events.address_identities import one_address
from streamprocessor.contract.foreign_text import shown_value
from streamprocessor.errors import RecordError
from streamprocessor.imports.cell_numbers import AmbiguousNumberError, read_number
from streamprocessor.imports.cell_times import time_reader
from streamprocessor.imports.csv_dialect import CellNotation
from streamprocessor.imports.csv_mapping import NUMBER, TEXT, CsvMapping, TimeColumn, TypeColumn, ValueColumn
from streamprocessor.imports.csv_records import RowShape
from streamprocessor.imports.rows import ContentIds, ImportRow, SkippedRow
from streamprocessor.imports.suppressed_column import SuppressedColumn
from streamprocessor.scoring.record.facts import HUMAN

_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class RowClues(NamedTuple):
    """What rows are read by beside their mapping.

    at_ms: when attributes are written that have no time, the later row last; None: when they arrive.
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
        self._time_ms = None
        if mapping.occurred_at is not None and notation.times is not None:
            self._time_ms = time_reader(_place(mapping.occurred_at), notation.times, mapping.occurred_at.zone)
        named = mapping.type.column if isinstance(mapping.type, TypeColumn) else mapping.type
        self._content_ids = ContentIds(f"csv-{named or 'attributes'}-")

    def shape(self, header: list[str]) -> RowShape:
        """What a row looks like; without a column of times, nothing in a cell tells."""
        if self._time_ms is None:
            return RowShape(header, None)
        return RowShape(header, lambda cells: self._may_be_row(dict(zip(header, cells, strict=False))))

    def _may_be_row(self, cells: dict[str, str]) -> bool:
        """Whether the cells, of which some may be missing, name a contact and a time."""
        try:
            return bool(self._time(cells) and cells.get(self._mapping.contact.column, "").strip())
        except RecordError:
            return False

    def rows(self, line: int, cells: dict[str, str]) -> Sequence[ImportRow | SkippedRow]:
        """The row as an event or updates, or that it says nothing. Raises RecordError where it is bad."""
        mapping = self._mapping
        if any(cells[skip.column] in skip.cells for skip in mapping.skip):
            return [SkippedRow(line)]
        row_id, time, contact_id = self._id(line, cells), self._time(cells), self._contact(cells)
        rows: list[ImportRow | SkippedRow] = [
            ImportRow(line, contact_id, {"id": row_id + suffix, **time, **content})
            for suffix, content in self._contents(cells)
        ]
        return rows or [SkippedRow(line)]

    def _contact(self, cells: dict[str, str]) -> str:
        column = self._mapping.contact
        cell, place = cells[column.column].strip(), f"column {shown_value(column.column)}"
        if not cell:
            raise RecordError(reason_codes.NO_CONTACT, f"{place} is empty")
        if not column.is_address:
            return column.prefix + cell
        address = one_address(cell)
        if address is None:
            raise RecordError(reason_codes.NO_CONTACT, f"{place}: wanted a mail address; got {shown_value(cell)}")
        assert self._clues.contact_ids is not None
        return self._clues.contact_ids.address(address)

    def _time(self, cells: dict[str, str]) -> dict[str, int]:
        """When the row says that it occurred, or the import is; nothing where neither is known."""
        column = self._mapping.occurred_at
        if column is not None and self._time_ms is not None:
            return {"occurred_at": self._time_ms(cells.get(column.column, "").strip())}
        return {} if self._clues.at_ms is None else {"occurred_at": self._clues.at_ms}

    def _id(self, line: int, cells: dict[str, str]) -> str:
        column = self._mapping.id
        if column is not None and cells[column.column].strip():
            return column.prefix + cells[column.column].strip()
        if self._time_ms is None and self._clues.at_ms is not None:
            # Of what is written at one instant the larger id holds: the later row.
            return f"csv-attributes-{self._clues.at_ms}-{line:012}"
        return self._content_ids.next_for(orjson.dumps(list(cells.values())))

    def _contents(self, cells: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
        """What the row says, each with what is put behind the row's id."""
        mapping = self._mapping
        if mapping.type is not None:
            return [("", self._event(_type_of(mapping.type, cells), cells))]
        contents: list[tuple[str, dict[str, Any]]] = []
        if mapping.attributes:
            contents.append(("", {"update": "attributes", "attributes": self._values(mapping.attributes, cells)}))
        if mapping.suppressed is not None and (suppressed := _suppressed(mapping.suppressed, cells)) is not None:
            contents.append((":suppressed", {"update": "suppressed", "suppressed": suppressed}))
        return contents

    def _event(self, event_type: str, cells: dict[str, str]) -> dict[str, Any]:
        mapping = self._mapping
        context = self._values(mapping.context, cells)
        actor = actor_of(str(context.get("user_agent", "")))
        if actor != HUMAN:
            context.setdefault("actor", actor)
        return {"type": event_type, "properties": self._values(mapping.properties, cells), "context": context}

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
        raise _bad_value(column, wanted, cell)


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
    try:
        return column.says(cells[column.column])
    except ValueError as wanted:
        raise _bad_value(column, shown_value(str(wanted)), cells[column.column].strip()) from None


def _bad_value(column: ValueColumn | SuppressedColumn, wanted: str, cell: str) -> RecordError:
    reason, detail = "bad-value", f"{_place(column)}: wanted {wanted}; got {shown_value(cell)}"
    return RecordError(reason, detail)


def _place(column: ValueColumn | TimeColumn | TypeColumn | SuppressedColumn) -> str:
    return f"column {shown_value(column.column)}"
