"""Columns of identities, values, instants and types, each as a mapping spells it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import partial

from streamprocessor.contract.contact_ids import ADDRESS
from streamprocessor.contract.strict_yaml.located import LocatedNode, ScalarNode
from streamprocessor.contract.strict_yaml.scalars import text
from streamprocessor.contract.subscriptions.time_zones import time_zone, zone_of
from streamprocessor.imports.cells.salesforce_ids import whole_salesforce_id

TEXT, NUMBER, BOOLEAN = "text", "number", "boolean"
SALESFORCE_ID = "salesforce_id"
REFUSE, KEEP, SKIP = "refuse", "keep", "skip"
NOW = "now"


@dataclass(frozen=True, slots=True)
class IdColumn:
    """The column of a text, put behind a fixed prefix.

    is_address: the text is a mail address, and the id is that which collectors make of it.
    otherwise: the column where this one's cell is empty; None: there is no other.
    is_salesforces: the text is an id of Salesforce, which has two spellings.
    """

    column: str
    prefix: str = ""
    is_address: bool = False
    otherwise: IdColumn | None = None
    is_salesforces: bool = False

    def id_of(self, cell: str) -> str:
        """The id that the cell, no address, stands for."""
        return self.prefix + (whole_salesforce_id(cell) if self.is_salesforces else cell)


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

    format: `iso` (ISO 8601), `epoch_ms`, `epoch_seconds`, `excel_days`, or a strptime pattern; None: found by looking.
    zone: of texts that name no offset.
    """

    column: str
    format: str | None = None
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class TypeColumn:
    """The column of an event's type.

    types: by cell; empty: the cell is the type.
    others: what becomes of a row whose cell is not among the types: REFUSE, KEEP (the cell is the type) or SKIP.
    """

    column: str
    types: Mapping[str, str] = field(default_factory=dict, hash=False)
    others: str = REFUSE


@dataclass(frozen=True, slots=True)
class RowFilter:
    """The rows whose cell in the column is one of these."""

    column: str
    cells: frozenset[str]


def read_contact_column(located: LocatedNode) -> IdColumn:
    """The column of a contact's id, or of her address, and of what stands in for it."""
    if isinstance(located.node, ScalarNode):
        return IdColumn(text(located))
    fields = located.fields("column", "prefix", "as", "address", "otherwise")
    otherwise = fields.read("otherwise", read_contact_column, None)
    if "address" in fields:
        for word in ("column", "prefix", "as"):
            if word in fields:
                fields.entries[word].note("belongs to ids; wanted none beside address; got some")
        return IdColumn(fields.read("address", _column, ""), is_address=True, otherwise=otherwise)
    prefix = fields.read("prefix", read_cell, "")
    if prefix.startswith(ADDRESS):
        wanted = "address: with the column of the addresses, for such ids are hashes with this installation's salt"
        located.note(f"wanted {wanted}; got the prefix '{ADDRESS}'")
    kind = fields.read("as", _id_kind, TEXT)
    column = fields.required("column", text, "")
    return IdColumn(column, prefix, otherwise=otherwise, is_salesforces=kind == SALESFORCE_ID)


def read_id_column(located: LocatedNode) -> IdColumn:
    """The column of an id: a bare word, or with a prefix."""
    if isinstance(located.node, ScalarNode):
        return IdColumn(text(located))
    fields = located.fields("column", "prefix")
    return IdColumn(fields.required("column", text, ""), fields.read("prefix", read_cell, ""))


def read_type(located: LocatedNode) -> str | TypeColumn:
    """The type of events, or its column."""
    if isinstance(located.node, ScalarNode):
        return text(located)
    fields = located.fields("column", "types", "others")
    types, others = fields.read("types", _types_by_cell, {}), fields.read("others", _others, REFUSE)
    return TypeColumn(fields.required("column", text, ""), types, others)


def read_time_column(located: LocatedNode) -> TimeColumn | None:
    """The column of an instant; None: the word `now`, the instant of the import."""
    if isinstance(located.node, ScalarNode):
        column = text(located)
        return None if column == NOW else TimeColumn(column)
    fields = located.fields("column", "format", "zone")
    column, time_format = fields.required("column", text, ""), fields.read("format", _time_format, None)
    return TimeColumn(column, time_format, fields.read("zone", _zone, UTC))


def _time_format(located: LocatedNode) -> str:
    name = text(located)
    try:
        datetime.strptime("", name)  # noqa: DTZ007 - whether it is a pattern at all
    except re.error:
        located.refuse("iso, epoch_ms, epoch_seconds or a strptime pattern, in which each directive stands once")
    except ValueError:
        pass
    return name


def read_value_columns(located: LocatedNode) -> dict[str, ValueColumn]:
    """Columns by the names that their values get."""
    entries = located.entries("names, each with its column").items()
    stand_in = ValueColumn("")
    return {name: located.problems.attempt(partial(_value_column, inner), stand_in) for name, inner in entries}


def read_row_filters(located: LocatedNode) -> tuple[RowFilter, ...]:
    """Columns, each with the cells by which it chooses rows."""
    return tuple(_row_filter(inner) for inner in located.items("a list of columns, each with cells"))


def read_cell(located: LocatedNode) -> str:
    """The cell's text, which may be empty where it is quoted."""
    if not isinstance(located.value, str):
        located.refuse("a text (in quotes where it looks like a number or a word of YAML)")
    return located.value


def _column(located: LocatedNode) -> str:
    if isinstance(located.node, ScalarNode):
        return text(located)
    return located.fields("column").required("column", text, "")


def _types_by_cell(located: LocatedNode) -> dict[str, str]:
    return {cell: text(inner) for cell, inner in located.entries("cells, each with the type that it means").items()}


def _others(located: LocatedNode) -> str:
    others = text(located)
    if others not in (REFUSE, KEEP, SKIP):
        located.refuse(f"{REFUSE}, {KEEP} (their cell is the type) or {SKIP}")
    return others


def _zone(located: LocatedNode) -> tzinfo:
    return zone_of(time_zone(located))


def _value_column(located: LocatedNode) -> ValueColumn:
    if isinstance(located.node, ScalarNode):
        return ValueColumn(text(located))
    fields = located.fields("column", "as")
    return ValueColumn(fields.required("column", text, ""), fields.read("as", _read_as, TEXT))


def _id_kind(located: LocatedNode) -> str:
    kind = text(located)
    if kind not in (TEXT, SALESFORCE_ID):
        located.refuse(f"{TEXT} or {SALESFORCE_ID} (of 15 characters the one of 18, so that both are one contact)")
    return kind


def _read_as(located: LocatedNode) -> str:
    read_as = text(located)
    if read_as not in (TEXT, NUMBER, BOOLEAN):
        located.refuse(f"{TEXT}, {NUMBER} or {BOOLEAN}")
    return read_as


def _row_filter(located: LocatedNode) -> RowFilter:
    fields = located.fields("column", "in")
    return RowFilter(fields.required("column", text, ""), fields.required("in", _cells, frozenset()))


def _cells(located: LocatedNode) -> frozenset[str]:
    return frozenset(read_cell(inner) for inner in located.items("a list of cells"))
