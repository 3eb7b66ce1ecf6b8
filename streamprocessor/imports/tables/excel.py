"""Workbooks of Excel: the first sheet that has rows.

What is read is little of what a workbook holds: where a program writes its styles as no other does, its rows count.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack
from itertools import chain
from typing import IO
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from streamprocessor.contract.foreign_text import one_line, shown_value
from streamprocessor.errors import OperatorError
from streamprocessor.imports.file_bytes import spooled
from streamprocessor.imports.file_kinds import COMPOUND
from streamprocessor.imports.tables.typed_table import NumberedRow, TypedTable
from streamprocessor.imports.tables.workbook_parts import SheetPart, read_parts
from streamprocessor.imports.tables.worksheet import sheet_rows

MAX_UNPACKED_BYTES = 1 << 30
"""Of a workbook's parts together: its texts stand in memory, and a small file may hold a large one."""

MAX_SHOWN_SHEETS = 10

_READ_BYTES = 1 << 20
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the stream of a compound file that holds the workbook
_DAMAGES = (
    *(ParseError, ExpatError, LookupError, ValueError, TypeError, OverflowError, EOFError),
    *(zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError),
)
"""What reading raises where a part is missing, cut off, packed in a way of its own, or not as it must be."""


def read_workbook(pieces: Iterable[bytes], source_name: str, columns: Collection[str] = ()) -> TypedTable:
    """The table of a workbook's bytes, cut anywhere; columns: that are wanted.

    Raises OperatorError, here and while it is read, where it is damaged, encrypted, of Excel 97, or no workbook.
    """
    with ExitStack() as opened:
        file = opened.enter_context(spooled(pieces))
        _refuse_compound(file, source_name)
        _check_parts(file, source_name)
        sheets: list[SheetPart] = []
        rows = _rows(file, source_name, sheets)
        first = next(rows, None)
        if first is None:
            raise _refusal(source_name, "a sheet with rows", "none")
        opened.pop_all()  # the rows close it
    words = [f"Excel, sheet {shown_value(sheets[0].name)}"]
    if others := [shown_value(other.name) for other in sheets[1 : 1 + MAX_SHOWN_SHEETS]]:
        words.append(f"not the other sheets ({', '.join(others)})")
    return TypedTable(chain([first], rows), source_name, words, columns)


def _rows(file: IO[bytes], source_name: str, sheets: list[SheetPart]) -> Iterator[NumberedRow]:
    """The rows of the first sheet that has some; sheets: becomes that one and those behind it."""
    with file:
        try:
            with zipfile.ZipFile(file) as archive:
                parts = read_parts(archive)
                for position, sheet in enumerate(parts.sheets):
                    with archive.open(sheet.path) as content:
                        rows = sheet_rows(content, parts)
                        if (first := next(rows, None)) is not None:
                            sheets[:] = parts.sheets[position:]
                            yield first
                            yield from rows
                            return
        except _DAMAGES as error:
            raise _refusal(source_name, "a whole one", f"an error ({one_line(error)})") from error


def _refuse_compound(file: IO[bytes], source_name: str) -> None:
    """Refuse a compound file: an encrypted workbook, or one of Excel 97."""
    before = file.read(len(COMPOUND))
    is_compound = before == COMPOUND
    while is_compound and (piece := file.read(_READ_BYTES)):
        if _ENCRYPTED in before + piece:
            raise _refusal(source_name, "one without a password", "an encrypted one")
        before = piece[-len(_ENCRYPTED) :]
    if is_compound:
        raise _refusal(source_name, "one of Excel 2007 or later (.xlsx)", "one of Excel 97 (.xls)")
    file.seek(0)


def _check_parts(file: IO[bytes], source_name: str) -> None:
    """Refuse an archive that holds no workbook, or more than fits in memory."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except _DAMAGES as error:
        raise _refusal(source_name, "a whole one", "a file that is cut off or damaged") from error
    names = [part.filename for part in parts]
    if not any(name.startswith("xl/") for name in names):
        inside = next((name for name in names if not name.endswith("/")), "nothing")
        message = (
            f"{source_name}: wanted a table; got a ZIP archive ({shown_value(inside)} in it): "
            "unpack it and import the file that is in it"
        )
        raise OperatorError(message)
    unpacked_bytes = sum(part.file_size for part in parts)
    if unpacked_bytes > MAX_UNPACKED_BYTES:
        raise _refusal(source_name, f"one of at most {MAX_UNPACKED_BYTES} bytes unpacked", f"{unpacked_bytes}")


def _refusal(source_name: str, wanted: str, got: str) -> OperatorError:
    advice = "open it in a spreadsheet program and save the sheet as CSV UTF-8"
    return OperatorError(f"{source_name}: wanted a workbook, {wanted}; got {got}: {advice}")
