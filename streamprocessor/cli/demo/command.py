"""`demo`: all of it on this machine, with simulated traffic and a model whose points fade within a minute."""

from __future__ import annotations

import click

from streamprocessor.cli.terminal.options import front_options, is_given, process_options, setting, settings_of


@click.command()
@process_options
@setting("--metrics-port", "PORT", "Metrics and health of the worker.", type=int)
@front_options
@click.option("--rate", type=click.FloatRange(0.1, 100_000), default=60.0, show_default=True, help="Events a second.")
@click.option("--contacts", type=click.IntRange(1, 1_000_000), default=1000, show_default=True, help="How many.")
@click.option("--seed", type=int, default=1, show_default=True, help="Equal seeds, equal contacts.")
@click.option("--seconds", type=click.FloatRange(1), help="End by itself after so long; without it at Ctrl-C.")
@click.pass_context
def demo(ctx: click.Context, rate: float, contacts: int, seed: int, seconds: float | None) -> None:
    """Show it: embedded Apache Kafka, all processes, simulated traffic, hot leads and fading scores.

    Its topics begin with `demo-`; the model is deploy/demo.yaml, whose points are halved every 20 seconds. As with
    `up`, a model that is in force stays, unless --model names one on this start. Its hot leads wait in the inbox of
    deploy/demo-inbox.yaml.
    """
    from streamprocessor.cli.demo.run import DemoPlan, run_demo
    from streamprocessor.cli.demo.screen import screen
    from streamprocessor.cli.local.local_system import ended_by_sigterm, kafka_for
    from streamprocessor.cli.terminal.running import run

    settings = settings_of(ctx, model="deploy/demo.yaml", topic_prefix="demo-", inbox="deploy/demo-inbox.yaml")
    plan = DemoPlan(contacts, rate, seed, seconds, model_given=is_given(ctx, "model"))
    with ended_by_sigterm():
        # The screen is inside: while Kafka is fetched the terminal is the progress line's.
        with kafka_for(settings, click.echo) as kafka, screen() as shown:
            code = run(run_demo(kafka, plan, shown))
        click.echo(f"all ended; the data stays in {settings.data_dir}")
    ctx.exit(code)
