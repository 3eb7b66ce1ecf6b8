"""Previews of drafts: each in a process of its own that tells line by line what it found out."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streamprocessor.readmodel.gateways.trial.job_process import answered_by
from streamprocessor.readmodel.previews.order import PreviewOrder, encode_order
from streamprocessor.readmodel.problem import Problem

MOST_AT_ONCE = 2
MOST_REMEMBERED = 20
_MODULE = "streamprocessor.readmodel.previews.run"


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

    def tell(self, answer: dict[str, Any]) -> None:
        """There is another answer."""
        self.answer = self.answer | answer


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
        await answered_by(_MODULE, encode_order(order), job.tell, "preview")
