"""A file sent as an import over HTTP asks for it, from where an earlier process left it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from streamprocessor.contract.access_policy import IMPORT, KeyKind, acts_of, is_allowed
from streamprocessor.errors import RecordError
from streamprocessor.imports.csv_mapping import parse_mapping
from streamprocessor.imports.file_bytes import pieces_of
from streamprocessor.imports.files import FileRows, ImportListener, ImportSource, read_file, send_rows
from streamprocessor.imports.importer import ImportCounts, unannounced
from streamprocessor.imports.progress.checkpoint import ImportCheckpoint
from streamprocessor.imports.rows import BadRow, ImportRow, ReadRow
from streamprocessor.process.clock import now_ms
from streamprocessor.readmodel.gateways.import_job import ImportJob
from streamprocessor.readmodel.gateways.import_order import ImportOrder, checkpoint_file
from streamprocessor.settings import Settings

RunImport = Callable[[Path, ImportOrder, ImportJob], None]
"""Sends the file as the order says, counting in the job, and returns once all of it is acknowledged.

Raises OperatorError where it can't, BrokerAwayError where it can later, ImportStoppedError.
"""


def run_import(settings: Settings, file: Path, order: ImportOrder, job: ImportJob) -> None:
    """Send the file as `streamprocessor import` does; for a thread without an event loop. Raises as RunImport does."""
    mapping = None if order.mapping_text is None else parse_mapping(order.mapping_text, "mapping")
    checkpoint = ImportCheckpoint(checkpoint_file(file), now_ms())
    job.begin_reading(time.monotonic())

    def count_bad(bad: BadRow) -> None:
        job.refuse(bad.line, bad.reason, bad.detail)

    def count_sent(counts: ImportCounts) -> None:
        job.sent = dict(counts.sent)
        job.skipped = counts.skipped
        if job.pace is not None:
            job.pace.note(time.monotonic(), job.rows_read, job.bytes_read)

    with file.open("rb") as content:
        source = ImportSource("the file", checkpoint.at_ms)
        rows = read_file(settings, pieces_of(content, job.read), order.format, mapping, source)
        followed = unannounced(permitted(_followed(rows, job), order.kind))
        asyncio.run(send_rows(settings, followed, checkpoint, ImportListener(count_bad, count_sent)))


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


def _followed(rows: FileRows, job: ImportJob) -> Iterator[ReadRow]:
    """The rows; the job says how far reading is, and as what the file is read."""
    for row in rows:
        job.follow(row)
        yield row
    job.read_as = rows.read_as
