"""`help`: what a command does, and what all of them share."""

from __future__ import annotations

import click

from streamprocessor.bundled_files import bundle_folder
from streamprocessor.cli.terminal.options import SharedOption
from streamprocessor.errors import OperatorError

KAFKA = "kafka"

_FIRST = (
    "Options that every command takes that has to do with Kafka or with the data of this machine. They stand before or "
    "after the command; the later one holds."
)
_SETTINGS = (
    "Each is also a setting: --data-dir is STREAMPROCESSOR_DATA_DIR, in the environment or as a line of the file "
    "streamprocessor.env in the folder that a command is run in. The command line holds before the environment, and "
    "that before the file. All settings, with what they mean, are in deploy/settings.example.env."
)
_LOGIN = (
    "How Kafka lets us in is said by settings alone, so that no secret stands on a command line: "
    "STREAMPROCESSOR_SECURITY_PROTOCOL (SSL, SASL_SSL), _SSL_CA_FILE, _SASL_MECHANISM, _SASL_USERNAME, _SASL_PASSWORD "
    "or _SASL_PASSWORD_FILE, and for tokens _SASL_TOKEN_URL or _SASL_TOKEN_COMMAND."
)
_ALONG = (
    "Models, mappings, topics and settings come along; commands find deploy/... and topics/... there, where the folder "
    "that they are run in has none of that name:"
)
_FIND_OUT = "What keeps it from working, and the line that mends it: streamprocessor doctor"


def _names_below(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The names of commands that may follow the words that stand there, as far as they begin so."""
    command = ctx.find_root().command
    for word in ctx.params.get("words") or ():
        command = command.commands.get(word, command) if isinstance(command, click.Group) else command
    names = command.list_commands(ctx) if isinstance(command, click.Group) else []
    return [name for name in names if name.startswith(incomplete)]


@click.command("help")
@click.argument("words", nargs=-1, shell_complete=_names_below)
@click.pass_context
def help_(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Show the help of a command, by its WORDS; `help kafka`: the options and settings that all commands share."""
    root = ctx.find_root()
    if words == (KAFKA,):
        click.echo(_shared_help(root))
        return
    command, below = root.command, root
    for word in words:
        child = command.get_command(below, word) if isinstance(command, click.Group) else None
        if child is None:
            from streamprocessor.contract.strict_yaml.located import unknown

            names = command.list_commands(below) if isinstance(command, click.Group) else []
            others = [KAFKA] if command is root.command else []
            message = f"help {' '.join(words)}: {unknown(word, (*names, *others))}"
            raise OperatorError(message)
        command, below = child, click.Context(child, info_name=word, parent=below)
    click.echo(command.get_help(below))


def _shared_help(root: click.Context) -> str:
    formatter = root.make_formatter()
    options = [each for each in root.command.params if isinstance(each, SharedOption)]
    formatter.write_text(_FIRST)
    with formatter.section("Options"):
        formatter.write_dl([each.full_record(root) for each in options])
    for text in (_SETTINGS, _LOGIN, _ALONG):
        formatter.write_paragraph()
        formatter.write_text(text)
    formatter.write(f"  {bundle_folder()}\n")  # not wrapped, so that it can be copied
    formatter.write_paragraph()
    formatter.write_text(_FIND_OUT)
    return formatter.getvalue().rstrip("\n")
