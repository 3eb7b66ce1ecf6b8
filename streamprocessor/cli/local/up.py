"""`up`: all of it on this machine, until told to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from streamprocessor.cli.terminal.options import front_options, is_given, process_options, setting, settings_of

if TYPE_CHECKING:
    from streamprocessor.cli.local.local_system import LocalKafka

MOST_WORKERS = 64


@click.command()
@process_options
@setting("--metrics-port", "PORT", "Metrics and health of the first worker, the next ones follow.", type=int)
@front_options
@click.option("--workers", type=click.IntRange(1, MOST_WORKERS), default=1, show_default=True, help="How many.")
@click.option(
    "--shadow", "with_shadow", is_flag=True, help="Run what scores candidates beside the model in force, too."
)
@click.pass_context
def up(ctx: click.Context, workers: int, with_shadow: bool) -> None:
    """Run all of it here: Kafka, topics, model, workers, collector, delivery, and the page with its API.

    Kafka is an embedded Apache Kafka unless --bootstrap names one. A process that ends is started again, the others go
    on. Ctrl-C ends all of it; the data stays in the data folder. The model file is put in force where no model is yet,
    or where --model names it on this start; a model that is in force stays otherwise.
    """
    from streamprocessor.cli.local.local_system import ended_by_sigterm, kafka_for
    from streamprocessor.cli.terminal.running import run

    with ended_by_sigterm(), kafka_for(settings_of(ctx), _say) as kafka:
        code = run(_run_all(kafka, workers, model_given=is_given(ctx, "model"), with_shadow=with_shadow))
    _say("all ended")
    ctx.exit(code)


async def _run_all(kafka: LocalKafka, workers: int, *, model_given: bool, with_shadow: bool) -> int:
    import asyncio

    from streamprocessor.cli.local.local_processes import WorkerPlan, free_ports, front_plan, shadow_child
    from streamprocessor.cli.local.local_system import set_up, supervise
    from streamprocessor.cli.local.next_steps import next_steps
    from streamprocessor.process.supervisor import Supervisor

    settings = kafka.settings
    await set_up(kafka, "up", _say, model_given=model_given)
    fronts = front_plan(settings)
    plans = (WorkerPlan(settings, free_ports(settings.metrics_port, workers)), fronts)
    children = [child for plan in plans for child in plan.children()]
    if with_shadow:
        children.append(shadow_child(settings))
    _say(f"Kafka for clients: {settings.bootstrap}. Ctrl-C ends all of it.")

    async def tell() -> None:
        await asyncio.gather(*(plan.tell_when_ready(_say) for plan in plans))
        addresses = fronts.address_of("collector"), fronts.address_of("api")
        for line in next_steps(kafka.typed_settings, "up", *addresses):
            _say(line)

    telling = asyncio.ensure_future(tell())
    try:
        return await supervise(kafka.process, Supervisor(children, _say), _say)
    finally:
        telling.cancel()


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)
