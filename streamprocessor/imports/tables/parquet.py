"""Parquet files, read a batch at a time by Apache Arrow where it is installed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain

from streamprocessor.contract.foreign_text import one_line
from streamprocessor.errors import OperatorError
from streamprocessor.imports.file_bytes import spooled
from streamprocessor.imports.tables.typed_table import TypedTable

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

    def read() -> Iterator[Sequence[object]]:
        with spooled(pieces) as content:
            try:
                file = ParquetFile(content)
                yield file.schema_arrow.names
                for batch in file.iter_batches(_BATCH_ROWS):
                    yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
            except (ArrowException, OSError, ValueError) as error:
                raise _damaged(source_name, error) from error

    rows = read()
    names = [str(name) for name in next(rows)]
    return TypedTable(enumerate(chain([names], rows), 1), source_name, ["Parquet"], columns or names)


def _damaged(source_name: str, error: Exception) -> OperatorError:
    got = f"one that is cut off or damaged ({one_line(error)})"
    return OperatorError(f"{source_name}: wanted a whole Parquet file; got {got}")
