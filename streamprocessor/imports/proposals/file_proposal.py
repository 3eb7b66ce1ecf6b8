"""A file on disk looked at: what it is, what its columns mean, and what an import of it would do."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from streamprocessor.errors import OperatorError
from streamprocessor.imports.csv_dialect import declared_delimiter, delimiter_of
from streamprocessor.imports.csv_mapping import parse_mapping
from streamprocessor.imports.file_lines import FileLines
from streamprocessor.imports.files import ImportSource, read_file
from streamprocessor.imports.importer import checked, unannounced
from streamprocessor.imports.proposals.mapping_meanings import meanings_of
from streamprocessor.imports.proposals.proposal import FileColumn, Proposal, columns_of, proposal_of
from streamprocessor.imports.rows import ACCESS_LOG, CSV, JSON_LINES, ReadRow
from streamprocessor.process.clock import now_ms
from streamprocessor.settings import Settings

FORMATS_BY_SUFFIX = {".csv": CSV, ".tsv": CSV, ".jsonl": JSON_LINES, ".ndjson": JSON_LINES, ".log": ACCESS_LOG}
_READ_BYTES = 1 << 16
_ROWS_OF_SAMPLES = 200


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
    permitted: makes rows that who asks may not send bad ones.
    """

    most_rows: int | None = None
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


def format_of_name(name: str) -> str:
    """The format that a file's name says; without one it is a table."""
    plain = name.lower().removesuffix(".gz")
    return FORMATS_BY_SUFFIX.get(f".{plain.rpartition('.')[2]}", CSV)


def propose(settings: Settings, file: GivenFile, mapping_text: str | None, bounds: ProposalBounds) -> FileProposal:
    """What an import of the file by the mapping would do. mapping_text: YAML; None of a format that needs none."""
    mapping, columns = None, list[FileColumn]()
    try:
        if file.format == CSV:
            header, samples = head_of(file)
            columns = columns_of(header, samples, [])
            mapping = parse_mapping(mapping_text or "", "mapping")
            columns = columns_of(header, samples, meanings_of(mapping))
        with file.path.open("rb") as content:
            source = ImportSource(file.name, now_ms())
            rows = read_file(settings, _pieces(content.read), file.format, mapping, source)
            proposal = proposal_of(bounds.permitted(checked(unannounced(rows), source.at_ms)), bounds.most_rows)
    except OperatorError as error:
        return FileProposal(columns, problem=str(error))
    return FileProposal(columns, rows.read_as, proposal=proposal)


def head_of(file: GivenFile) -> tuple[list[str], list[list[str]]]:
    """The names of a table's columns and its first rows."""
    with file.path.open("rb") as content:
        lines = (line.decode("utf-8", "replace") for line in FileLines(_pieces(content.read), file.name))
        first = next(lines, "")
        declared = declared_delimiter(first)
        if declared is not None:
            first = next(lines, "")
        delimiter = declared or delimiter_of(first, set())
        header = next(csv.reader([first], delimiter=delimiter), [])
        return header, list(islice(csv.reader(lines, delimiter=delimiter), _ROWS_OF_SAMPLES))


def _pieces(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while piece := read(_READ_BYTES):
        yield piece
