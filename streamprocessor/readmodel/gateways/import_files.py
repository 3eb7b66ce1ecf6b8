"""Files that people gave to be imported, and what they chose for them: kept until the import succeeded."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from streamprocessor.imports.proposals.file_proposal import format_of
from streamprocessor.process.files.whole_file import write_whole
from streamprocessor.readmodel.gateways.import_jobs import ImportJobs
from streamprocessor.readmodel.gateways.kept_body import keep_body, no_room
from streamprocessor.scoring.model.model import DAY_MS

KEPT_MS = 7 * DAY_MS
MOST_FILES = 10
MOST_LOOKED_AT = 2
SWEEP_SECONDS = 5.0
_ID = re.compile(r"[0-9a-f]{32}")
_CHOICES = ".json"
_COPY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file, and what was chosen for it.

    name: as its person calls it. format: csv, jsonl or access-log. bytes: its size.
    mapping_name: of the known or saved mapping that was chosen; None: it is one of the person's own, or none.
    mapping_text: what the columns of a table mean, as YAML; None where there are none.
    import_id: of the latest import of the file; None: there was none.
    """

    id: str
    name: str
    format: str
    bytes: int
    kept_ms: int
    mapping_name: str | None = None
    mapping_text: str | None = None
    import_id: str | None = None

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
        self.looking = asyncio.Semaphore(MOST_LOOKED_AT)
        """Who looks at a file holds it: that takes a processor."""
        self._folder = folder
        self._clock_ms = clock_ms
        self._imports = imports
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

    async def keep(self, name: str, file_format: str | None, body: AsyncIterator[bytes]) -> KeptFile:
        """Keep a body as a file of that name; the oldest goes where there are too many.

        file_format: None: as the file looks.

        Raises Problem where it is too large, does not come whole, or there is no room.
        """
        file_id = uuid.uuid4().hex
        size_bytes = 0

        def count(size: int) -> None:
            nonlocal size_bytes
            size_bytes = size

        try:
            await keep_body(body, self.path(file_id), self.most_bytes, count)
            looks_like = await asyncio.to_thread(format_of, self.path(file_id), name)
            file = KeptFile(file_id, name, file_format or looks_like, size_bytes, self._clock_ms())
            self._note(file)
        except BaseException:
            self.path(file_id).unlink(missing_ok=True)
            raise
        for oldest in list(self._files)[:-MOST_FILES]:
            self.delete(oldest)
        return file

    def choose(self, file: KeptFile, mapping_name: str | None, mapping_text: str | None) -> KeptFile:
        """The file with what was chosen for it now; raises Problem where there is no room."""
        return self._note(replace(file, mapping_name=mapping_name, mapping_text=mapping_text))

    def begin(self, file: KeptFile, import_id: str) -> KeptFile:
        """The file with the import that was begun of it."""
        file = self._files[file.id] = replace(file, import_id=import_id)
        with suppress(OSError):  # the import runs all the same: without room a restart forgets which one it was
            self._write(file)
        return file

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
        """The files of a process before this one."""
        choices = [file for file in self._folder.glob(f"*{_CHOICES}") if _ID.fullmatch(file.stem)]
        files = [file for each in choices if (file := _read(each)) is not None]
        return [file for file in files if self.path(file.id).exists()]


def _read(choices: Path) -> KeptFile | None:
    """The file of which this is kept; None: it says nothing of one, as after a power cut."""
    try:
        file = KeptFile(**orjson.loads(choices.read_bytes()))
    except (ValueError, TypeError):
        return None
    return file if file.id == choices.stem else None
