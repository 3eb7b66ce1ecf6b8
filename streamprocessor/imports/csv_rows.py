"""CSV rows read as events or attribute updates, by a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from streamprocessor.contract import reason_codes
from streamprocessor.contract.events.actors import actor_of
from streamprocessor.contract.foreign_text import shown_value
from streamprocessor.errors import RecordError
from streamprocessor.imports.cell_numbers import AmbiguousNumberError, read_number
from streamprocessor.imports.cell_times import time_reader
from streamprocessor.imports.csv_dialect import CellNotation
from streamprocessor.imports.csv_mapping import NUMBER, TEXT, CsvMapping, TimeColumn, ValueColumn
from streamprocessor.imports.rows import ContentIds, ImportRow, SkippedRow
from streamprocessor.scoring.record.facts import HUMAN

_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class RowBuilder:
    """Rows of a file, from their cells by the names of their columns."""

    def __init__(self, mapping: CsvMapping, notation: CellNotation) -> None:
        """Begin a file, whose cells are written in the notation."""
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
