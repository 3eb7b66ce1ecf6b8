"""`topics`: what exists on the broker against what topics/*.yaml describes."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from streamprocessor.cli.terminal.options import connected_settings, json_option, process_options, settings_of
from streamprocessor.errors import EXIT_FAILED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamprocessor.kafka.admin.reconcile import Layout, TopicDifference


@click.group()
def topics() -> None:
    """Kafka's topics: list, check, apply, describe."""


@topics.command("list")
@process_options
@json_option
@click.pass_context
def list_topics(ctx: click.Context, as_json: bool) -> None:
    """Show the topics of this application as described, without asking Kafka."""
    from streamprocessor.cli.terminal.printing import print_json_lines, print_table
    from streamprocessor.kafka.admin.layout import layout_of

    layout = layout_of(settings_of(ctx))
    if as_json:
        print_json_lines(_described(layout))
        return
    columns = ("topic", "direction", "partitions", "description")
    print_table(columns, [tuple(row[column] for column in columns) for row in _described(layout)])


@topics.command()
@process_options
@json_option
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """Name every difference between the topics as described and as they are; exit code 1 where there are any."""
    from streamprocessor.cli.terminal.running import run
    from streamprocessor.kafka.admin.layout import layout_of
    from streamprocessor.kafka.admin.reconcile import check as differences_on
    from streamprocessor.kafka.connection import client_settings

    settings = connected_settings(ctx)
    layout = layout_of(settings)
    differences = run(differences_on(client_settings(settings), layout))
    _print_differences(differences, as_json)
    if differences:
        ctx.exit(EXIT_FAILED)
    if not as_json:
        click.echo(f"{len(layout.topics)} topics are as described")


@topics.command()
@process_options
@json_option
@click.pass_context
def apply(ctx: click.Context, as_json: bool) -> None:
    """Create the topics that are missing and set settings that differ.

    A partition count is never changed: it would part contacts from their state.
    """
    from streamprocessor.cli.terminal.running import run
    from streamprocessor.kafka.admin.layout import layout_of
    from streamprocessor.kafka.admin.reconcile import apply as make_good
    from streamprocessor.kafka.admin.reconcile import check as differences_on
    from streamprocessor.kafka.connection import client_settings

    settings = connected_settings(ctx)
    clients, layout = client_settings(settings), layout_of(settings)
    mended = run(make_good(clients, layout))
    _print_differences(mended, as_json)
    if not as_json:
        click.echo(f"{len(layout.topics)} topics: {len(mended)} differences made good")
    left = run(differences_on(clients, layout))
    if left:
        click.echo("\n".join(map(str, left)), err=True)
        ctx.exit(EXIT_FAILED)


@topics.command()
@process_options
@click.pass_context
def asyncapi(ctx: click.Context) -> None:
    """Print what describes the topics to programs: AsyncAPI 3.0, as YAML."""
    from pathlib import Path

    from streamprocessor.contract.topics.asyncapi import asyncapi as description_of
    from streamprocessor.contract.topics.asyncapi import asyncapi_text, read_folder

    settings = settings_of(ctx)
    folder = read_folder(Path(settings.topics_dir))
    click.echo(asyncapi_text(description_of(folder, settings.topic_prefix)), nl=False)


def _described(layout: Layout) -> list[dict[str, object]]:
    return [
        {
            "topic": name,
            "direction": topic.direction,
            "partitions": topic.partitions,
            "key": topic.key,
            "config": layout.config(topic, 1),
            "description": topic.description,
        }
        for name, topic in layout.names().items()
    ]


def _print_differences(differences: Sequence[TopicDifference], as_json: bool) -> None:
    from streamprocessor.cli.terminal.printing import print_json_lines

    if as_json:
        print_json_lines(asdict(difference) for difference in differences)
    else:
        for difference in differences:
            click.echo(str(difference))
