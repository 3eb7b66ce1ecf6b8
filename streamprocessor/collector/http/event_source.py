"""Where events came from, written into them: by whose key, or by which of our own doors."""

from __future__ import annotations

from streamprocessor.collector.http.keys import KeyHolder
from streamprocessor.collector.http.wire_format import TopicEntry, WireFormat

SOURCE = "source"


def source_name(wire_format: WireFormat, holder: KeyHolder | None) -> str:
    """The name of the key's source; of a format without keys, such as a mail provider's, its own."""
    return wire_format.name if holder is None else holder.source


def with_source(entries: list[TopicEntry], source: str) -> list[TopicEntry]:
    """The entries, events with their source in `context`, whatever a sender wrote there; updates have none."""
    return [entry if "update" in entry.value else _with_source(entry, source) for entry in entries]


def _with_source(entry: TopicEntry, source: str) -> TopicEntry:
    context = entry.value.get("context")
    if context is not None and not isinstance(context, dict):
        return entry  # refused for what it is
    return entry._replace(value={**entry.value, "context": {**(context or {}), SOURCE: source}})
