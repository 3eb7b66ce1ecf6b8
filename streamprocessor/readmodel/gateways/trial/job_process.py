"""A process of its own that gets one order, and answers line by line, each answer better than the last."""

from __future__ import annotations

import asyncio
import logging
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson

from streamprocessor.process.parent_death import ended_with_parent

log = logging.getLogger(__name__)

MOST_LINE_BYTES = 64 * 1024 * 1024
_NO_END = "its process ended without an answer: begin it anew"

OnAnswer = Callable[[dict[str, Any]], object]


async def answered_by(module: str, order: bytes, on_answer: OnAnswer, what: str) -> None:
    """Run the module with the order until it ends; it is killed where nobody waits for it any more.

    on_answer: hears each answer; of a process that fails {"state": "failed", "error": ...}.
    what: it is, for the log.
    """
    command = ended_with_parent([sys.executable, "-m", module])
    state = "running"

    def hear(answer: dict[str, Any]) -> None:
        nonlocal state
        state = answer.get("state", state)
        if (place := answer.pop("place", None)) is not None:
            log.error("%s: %s", what, place)
        on_answer(answer)

    try:
        # A session of its own: Ctrl-C in the terminal reaches us only, and we end our children in order.
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, limit=MOST_LINE_BYTES, start_new_session=True
        )
    except OSError as error:
        on_answer({"state": "failed", "error": f"its process can't be started: {error.strerror}"})
        return
    try:
        await _converse(process, order, hear)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if state == "running":
        log.error("%s: its process ended with code %d", what, process.returncode)
        on_answer({"state": "failed", "error": _NO_END})


async def _converse(process: Process, order: bytes, hear: OnAnswer) -> None:
    """Give the order, and hear each answer as it comes, until there is none any more."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(ConnectionError):
        process.stdin.write(order + b"\n")
        await process.stdin.drain()
        process.stdin.close()
    async for line in process.stdout:
        hear(orjson.loads(line))
