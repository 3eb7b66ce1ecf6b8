"""An import over HTTP as it is seen from outside: its state, what was counted, how quick it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from streamprocessor.imports.progress.pace import ImportPace
from streamprocessor.imports.rows import ImportRow, ReadRow
from streamprocessor.readmodel.gateways.import_order import ImportOrder

RECEIVING, RUNNING, DONE, FAILED = "receiving", "running", "done", "failed"
INTERRUPTED, CANCELLED = "interrupted", "cancelled"
MOST_REFUSED_SHOWN = 20
MOST_CONTACTS = 5


class ImportStoppedError(Exception):
    """The process ends, and the import goes on in the next one; or the import was cancelled."""


@dataclass
class ImportJob:
    """One file and how far it got; written by one thread, read by others."""

    id: str
    began_ms: int
    state: str
    order: ImportOrder | None = None
    """None of a file that a process before this one had not received whole."""
    bytes: int = 0
    bytes_read: int = 0
    lines_read: int = 0
    rows_read: int = 0
    """Events, updates, bad and skipped rows; a row of the file may give several."""
    file_rows: int = 0
    refused_file_rows: int = 0
    """Rows of the file something of which was refused."""
    contacts: list[str] = field(default_factory=list)
    """The first ones that the file tells of."""
    pace: ImportPace | None = None
    """None: nothing is read yet."""
    sent: Mapping[str, int] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    skipped: int = 0
    first_refused: list[tuple[int, str, str]] = field(default_factory=list)
    read_as: str | None = None
    """What the file was found to be; None until it is read."""
    error: str | None = None
    ended_ms: int | None = None
    resumed_ms: int | None = None
    """When a process after that in which it began went on with it; None: none had to."""
    is_stopped: bool = False
    is_cancelled: bool = False
    """Whether somebody wants no more of it to be sent."""
    last_refused_line: int = 0

    @property
    def is_under_way(self) -> bool:
        """Whether the import has not ended."""
        return self.state in (RECEIVING, RUNNING)

    def begin_reading(self, at_seconds: float) -> None:
        """Count from the file's first row on, which may have been counted before."""
        self.bytes_read = self.lines_read = self.rows_read = self.skipped = 0
        self.file_rows = self.refused_file_rows = self.last_refused_line = 0
        self.sent, self.refused, self.first_refused, self.contacts = {}, Counter(), [], []
        self.pace = ImportPace(at_seconds, self.bytes)

    def follow(self, row: ReadRow) -> None:
        """Count what a row of the file gives; what one gives comes together."""
        self.file_rows += row.line != self.lines_read
        self.lines_read = row.line
        self.rows_read += 1
        if len(self.contacts) < MOST_CONTACTS and isinstance(row, ImportRow) and row.contact_id not in self.contacts:
            self.contacts.append(row.contact_id)

    def read(self, size_bytes: int) -> None:
        """Count bytes of the file; raises ImportStoppedError where no more is to be sent."""
        if self.is_stopped or self.is_cancelled:
            raise ImportStoppedError
        self.bytes_read += size_bytes

    def refuse(self, line: int, reason: str, detail: str) -> None:
        """Count a row that can't be used."""
        self.refused[reason] += 1
        self.refused_file_rows += line != self.last_refused_line
        self.last_refused_line = line
        if len(self.first_refused) < MOST_REFUSED_SHOWN:
            self.first_refused.append((line, reason, detail))
