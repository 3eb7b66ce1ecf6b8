"""Where a process of ours is asked that runs on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamprocessor.settings import Settings


def address_here(settings: Settings, process: str) -> str:
    """Where the process answers, without a path.

    What runs on the data folder has noted it: `up` takes the next free port where another has the usual one. Without
    such a note it is as the settings say.
    """
    from streamprocessor.process.http.address_note import local_url, noted_addresses

    for note in noted_addresses(settings.data_path, settings.group):
        if note.process == process:
            return note.url
    host, port = {
        "collector": (settings.collector_host, settings.collector_port),
        "delivery": (settings.delivery_host, settings.delivery_port),
    }[process]
    return local_url(host, port)
