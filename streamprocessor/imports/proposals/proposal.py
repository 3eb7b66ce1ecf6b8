"""What an import of a file would do, shown before anything is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any

from streamprocessor.contract.foreign_text import without_steering
from streamprocessor.imports.rows import BadRow, ImportRow, ReadRow

MOST_SAMPLE_CELLS = 3
MOST_SAMPLE_ROWS = 5
MOST_SAMPLE_REFUSED = 2
MOST_SAMPLE_RECORDS = 20
MOST_REFUSED_SHOWN = 20
MAX_CELL_CHARS = 80


@dataclass(frozen=True, slots=True)
class FileColumn:
    """A column of a file.

    samples: its first different cells, each cut.
    meanings: what the mapping makes of it, such as `contact` or `attributes.email`; empty: it is left out.
    """

    name: str
    samples: list[str]
    meanings: list[str]


@dataclass(frozen=True, slots=True)
class RowRefusal:
    """Why something of a row would be refused.

    line: the file's first is 1.
    reason: a short code, for counting.
    detail: the sentence for a person.
    """

    line: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A row as it would become.

    line: the file's first is 1.
    contact_id: None where nothing would be sent.
    records: the first events and updates that would be sent, as the topics hold them.
    more_records: how many there are besides.
    refused: why it, or something of it, would not be.
    """

    line: int
    contact_id: str | None
    records: list[dict[str, Any]]
    more_records: int
    refused: list[RowRefusal]


@dataclass(slots=True)
class ProposalCounts:
    """The counts of a file's rows: each row that was looked at is accepted, refused or skipped.

    is_whole: whether all rows of the file were looked at; else the first ones alone.
    accepted: rows all of which would be sent.
    refused: rows something of which would not be.
    skipped: rows that the mapping passes over, or that say nothing.
    events: those that would be sent, by type. updates: the same, by kind.
    opted_out: rows that say that a contact may not be written to any more.
    refused_by_reason: of refused rows, each by its first reason.
    """

    rows: int = 0
    is_whole: bool = True
    accepted: int = 0
    refused: int = 0
    skipped: int = 0
    events: Counter[str] = field(default_factory=Counter)
    updates: Counter[str] = field(default_factory=Counter)
    opted_out: int = 0
    refused_by_reason: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an import would do.

    samples: a few rows, unlike each other, in the file's order.
    first_refused: the first rows that would be refused.
    """

    counts: ProposalCounts
    samples: list[SampleRow]
    first_refused: list[RowRefusal]


def proposal_of(rows: Iterable[ReadRow], most_rows: int | None = None) -> Proposal:
    """What the rows, as they would be sent or refused, come to. most_rows: looked at; None: all of them.

    What the file gives of one of its rows must stand together. Raises what reading the rows raises.
    """
    counts, samples, first_refused = ProposalCounts(), _Samples(), list[RowRefusal]()
    for line, parts in groupby(rows, attrgetter("line")):
        if counts.rows == most_rows:
            counts.is_whole = False
            break
        records, refused = _split(line, parts)
        _count(counts, [row.value for row in records], refused)
        samples.offer(line, records, refused)
        if refused and len(first_refused) < MOST_REFUSED_SHOWN:
            first_refused.append(refused[0])
    return Proposal(counts, samples.chosen(), first_refused)


def columns_of(
    header: Sequence[str], rows: Iterable[Sequence[str]], meanings: Iterable[tuple[str, str]]
) -> list[FileColumn]:
    """The columns of a table with samples of the rows' cells. meanings: columns, each with one of its meanings."""
    columns = {name: FileColumn(name, [], []) for name in header}
    for cells in rows:
        for name, cell in zip(header, cells, strict=False):
            _add_sample(columns[name].samples, cell)
    for name, meaning in meanings:
        if name in columns and meaning not in columns[name].meanings:
            columns[name].meanings.append(meaning)
    return list(columns.values())


def _add_sample(samples: list[str], cell: str) -> None:
    shown = without_steering(" ".join(cell[: 2 * MAX_CELL_CHARS].split())[:MAX_CELL_CHARS])
    if shown and shown not in samples and len(samples) < MOST_SAMPLE_CELLS:
        samples.append(shown)


def _split(line: int, parts: Iterator[ReadRow]) -> tuple[list[ImportRow], list[RowRefusal]]:
    """What a row gives, and why something of it would be refused."""
    records, refused = list[ImportRow](), list[RowRefusal]()
    for part in parts:
        if isinstance(part, ImportRow):
            records.append(part)
        elif isinstance(part, BadRow):
            refused.append(RowRefusal(line, part.reason, part.detail))
    return records, refused


def _count(counts: ProposalCounts, values: list[dict[str, Any]], refused: list[RowRefusal]) -> None:
    counts.rows += 1
    if refused:
        counts.refused += 1
        counts.refused_by_reason[refused[0].reason] += 1
    elif values:
        counts.accepted += 1
    else:
        counts.skipped += 1
    for value in values:
        kind = value.get("update")
        (counts.events if kind is None else counts.updates)[str(value.get("type") if kind is None else kind)] += 1
    counts.opted_out += any(_opts_out(value) for value in values)


def _opts_out(value: dict[str, Any]) -> bool:
    return value.get("update") == "suppressed" and value.get("suppressed") is True


class _Samples:
    """A few rows: those come first that give something else than those before, or are refused for another reason."""

    def __init__(self) -> None:
        self._refused: dict[str, SampleRow] = {}
        self._unlike: dict[frozenset[str], SampleRow] = {}
        self._alike: list[SampleRow] = []

    def offer(self, line: int, records: list[ImportRow], refused: list[RowRefusal]) -> None:
        """Take the row where it shows something."""
        kinds = frozenset(str(row.value.get("type") or row.value.get("update")) for row in records)
        if refused:
            if len(self._refused) < MOST_SAMPLE_REFUSED and refused[0].reason not in self._refused:
                self._refused[refused[0].reason] = _sample(line, records, refused)
        elif kinds not in self._unlike:
            if len(self._unlike) < MOST_SAMPLE_ROWS:
                self._unlike[kinds] = _sample(line, records, refused)
        elif records and len(self._alike) < MOST_SAMPLE_ROWS:
            self._alike.append(_sample(line, records, refused))

    def chosen(self) -> list[SampleRow]:
        """The rows, in the file's order."""
        rows = [*self._refused.values(), *self._unlike.values(), *self._alike][:MOST_SAMPLE_ROWS]
        return sorted(rows, key=attrgetter("line"))


def _sample(line: int, records: list[ImportRow], refused: list[RowRefusal]) -> SampleRow:
    shown = [row.value for row in records[:MOST_SAMPLE_RECORDS]]
    contact_id = records[-1].contact_id if records else None
    return SampleRow(line, contact_id, shown, len(records) - len(shown), refused)
