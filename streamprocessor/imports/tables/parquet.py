"""Parquet files, read a batch at a time by Apache Arrow where it is installed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import IO, TYPE_CHECKING

from streamprocessor.errors import OperatorError
from streamprocessor.imports.tables.excel import spooled
from streamprocessor.imports.tables.typed_table import TypedTable

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

_BATCH_ROWS = 2000


def read_parquet(pieces: Iterable[bytes], source_name: str, columns: Collection[str] = ()) -> TypedTable:
    """The table of a Parquet file's bytes, cut anywhere; columns: that are wanted.

    Raises OperatorError where it is damaged, or Apache Arrow is not installed.
    """
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        wanted = "`pip install 'streamprocessor[parquet]'`, which brings Apache Arrow, or the table as CSV"
        message = f"{source_name}: is Parquet; wanted {wanted}; got neither"
        raise OperatorError(message) from error
    content = spooled(pieces)
    try:
        file = ParquetFile(content)
    except (ArrowException, OSError) as error:
        content.close()
        message = f"{source_name}: wanted a whole Parquet file; got one that is cut off or damaged ({error})"
        raise OperatorError(message) from error
    names = file.schema_arrow.names
    rows = chain([names], _rows(file, content))
    return TypedTable(rows, source_name, ["Parquet"], columns or names)


def _rows(file: ParquetFile, content: IO[bytes]) -> Iterator[Sequence[object]]:
    with content:
        for batch in file.iter_batches(_BATCH_ROWS):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
