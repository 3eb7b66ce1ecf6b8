"""Lines for terminals in which a stranger's words may stand."""

from __future__ import annotations

import click


def echo(text: str, err: bool = False) -> None:
    """Print a line in which a stranger's words may stand."""
    from streamprocessor.contract.foreign_text import printable

    click.echo(printable(text), err=err)
