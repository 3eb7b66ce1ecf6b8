"""Rows sent to the input topics in the file's order, each acknowledged; bad ones counted and reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from streamprocessor.contract.events.events import decode_fact
from streamprocessor.contract.events.updates import ANNOUNCE, contact_of_update
from streamprocessor.errors import RecordError
from streamprocessor.imports.progress.row_sender import RowSender
from streamprocessor.imports.rows import BadRow, ImportRow, ReadRow, SkippedRow

_PROGRESS_EVERY_ROWS = 1_000


@dataclass
class ImportCounts:
    """The counts of a file's rows.

    sent: by topic. bad: by reason. skipped: those that the mapping passes over.
    acknowledged_rows: of so many, from the file's first on, nothing is to be sent again.
    """

    sent: Counter[str] = field(default_factory=Counter)
    bad: Counter[str] = field(default_factory=Counter)
    skipped: int = 0
    acknowledged_rows: int = 0

    @property
    def rows(self) -> int:
        """All rows of the file: each is sent, bad or skipped."""
        return self.sent.total() + self.bad.total() + self.skipped


def checked(rows: Iterable[ReadRow], now_ms: int) -> Iterator[ReadRow]:
    """The rows, those that the worker would refuse as BadRow, so that they are reported with their line."""
    for row in rows:
        yield _checked(row, now_ms) if isinstance(row, ImportRow) else row


def unannounced(rows: Iterable[ReadRow]) -> Iterator[ReadRow]:
    """The rows, whose attributes announce nobody as a hot lead, but those that say themselves whether they do.

    Who is hot by a list alone did nothing: a thousand calls to make at once help nobody.
    """
    for row in rows:
        if isinstance(row, ImportRow):
            data = row.value.get("data")
            body = data if "specversion" in row.value and isinstance(data, dict) else row.value
            if body.get("update") == "attributes":
                body.setdefault(ANNOUNCE, False)
        yield row


async def import_rows(
    rows: Iterable[ReadRow],
    sender: RowSender,
    on_bad: Callable[[BadRow], None],
    on_progress: Callable[[ImportCounts], None],
) -> ImportCounts:
    """The counts once every good row is acknowledged. Importing the same rows again changes no score.

    on_progress is called every thousand rows and at the end. Raises BrokerError where a row can't be sent.
    """
    counts, number = ImportCounts(), 0
    for number, row in enumerate(rows, 1):
        if isinstance(row, BadRow):
            counts.bad[row.reason] += 1
            on_bad(row)
        elif isinstance(row, SkippedRow):
            counts.skipped += 1
        else:
            counts.sent[await sender.send(number, row)] += 1
        if number % _PROGRESS_EVERY_ROWS == 0:
            counts.acknowledged_rows = await sender.acknowledged_of(number)
            on_progress(counts)
    await sender.all_acknowledged()
    counts.acknowledged_rows = await sender.acknowledged_of(number)
    on_progress(counts)
    return counts


def _checked(row: ImportRow, now_ms: int) -> ReadRow:
    try:
        decode_fact(row.value, contact_of_update(row.value.get("update"), row.contact_id.encode()), now_ms)
    except RecordError as error:
        return BadRow(row.line, error.reason, error.detail)
    return row
