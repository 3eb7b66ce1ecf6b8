"""`up`: all of it on this machine, until told to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from streamprocessor.cli.options import process_options, setting, settings_of

if TYPE_CHECKING:
    from streamprocessor.cli.local_system import LocalKafka

MOST_WORKERS = 64


@click.command()
@process_options
@setting("--metrics-port", "PORT", "Metrics and health of the first worker, the next ones follow.", type=int)
@setting("--collector-port", "PORT", "Where the collector answers, or the next free one; 0: any free one.", type=int)
@click.option("--workers", type=click.IntRange(1, MOST_WORKERS), default=1, show_default=True, help="How many.")
@click.pass_context
def up(ctx: click.Context, workers: int) -> None:
    """Run everything here: an embedded Apache Kafka (unless --bootstrap names one), topics, model, workers, collector.

    Ctrl-C ends all of it; the data stays in the data folder.
    """
    from streamprocessor.cli.local_system import ended_by_sigterm, kafka_for
    from streamprocessor.cli.running import run

    with ended_by_sigterm(), kafka_for(settings_of(ctx), _say) as kafka:
        code = run(_run_all(kafka, workers))
    _say("all ended")
    ctx.exit(code)


async def _run_all(kafka: LocalKafka, workers: int) -> int:
    import asyncio

    from streamprocessor.broker.supervisor import Supervisor
    from streamprocessor.cli.local_system import (
        WorkerPlan,
        collector_child,
        free_ports,
        set_up,
        supervise,
        wait_until_collecting,
        wait_until_ready,
    )

    settings = kafka.settings
    await set_up(settings, _say)
    plan = WorkerPlan(settings, free_ports(settings.metrics_port, workers))
    (collector_port,) = free_ports(settings.collector_port, 1)
    children = [*plan.children(), collector_child(settings, collector_port)]
    _say(f"Kafka for clients: {settings.bootstrap}. Ctrl-C ends all of it.")
    telling = [
        asyncio.ensure_future(wait_until_ready(plan, _say)),
        asyncio.ensure_future(wait_until_collecting(settings, collector_port, _say)),
    ]
    try:
        return await supervise(kafka.process, Supervisor(children, _say), _say)
    finally:
        for task in telling:
            task.cancel()


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)
