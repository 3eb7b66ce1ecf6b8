"""The events that a row tells of beside its attributes, one or as many as a column counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from streamprocessor.contract.strict_yaml.located import Fields, LocatedNode
from streamprocessor.contract.strict_yaml.scalars import text
from streamprocessor.imports.columns.columns import (
    NOW,
    IdColumn,
    TimeColumn,
    TypeColumn,
    ValueColumn,
    read_id_column,
    read_time_column,
    read_type,
    read_value_columns,
)

MAX_COUNT = 10_000
"""Events of one cell at most: a larger count is no count of what a person did."""
MAX_ROW_EVENTS = 20_000
"""Of a row at most, whatever its cells count together: they stand in memory."""
MAX_KINDS = 100
"""Events of a mapping at most: for each the file's cells are looked at."""


@dataclass(frozen=True, slots=True)
class RowEvents:
    """Events of a row. Where the cell of the type, of the instant or of the count is empty, it tells of none.

    type: of the events, or its column.
    occurred_at: None: the instant of the import.
    id: None: ids are made of the contact, the type, and the instant or a number from 1.
    properties, context: columns by the names that their values get.
    count: the column of how many there are, 0 to MAX_COUNT; None: one.
    """

    type: str | TypeColumn
    occurred_at: TimeColumn | None = None
    id: IdColumn | None = None
    properties: Mapping[str, ValueColumn] = field(default_factory=dict)
    context: Mapping[str, ValueColumn] = field(default_factory=dict)
    count: str | None = None

    @property
    def name(self) -> str:
        """What the events are called in messages: their type, or its column."""
        return self.type.column if isinstance(self.type, TypeColumn) else self.type

    @property
    def deciding_columns(self) -> set[str]:
        """The names of those columns without which nothing is known of the events: type, instant and count."""
        names = {self.count} if self.count else set()
        names |= {self.type.column} if isinstance(self.type, TypeColumn) else set()
        return names | ({self.occurred_at.column} if self.occurred_at else set())

    def columns(self) -> set[str]:
        """The names of all columns that tell of the events."""
        columns = [*self.properties.values(), *self.context.values()]
        names = {column.column for column in columns} | ({self.id.column} if self.id else set())
        return names | self.deciding_columns


def read_row_events(located: LocatedNode) -> tuple[RowEvents, ...]:
    """The list as a mapping spells it."""
    events = tuple(_events(inner) for inner in located.items("a list of events, each with type and occurred_at"))
    if len(events) > MAX_KINDS:
        located.note(f"wanted at most {MAX_KINDS} events; got {len(events)}")
    numbered = [event.type for event in events if event.id is None and isinstance(event.type, str)]
    for event_type in sorted({each for each in numbered if numbered.count(each) > 1}):
        located.note(f"wanted each type once, or id: with a column beside it; got {event_type!r} twice")
    return events


def _events(located: LocatedNode) -> RowEvents:
    fields = located.fields("type", "occurred_at", "id", "properties", "context", "count")
    count = fields.read("count", text, None)
    row_id = fields.read("id", read_id_column, None)
    if count is not None and row_id is not None:
        fields.entries["id"].note("belongs to one event; wanted none beside count, whose events are numbered; got some")
    return RowEvents(
        type=fields.required("type", read_type, ""),
        occurred_at=_time(fields),
        id=row_id,
        properties=fields.read("properties", read_value_columns, {}),
        context=fields.read("context", read_value_columns, {}),
        count=count,
    )


def _time(fields: Fields) -> TimeColumn | None:
    if "occurred_at" not in fields:
        fields.located.note(
            f"'occurred_at' is missing; wanted the column of when it occurred, or {NOW}, the instant of the import; "
            "got none"
        )
    return fields.read("occurred_at", read_time_column, None)
