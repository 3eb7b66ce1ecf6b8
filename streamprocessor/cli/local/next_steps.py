"""What to type next, said once all that runs here is ready: each line works as it stands, in another terminal."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from streamprocessor.cli.terminal.options import command_line
from streamprocessor.cli.terminal.program import activation
from streamprocessor.collector.http.keys import write_keys_file
from streamprocessor.settings import Settings

_CONTACT = "c-42"
_EVENT = {"contact_id": _CONTACT, "type": "form_submission", "properties": {"form": "contact"}}


def next_steps(settings: Settings, command: str, collector: str, page: str) -> Iterator[str]:
    """The lines.

    settings: as a person has to name them, without the address of an embedded Kafka. command: what started it all, such
    as `up`. collector, page: where they answer.
    """
    yield "Next, in another terminal in this folder:"
    if (line := activation()) is not None:
        yield f"  {line}    # from then on `streamprocessor` alone is enough"
    yield f"  {_curl(settings, collector)}"
    yield f"  {command_line(settings, 'explain', _CONTACT)}    # why it has the score that it has"
    yield f"  {page}    # the page: contacts, hot leads, imports"
    yield (
        f"Data lies in {settings.data_dir}. Ctrl-C here ends all of it, and `{command_line(settings, command)}` goes "
        "on where it was."
    )


def hot_lead_step(settings: Settings, contact_id: str) -> str:
    """What to type to see why a contact is a hot lead."""
    return f"  why: {command_line(settings, 'explain', contact_id)}"


def _curl(settings: Settings, collector: str) -> str:
    """One event over HTTP, with the key as the shell finds it: it stands in no terminal's history."""
    file = shlex.quote(str(write_keys_file(settings.data_path)))
    key = "YOUR-WRITE-KEY" if settings.write_keys else f"$(sed -n 's/^local=//p' {file})"
    return f'curl {collector}/v1/events -H "Authorization: Bearer {key}" -d {shlex.quote(json.dumps(_EVENT))}'
