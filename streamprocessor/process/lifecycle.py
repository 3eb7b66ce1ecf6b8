"""The life of a process: its work until the machine asks for its end, and the port that it tells."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable
from pathlib import Path
from typing import Any


def stop_on_signals() -> asyncio.Future[None]:
    """A future of the running loop that is done once SIGTERM or SIGINT has come."""
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[None] = loop.create_future()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: None if stop.done() else stop.set_result(None))
    return stop


async def first_of(*futures: asyncio.Future[Any]) -> None:
    """Return once one of the futures is done; all of them stay as they are."""
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)


async def run_until(stop: asyncio.Future[Any], *work: Awaitable[Any]) -> None:
    """Do all of the work at a time until `stop` is done or any of it has ended; on return nothing of it runs any more.

    Raises what ended any of the work before.
    """
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        await first_of(stop, *tasks)
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def tell_port(file: str, port: int) -> None:
    """Write the port into the file; nothing where no file is named."""
    if file:
        Path(file).write_text(f"{port}\n", encoding="utf-8")
