"""A file on disk looked at: what it is, what its columns mean, and what an import of it would do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from streamprocessor.errors import OperatorError
from streamprocessor.imports.csv_mapping import CsvMapping, parse_mapping
from streamprocessor.imports.file_bytes import pieces_of
from streamprocessor.imports.file_kinds import HEAD_BYTES, begins_an_object
from streamprocessor.imports.files import ImportSource, open_table, read_file
from streamprocessor.imports.importer import checked, unannounced
from streamprocessor.imports.proposals.mapping_meanings import meanings_of
from streamprocessor.imports.proposals.proposal import FileColumn, Proposal, columns_of, proposal_of
from streamprocessor.imports.rows import ACCESS_LOG, CSV, JSON_LINES, ReadRow
from streamprocessor.imports.tables.header import named_by
from streamprocessor.process.clock import now_ms
from streamprocessor.settings import Settings

_FORMATS_BY_SUFFIX = {
    **dict.fromkeys((".csv", ".tsv", ".xlsx", ".parquet"), CSV),
    **dict.fromkeys((".jsonl", ".ndjson"), JSON_LINES),
    ".log": ACCESS_LOG,
}
_MOST_HEAD_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file that may be imported.

    name: as messages call it.
    format: csv, jsonl or access-log.
    """

    path: Path
    name: str
    format: str


@dataclass(frozen=True, slots=True)
class ProposalBounds:
    """How a file is looked at.

    most_rows: None: all of them are.
    most_seconds: for how long; None: until it is done.
    permitted: makes rows that who asks may not send bad ones.
    """

    most_rows: int | None = None
    most_seconds: float | None = None
    permitted: Callable[[Iterable[ReadRow]], Iterable[ReadRow]] = iter


@dataclass(frozen=True, slots=True)
class FileProposal:
    """What an import of a file would do.

    columns: none of a format that has none.
    read_as: what the file was found to be; None where it could not be read.
    problem: why nothing can be said of its rows; None: proposal says it.
    """

    columns: list[FileColumn] = field(default_factory=list)
    read_as: str | None = None
    problem: str | None = None
    proposal: Proposal | None = None


def format_of(path: Path, name: str) -> str:
    """The format that the file's name says; where it says none, JSON Lines begin with an object."""
    plain = name.lower().removesuffix(".gz")
    named = _FORMATS_BY_SUFFIX.get(f".{plain.rpartition('.')[2]}")
    if named is not None:
        return named
    with path.open("rb") as content:
        return JSON_LINES if begins_an_object(content.read(HEAD_BYTES)) else CSV


def propose(settings: Settings, file: GivenFile, mapping_text: str | None, bounds: ProposalBounds) -> FileProposal:
    """What an import of the file by the mapping would do. mapping_text: YAML; None of a format that needs none."""
    mapping, problem = None, None
    if file.format == CSV:
        mapping, problem = _read_mapping(mapping_text or "")
    columns = list[FileColumn]()
    try:
        if file.format == CSV:
            header, samples = head_of(file, mapping)
            meanings = () if mapping is None else meanings_of(mapping)
            columns = columns_of(header if mapping is None else named_by(header, mapping.columns()), samples, meanings)
        if problem is not None:
            return FileProposal(columns, problem=problem)
        with file.path.open("rb") as content:
            source = ImportSource(file.name, now_ms())
            pieces = _until(bounds.most_seconds, pieces_of(content), file.name)
            rows = read_file(settings, pieces, file.format, mapping, source)
            proposal = proposal_of(bounds.permitted(checked(unannounced(rows), source.at_ms)), bounds.most_rows)
    except OperatorError as error:
        return FileProposal(columns, problem=str(error))
    return FileProposal(columns, rows.read_as, proposal=proposal)


def head_of(file: GivenFile, mapping: CsvMapping | None = None) -> tuple[list[str], list[list[str]]]:
    """The names of a table's columns and its first rows; raises OperatorError where it is none.

    mapping: None: nothing is known of the table yet.
    """
    with file.path.open("rb") as content:
        table = open_table(_until(_MOST_HEAD_SECONDS, pieces_of(content), file.name), file.name, mapping)
        return table.header, [record.cells for record in table.head()]


def _read_mapping(mapping_text: str) -> tuple[CsvMapping | None, str | None]:
    """The mapping, or why there is none."""
    try:
        return parse_mapping(mapping_text, "mapping"), None
    except OperatorError as error:
        return None, str(error)


def _until(most_seconds: float | None, pieces: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The pieces; raises OperatorError where they take longer: few of them may hold very much."""
    began_seconds = time.monotonic()
    for piece in pieces:
        if most_seconds is not None and time.monotonic() - began_seconds > most_seconds:
            message = (
                f"{name}: wanted a file that can be looked at within {most_seconds:g} s; got one that takes longer"
            )
            raise OperatorError(message)
        yield piece
