"""`catalogue`: which types and properties came, which of them no rule asks for, and which rules nothing ever met."""

from __future__ import annotations

import click

from streamprocessor.cli.terminal.options import connected_settings, json_option, process_options


@click.command()
@process_options
@click.option("--days", type=click.IntRange(1, 40), default=30, show_default=True, help="How far back to look.")
@json_option
@click.pass_context
def catalogue(ctx: click.Context, days: int, as_json: bool) -> None:
    """List the types and properties that came, and what the rules of the model in force make of them.

    It reads the input topics, whether workers run or not. Values that few contacts have are masked.
    """
    from streamprocessor.cli.kafka.revisions import active_model
    from streamprocessor.cli.kafka.seen_events import counted
    from streamprocessor.cli.terminal.print_catalogue import print_types, print_unmet
    from streamprocessor.cli.terminal.running import run
    from streamprocessor.contract.model_file.revisions import model_of

    settings = connected_settings(ctx)
    model = model_of(run(active_model(settings)))
    report = counted(settings, model, days)
    if as_json:
        click.echo(report.model_dump_json())
    else:
        print_types(report)
        print_unmet(report)
