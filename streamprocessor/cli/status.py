"""`status`: how the workers are, who owns which partitions, and how far behind the group is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from streamprocessor.cli.terminal.options import connected_settings, json_option, process_options
from streamprocessor.errors import EXIT_FAILED

if TYPE_CHECKING:
    from streamprocessor.kafka.admin.consumer_group import ConsumerGroup


@click.command()
@process_options
@click.option("--metrics-port", "ports", multiple=True, type=click.IntRange(1, 65535), help="A worker's; repeatable.")
@json_option
@click.pass_context
def status(ctx: click.Context, ports: tuple[int, ...], as_json: bool) -> None:
    """Show lag, recovery, timers and partitions, asked of the workers on this machine and of Kafka.

    The exit code is 1 where one of the workers asked does not answer or is not ready, and where a partition has no
    worker at all.
    """
    from streamprocessor.cli.kafka.workers import ask_worker
    from streamprocessor.cli.terminal.printing import print_json_lines
    from streamprocessor.cli.terminal.running import run
    from streamprocessor.kafka.admin.consumer_group import consumer_group, group_lag
    from streamprocessor.kafka.admin.layout import layout_of
    from streamprocessor.kafka.connection import client_settings

    settings = connected_settings(ctx)
    host = "127.0.0.1" if settings.metrics_host == "0.0.0.0" else settings.metrics_host
    workers = [ask_worker(f"http://{host}:{port}") for port in ports or (settings.metrics_port,)]
    name = f"{settings.topic_prefix}{settings.app_id}"
    clients, layout = client_settings(settings), layout_of(settings)
    group, lag = run(consumer_group(clients, layout, name)), run(group_lag(clients, layout, name))
    if as_json:
        print_json_lines([_as_json(name, group, lag) | {"workers": workers}])
    else:
        click.echo(f"group {name}: {_behind(lag)}")
        if group.unowned:
            click.echo(group.unowned_sentence(lag))
        _print_members(group)
        _print_workers(workers)
    if group.unowned or not all(worker["ready"] for worker in workers):
        ctx.exit(EXIT_FAILED)


def _as_json(name: str, group: ConsumerGroup, lag: dict[tuple[str, int], int]) -> dict[str, Any]:
    return {
        "group": name,
        "state": group.state,
        "lag_records": sum(lag.values()),
        "topics": _by_topic(lag),
        "partitions_without_worker": group.unowned,
        "members": [
            {"name": member.name, "host": member.host, "partitions": member.numbers} for member in group.members
        ],
    }


def _by_topic(lag: dict[tuple[str, int], int]) -> dict[str, int]:
    topics: dict[str, int] = {}
    for (topic, _), records in lag.items():
        topics[topic] = topics.get(topic, 0) + records
    return topics


def _behind(lag: dict[tuple[str, int], int]) -> str:
    topics = ", ".join(f"{topic} {records}" for topic, records in _by_topic(lag).items() if records)
    return f"{sum(lag.values())} records behind{f' ({topics})' if topics else ''}"


def _print_members(group: ConsumerGroup) -> None:
    from streamprocessor.cli.terminal.printing import print_table

    if group.members:
        click.echo()
        rows = [(member.name, member.host, ", ".join(map(str, member.numbers))) for member in sorted(group.members)]
        print_table(("member of the group", "host", "partitions"), rows)


def _print_workers(workers: list[dict[str, Any]]) -> None:
    from streamprocessor.cli.terminal.plain_text import echo
    from streamprocessor.cli.terminal.printing import print_table

    click.echo()
    columns = ("address", "ready", "lag_seconds", "recovery_remaining_records", "contacts", "timers", "model")
    print_table([column.replace("_", " ") for column in columns], [_worker_row(worker) for worker in workers])
    for worker in workers:
        for type_, events in worker.get("types_without_rule", {}).items():
            echo(f"no rule asks for {type_}: {events} came to {worker['address']}; `catalogue` tells more")
    rows = [_partition_row(worker, partition) for worker in workers for partition in worker.get("partitions", ())]
    if rows:
        click.echo()
        heads = ("partition", "worker", "recovered", "lag records", "contacts", "bytes", "timers", "next timer")
        print_table(heads, sorted(rows))


def _worker_row(worker: dict[str, Any]) -> tuple[object, ...]:
    ready = "yes" if worker["ready"] else f"no: {', '.join(worker['not_ready'])}"
    model = worker.get("model")
    partitions = worker.get("partitions", ())
    return (
        worker["address"],
        ready,
        None if worker.get("lag_seconds") is None else f"{worker['lag_seconds']:.1f}",
        worker.get("recovery_remaining_records"),
        sum(partition["contacts"] for partition in partitions) if partitions else None,
        sum(partition["timers"] for partition in partitions) if partitions else None,
        f"{model['name']} revision {model['revision']}" if model else None,
    )


def _partition_row(worker: dict[str, Any], partition: dict[str, Any]) -> tuple[object, ...]:
    from streamprocessor.contract.rfc3339 import format_rfc3339

    next_ms = partition["next_timer_at_ms"]
    return (
        partition["partition"],
        worker["address"],
        "yes" if partition["recovered"] else "no",
        partition["lag_records"],
        partition["contacts"],
        partition["bytes"],
        partition["timers"],
        "" if next_ms is None else format_rfc3339(next_ms),
    )
