"""Options of every process command, the settings that they make, and where Kafka is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from streamprocessor.settings import Settings

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

KAFKA_FOLDER = "kafka"


class SharedOption(click.Option):
    """An option that all commands share: `help kafka` tells of it, and the help of none of them."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:  # noqa: ARG002 - as click asks
        """The help of a command has no line for it."""
        return None

    def full_record(self, ctx: click.Context) -> tuple[str, str]:
        """The option and what it means."""
        record = super().get_help_record(ctx)
        assert record is not None
        return record


def setting(flag: str, metavar: str, text: str, **more: Any) -> Callable[[Decorated], Decorated]:
    """An option that is a setting: given before or after the command, the later one holds."""
    if metavar in ("FILE", "FOLDER"):  # shells complete them
        more.setdefault("type", click.Path(dir_okay=metavar == "FOLDER", file_okay=metavar == "FILE"))
    return click.option(flag, metavar=metavar, help=text, expose_value=False, callback=_keep, **more)


def inbox_option(command: Decorated) -> Decorated:
    """The command with the option that names the inbox's file."""
    return setting("--inbox", "FILE", "Who takes hot leads, and by when; without it one inbox for everybody.")(command)


def process_options(command: Decorated) -> Decorated:
    """The command with the options that every process has."""
    options = (
        ("--bootstrap", "HOST:PORT,...", "Kafka's brokers; without it the embedded one, which `up` starts."),
        ("--app-id", "NAME", "The application: consumer group and names of internal topics."),
        ("--model", "FILE", "The scoring model."),
        ("--topic-prefix", "TEXT", "Put before the name of every topic, such as `staging-`."),
        ("--data-dir", "FOLDER", "What this machine keeps: keys, databases, the embedded Kafka."),
    )
    for flag, metavar, text in reversed(options):
        command = setting(flag, metavar, text, cls=SharedOption)(command)
    return command


def front_options(command: Decorated) -> Decorated:
    """The command with the ports of the processes that people and programs talk to."""
    options = (
        setting("--collector-port", "PORT", "Where the collector answers, or the next free one; 0: any.", type=int),
        setting("--api-port", "PORT", "Where the page and its API are, or the next free one; 0: any.", type=int),
        setting("--delivery-port", "PORT", "Where delivery answers, or the next free one; 0: any.", type=int),
        setting("--subscriptions", "FILE", "Webhooks to be sent, beside those that the page or the API made."),
    )
    for option in (inbox_option, *reversed(options)):
        command = option(command)
    return command


score_option = click.option(
    "--score", "score_part", metavar="TEXT", default="", help="For people: only scores with TEXT in their names."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def settings_of(ctx: click.Context, **of_command: str) -> Settings:
    """The settings: the command line's before the environment's, these of the command, the folder's, the usual ones.

    Raises OperatorError where one is wrong.
    """
    from streamprocessor.cli.terminal.settings_file import environment
    from streamprocessor.settings import PREFIX, read_settings

    own = {f"{PREFIX}{name.upper()}": value for name, value in of_command.items()}
    return read_settings(environment(own), **ctx.ensure_object(dict))


def is_given(ctx: click.Context, name: str) -> bool:
    """Whether the setting of that name was given on this command line, and not in the environment alone."""
    return name in ctx.ensure_object(dict)


def command_line(settings: Settings, *words: str) -> str:
    """The command of these words as a person types it for the system of these settings.

    settings: without the address of an embedded Kafka, which a command finds by itself.
    """
    from streamprocessor.cli.terminal.program import typed
    from streamprocessor.settings import Settings

    usual = Settings()
    system = {
        "--bootstrap": (settings.bootstrap, usual.bootstrap),
        "--data-dir": (settings.data_dir, settings.data_dir if settings.bootstrap else usual.data_dir),
        "--app-id": (settings.app_id, usual.app_id),
        "--topic-prefix": (settings.topic_prefix, usual.topic_prefix),
    }
    options = [word for flag, (value, default) in system.items() if value != default for word in (flag, value)]
    return typed(*words, *options)


def connected_settings(ctx: click.Context) -> Settings:
    """The settings with Kafka's address in them: the one given, else that of the embedded Kafka that runs here.

    Raises OperatorError where there is neither.
    """
    from streamprocessor.errors import BrokerError
    from streamprocessor.kafka.embedded.pid_file import running_in

    settings = settings_of(ctx)
    if settings.bootstrap:
        return settings
    folder = settings.data_path / KAFKA_FOLDER
    running = running_in(folder)
    if running is None:
        message = (
            f"no Kafka: none is named, and no embedded one runs on {folder}; wanted --bootstrap HOST:PORT (or "
            "STREAMPROCESSOR_BOOTSTRAP), or a running `streamprocessor up`"
        )
        raise BrokerError(message)
    return settings.model_copy(update={"bootstrap": running.bootstrap})


def process_settings(ctx: click.Context, process: str) -> Settings:
    """The settings of a process, connected as others are, and its log set up: what is wrong with them is logged, too.

    process: the command's name. Raises as `connected_settings` does.
    """
    from streamprocessor.cli.terminal.settings_file import log_environment
    from streamprocessor.process.logs.setup import log_to_stderr
    from streamprocessor.settings import log_settings

    log_to_stderr(process, *log_settings(log_environment()))
    return connected_settings(ctx)


def _keep(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value is not None:
        ctx.ensure_object(dict)[parameter.name] = value
