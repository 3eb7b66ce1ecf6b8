"""`dead-letters`: records that could not be used, looked at and sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from streamprocessor.cli.terminal.options import connected_settings, json_option, process_options, settings_of
from streamprocessor.errors import EXIT_FAILED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from streamprocessor.cli.dead_letters.store import LetterFilter, StoredLetter
    from streamprocessor.settings import Settings

reason_option = click.option("--reason", help="Only those with this reason code, such as not-json.")


def _input_topics(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Names of topics that events come by, those that begin so; none where the settings are wrong."""
    from streamprocessor.contract.topics.topics import inputs
    from streamprocessor.errors import OperatorError
    from streamprocessor.kafka.admin.layout import layout_of

    try:
        layout = layout_of(settings_of(ctx))
    except OperatorError:
        return []
    return [
        name for name in (layout.full_name(each.name) for each in inputs(layout.topics)) if name.startswith(incomplete)
    ]


topic_option = click.option("--topic", shell_complete=_input_topics, help="Only those that came from this topic.")


@click.group("dead-letters")
def dead_letters() -> None:
    """Records that could not be used: list, show, resend."""


@dead_letters.command("list")
@process_options
@reason_option
@topic_option
@json_option
@click.pass_context
def list_letters(ctx: click.Context, reason: str | None, topic: str | None, as_json: bool) -> None:
    """List them with their reasons."""
    from streamprocessor.cli.dead_letters.store import LetterFilter, row_of
    from streamprocessor.cli.terminal.printing import print_json_lines, print_table
    from streamprocessor.cli.terminal.running import run

    rows = [row_of(stored) for stored in run(_read(connected_settings(ctx), LetterFilter(reason, topic)))]
    if as_json:
        print_json_lines(rows)
        return
    rows.sort(key=lambda row: row["at"])
    columns = ("place", "at", "origin", "reason", "detail", "key", "bytes")
    print_table(columns, [tuple(row[column] for column in columns) for row in rows])


@dead_letters.command()
@process_options
@click.argument("place")
@json_option
@click.pass_context
def show(ctx: click.Context, place: str, as_json: bool) -> None:
    """Show the one at PLACE, which is PARTITION:OFFSET as `list` tells it, with its headers and its bytes."""
    from streamprocessor.cli.dead_letters.store import LetterFilter, row_of, whole_row_of
    from streamprocessor.cli.terminal.plain_text import echo
    from streamprocessor.cli.terminal.printing import print_json_lines
    from streamprocessor.cli.terminal.running import run

    stored = run(_read(connected_settings(ctx), LetterFilter(places=(place,))))
    if not stored:
        click.echo(f"dead letter {place}: there is none; wanted a place that `dead-letters list` tells", err=True)
        ctx.exit(EXIT_FAILED)
    if as_json:
        print_json_lines([whole_row_of(stored[0])])
        return
    for word, value in row_of(stored[0]).items():
        echo(f"{word}: {value}")
    for name, value in stored[0].letter.headers:
        echo(f"header {name}: {(value or b'').decode('utf-8', 'backslashreplace')}")
    echo((stored[0].value or b"").decode("utf-8", "backslashreplace"))


@dead_letters.command()
@process_options
@click.argument("places", nargs=-1)
@reason_option
@topic_option
@click.option("--all", "everything", is_flag=True, help="All that there are.")
@click.pass_context
def resend(
    ctx: click.Context, places: tuple[str, ...], reason: str | None, topic: str | None, everything: bool
) -> None:
    """Send the original records again, each to its topic: those at PLACES, of a --reason or --topic, or --all.

    They stay in dead-letters. One that is sent again twice counts once, where it has an id.
    """
    from streamprocessor.cli.dead_letters.store import LetterFilter
    from streamprocessor.cli.terminal.plain_text import echo
    from streamprocessor.cli.terminal.running import run

    if everything == bool(places or reason or topic):
        message = "wanted PLACES, --reason or --topic, or else --all; got " + ("both" if everything else "none of them")
        raise click.UsageError(message)
    settings = connected_settings(ctx)
    sent, refused = run(_resend(settings, LetterFilter(reason, topic, places)))
    for sentence in refused:
        echo(sentence, err=True)
    click.echo(f"{sent} sent again, {len(refused)} not")
    if refused:
        ctx.exit(EXIT_FAILED)


async def _read(settings: Settings, letter_filter: LetterFilter) -> list[StoredLetter]:
    return [stored async for stored in _letters(settings, letter_filter)]


async def _resend(settings: Settings, letter_filter: LetterFilter) -> tuple[int, list[str]]:
    from streamprocessor.cli.dead_letters.store import send_again
    from streamprocessor.kafka.admin.layout import layout_of
    from streamprocessor.kafka.connection import client_settings

    full_names: dict[str, str] = {}
    for full_name, topic in layout_of(settings).names().items():
        if topic.number is not None:
            full_names |= {topic.name: full_name, full_name: full_name}
    return await send_again(client_settings(settings), _letters(settings, letter_filter), full_names)


def _letters(settings: Settings, letter_filter: LetterFilter) -> AsyncIterator[StoredLetter]:
    from streamprocessor.cli.dead_letters.store import stored_letters
    from streamprocessor.contract.topic_names import DEAD_LETTERS
    from streamprocessor.kafka.admin.layout import full_name_of
    from streamprocessor.kafka.connection import client_settings

    return stored_letters(client_settings(settings), full_name_of(settings, DEAD_LETTERS), letter_filter)
