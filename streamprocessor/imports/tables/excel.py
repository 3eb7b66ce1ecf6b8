"""Workbooks of Excel: the first sheet that has rows."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Collection, Iterable
from typing import IO

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from streamprocessor.contract.foreign_text import one_line, shown_value
from streamprocessor.errors import OperatorError
from streamprocessor.imports.file_kinds import COMPOUND
from streamprocessor.imports.tables.typed_table import TypedTable

MAX_UNPACKED_BYTES = 1 << 30
"""Of a workbook's parts together: the rows of a sheet stand in memory, and a small file may hold a large one."""

_IN_MEMORY_BYTES = 16 << 20


def read_workbook(pieces: Iterable[bytes], source_name: str, columns: Collection[str] = ()) -> TypedTable:
    """The table of a workbook's bytes, cut anywhere; columns: that are wanted.

    Raises OperatorError where it is damaged, encrypted, of Excel 97, or no workbook.
    """
    with spooled(pieces) as file:
        is_compound = file.read(len(COMPOUND)) == COMPOUND
        file.seek(0)
        if not is_compound:
            _check_parts(file, source_name)
            file.seek(0)
        try:
            workbook = CalamineWorkbook.from_filelike(file)
            sheets = [workbook.get_sheet_by_name(name) for name in workbook.sheet_names]
        except PasswordError as error:
            raise _refusal(source_name, "one without a password", "an encrypted one") from error
        except CalamineError as error:
            raise _refusal(source_name, "a whole one", f"an error ({one_line(error)})") from error
    if is_compound:
        raise _refusal(source_name, "one of Excel 2007 or later (.xlsx)", "one of Excel 97 (.xls)")
    filled = [sheet for sheet in sheets if sheet.height]
    if not filled:
        raise _refusal(source_name, "a sheet with rows", "none")
    sheet, others = filled[0], filled[1:]
    words = [f"Excel, sheet {shown_value(sheet.name)}"]
    if others:
        words.append(f"not the other sheets ({', '.join(shown_value(other.name) for other in others)})")
    return TypedTable(sheet.iter_rows(), source_name, words, columns)


def spooled(pieces: Iterable[bytes]) -> IO[bytes]:
    """The pieces as a file that can be read from anywhere, which nobody else sees, and which goes when it is closed."""
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - the caller closes it
    for piece in pieces:
        file.write(piece)
    file.seek(0)
    return file


def _check_parts(file: IO[bytes], source_name: str) -> None:
    """Refuse an archive that holds no workbook, or more than fits in memory."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile as error:
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
