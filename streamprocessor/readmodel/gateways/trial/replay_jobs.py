"""Replays of all that came by the model in force and a draft: one at a time, in processes of their own."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import Any

from streamprocessor.contract.model_file.revisions import ModelRevision
from streamprocessor.readmodel.gateways.trial.job_process import answered_by
from streamprocessor.readmodel.problem import Problem
from streamprocessor.replay.run.order import ReplayOrder, candidate_after, encode_order
from streamprocessor.settings import Settings

MOST_REMEMBERED = 5
_MODULE = "streamprocessor.replay.run.process"


@dataclass
class ReplayJob:
    """One replay, and what is known of it."""

    id: str
    answer: dict[str, Any] = field(default_factory=lambda: {"state": "running"})

    @property
    def is_running(self) -> bool:
        """Whether it goes on."""
        return bool(self.answer["state"] == "running")


class ReplayJobs:
    """The replays of this process; they live no longer than it."""

    def __init__(self, settings: Settings) -> None:
        """Replay the topics of the system of these settings."""
        self._settings = settings
        self._jobs: dict[str, ReplayJob] = {}
        self._running: tuple[ReplayJob, asyncio.Task[None]] | None = None

    def get(self, replay_id: str) -> ReplayJob | None:
        """The replay of that id; None: it was ended, or is none of the latest."""
        return self._jobs.get(replay_id)

    def begin(self, models: tuple[ModelRevision, ModelRevision], at_ms: int, since_ms: int | None) -> ReplayJob:
        """The replay, which runs by itself. models: in force, and the draft.

        Raises Problem where another one runs.
        """
        if self._running is not None:
            detail = "replays: wanted one at a time; got another while one runs: wait for it, or end it"
            members = {"id": self._running[0].id}
            raise Problem(409, "replay-under-way", detail, {"Retry-After": "5"}, members)
        before, draft = models
        settings = self._settings
        after = candidate_after(before, draft)
        order = ReplayOrder(settings, before, after, at_ms, settings.address_salt, since_ms)
        job = ReplayJob(uuid.uuid4().hex)
        self._jobs[job.id] = job
        for old in list(self._jobs)[:-MOST_REMEMBERED]:
            del self._jobs[old]
        task = asyncio.create_task(answered_by(_MODULE, encode_order(order), job.answer.update, "replay"))
        self._running = job, task
        task.add_done_callback(self._ended)
        return job

    async def end(self, replay_id: str) -> None:
        """End the replay and forget it; nothing happens where there is none."""
        self._jobs.pop(replay_id, None)
        if self._running is not None and self._running[0].id == replay_id:
            task = self._running[1]
            task.cancel()
            await asyncio.wait([task])

    async def stop(self) -> None:
        """End what runs."""
        if self._running is not None:
            await self.end(self._running[0].id)

    def _ended(self, _: asyncio.Task[None]) -> None:
        self._running = None
