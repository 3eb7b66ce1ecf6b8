"""`status`: how the workers are, and how far behind the group is."""

from __future__ import annotations

from typing import Any

import click

from streamprocessor.cli.terminal.options import connected_settings, json_option, process_options
from streamprocessor.errors import EXIT_FAILED


@click.command()
@process_options
@click.option("--metrics-port", "ports", multiple=True, type=click.IntRange(1, 65535), help="A worker's; repeatable.")
@json_option
@click.pass_context
def status(ctx: click.Context, ports: tuple[int, ...], as_json: bool) -> None:
    """Show lag, recovery, timers and partitions, asked of the workers on this machine and of Kafka.

    The exit code is 1 where one of the workers asked does not answer or is not ready.
    """
    from streamprocessor.cli.kafka.workers import ask_worker, group_lag
    from streamprocessor.cli.terminal.printing import print_json_lines
    from streamprocessor.cli.terminal.running import run
    from streamprocessor.kafka.admin.layout import layout_of
    from streamprocessor.kafka.connection import client_settings

    settings = connected_settings(ctx)
    host = "127.0.0.1" if settings.metrics_host == "0.0.0.0" else settings.metrics_host
    workers = [ask_worker(f"http://{host}:{port}") for port in ports or (settings.metrics_port,)]
    group = f"{settings.topic_prefix}{settings.app_id}"
    lag = run(group_lag(client_settings(settings), layout_of(settings), group))
    if as_json:
        print_json_lines([{"group": group, "lag_records": sum(lag.values()), "topics": lag, "workers": workers}])
    else:
        _print(group, lag, workers)
    if not all(worker["ready"] for worker in workers):
        ctx.exit(EXIT_FAILED)


def _print(group: str, lag: dict[str, int], workers: list[dict[str, Any]]) -> None:
    from streamprocessor.cli.terminal.printing import print_table

    behind = ", ".join(f"{topic} {records}" for topic, records in lag.items() if records)
    click.echo(f"group {group}: {sum(lag.values())} records behind{f' ({behind})' if behind else ''}\n")
    columns = ("address", "ready", "lag_seconds", "recovery_remaining_records", "contacts", "timers", "model")
    print_table([column.replace("_", " ") for column in columns], [_worker_row(worker) for worker in workers])
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
