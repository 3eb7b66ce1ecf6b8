"""What a mapping makes of each column, in short words for who looks at the file."""

from __future__ import annotations

from collections.abc import Iterator

from streamprocessor.imports.csv_mapping import CsvMapping, TypeColumn


def meanings_of(mapping: CsvMapping) -> Iterator[tuple[str, str]]:
    """Columns, each with one of its meanings: the mapping's word, and the name behind a dot where it has one."""
    yield mapping.contact.column, "contact.address" if mapping.contact.is_address else "contact"
    if mapping.id is not None:
        yield mapping.id.column, "id"
    if mapping.occurred_at is not None:
        yield mapping.occurred_at.column, "occurred_at"
    if isinstance(mapping.type, TypeColumn):
        yield mapping.type.column, "type"
    if mapping.suppressed is not None:
        yield mapping.suppressed.column, "suppressed"
    for word in ("attributes", "properties", "context"):
        for name, value in getattr(mapping, word).items():
            yield value.column, f"{word}.{name}"
    for row_filter in mapping.skip:
        yield row_filter.column, "skip"
