"""Rows printed: as a table for people, as JSON Lines for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click
import orjson
from rich.console import Console
from rich.table import Table

from streamprocessor.contract.foreign_text import printable

PLAIN_WIDTH = 200


def print_json_lines(rows: Iterable[object]) -> None:
    """Print one JSON value a line."""
    for row in rows:
        click.echo(orjson.dumps(row).decode())


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str | None = None) -> None:
    """Print rows under their columns; None is left blank."""
    table = Table(*columns, title=title, title_justify="left", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*("" if cell is None else printable(str(cell)) for cell in row))
    console().print(table)


def console() -> Console:
    """Where people read: stdout, wide where it is no terminal; text is printed as it is, without markup."""
    made = Console(markup=False, highlight=False, emoji=False, soft_wrap=False)
    return made if made.is_terminal else Console(width=PLAIN_WIDTH, markup=False, highlight=False, emoji=False)
