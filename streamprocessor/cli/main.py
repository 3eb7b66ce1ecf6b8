"""The command `streamprocessor`: its subcommands, and errors turned into sentences and exit codes."""

from __future__ import annotations

import logging
from typing import Any

import click

from streamprocessor.cli.api import api
from streamprocessor.cli.backup.command import backup, restore
from streamprocessor.cli.catalogue import catalogue
from streamprocessor.cli.collector import collector
from streamprocessor.cli.dead_letters.command import dead_letters
from streamprocessor.cli.delivery import delivery
from streamprocessor.cli.demo.command import demo
from streamprocessor.cli.doctor.command import doctor
from streamprocessor.cli.explain import explain
from streamprocessor.cli.export import export
from streamprocessor.cli.help.command import help_
from streamprocessor.cli.help.completion import completion
from streamprocessor.cli.help.examples import show_examples
from streamprocessor.cli.help.summaries import summarise
from streamprocessor.cli.imports.command import import_file
from streamprocessor.cli.init.command import init
from streamprocessor.cli.links import links
from streamprocessor.cli.local.up import up
from streamprocessor.cli.model.command import model
from streamprocessor.cli.rebuild.command import rebuild
from streamprocessor.cli.replay.command import replay
from streamprocessor.cli.score import score
from streamprocessor.cli.shadow.command import shadow
from streamprocessor.cli.sign_in import sign_in
from streamprocessor.cli.simulate import simulate
from streamprocessor.cli.status.command import status
from streamprocessor.cli.terminal.options import process_options
from streamprocessor.cli.terminal.plain_text import echo
from streamprocessor.cli.terminal.usage_errors import restated
from streamprocessor.cli.topics import topics
from streamprocessor.cli.worker import worker
from streamprocessor.errors import (
    EXIT_FAILED,
    EXIT_MUST_RESTART,
    EXIT_USAGE,
    BrokerAwayError,
    ConflictError,
    MustRestartError,
    NotAsItWasError,
    OperatorError,
    RecordError,
)

EXIT_INTERRUPTED = 130

log = logging.getLogger(__name__)


class Commands(click.Group):
    """A group in which an error of ours ends the process with its sentence on stderr and its exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click asks
        """Their names in the order in which they were added: what comes first in life comes first."""
        return list(self.commands)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """What is left for the subcommand; what is wrong is said in our words."""
        try:
            return super().parse_args(ctx, args)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise restated(error) from error

    def invoke(self, ctx: click.Context) -> Any:
        """What the subcommand returns."""
        try:
            return super().invoke(ctx)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise restated(error) from error
        except (MustRestartError, BrokerAwayError) as error:
            code, sentence = EXIT_MUST_RESTART, str(error)
        except OperatorError as error:
            code, sentence = EXIT_USAGE, str(error)
        except (RecordError, NotAsItWasError, ConflictError) as error:
            code, sentence = EXIT_FAILED, str(error)
        except KeyboardInterrupt:
            ctx.exit(EXIT_INTERRUPTED)
        from streamprocessor.process.logs.setup import is_json_log

        if is_json_log():
            log.critical("%s", sentence)
        else:
            echo(f"streamprocessor: {sentence}", err=True)
        ctx.exit(code)


def _show_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"streamprocessor {version('streamprocessor')}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Say which.")
@process_options
def commands() -> None:
    """Score contacts in real time, exactly and explainably, on Kafka.

    `init` writes a model of your own, `up` runs all of it on this machine, `demo` shows it with simulated traffic; in
    production `worker`, `collector`, `delivery` and `api` run. Options that all share, and settings: `help kafka`.
    """


for command in (
    init,
    up,
    demo,
    worker,
    collector,
    delivery,
    api,
    topics,
    model,
    shadow,
    catalogue,
    status,
    doctor,
    explain,
    export,
    score,
    replay,
    import_file,
    simulate,
    dead_letters,
    links,
    sign_in,
    backup,
    restore,
    rebuild,
    help_,
    completion,
):
    commands.add_command(command)
show_examples(commands)
summarise(commands)
