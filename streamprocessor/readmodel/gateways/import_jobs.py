"""Imports asked for over HTTP: one file at a time, from its upload to the last acknowledged row."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import threading
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from streamprocessor.contract.access_policy import IMPORT, KeyKind, acts_of, is_allowed
from streamprocessor.errors import OperatorError, RecordError, place_of
from streamprocessor.imports.csv_mapping import parse_mapping
from streamprocessor.imports.files import FileRows, read_file, send_rows
from streamprocessor.imports.importer import ImportCounts
from streamprocessor.imports.rows import BadRow, ImportRow, ReadRow
from streamprocessor.readmodel.gateways.kept_body import keep_body
from streamprocessor.readmodel.problem import Problem
from streamprocessor.settings import Settings

log = logging.getLogger(__name__)

RECEIVING, RUNNING, DONE, FAILED, INTERRUPTED = "receiving", "running", "done", "failed", "interrupted"
MOST_SHOWN = 20
MOST_RECEIVED = 4
MOST_REFUSED_SHOWN = 20
STOP_SECONDS = 5.0
_READ_BYTES = 1 << 16
_ID = re.compile(r"[0-9a-f]{32}")


class ImportStoppedError(Exception):
    """The process ends; the import is interrupted."""


class ImportOrder(NamedTuple):
    """How a file is read."""

    format: str
    mapping: str | None
    """The name of what a CSV's columns mean, `own`; None of any other format."""
    mapping_text: str | None
    """The same as YAML."""
    kind: KeyKind = KeyKind.TOKEN
    """The kind of the token that asks; not all may be said with each."""


@dataclass
class ImportJob:
    """One file and how far it got; written by one thread, read by others."""

    id: str
    began_ms: int
    state: str
    order: ImportOrder | None = None
    """None of an import that a process before this one left unfinished."""
    bytes: int = 0
    bytes_read: int = 0
    lines_read: int = 0
    sent: Mapping[str, int] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    skipped: int = 0
    first_refused: list[tuple[int, str, str]] = field(default_factory=list)
    read_as: str | None = None
    """What the file was found to be; None until it is read."""
    error: str | None = None
    ended_ms: int | None = None
    is_stopped: bool = False

    @property
    def is_under_way(self) -> bool:
        """Whether the import has not ended."""
        return self.state in (RECEIVING, RUNNING)

    def read(self, size_bytes: int) -> None:
        """Count bytes of the file; raises ImportStoppedError where the process ends."""
        if self.is_stopped:
            raise ImportStoppedError
        self.bytes_read += size_bytes

    def refuse(self, line: int, reason: str, detail: str) -> None:
        """Count a row that can't be used."""
        self.refused[reason] += 1
        if len(self.first_refused) < MOST_REFUSED_SHOWN:
            self.first_refused.append((line, reason, detail))


RunImport = Callable[[Path, ImportOrder, ImportJob], None]
"""Sends the file as the order says, counting in the job, and returns once all of it is acknowledged.

Raises OperatorError where it can't, ImportStoppedError.
"""


def run_import(settings: Settings, file: Path, order: ImportOrder, job: ImportJob) -> None:
    """Send the file as `streamprocessor import` does; for a thread without an event loop. Raises as RunImport does."""
    mapping = None if order.mapping_text is None else parse_mapping(order.mapping_text, "mapping")

    def count_bad(bad: BadRow) -> None:
        job.refuse(bad.line, bad.reason, bad.detail)

    def count_sent(counts: ImportCounts) -> None:
        job.sent = dict(counts.sent)
        job.skipped = counts.skipped

    with file.open("rb") as content:
        rows = read_file(settings, _counted(content, job), order.format, mapping, "the file")
        asyncio.run(send_rows(settings, permitted(_followed(rows, job), order.kind), count_bad, count_sent))


def permitted(rows: Iterable[ReadRow], kind: KeyKind) -> Iterator[ReadRow]:
    """The rows, those as BadRow that may not be said with such a token."""
    for row in rows:
        yield _judged(row, kind) if isinstance(row, ImportRow) else row


def _judged(row: ImportRow, kind: KeyKind) -> ReadRow:
    try:
        acts = acts_of(row.contact_id, row.value)
    except RecordError as error:
        return BadRow(row.line, error.reason, error.detail)
    for act in acts:
        if not is_allowed(IMPORT, kind, act):
            return BadRow(row.line, "no-scope", f"{act}: wanted a token with scope erase; got one without")
    return row


def _counted(content: BinaryIO, job: ImportJob) -> Iterator[bytes]:
    """The content in pieces, each counted as it is read."""
    while piece := content.read(_READ_BYTES):
        job.read(len(piece))
        yield piece


def _followed(rows: FileRows, job: ImportJob) -> Iterator[ReadRow]:
    """The rows; the job says how far reading is, and as what the file is read."""
    for row in rows:
        job.lines_read = row.line
        yield row
    job.read_as = rows.read_as


class ImportJobs:
    """The imports of this process; what a process before this one left unfinished is shown as interrupted."""

    def __init__(self, folder: Path, run: RunImport, most_bytes: int, clock_ms: Callable[[], int]) -> None:
        """Keep files that are under way in the folder, each of most_bytes at most."""
        self.most_bytes = most_bytes
        self._run_import = run
        self._folder = folder
        self._clock_ms = clock_ms
        self._jobs: dict[str, ImportJob] = {}
        self._thread: threading.Thread | None = None
        for file in sorted(folder.glob("*"), key=lambda path: path.stat().st_mtime):
            if _ID.fullmatch(file.name):
                began_ms = int(file.stat().st_mtime * 1000)
                self._remember(
                    ImportJob(file.name, began_ms, INTERRUPTED, bytes=file.stat().st_size, ended_ms=clock_ms())
                )
                file.unlink()

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
        except BaseException:
            del self._jobs[job.id]
            file.unlink(missing_ok=True)
            raise
        job.state = RUNNING
        self._thread = threading.Thread(target=self._run, args=(job, order, file), name="import", daemon=True)
        self._thread.start()
        return job

    def _refuse_beside_another(self, most_received: int | None = None) -> None:
        states = Counter(job.state for job in self._jobs.values())
        if states[RUNNING] or (most_received is not None and states[RECEIVING] >= most_received):
            raise Problem(409, "import-under-way", "import: wanted one at a time; got a second: wait for the first")

    async def stop(self) -> None:
        """Stop what is under way; its file stays, by which the next process knows that it was interrupted."""
        for job in self._jobs.values():
            job.is_stopped = True
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, STOP_SECONDS)

    def _remember(self, job: ImportJob) -> None:
        self._jobs[job.id] = job
        while len(self._jobs) > MOST_SHOWN:
            del self._jobs[next(iter(self._jobs))]

    async def _receive(self, job: ImportJob, file: Path, body: AsyncIterator[bytes]) -> None:
        def count(size_bytes: int) -> None:
            job.bytes = size_bytes

        await keep_body(body, file, self.most_bytes, count)

    def _run(self, job: ImportJob, order: ImportOrder, file: Path) -> None:
        try:
            self._run_import(file, order, job)
            state = DONE
        except ImportStoppedError:
            return
        except OperatorError as error:
            state, job.error = FAILED, str(error)
        except Exception as error:  # noqa: BLE001 - told to who asked; its words may be of the file
            log.error("import: %s", place_of(error))
            state, job.error = FAILED, "something went wrong here; the log says where"
        with contextlib.suppress(OSError):
            file.unlink()
        job.ended_ms = self._clock_ms()
        job.state = state
        sent, refused = sum(job.sent.values()), sum(job.refused.values())
        log.info("import %s: %d lines, %d sent, %d refused", state, job.lines_read, sent, refused)
