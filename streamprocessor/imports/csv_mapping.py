"""Which column of a table means what, as data: the mapping files of deploy/imports."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from streamprocessor.contract.strict_yaml.document import read_document
from streamprocessor.contract.strict_yaml.located import Fields, LocatedNode
from streamprocessor.errors import OperatorError
from streamprocessor.imports.cells.numbers import Notation
from streamprocessor.imports.columns.columns import (
    IdColumn,
    RowFilter,
    TimeColumn,
    TypeColumn,
    ValueColumn,
    read_contact_column,
    read_id_column,
    read_row_filters,
    read_time_column,
    read_type,
    read_value_columns,
)
from streamprocessor.imports.columns.export_signs import ExportSigns, read_export_signs
from streamprocessor.imports.columns.notation_words import read_character, read_encoding, read_notation
from streamprocessor.imports.columns.row_events import RowEvents, read_row_events
from streamprocessor.imports.columns.suppressed_column import SuppressedColumn, read_suppressed_column


@dataclass(frozen=True, slots=True)
class CsvMapping:
    """How rows become an event each, or updates of attributes and of suppression, and events beside them.

    occurred_at: None: the instant of the import.
    type: of the event that each row is, or its column; None: rows are updates, or tell of events.
    id: None: ids are made of the rows' content.
    properties, context, attributes: columns by the names that their values get.
    suppressed: None: no column tells who may not be written to.
    events: that rows tell of beside updates.
    only: rows that one of these does not match are passed over.
    skip: rows that any of these matches are passed over.
    delimiter, encoding: of the file; None: found by looking.
    numbers: how they are written, as far as it is said.
    recognise: by what the export is known that the mapping is for; None: it is for one file.
    """

    contact: IdColumn
    occurred_at: TimeColumn | None = None
    type: str | TypeColumn | None = None
    id: IdColumn | None = None
    properties: Mapping[str, ValueColumn] = field(default_factory=dict)
    context: Mapping[str, ValueColumn] = field(default_factory=dict)
    attributes: Mapping[str, ValueColumn] = field(default_factory=dict)
    events: tuple[RowEvents, ...] = ()
    only: tuple[RowFilter, ...] = ()
    skip: tuple[RowFilter, ...] = ()
    delimiter: str | None = None
    encoding: str | None = None
    numbers: Notation = field(default_factory=Notation)
    suppressed: SuppressedColumn | None = None
    recognise: ExportSigns | None = None

    def columns(self) -> set[str]:
        """The names of all columns that the mapping means."""
        columns: list[IdColumn | ValueColumn | TimeColumn | TypeColumn | SuppressedColumn | RowFilter]
        columns = [*self.contact_columns(), *self.skip, *self.only]
        columns += [self.occurred_at] if self.occurred_at else []
        columns += [self.type] if isinstance(self.type, TypeColumn) else []
        columns += [self.suppressed] if self.suppressed else []
        columns += [self.id] if self.id else []
        columns += [value for group in self.value_columns() for value in group.values()]
        return {each.column for each in columns}.union(*(events.columns() for events in self.events))

    def needed_columns(self) -> set[str]:
        """The names of those columns that a file must have: all, but of an export only those that it always has."""
        if self.recognise is None:
            return self.columns()
        needed = {column.column for column in self.contact_columns()} | (self.columns() & self.recognise.columns)
        needed |= {self.occurred_at.column} if self.occurred_at else set()
        return needed | ({self.type.column} if isinstance(self.type, TypeColumn) else set())

    def without_events_of(self, absent: Collection[str]) -> CsvMapping:
        """The mapping for a file that has not these columns: without the events of which nothing is known then."""
        events = tuple(events for events in self.events if events.deciding_columns.isdisjoint(absent))
        return self if len(events) == len(self.events) else replace(self, events=events)

    def contact_columns(self) -> list[IdColumn]:
        """The columns of the contact's id, the first that has one counts."""
        columns = [self.contact]
        while columns[-1].otherwise is not None:
            columns.append(columns[-1].otherwise)
        return columns

    def value_columns(self) -> list[Mapping[str, ValueColumn]]:
        """All groups of columns by the names that their values get."""
        groups = [self.properties, self.context, self.attributes]
        return groups + [group for events in self.events for group in (events.properties, events.context)]

    def time_columns(self) -> list[TimeColumn]:
        """All columns of instants."""
        return [each for each in (self.occurred_at, *(events.occurred_at for events in self.events)) if each]


def parse_mapping(content: str, source: str) -> CsvMapping:
    """The mapping in the YAML; raises OperatorError with a line for each problem, beginning with the source."""
    return read_document(content, source, "the mapping", _mapping, OperatorError)


def _mapping(located: LocatedNode) -> CsvMapping:
    fields = located.fields(
        *("type", "contact", "id", "occurred_at", "properties", "context", "attributes", "suppressed", "events"),
        *("only", "skip", "delimiter", "encoding", "decimal", "thousands", "recognise"),
    )
    _check_kind(fields)
    return CsvMapping(
        contact=fields.required("contact", read_contact_column, IdColumn("")),
        occurred_at=fields.read("occurred_at", read_time_column, None),
        type=fields.read("type", read_type, None),
        id=fields.read("id", read_id_column, None),
        properties=fields.read("properties", read_value_columns, {}),
        context=fields.read("context", read_value_columns, {}),
        attributes=fields.read("attributes", read_value_columns, {}),
        events=fields.read("events", read_row_events, ()),
        only=fields.read("only", read_row_filters, ()),
        skip=fields.read("skip", read_row_filters, ()),
        delimiter=fields.read("delimiter", read_character, None),
        encoding=fields.read("encoding", read_encoding, None),
        numbers=read_notation(fields),
        suppressed=fields.read("suppressed", read_suppressed_column, None),
        recognise=fields.read("recognise", read_export_signs, None),
    )


def _check_kind(fields: Fields) -> None:
    if "type" in fields and "occurred_at" not in fields:
        fields.located.note(
            "'occurred_at' is missing; wanted the column of when each event occurred, or now, the instant of the "
            "import; got none"
        )
    updates = [word for word in ("attributes", "suppressed", "events") if word in fields]
    if ("type" in fields) == bool(updates):
        got = f"type and {updates[0]}" if updates else "neither"
        fields.located.note(
            "wanted either type (rows are events) or attributes, suppressed, events, some or all of them (rows are "
            f"contact updates, and tell of events beside them); got {got}"
        )
    elif updates:
        for word in ("properties", "context"):
            if word in fields:
                fields.entries[word].note(f"belongs to events; wanted none beside {updates[0]}; got some")
