"""`doctor`: what keeps processes from starting here, before they are started."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from streamprocessor.cli.doctor.finding import PROCESSES, Level
from streamprocessor.cli.terminal.options import (
    command_line,
    connected_settings,
    json_option,
    process_options,
    settings_of,
)
from streamprocessor.errors import EXIT_FAILED, BrokerError, OperatorError

if TYPE_CHECKING:
    from streamprocessor.cli.doctor.finding import Finding


@click.command()
@process_options
@click.argument("processes", nargs=-1, type=click.Choice(PROCESSES))
@json_option
@click.pass_context
def doctor(ctx: click.Context, processes: tuple[str, ...], as_json: bool) -> None:
    """Look at what processes (all, unless some are named) need before they can start here, and say what to do.

    Settings, salts and keys, files, the data folder and its disk, ports, databases; Kafka with its topics, the model in
    force, what each process may do there (by the login of these settings), and the clocks. The exit code is 1 where
    something fails.
    """
    from streamprocessor.cli.terminal.printing import print_json_lines

    findings = _findings(ctx, processes or PROCESSES)
    if as_json:
        print_json_lines({**each._asdict(), "level": each.level.value} for each in findings)
    else:
        _print(findings)
    if any(finding.level is Level.FAIL for finding in findings):
        ctx.exit(EXIT_FAILED)


def _findings(ctx: click.Context, processes: tuple[str, ...]) -> list[Finding]:
    from streamprocessor.cli.doctor.broker import broker_findings
    from streamprocessor.cli.doctor.configuration import configuration_findings
    from streamprocessor.cli.doctor.finding import failed, well
    from streamprocessor.cli.doctor.machine import machine_findings
    from streamprocessor.cli.doctor.mends import of_settings
    from streamprocessor.cli.terminal.running import run

    try:
        settings = settings_of(ctx)
    except OperatorError as error:
        return [failed("settings", error, of_settings(str(error).removeprefix("settings: "), ctx.ensure_object(dict)))]
    findings = [well("settings", "each is one, and can be understood")]
    findings += [*machine_findings(settings, processes), *configuration_findings(settings, processes)]
    try:
        return findings + run(broker_findings(connected_settings(ctx), processes))
    except BrokerError as error:
        return [*findings, failed("Kafka", error, command_line(settings, "up"))]


def _print(findings: list[Finding]) -> None:
    from streamprocessor.cli.terminal.plain_text import echo

    width = max(len(finding.subject) for finding in findings)
    for subject, level, sentence, mend in findings:
        first, *more = sentence.splitlines()
        echo(f"{level.value:<4}  {subject:<{width}}  {first}")
        for line in [*more, *([f"do: {mend}"] if mend else [])]:
            echo(f"{'':<{4 + 2 + width + 2}}{line}")
