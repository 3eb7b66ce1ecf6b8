"""The parts of a workbook of Excel that its sheets rest on: their names, shared texts, which cells are dates."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from sys import getsizeof
from typing import IO
from xml.etree.ElementTree import Element, iterparse
from zipfile import ZipFile

DATE, DATE_TIME, TIME = "date", "date-time", "time"

MAX_STRINGS_BYTES = 1 << 29
"""Of memory, that the texts take which cells share."""

_MAX_ELEMENT_BYTES = 1 << 22
_MAX_DEPTH = 100
_WORKBOOK, _STYLES, _STRINGS = "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml"
_RELATION_ID = "id"  # in a namespace of its own, of which there are two
_DATES = {*range(14, 18), *range(27, 37), *range(50, 59)}  # formats that each program knows by number
_KINDS_BY_NUMBER = dict.fromkeys(_DATES, DATE) | {22: DATE_TIME} | dict.fromkeys((*range(18, 22), 45, 46, 47), TIME)
_NO_FORMAT = re.compile(r'"[^"]*"|\[(?!(?:h+|m+|s+)\])[^\]]*\]|\\.|_.|\*.', re.IGNORECASE)
"""What is quoted, of a colour or a language (not hours that go on after 24), escaped, or for width."""
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet that people see: its name and its file in the archive."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class WorkbookParts:
    """What a workbook says beside its sheets.

    kinds: of the formats of cells, by their position, those that are dates or times. strings: that cells share.
    is_1904: whether days count from 1904, as on old Macs.
    """

    sheets: list[SheetPart]
    kinds: dict[int, str]
    strings: list[str]
    is_1904: bool


def read_parts(archive: ZipFile) -> WorkbookParts:
    """The parts; raises KeyError, ValueError, ParseError and what ZipFile raises where they are not as they must be."""
    names = set(archive.namelist())
    is_1904 = False
    sheets = []
    with archive.open(_WORKBOOK) as file:
        paths = _paths(archive)
        for element in elements(file, "sheet", "workbookPr"):
            if local(element) == "workbookPr":
                is_1904 = element.get("date1904") in ("1", "true")
            elif element.get("state", "visible") == "visible":
                ids = [value for name, value in element.attrib.items() if name.endswith("}" + _RELATION_ID)]
                path = paths.get(ids[0] if ids else "", "")
                sheets += [SheetPart(element.get("name", ""), path)] if path in names else []
    return WorkbookParts(sheets, _kinds(archive, names), _strings(archive, names), is_1904)


def elements(file: IO[bytes], *tags: str) -> Iterator[Element]:
    """The elements of these names, each once it is whole; what was read before is forgotten.

    Raises ValueError where one takes more memory than any that a program writes.
    """
    parents: list[Element] = []
    inside = 0
    bounded = _BoundedFile(file)
    for event, element in iterparse(bounded, ("start", "end")):
        is_asked_for = local(element) in tags
        if event == "start":
            parents.append(element)
            inside += is_asked_for
            if len(parents) > _MAX_DEPTH:
                message = f"wanted at most {_MAX_DEPTH} elements one in the other; got more"
                raise ValueError(message)
            continue
        parents.pop()
        inside -= is_asked_for
        if is_asked_for:
            yield element
        if not inside:
            bounded.since_bytes = 0
            if parents:
                parents[-1].clear()


class _BoundedFile:
    """A file, of which no more than _MAX_ELEMENT_BYTES are read before somebody says that they are forgotten."""

    def __init__(self, file: IO[bytes]) -> None:
        self.since_bytes = 0
        self._file = file

    def read(self, size_bytes: int = -1, /) -> bytes:
        piece = self._file.read(size_bytes)
        self.since_bytes += len(piece)
        if self.since_bytes > _MAX_ELEMENT_BYTES:
            message = f"wanted elements of at most {_MAX_ELEMENT_BYTES} bytes; got a larger one"
            raise ValueError(message)
        return piece


def local(element: Element) -> str:
    """The element's name without its namespace: of each there are two editions."""
    return str(element.tag).rsplit("}", 1)[-1]


def text_of(element: Element) -> str:
    """The text of a cell or of a shared text, all its runs, without what tells how to say it."""
    runs = [child for child in element if local(child) == "r"]
    texts = [each.text or "" for parent in (element, *runs) for each in parent if local(each) == "t"]
    return unescaped("".join(texts))


def unescaped(text: str) -> str:
    """The text with the characters that XML can't hold, which workbooks spell with their numbers."""
    if "_x" not in text:
        return text
    spelled = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return spelled.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # of halves of a character one is made


def _paths(archive: ZipFile) -> dict[str, str]:
    """The files of the workbook's parts, by the ids by which it speaks of them."""
    with archive.open("xl/_rels/workbook.xml.rels") as file:
        relations = {each.get("Id", ""): each.get("Target", "") for each in elements(file, "Relationship")}
    return {name: posixpath.normpath(posixpath.join("/xl", target)).lstrip("/") for name, target in relations.items()}


def _strings(archive: ZipFile, names: set[str]) -> list[str]:
    if _STRINGS not in names:
        return []
    strings: list[str] = []
    size_bytes = 0
    with archive.open(_STRINGS) as file:
        for element in elements(file, "si"):
            text = text_of(element)
            strings.append(text)
            size_bytes += getsizeof(text)
            if size_bytes > MAX_STRINGS_BYTES:
                message = f"wanted shared texts of at most {MAX_STRINGS_BYTES} bytes of memory; got more"
                raise ValueError(message)
    return strings


def _kinds(archive: ZipFile, names: set[str]) -> dict[int, str]:
    if _STYLES not in names:
        return {}
    kinds_by_number: dict[int, str | None] = dict(_KINDS_BY_NUMBER)
    kinds: dict[int, str] = {}
    with archive.open(_STYLES) as file:
        for element in elements(file, "numFmt", "cellXfs"):
            if local(element) == "numFmt":
                kinds_by_number[int(element.get("numFmtId", 0))] = _kind_of(element.get("formatCode", ""))
            else:
                numbers = [int(each.get("numFmtId", 0)) for each in element]
                kinds = {at: kind for at, number in enumerate(numbers) if (kind := kinds_by_number.get(number))}
    return kinds


def _kind_of(code: str) -> str | None:
    """What a cell of the format is; None: a number or a text."""
    letters = set(_NO_FORMAT.sub("", code.split(";")[0]).lower())
    has_time = bool(letters & {"h", "s"})
    if letters & {"y", "d"} or ("m" in letters and not has_time and "[" not in letters):
        return DATE_TIME if has_time else DATE
    return TIME if has_time else None
