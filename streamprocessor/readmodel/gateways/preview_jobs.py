"""Previews of drafts: each in a process of its own that tells line by line what it found out."""

from __future__ import annotations

import asyncio
import logging
import sys
import uuid
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson

from streamprocessor.process.parent_death import ended_with_parent
from streamprocessor.readmodel.previews.order import PreviewOrder, encode_order
from streamprocessor.readmodel.problem import Problem

log = logging.getLogger(__name__)

MOST_AT_ONCE = 2
MOST_REMEMBERED = 20
MOST_LINE_BYTES = 64 * 1024 * 1024
_COMMAND = ["-m", "streamprocessor.readmodel.previews.run"]
_NO_END = "its process ended without an answer: begin it anew"


@dataclass
class PreviewJob:
    """One preview and the best answer so far.

    asker: of whose session or token it is: a newer one of theirs ends it.
    about: what is known of the draft without its process; answer: what that has told.
    """

    id: str
    asker: str
    about: Mapping[str, Any]
    answer: dict[str, Any] = field(default_factory=lambda: {"state": "running"})

    @property
    def is_running(self) -> bool:
        """Whether it goes on."""
        return bool(self.answer["state"] == "running")


class PreviewJobs:
    """The previews of this process; they live no longer than it."""

    def __init__(self) -> None:
        """Begin with none."""
        self._jobs: dict[str, PreviewJob] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def get(self, preview_id: str) -> PreviewJob | None:
        """The preview of that id; None: it was ended, or is none of the latest."""
        return self._jobs.get(preview_id)

    async def begin(self, asker: str, order: PreviewOrder, about: Mapping[str, Any]) -> PreviewJob:
        """The preview, which runs by itself; former ones of the asker end.

        Raises Problem where as many run as may at once.
        """
        for former in [job for job in self._jobs.values() if job.asker == asker]:
            await self.end(former.id)
        if len(self._tasks) >= MOST_AT_ONCE:
            detail = f"previews: wanted at most {MOST_AT_ONCE} at once; got one more: wait for another to end"
            raise Problem(503, "previews-under-way", detail, {"Retry-After": "5"})
        job = PreviewJob(uuid.uuid4().hex, asker, about)
        self._jobs[job.id] = job
        for old in list(self._jobs)[:-MOST_REMEMBERED]:
            if not self._jobs[old].is_running:
                del self._jobs[old]
        task = asyncio.create_task(self._run(job, order))
        self._tasks[job.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(job.id, None))
        return job

    async def end(self, preview_id: str) -> None:
        """End the preview and forget it; nothing happens where there is none."""
        self._jobs.pop(preview_id, None)
        task = self._tasks.get(preview_id)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def stop(self) -> None:
        """End all of them."""
        for preview_id in list(self._jobs):
            await self.end(preview_id)

    async def _run(self, job: PreviewJob, order: PreviewOrder) -> None:
        command = ended_with_parent([sys.executable, *_COMMAND])
        try:
            process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=MOST_LINE_BYTES)
        except OSError as error:
            job.answer = {"state": "failed", "error": f"its process can't be started: {error.strerror}"}
            return
        try:
            await _follow(job, process, encode_order(order))
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if job.is_running:
            log.error("preview: its process ended with code %d", process.returncode)
            job.answer |= {"state": "failed", "error": _NO_END}


async def _follow(job: PreviewJob, process: Process, order: bytes) -> None:
    """Give the order, and have the job tell each answer as it comes, until there is none any more."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(ConnectionError):
        process.stdin.write(order + b"\n")
        await process.stdin.drain()
        process.stdin.close()
    async for line in process.stdout:
        answer = orjson.loads(line)
        if (place := answer.pop("place", None)) is not None:
            log.error("preview: %s", place)
        job.answer = job.answer | answer
