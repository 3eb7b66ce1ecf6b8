"""What kind of file bytes are, told by the first of them, whatever the file is called."""

from __future__ import annotations

import codecs
import re

from streamprocessor.errors import OperatorError

HEAD_BYTES = 64 * 1024
ZIP, COMPOUND, PARQUET = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"
"""Of a workbook; of one that is encrypted, or of Excel 97; of Parquet."""

_AS_CSV = "save the sheet as CSV UTF-8"
_NO_TABLES = (
    (ZIP, "a ZIP archive or a workbook", _AS_CSV),
    (COMPOUND, "a workbook of Excel 97 or an encrypted one", _AS_CSV),
    (PARQUET, "Parquet", "wanted here are lines of text"),
    (b"%PDF", "a PDF document", "export the table itself, as CSV"),
    (b"{\\rtf", "a text document (RTF)", "export the table itself, as CSV"),
    (b"\x89PNG", "a picture", "export the table itself, as CSV"),
    (b"\xff\xd8\xff", "a picture", "export the table itself, as CSV"),
    (b"GIF8", "a picture", "export the table itself, as CSV"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it and import the file that is in it"),
    (b"Rar!", "a RAR archive", "unpack it and import the file that is in it"),
    (b"BZh", "a bzip2 archive", "unpack it and import the file that is in it"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", "unpack it and import the file that is in it"),
    (b"\xfd7zXZ", "an XZ archive", "unpack it and import the file that is in it"),
    (b"SQLite format 3", "a database of SQLite", "export the table itself, as CSV"),
)
_WEB_PAGE = re.compile(rb"\s*<(?:!doctype|html|head|body|table|meta|\?xml|!--)", re.IGNORECASE)


def refuse_what_is_no_text(head: bytes, source_name: str) -> None:
    """Raise OperatorError where a file that begins so is of another kind than text, with how to come by one."""
    for beginning, kind, advice in _NO_TABLES:
        if head.startswith(beginning):
            raise _refusal(source_name, kind, advice)
    if _WEB_PAGE.match(head.removeprefix(codecs.BOM_UTF8)):
        advice = "perhaps the link to the export had expired: sign in there and download it again"
        raise _refusal(source_name, "a web page", advice)


def begins_an_object(head: bytes) -> bool:
    """Whether a file that begins so is JSON Lines, or an object of JSON."""
    return head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{")


def refuse_json(head: bytes, source_name: str) -> None:
    """Raise OperatorError where a table was wanted and a file that begins so is JSON."""
    if begins_an_object(head):
        raise _refusal(source_name, "JSON", "one object a line is imported as JSON Lines, without a mapping", "a table")
    beginning = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if beginning.startswith(b"[") and beginning[1:].lstrip().startswith(b"{"):
        raise _refusal(source_name, "a JSON array", "write each object on a line of its own: JSON Lines", "a table")


def _refusal(source_name: str, got: str, advice: str, wanted: str = "text") -> OperatorError:
    return OperatorError(f"{source_name}: wanted {wanted}; got {got}: {advice}")
