"""`export`: everything that is kept of a contact, as it may demand to have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from streamprocessor.cli.terminal.options import connected_settings, process_options
from streamprocessor.errors import EXIT_FAILED
from streamprocessor.process.clock import now_ms

if TYPE_CHECKING:
    from streamprocessor.settings import Settings


@click.command()
@process_options
@click.argument("contact")
@click.pass_context
def export(ctx: click.Context, contact: str) -> None:
    """Print all that is kept of a contact as one JSON object.

    It reads the contact's record from the changelog, whether workers run or not. What came under ids that were merged
    into the contact is in it; the export of such an id says into whom it was merged.
    """
    from streamprocessor.cli.terminal.printing import print_json_lines
    from streamprocessor.cli.terminal.running import run

    exported = run(_exported(connected_settings(ctx), contact, now_ms()))
    if exported is None:
        click.echo(f"contact {contact}: nothing is kept of it", err=True)
        ctx.exit(EXIT_FAILED)
    print_json_lines([exported])


async def _exported(settings: Settings, contact: str, at_ms: int) -> dict[str, Any] | None:
    from streamprocessor.cli.kafka.stored_contact import load_contact
    from streamprocessor.contract.answers.export import exported

    stored = await load_contact(settings, contact, at_ms)
    return None if stored is None else exported(*stored, contact, at_ms)
