"""Text for terminals in which a stranger's words may stand."""

from __future__ import annotations

import re

import click

# What steers a terminal, ends a line or turns its direction round: strangers choose ids, keys and texts.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """The text with what would steer a terminal spelled out; line feeds and tabs stay."""
    return _STEERING.sub(lambda found: ascii(found[0])[1:-1], text)


def echo(text: str, err: bool = False) -> None:
    """Print a line in which a stranger's words may stand."""
    click.echo(printable(text), err=err)
