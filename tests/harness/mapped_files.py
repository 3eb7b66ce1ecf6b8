"""Mappings of files, and the rows of CSV files by them, as imports read both."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.strict_yaml.document import read_text
from streamprocessor.imports.csv_mapping import CsvMapping, parse_mapping
from streamprocessor.imports.csv_rows import RowClues
from streamprocessor.imports.file_lines import FileLines
from streamprocessor.imports.table_rows import TableRows
from streamprocessor.imports.tables.csv_table import CsvTable


def read_mapping(path: Path) -> CsvMapping:
    """The mapping in a YAML file; raises OperatorError with a line for each problem."""
    return parse_mapping(read_text(path, "a CSV mapping"), str(path))


def read_csv(
    pieces: Iterable[bytes],
    mapping: CsvMapping,
    source_name: str,
    at_ms: int | None = None,
    contact_ids: ContactIds | None = None,
) -> TableRows:
    """The rows of a CSV file's bytes, cut anywhere. at_ms, contact_ids: as RowClues has them."""
    lines = FileLines(pieces, source_name, mapping.encoding)
    table = CsvTable(lines, source_name, mapping.delimiter, mapping.columns())
    return TableRows(table, mapping, source_name, RowClues(at_ms, contact_ids))
