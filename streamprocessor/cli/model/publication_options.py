"""Options of commands that put a model in force."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def publication_options(command: Decorated) -> Decorated:
    """The command with the options that say how; its parameters are the fields of Publication."""
    options = (
        click.option("--based-on", metavar="REVISION", help="Only where it is in force; else tell what came since."),
        click.option("--note", metavar="TEXT", default="", help="Why, for the history."),
        click.option("--author", metavar="NAME", default="", help="Who, for the history; else this machine's user."),
        click.option("--announce-hot-leads", is_flag=True, help="Also those whom the change alone makes hot."),
    )
    for option in reversed(options):
        command = option(command)
    return command


without_approval_option = click.option(
    "--without-approval",
    is_flag=True,
    help="Where drafts need somebody else's approval: without; the history keeps it.",
)

strict_option = click.option(
    "--strict",
    is_flag=True,
    help="Refuse a model that drops what a subscription asks for: a score, a stage, a segment.",
)
