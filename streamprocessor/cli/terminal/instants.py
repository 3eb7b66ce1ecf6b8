"""Instants on the command line."""

from __future__ import annotations

import click


class Instant(click.ParamType):
    """RFC 3339 with offset, or epoch milliseconds; read as epoch milliseconds."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The instant in epoch milliseconds."""
        from streamprocessor.contract.rfc3339 import parse_rfc3339

        if isinstance(value, int):
            return value
        text = str(value)
        instant_ms = int(text) if text.isascii() and text.isdigit() else parse_rfc3339(text)
        if instant_ms is None:
            self.fail(f"wanted 2026-11-22T08:00:00Z or epoch milliseconds; got {text!r}", param, ctx)
        return instant_ms
