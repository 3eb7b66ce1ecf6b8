"""What a rebuild of evidence did, or would do, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from streamprocessor.cli.model.retained.input import Extent
from streamprocessor.cli.model.retained.rebuild import Reading
from streamprocessor.cli.terminal.printing import print_table
from streamprocessor.contract.rfc3339 import format_rfc3339

APPLIED_PER_SECOND = 2_000
"""About how many records that are read again workers take each second beside live events; said as an estimate."""


def topics_as_json(extents: Mapping[tuple[str, int], Extent]) -> list[dict[str, Any]]:
    """How many records each topic holds, and since when it is whole; null: since the first one that ever came."""
    answer = []
    for topic in sorted({name for name, _ in extents}):
        of_topic = [extent for (name, _), extent in extents.items() if name == topic]
        since_ms = max((extent.since_ms or 0 for extent in of_topic), default=0)
        answer.append(
            {
                "topic": topic,
                "records": sum(extent.records for extent in of_topic),
                "head_is_gone": any(extent.first for extent in of_topic),
                "held_since": format_rfc3339(since_ms) if since_ms else None,
                "empty_partitions": sum(extent.since_ms is None for extent in of_topic),
            }
        )
    return answer


def reading_as_json(reading: Reading) -> dict[str, Any]:
    """What was read again, counted."""
    return {
        **reading.inventory.as_json(),
        "topics": topics_as_json(reading.extents),
        "to_send": reading.inventory.to_send + reading.inventory.elsewhere,
        "read_seconds": round(reading.seconds, 1),
    }


def print_reading(answer: Mapping[str, Any]) -> None:
    """Print it for people."""
    print_topics(answer["topics"])
    if answer["types"]:
        columns = ("event type", "retained", "new to evidence", "enriched", "complete already", "folded", "may not")
        keys = ("type", "retained", "added", "enriched", "known", "folded", "forbidden")
        print_table(columns, [tuple(row[key] for key in keys) for row in answer["types"]])
    if answer["folded"]:
        click.echo("\nFolded into sums before, which a rebuild can't take apart: these matches stay missing:")
        print_table(("rule", "matches"), [(row["rule"], row["matches"]) for row in answer["folded"]])


def print_topics(topics: list[dict[str, Any]]) -> None:
    """Name the topics whose head is gone."""
    for topic in topics:
        if topic["head_is_gone"]:
            since = topic["held_since"] or "now"
            click.echo(
                f"{topic['topic']}: its head is gone, it holds {topic['records']} records since {since}: what came "
                "before can't be read again"
            )


def duration_sentence(records: int, *, is_counted: bool) -> str:
    """How long sending so many records takes, as an estimate."""
    seconds = max(1, records // APPLIED_PER_SECOND)
    most = "" if is_counted else "at most "
    return f"{most}{records} records to read again: about {seconds} s beside live events, estimated"
