"""Workbooks of Excel, made of rows: small, but each cell as Excel writes it."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_EXCELS_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's times name no zone
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def workbook(sheets: Mapping[str, Sequence[Sequence[object]]], others: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a workbook with these sheets of rows; None is a cell that is not there.

    others: parts in the place of those, or beside them, by their names.
    """
    names = list(sheets)
    numbers = range(1, len(names) + 1)
    parts = {
        "[Content_Types].xml": _content_types(len(names)),
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/_rels/workbook.xml.rels": _relations(
            [*(("worksheet", f"worksheets/sheet{n}.xml") for n in numbers), ("styles", "styles.xml")]
        ),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
        + "".join(f'<sheet name="{escape(names[n - 1])}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
        + "</sheets></workbook>",
        # The second format of cells is that of dates with a time.
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf numFmtId="0"/></cellStyleXfs>'
        '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
        **{f"xl/worksheets/sheet{n}.xml": _sheet(sheets[names[n - 1]]) for n in numbers},
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, xml in (parts | dict(others or {})).items():
            archive.writestr(zipfile.ZipInfo(name), f'<?xml version="1.0" encoding="UTF-8"?>{xml}')
    return content.getvalue()


def compound_file(stream: str) -> bytes:
    """A compound file with one empty stream: what a workbook of Excel 97 is, and one that is encrypted."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, _END, 0, _END, 0) + struct.pack("<I", 0)
    header += struct.pack("<I", _FREE) * 108
    fat = struct.pack("<II", _FAT, _END) + struct.pack("<I", _FREE) * 126
    entries = _entry("Root Entry", 5, child=1) + _entry(stream, 2) + bytes(256)
    return header + fat + entries


def _entry(name: str, kind: int, child: int = _FREE) -> bytes:
    spelled = name.encode("utf-16-le")
    head = spelled.ljust(64, b"\0") + struct.pack("<HBBIII", len(spelled) + 2, kind, 1, _FREE, _FREE, child)
    return head.ljust(116, b"\0") + struct.pack("<IQ", _END, 0)


def _content_types(count: int) -> str:
    kinds = {"/xl/workbook.xml": "sheet.main", "/xl/styles.xml": "styles"}
    kinds |= {f"/xl/worksheets/sheet{n}.xml": "worksheet" for n in range(1, count + 1)}
    overrides = [f'<Override PartName="{part}" ContentType="{_OFFICE}.{kind}+xml"/>' for part, kind in kinds.items()]
    relations = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    return f'<Types xmlns="{_PACKAGE}/content-types">{relations}{"".join(overrides)}</Types>'


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    lines = [
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    ]
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(lines)}</Relationships>'


def _sheet(rows: Sequence[Sequence[object]]) -> str:
    lines = []
    for line, row in enumerate(rows, 1):
        cells = [_cell(f"{_letters(column)}{line}", value) for column, value in enumerate(row)]
        lines.append(f'<row r="{line}">{"".join(cells)}</row>')
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def _cell(place: str, value: object) -> str:
    match value:
        case None | "":
            return ""
        case bool():
            return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
        case int() | float():
            return f'<c r="{place}"><v>{value!r}</v></c>'
        case datetime():
            return f'<c r="{place}" s="1"><v>{(value - _EXCELS_ZERO) / timedelta(days=1)!r}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'


def _letters(column: int) -> str:
    return (_letters(column // 26 - 1) if column >= 26 else "") + chr(ord("A") + column % 26)
