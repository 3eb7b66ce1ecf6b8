"""What a rebuild of evidence would bring for a model, and how long it would take, before anything is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from streamprocessor.cli.model.retained.rebuild import RetainedReading
from streamprocessor.cli.model.retained.report import (
    duration_sentence,
    print_reading,
    print_topics,
    reading_as_json,
    topics_as_json,
)
from streamprocessor.cli.terminal.progress import counting_bar
from streamprocessor.scoring.model.model import Model
from streamprocessor.settings import Settings


async def rebuild_forecast(settings: Settings, model: Model, *, is_counted: bool) -> dict[str, Any]:
    """What a rebuild would read again once the model is in force.

    is_counted: by reading all that is retained beside what evidence has; else at most, by how much the topics hold.
    """
    reader = RetainedReading(settings, model)
    extents = await reader.extents()
    if not is_counted:
        topics = topics_as_json(extents)
        return {"is_counted": False, "to_send": sum(topic["records"] for topic in topics), "topics": topics}
    with counting_bar("partitions read again", len({number for _, number in extents})) as one_more:
        reading = await reader.read(None, one_more)
    return {"is_counted": True, **reading_as_json(reading)}


def print_forecast(answer: Mapping[str, Any]) -> None:
    """Print it for people."""
    if answer["is_counted"]:
        click.echo("\nA rebuild (`model apply --rebuild`) would bring evidence what it has not kept of:")
        print_reading(answer)
    else:
        click.echo("\nA rebuild (`model apply --rebuild`) would bring them what is retained; --rebuild counts it:")
        print_topics(answer["topics"])
    click.echo(duration_sentence(answer["to_send"], is_counted=answer["is_counted"]))
