"""Which column of a CSV file means what, as data: the mapping files of deploy/imports."""

from __future__ import annotations

from codecs import lookup
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import partial
from pathlib import Path

from streamprocessor.contract.contact_ids import ADDRESS
from streamprocessor.contract.strict_yaml.document import read_document, read_text
from streamprocessor.contract.strict_yaml.located import Fields, LocatedNode, ScalarNode
from streamprocessor.contract.strict_yaml.scalars import text
from streamprocessor.contract.subscriptions.time_zones import time_zone, zone_of
from streamprocessor.errors import OperatorError
from streamprocessor.imports.cell_numbers import DECIMALS, THOUSANDS, Notation
from streamprocessor.imports.suppressed_column import SuppressedColumn, read_suppressed_column

TEXT, NUMBER, BOOLEAN = "text", "number", "boolean"
NO_DELIMITERS = '"\r\n'


@dataclass(frozen=True, slots=True)
class IdColumn:
    """The column of a text, put behind a fixed prefix.

    is_address: the text is a mail address, and the id is that which collectors make of it.
    """

    column: str
    prefix: str = ""
    is_address: bool = False


@dataclass(frozen=True, slots=True)
class ValueColumn:
    """The column of a value. An empty cell is an absent value.

    read_as: text, number or boolean.
    """

    column: str
    read_as: str = TEXT


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """The column of an instant.

    format: `iso` (ISO 8601), `epoch_ms`, `epoch_seconds`, or a strptime pattern; None: found by looking at the cells.
    zone: of texts that name no offset.
    """

    column: str
    format: str | None = None
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class TypeColumn:
    """The column of an event's type.

    types: by cell; empty: the cell is the type.
    """

    column: str
    types: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Rows to pass over: those whose cell in the column is one of these."""

    column: str
    cells: frozenset[str]


@dataclass(frozen=True, slots=True)
class CsvMapping:
    """How rows become events, or updates of attributes, of suppression, or of both.

    occurred_at: None: updates are written at the instant of the import; events always have one.
    type: of the events, or its column; None: rows are updates.
    id: None: ids are made of the rows' content.
    properties, context, attributes: columns by the names that their values get.
    skip: rows that any of these matches are passed over.
    delimiter, encoding: of the file; None: found by looking.
    numbers: how they are written, as far as it is said.
    """

    contact: IdColumn
    occurred_at: TimeColumn | None = None
    type: str | TypeColumn | None = None
    id: IdColumn | None = None
    properties: Mapping[str, ValueColumn] = field(default_factory=dict)
    context: Mapping[str, ValueColumn] = field(default_factory=dict)
    attributes: Mapping[str, ValueColumn] = field(default_factory=dict)
    skip: tuple[RowFilter, ...] = ()
    delimiter: str | None = None
    encoding: str | None = None
    numbers: Notation = field(default_factory=Notation)
    suppressed: SuppressedColumn | None = None

    def columns(self) -> set[str]:
        """The names of all columns that a file must have."""
        groups = (self.properties, self.context, self.attributes)
        columns: list[IdColumn | ValueColumn | TimeColumn | TypeColumn | SuppressedColumn | RowFilter]
        columns = [self.contact, *self.skip]
        columns += [self.occurred_at] if self.occurred_at else []
        columns += [self.type] if isinstance(self.type, TypeColumn) else []
        columns += [self.suppressed] if self.suppressed else []
        columns += [value for group in groups for value in group.values()]
        return {each.column for each in columns} | ({self.id.column} if self.id else set())


def read_mapping(path: Path) -> CsvMapping:
    """The mapping in a YAML file; raises OperatorError with a line for each problem."""
    return parse_mapping(read_text(path, "a CSV mapping"), str(path))


def parse_mapping(content: str, source: str) -> CsvMapping:
    """The mapping in the YAML; raises OperatorError with a line for each problem, beginning with the source."""
    return read_document(content, source, "the mapping", _mapping, OperatorError)


def _mapping(located: LocatedNode) -> CsvMapping:
    fields = located.fields(
        *("type", "contact", "id", "occurred_at", "properties", "context", "attributes", "suppressed", "skip"),
        *("delimiter", "encoding", "decimal", "thousands"),
    )
    _check_kind(fields)
    return CsvMapping(
        contact=fields.required("contact", _contact_column, IdColumn("")),
        occurred_at=fields.read("occurred_at", _time_column, None),
        type=fields.read("type", _type, None),
        id=fields.read("id", _id_column, None),
        properties=fields.read("properties", _value_columns, {}),
        context=fields.read("context", _value_columns, {}),
        attributes=fields.read("attributes", _value_columns, {}),
        skip=fields.read("skip", _row_filters, ()),
        delimiter=fields.read("delimiter", _character, None),
        encoding=fields.read("encoding", _encoding, None),
        numbers=_notation(fields),
        suppressed=fields.read("suppressed", read_suppressed_column, None),
    )


def _check_kind(fields: Fields) -> None:
    if "type" in fields and "occurred_at" not in fields:
        fields.located.note("'occurred_at' is missing; wanted the column of when each event occurred; got none")
    updates = [word for word in ("attributes", "suppressed") if word in fields]
    if ("type" in fields) == bool(updates):
        got = "both" if updates else "neither"
        fields.located.note(
            f"wanted either type (rows are events) or attributes or suppressed (rows are contact updates); got {got}"
        )
    elif updates:
        for word in ("properties", "context"):
            if word in fields:
                fields.entries[word].note(f"belongs to events; wanted none beside {updates[0]}; got some")


def _contact_column(located: LocatedNode) -> IdColumn:
    if not isinstance(located.node, ScalarNode):
        fields = located.fields("column", "prefix", "address")
        if "address" in fields:
            for word in ("column", "prefix"):
                if word in fields:
                    fields.entries[word].note("belongs to ids; wanted none beside address; got some")
            return IdColumn(fields.read("address", _column, ""), is_address=True)
    contact = _id_column(located)
    if contact.prefix.startswith(ADDRESS):
        wanted = "address: with the column of the addresses, for such ids are hashes with this installation's salt"
        located.note(f"wanted {wanted}; got the prefix '{ADDRESS}'")
    return contact


def _column(located: LocatedNode) -> str:
    if isinstance(located.node, ScalarNode):
        return text(located)
    return located.fields("column").required("column", text, "")


def _id_column(located: LocatedNode) -> IdColumn:
    if isinstance(located.node, ScalarNode):
        return IdColumn(text(located))
    fields = located.fields("column", "prefix")
    return IdColumn(fields.required("column", text, ""), fields.read("prefix", _cell, ""))


def _type(located: LocatedNode) -> str | TypeColumn:
    if isinstance(located.node, ScalarNode):
        return text(located)
    fields = located.fields("column", "types")
    return TypeColumn(fields.required("column", text, ""), fields.read("types", _types_by_cell, {}))


def _types_by_cell(located: LocatedNode) -> dict[str, str]:
    return {cell: text(inner) for cell, inner in located.entries("cells, each with the type that it means").items()}


def _time_column(located: LocatedNode) -> TimeColumn:
    if isinstance(located.node, ScalarNode):
        return TimeColumn(text(located))
    fields = located.fields("column", "format", "zone")
    column, time_format = fields.required("column", text, ""), fields.read("format", text, None)
    return TimeColumn(column, time_format, fields.read("zone", _zone, UTC))


def _zone(located: LocatedNode) -> tzinfo:
    return zone_of(time_zone(located))


def _value_columns(located: LocatedNode) -> dict[str, ValueColumn]:
    entries = located.entries("names, each with its column").items()
    stand_in = ValueColumn("")
    return {name: located.problems.attempt(partial(_value_column, inner), stand_in) for name, inner in entries}


def _value_column(located: LocatedNode) -> ValueColumn:
    if isinstance(located.node, ScalarNode):
        return ValueColumn(text(located))
    fields = located.fields("column", "as")
    return ValueColumn(fields.required("column", text, ""), fields.read("as", _read_as, TEXT))


def _read_as(located: LocatedNode) -> str:
    read_as = text(located)
    if read_as not in (TEXT, NUMBER, BOOLEAN):
        located.refuse(f"{TEXT}, {NUMBER} or {BOOLEAN}")
    return read_as


def _row_filters(located: LocatedNode) -> tuple[RowFilter, ...]:
    return tuple(_row_filter(inner) for inner in located.items("a list of columns, each with cells"))


def _row_filter(located: LocatedNode) -> RowFilter:
    fields = located.fields("column", "in")
    return RowFilter(fields.required("column", text, ""), fields.required("in", _cells, frozenset()))


def _cells(located: LocatedNode) -> frozenset[str]:
    return frozenset(_cell(inner) for inner in located.items("a list of cells"))


def _cell(located: LocatedNode) -> str:
    """The cell's text, which may be empty where it is quoted."""
    if not isinstance(located.value, str):
        located.refuse("a text (in quotes where it looks like a number or a word of YAML)")
    return located.value


def _character(located: LocatedNode) -> str:
    character = text(located)
    if len(character) != 1 or character in NO_DELIMITERS:
        located.refuse("one character that is no quote and no line end")
    return character


def _encoding(located: LocatedNode) -> str:
    name = text(located)
    try:
        "".encode(name)
    except LookupError:
        located.refuse("a text encoding such as utf-8, utf-16, cp1252 or latin-1")
    return lookup(name).name


def _notation(fields: Fields) -> Notation:
    notation = Notation(fields.read("decimal", _decimal, None), fields.read("thousands", _thousands, None))
    if notation.decimal is not None and notation.decimal == notation.thousands:
        fields.entries["thousands"].note(f"wanted another character than decimal's; got {notation.thousands!r} too")
    return notation


def _decimal(located: LocatedNode) -> str:
    return _one_of(located, DECIMALS)


def _thousands(located: LocatedNode) -> str:
    return _one_of(located, THOUSANDS)


def _one_of(located: LocatedNode, characters: tuple[str, ...]) -> str:
    character = _cell(located)
    if character not in characters:
        located.refuse(" or ".join(f'"{each}"' for each in characters))
    return character
