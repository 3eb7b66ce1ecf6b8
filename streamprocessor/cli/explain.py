"""`explain`: why a contact's scores are what they are, from its record in Kafka."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from streamprocessor.cli.terminal.instants import Instant
from streamprocessor.cli.terminal.options import connected_settings, json_option, process_options, score_option
from streamprocessor.errors import EXIT_FAILED
from streamprocessor.process.clock import now_ms

if TYPE_CHECKING:
    from streamprocessor.settings import Settings


@click.command()
@process_options
@click.argument("contact")
@click.option("--at", "at_ms", type=Instant(), help="The instant to explain: RFC 3339 or epoch ms; without it now.")
@score_option
@json_option
@click.pass_context
def explain(ctx: click.Context, contact: str, at_ms: int | None, score_part: str, as_json: bool) -> None:
    """Explain a contact's scores: the parts that add up to them, the next step by time, and what gives nothing.

    It reads the contact's record from the changelog, whether workers run or not.
    """
    from streamprocessor.cli.terminal.print_answers import print_explanation, print_uncounted
    from streamprocessor.cli.terminal.printing import print_json_lines
    from streamprocessor.cli.terminal.running import run

    settings = connected_settings(ctx)
    answer = run(_answer(settings, contact, now_ms() if at_ms is None else at_ms))
    if answer is None:
        hint = "; the page's search finds the id that an address belongs to" if "@" in contact else ""
        message = f"contact {contact}: nothing is kept of it; wanted the id of a contact with at least one event{hint}"
        click.echo(message, err=True)
        ctx.exit(EXIT_FAILED)
    if as_json:
        print_json_lines([answer])
    else:
        print_explanation(answer, score_part)
        print_uncounted(answer["uncounted"])


async def _answer(settings: Settings, contact: str, at_ms: int) -> dict[str, Any] | None:
    from streamprocessor.cli.kafka.stored_contact import load_contact
    from streamprocessor.contract.answers.contact_answer import contact_answer
    from streamprocessor.contract.answers.uncounted_answer import uncounted_answer

    stored = await load_contact(settings, contact, at_ms)
    if stored is None:
        return None
    return contact_answer(*stored, contact, at_ms) | {"uncounted": uncounted_answer(*stored)}
