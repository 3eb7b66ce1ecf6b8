"""Imports asked for over HTTP: one file at a time, from its upload to the last acknowledged row."""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

from streamprocessor.errors import BrokerAwayError, OperatorError, place_of
from streamprocessor.readmodel.gateways.import_job import (
    CANCELLED,
    DONE,
    FAILED,
    INTERRUPTED,
    RECEIVING,
    RUNNING,
    ImportJob,
    ImportStoppedError,
)
from streamprocessor.readmodel.gateways.import_order import (
    ImportOrder,
    note_resumption,
    read_order,
    remove_import,
    write_order,
)
from streamprocessor.readmodel.gateways.import_run import RunImport
from streamprocessor.readmodel.gateways.kept_body import keep_body, no_room
from streamprocessor.readmodel.problem import Problem

log = logging.getLogger(__name__)

MOST_SHOWN = 20
MOST_RECEIVED = 4
MOST_TRIES = 5
"""Of processes that go on with an import, one after the other, without getting further."""
STOP_SECONDS = 5.0
AWAY_SECONDS = 5.0
"""How soon to look again for a Kafka that went away in the middle of an import."""
_ID = re.compile(r"[0-9a-f]{32}")


class ImportJobs:
    """The imports of this process, and those that a process before this one left unfinished."""

    def __init__(self, folder: Path, run: RunImport, most_bytes: int, clock_ms: Callable[[], int]) -> None:
        """Keep files that are under way in the folder, each of most_bytes at most."""
        self.most_bytes = most_bytes
        self._run_import = run
        self._folder = folder
        self._clock_ms = clock_ms
        self._jobs: dict[str, ImportJob] = {}
        self._thread: threading.Thread | None = None
        self._is_stopping = threading.Event()
        self._unfinished: list[ImportJob] = []
        for file in sorted(folder.glob("*"), key=lambda path: path.stat().st_mtime):
            if _ID.fullmatch(file.name):
                self._remember_unfinished(file)

    def resume(self) -> None:
        """Go on with what a process before this one left unfinished, for which Kafka must be reached.

        What several processes in a row ended over is given up: it may be what ends them.
        """
        unfinished, self._unfinished = self._unfinished, []
        for job in list(unfinished):
            if note_resumption(self._folder / job.id) > MOST_TRIES:
                unfinished.remove(job)
                job.error = f"the api ended {MOST_TRIES} times over this file without getting further: split it"
                self._end(job, FAILED)
        if unfinished:
            self._start(unfinished)

    def all(self) -> list[ImportJob]:
        """The latest imports, the newest first."""
        return list(reversed(self._jobs.values()))

    def get(self, import_id: str) -> ImportJob | None:
        """The import of that id; None: none of the latest has it."""
        return self._jobs.get(import_id)

    def has_succeeded(self, import_id: str) -> bool:
        """Whether the import is over, and all of its file was read."""
        job = self.get(import_id)
        return job is not None and job.state == DONE

    async def begin(self, order: ImportOrder, body: AsyncIterator[bytes]) -> ImportJob:
        """The import, which runs on by itself once the whole body is on disk.

        Raises Problem where another one is under way, or the body is too large or does not come whole. A body that
        comes slowly holds up nobody: of several that come at once, that is imported which is whole first.
        """
        self._refuse_beside_another(MOST_RECEIVED)
        job = ImportJob(uuid.uuid4().hex, self._clock_ms(), RECEIVING, order)
        self._remember(job)
        file = self._folder / job.id
        try:
            await self._receive(job, file, body)
            self._refuse_beside_another()
            job.state = RUNNING
            await asyncio.to_thread(_write_order, file, order, job.began_ms)
        except BaseException:
            del self._jobs[job.id]
            remove_import(file)
            raise
        self._start([job])
        return job

    def cancel(self, job: ImportJob) -> None:
        """Have no more of an import sent than is on its way; it ends within seconds.

        Raises Problem where it is not running.
        """
        if job.state != RUNNING:
            detail = f"import: wanted one that is running; got one that is {job.state}"
            raise Problem(409, "import-not-running", detail)
        job.is_cancelled = True

    def _start(self, jobs: list[ImportJob]) -> None:
        self._thread = threading.Thread(target=self._run_each, args=(jobs,), name="import", daemon=True)
        self._thread.start()

    def _refuse_beside_another(self, most_received: int | None = None) -> None:
        states = Counter(job.state for job in self._jobs.values())
        if states[RUNNING] or (most_received is not None and states[RECEIVING] >= most_received):
            raise Problem(409, "import-under-way", "import: wanted one at a time; got a second: wait for the first")

    async def stop(self) -> None:
        """Stop what is under way; its file and order stay, by which the next process goes on with it."""
        self._is_stopping.set()
        for job in self._jobs.values():
            job.is_stopped = True
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, STOP_SECONDS)

    def _remember_unfinished(self, file: Path) -> None:
        size_bytes, modified_ms = file.stat().st_size, int(file.stat().st_mtime * 1000)
        ordered = read_order(file)
        if ordered is None:
            self._remember(ImportJob(file.name, modified_ms, INTERRUPTED, bytes=size_bytes, ended_ms=self._clock_ms()))
            remove_import(file)
            return
        order, began_ms = ordered
        job = ImportJob(file.name, began_ms, RUNNING, order, bytes=size_bytes, resumed_ms=self._clock_ms())
        self._remember(job)
        self._unfinished.append(job)

    def _remember(self, job: ImportJob) -> None:
        self._jobs[job.id] = job
        ended = [known.id for known in self._jobs.values() if not known.is_under_way]
        for job_id in ended[: max(0, len(self._jobs) - MOST_SHOWN)]:
            del self._jobs[job_id]

    async def _receive(self, job: ImportJob, file: Path, body: AsyncIterator[bytes]) -> None:
        def count(size_bytes: int) -> None:
            job.bytes = size_bytes

        await keep_body(body, file, self.most_bytes, count)

    def _run_each(self, jobs: list[ImportJob]) -> None:
        for job in jobs:
            self._run(job)

    def _run(self, job: ImportJob) -> None:
        try:
            self._run_until_read(job, self._folder / job.id)
            state = DONE
        except ImportStoppedError:
            if not job.is_cancelled:
                return
            state = CANCELLED
        except OperatorError as error:
            state, job.error = FAILED, str(error)
        except Exception as error:  # noqa: BLE001 - told to who asked; its words may be of the file
            log.error("import: %s", place_of(error))
            state, job.error = FAILED, "something went wrong here; the log says where"
        self._end(job, state)

    def _end(self, job: ImportJob, state: str) -> None:
        with suppress(OSError):
            remove_import(self._folder / job.id)
        job.ended_ms = self._clock_ms()
        job.state = state
        sent, refused = sum(job.sent.values()), sum(job.refused.values())
        log.info("import %s: %d lines, %d sent, %d refused", state, job.lines_read, sent, refused)

    def _run_until_read(self, job: ImportJob, file: Path) -> None:
        """Run the import; where Kafka goes away, wait for it and go on. Raises as RunImport does otherwise."""
        assert job.order is not None
        while True:
            try:
                self._run_import(file, job.order, job)
            except BrokerAwayError as error:
                job.error = str(error)
                log.warning("import: %s; it goes on when Kafka is back", error)
                if self._is_stopping.wait(AWAY_SECONDS) or job.is_cancelled:
                    raise ImportStoppedError from error
            else:
                job.error = None
                return


def _write_order(file: Path, order: ImportOrder, began_ms: int) -> None:
    try:
        write_order(file, order, began_ms)
    except OSError as error:
        raise no_room(error) from error
