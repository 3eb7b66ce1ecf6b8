"""The end of a process, as the machine asks for it."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path


def stop_on_signals() -> asyncio.Future[None]:
    """A future of the running loop that is done once SIGTERM or SIGINT has come."""
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[None] = loop.create_future()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: None if stop.done() else stop.set_result(None))
    return stop


def tell_port(file: str, port: int) -> None:
    """Write the port into the file; nothing where no file is named."""
    if file:
        Path(file).write_text(f"{port}\n", encoding="utf-8")
