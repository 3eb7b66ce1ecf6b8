"""Files that people gave to be imported, and what they chose for them: kept until the import succeeded."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from streamprocessor.imports.proposals.file_proposal import format_of
from streamprocessor.process.files.whole_file import write_whole
from streamprocessor.readmodel.gateways.import_jobs import ImportJobs
from streamprocessor.readmodel.gateways.kept_body import keep_body, no_room
from streamprocessor.readmodel.problem import Problem
from streamprocessor.scoring.model.model import DAY_MS

KEPT_MS = 7 * DAY_MS
MOST_FILES = 10
MOST_LOOKED_AT = 2
MOST_WAITING = 20
MOST_RECEIVED = 4
SWEEP_SECONDS = 5.0
_ID = re.compile(r"[0-9a-f]{32}")
_CHOICES = ".json"
_COPY_BYTES = 1 << 20


class FileName(NamedTuple):
    """How a person calls a file, and the name of the token by which it came."""

    name: str
    kept_by: str


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file, and what was chosen for it.

    name: as its person calls it. format: csv, jsonl or access-log. bytes: its size.
    mapping_name: of the known or saved mapping that was chosen; None: it is one of the person's own, or none.
    mapping_text: what the columns of a table mean, as YAML; None where there are none.
    import_id: of the latest import of the file; None: there was none.
    kept_by: the name of the token by which it came.
    """

    id: str
    name: str
    format: str
    bytes: int
    kept_ms: int
    mapping_name: str | None = None
    mapping_text: str | None = None
    import_id: str | None = None
    kept_by: str = ""

    @property
    def until_ms(self) -> int:
        """When it is deleted at the latest, in epoch milliseconds."""
        return self.kept_ms + KEPT_MS


class ImportFiles:
    """The kept files of a folder. A file goes once its import succeeded, after seven days, or when there are too many.

    What was chosen for a file stands beside it: the next process knows it too.
    """

    def __init__(self, folder: Path, imports: ImportJobs, clock_ms: Callable[[], int]) -> None:
        """Keep files in the folder, each as large as those imports take at most."""
        self.most_bytes = imports.most_bytes
        self._looking = asyncio.Semaphore(MOST_LOOKED_AT)
        self._waiting = 0
        self._folder = folder
        self._clock_ms = clock_ms
        self._imports = imports
        self._received = 0
        self._files = {file.id: file for file in sorted(self._found(), key=lambda file: file.kept_ms)}
        for path in folder.glob("*"):
            if path.name.partition(".")[0] not in self._files:  # came half, or was half deleted
                path.unlink()

    def all(self) -> list[KeptFile]:
        """The files, the newest first."""
        self._sweep()
        return list(reversed(self._files.values()))

    def get(self, file_id: str) -> KeptFile | None:
        """The file of that id; None: it is not kept, or not any more."""
        self._sweep()
        return self._files.get(file_id)

    def of_import(self, import_id: str) -> KeptFile | None:
        """The file that the import was of; None: it is not kept."""
        return next((file for file in self.all() if file.import_id == import_id), None)

    def path(self, file_id: str) -> Path:
        """Where the content of the file is."""
        return self._folder / file_id

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Have the turn for as long as the block runs, which takes a processor; raises Problem where too many wait."""
        if self._waiting >= MOST_WAITING:
            detail = f"files: wanted at most {MOST_WAITING} that are looked at or wait for it; got one more: try again"
            raise Problem(503, "too-many-files", detail, {"Retry-After": "10"})
        self._waiting += 1
        try:
            async with self._looking:
                yield
        finally:
            self._waiting -= 1

    async def keep(self, called: FileName, file_format: str | None, body: AsyncIterator[bytes]) -> KeptFile:
        """Keep a body as a file of that name; the oldest goes where there are too many.

        file_format: None: as the file looks.

        Raises Problem where it is too large, does not come whole, there is no room, or too many come at once: until
        they are whole nothing else bounds what they take of the disk.
        """
        if self._received >= MOST_RECEIVED:
            detail = f"files: wanted at most {MOST_RECEIVED} that come at once; got one more: try again"
            raise Problem(503, "too-many-files", detail, {"Retry-After": "10"})
        self._received += 1
        try:
            return await self._keep(called, file_format, body)
        finally:
            self._received -= 1

    async def _keep(self, called: FileName, file_format: str | None, body: AsyncIterator[bytes]) -> KeptFile:
        file_id = uuid.uuid4().hex
        size_bytes = 0

        def count(size: int) -> None:
            nonlocal size_bytes
            size_bytes = size

        try:
            await keep_body(body, self.path(file_id), self.most_bytes, count)
            looks_like = await asyncio.to_thread(format_of, self.path(file_id), called.name)
            file = KeptFile(
                file_id, called.name, file_format or looks_like, size_bytes, self._clock_ms(), kept_by=called.kept_by
            )
            self._note(file)
        except BaseException:
            self.path(file_id).unlink(missing_ok=True)
            raise
        for oldest in list(self._files)[:-MOST_FILES]:
            self.delete(oldest)
        return file

    def choose(self, file: KeptFile, mapping_name: str | None, mapping_text: str | None) -> KeptFile:
        """The file with what was chosen for it now; raises Problem where there is no room.

        Where it was deleted meanwhile, it stays so.
        """
        changed = replace(file, mapping_name=mapping_name, mapping_text=mapping_text)
        return self._note(changed) if file.id in self._files else changed

    def begin(self, file: KeptFile, import_id: str) -> KeptFile:
        """The file with the import that was begun of it. Where it was deleted meanwhile, it stays so."""
        changed = replace(file, import_id=import_id)
        if file.id in self._files:
            self._files[file.id] = changed
            with suppress(OSError):  # the import runs all the same: without room a restart forgets which one it was
                self._write(changed)
        return changed

    async def content(self, file: KeptFile) -> AsyncIterator[bytes]:
        """The content of the file in pieces."""
        with await asyncio.to_thread(self.path(file.id).open, "rb") as opened:
            while piece := await asyncio.to_thread(opened.read, _COPY_BYTES):
                yield piece

    def delete(self, file_id: str) -> None:
        """Delete the file and what was chosen for it."""
        self._files.pop(file_id, None)
        self.path(file_id).unlink(missing_ok=True)
        self._choices(file_id).unlink(missing_ok=True)

    async def sweep_for_ever(self, sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep) -> None:
        """Delete what need not be kept any more, every few seconds: also where nobody asks."""
        while True:
            self._sweep()
            await sleep(SWEEP_SECONDS)

    def _sweep(self) -> None:
        now_ms = self._clock_ms()
        for file in list(self._files.values()):
            is_done = file.import_id is not None and self._imports.has_succeeded(file.import_id)
            if is_done or now_ms >= file.until_ms:
                self.delete(file.id)

    def _note(self, file: KeptFile) -> KeptFile:
        try:
            self._write(file)
        except OSError as error:
            raise no_room(error) from error
        self._files[file.id] = file
        return file

    def _write(self, file: KeptFile) -> None:
        write_whole(self._choices(file.id), orjson.dumps(file), is_synced=False)  # the content is not, either

    def _choices(self, file_id: str) -> Path:
        return self._folder / f"{file_id}{_CHOICES}"

    def _found(self) -> list[KeptFile]:
        """The files of a process before this one; what a power cut left half written tells of none."""
        choices = [file for file in self._folder.glob(f"*{_CHOICES}") if _ID.fullmatch(file.stem)]
        files = [file for each in choices if (file := _read(each)) is not None]
        return [file for file in files if self.path(file.id).exists()]


def _read(choices: Path) -> KeptFile | None:
    """The file of which this is kept; None: it says nothing of one."""
    try:
        file = KeptFile(**orjson.loads(choices.read_bytes()))
    except (ValueError, TypeError):
        return None
    return file if file.id == choices.stem else None
