"""The tasks of an api process: where one ends all do, and why is told."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from streamprocessor.contract.topics.roles import API
from streamprocessor.errors import MustRestartError, StreamprocessorError, place_of
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.diagnosis.refusal import refusal_in


def ending(work: Coroutine[Any, Any, None], stop: asyncio.Future[None]) -> asyncio.Task[None]:
    """The work as a task that ends the process when it ends."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda _: None if stop.done() else stop.set_result(None))
    return task


async def ended(tasks: list[asyncio.Task[Any]], clients: ClientSettings) -> StreamprocessorError | None:
    """Why one of the tasks had ended by itself; None: none had."""
    broken: StreamprocessorError | None = None
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            refused = refusal_in(error, clients, API)
            broken = refused or (error if isinstance(error, StreamprocessorError) else _broke_down(error))
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return broken


def _broke_down(error: BaseException) -> MustRestartError:
    return MustRestartError(f"api: the read model can't be kept up to date: {place_of(error)}")
