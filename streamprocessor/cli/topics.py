"""`topics`: what exists on the broker against what topics/*.yaml describes."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from streamprocessor.cli.terminal.options import connected_settings, json_option, process_options, settings_of
from streamprocessor.contract.topics.roles import ROLES
from streamprocessor.errors import EXIT_FAILED
from streamprocessor.kafka.admin.acls import FORMATS, LOGINS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamprocessor.kafka.admin.reconcile import Layout, TopicDifference
    from streamprocessor.settings import Settings


@click.group()
def topics() -> None:
    """Kafka's topics: list, check, apply and repair them."""


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
    """Name every difference between the topics as described and as they are; exit code 1 where there are any.

    It reads the contacts' changelog, too, for contacts in partitions where they do not belong.
    """
    from streamprocessor.cli.terminal.running import run
    from streamprocessor.kafka.admin.layout import layout_of

    settings = connected_settings(ctx)
    layout = layout_of(settings)
    differences = run(_differences(settings, layout))
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
@click.option("--wait", "wait_seconds", type=click.FloatRange(min=0), default=60.0, show_default=True, help="Seconds.")
@click.pass_context
def repair(ctx: click.Context, wait_seconds: float) -> None:
    """Bring together contacts that are kept in partitions where they do not belong.

    Clients built on librdkafka place keys elsewhere unless told `partitioner=murmur2_random`, and programs before this
    one kept what they sent there. A worker brings it to where it belongs as soon as it has the partition; this waits
    until it has, and fails where something is left.
    """
    from streamprocessor.cli.kafka.misplaced_contacts import until_none_is_misplaced
    from streamprocessor.cli.terminal.running import run
    from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG
    from streamprocessor.kafka.admin.layout import full_name_of
    from streamprocessor.kafka.connection import client_settings

    settings = connected_settings(ctx)
    changelog = full_name_of(settings, CONTACTS_CHANGELOG)
    counts: list[int] = []
    left = run(until_none_is_misplaced(client_settings(settings), changelog, wait_seconds, counts.append))
    click.echo(f"{counts[0] - left} contacts brought to where they belong, {left} not")
    if left:
        click.echo(
            f"{changelog}: {left} contacts are still where they do not belong; wanted a worker of this version at work "
            "on their partitions: start one, and stop older ones",
            err=True,
        )
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


@topics.command()
@process_options
@click.option("--cluster", default="kafka", show_default=True, help="The name of Strimzi's Kafka resource.")
@click.option("--replicas", type=click.IntRange(1, 9), default=3, show_default=True, help="Of each partition.")
@click.pass_context
def manifests(ctx: click.Context, cluster: str, replicas: int) -> None:
    """Print the topics as KafkaTopic resources of Strimzi, as YAML, for a Kafka whose topics its operator makes."""
    from streamprocessor.kafka.admin.layout import layout_of
    from streamprocessor.kafka.admin.manifest import manifest_text
    from streamprocessor.kafka.admin.strimzi import kafka_topics

    click.echo(manifest_text(kafka_topics(layout_of(settings_of(ctx)), cluster, replicas)), nl=False)


@topics.command()
@process_options
@click.option("--process", "roles", multiple=True, type=click.Choice(ROLES), help="Only for these; repeatable.")
@click.option(
    "--principal",
    "principals",
    multiple=True,
    metavar="PROCESS=User:NAME",
    help="Who a process is to Kafka; without it sp-PROCESS. Repeatable.",
)
@click.option("--format", "form", type=click.Choice(FORMATS), default=FORMATS[0], show_default=True)
@click.option("--cluster", default="kafka", show_default=True, help="Strimzi's name of the cluster.")
@click.option("--authentication", type=click.Choice(LOGINS), default=LOGINS[0], show_default=True, help="Of Strimzi's.")
@click.pass_context
def acl(ctx: click.Context, /, principals: tuple[str, ...], **chosen: Any) -> None:
    """Print the least rights that each process needs on Kafka, as what grants them; Kafka is not asked.

    The processes are worker, collector, delivery and api; setup is who runs `topics apply` and `model apply`, reader
    who looks (`status`, `explain`, `export` and the like), sender who runs `import` and the like, rebuild who runs
    `rebuild`.
    """
    from streamprocessor.cli.terminal.print_acls import AclPrint, print_acls

    print_acls(settings_of(ctx), AclPrint(principals=_principals(principals), **chosen))


async def _differences(settings: Settings, layout: Layout) -> list[TopicDifference]:
    from streamprocessor.cli.kafka.misplaced_contacts import misplaced_contacts
    from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG
    from streamprocessor.kafka.admin.layout import full_name_of
    from streamprocessor.kafka.admin.reconcile import MISPLACED, MISSING, TopicDifference
    from streamprocessor.kafka.admin.reconcile import check as differences_on
    from streamprocessor.kafka.connection import client_settings

    clients, changelog = client_settings(settings), full_name_of(settings, CONTACTS_CHANGELOG)
    differences = await differences_on(clients, layout)
    if not any(difference.topic == changelog and difference.what == MISSING for difference in differences):
        misplaced = await misplaced_contacts(clients, changelog)
        if misplaced:
            differences.append(TopicDifference(changelog, MISPLACED, "0", str(len(misplaced))))
    return differences


def _principals(named: Sequence[str]) -> dict[str, str]:
    """The principals by their processes; raises UsageError where one is named otherwise."""
    pairs = {role: principal for role, _, principal in (each.partition("=") for each in named)}
    for role, principal in pairs.items():
        if role not in ROLES or not principal.removeprefix("User:") or not principal.startswith("User:"):
            message = f"--principal: wanted PROCESS=User:NAME with one of {', '.join(ROLES)}; got {role}={principal}"
            raise click.UsageError(message)
    return pairs


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
