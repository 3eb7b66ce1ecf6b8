"""What a mapping makes of each column, in short words for who looks at the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from streamprocessor.imports.columns.columns import TypeColumn, ValueColumn
from streamprocessor.imports.columns.row_events import RowEvents
from streamprocessor.imports.csv_mapping import CsvMapping


def meanings_of(mapping: CsvMapping) -> Iterator[tuple[str, str]]:
    """Columns, each with one of its meanings: the mapping's word, and the name behind a dot where it has one."""
    for contact in mapping.contact_columns():
        yield contact.column, "contact.address" if contact.is_address else "contact"
    if mapping.id is not None:
        yield mapping.id.column, "id"
    if mapping.occurred_at is not None:
        yield mapping.occurred_at.column, "occurred_at"
    if isinstance(mapping.type, TypeColumn):
        yield mapping.type.column, "type"
    if mapping.suppressed is not None:
        yield mapping.suppressed.column, "suppressed"
    yield from _named("attributes", mapping.attributes)
    yield from _named("properties", mapping.properties)
    yield from _named("context", mapping.context)
    for events in mapping.events:
        yield from _of_events(events)
    for word, filters in (("only", mapping.only), ("skip", mapping.skip)):
        for row_filter in filters:
            yield row_filter.column, word


def _of_events(events: RowEvents) -> Iterator[tuple[str, str]]:
    place = f"events.{events.type}" if isinstance(events.type, str) else "events"
    if isinstance(events.type, TypeColumn):
        yield events.type.column, f"{place}.type"
    if events.count is not None:
        yield events.count, f"{place}.count"
    if events.occurred_at is not None:
        yield events.occurred_at.column, f"{place}.occurred_at"
    if events.id is not None:
        yield events.id.column, f"{place}.id"
    yield from _named(f"{place}.properties", events.properties)
    yield from _named(f"{place}.context", events.context)


def _named(word: str, columns: Mapping[str, ValueColumn]) -> Iterator[tuple[str, str]]:
    for name, value in columns.items():
        yield value.column, f"{word}.{name}"
