"""How a model is put in force by a command, and what is told where somebody else's revision came first."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import click

from streamprocessor.cli.kafka.revision_report import (
    applied_row,
    applied_sentence,
    entry_row,
    history_rows,
    print_changes,
    print_differences,
)
from streamprocessor.cli.kafka.revisions import AppliedRevision
from streamprocessor.cli.terminal.options import settings_of
from streamprocessor.cli.terminal.printing import print_json_lines
from streamprocessor.cli.terminal.running import run
from streamprocessor.cli.terminal.user import user_name
from streamprocessor.contract.model_file.next_revision import (
    MOST_AUTHOR_CHARS,
    MOST_NOTE_CHARS,
    Publication,
    RevisionConflictError,
)
from streamprocessor.contract.model_file.revisions import HistoryEntry


def publication_of(how: dict[str, Any]) -> Publication:
    """How the command's options say that a model is put in force; raises UsageError where a text is too long.

    The author is the user of this machine where none is named.
    """
    for word, most in (("author", MOST_AUTHOR_CHARS), ("note", MOST_NOTE_CHARS)):
        if len(how[word]) > most:
            message = f"--{word}: wanted at most {most} characters; got {len(how[word])}"
            raise click.UsageError(message)
    return Publication(**how | {"author": how["author"] or user_name()})


def published(work: Coroutine[Any, Any, AppliedRevision], *, as_json: bool) -> AppliedRevision:
    """What is in force after the work.

    Raises RevisionConflictError once it is told what is there now, and what that has otherwise.
    """
    try:
        return run(work)
    except RevisionConflictError as error:
        rows = [each._asdict() for each in error.differences]
        if as_json:
            print_json_lines([{"conflict": {"in_force": entry_row(error.in_force), "differences": rows}}])
        else:
            print_differences(rows, f"revision {error.in_force.label} beside revision {error.base.label}")
        raise


def tell_changes(history: list[HistoryEntry], entry: HistoryEntry, as_json: bool) -> None:
    """Print what the entry changed of the one before it."""
    until = history.index(entry) + 1
    if as_json:
        print_json_lines(history_rows(history[:until], with_differences=True)[-1:])
    else:
        print_changes(history[:until], 1)


def tell_applied(ctx: click.Context, applied: AppliedRevision, what: str, as_json: bool) -> None:
    """Print what is in force after an apply. what: which was applied, such as the file."""
    if as_json:
        print_json_lines([applied_row(applied)])
    else:
        click.echo(applied_sentence(applied, what, settings_of(ctx)))
