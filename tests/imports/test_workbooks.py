"""Workbooks as Excel and other programs write them: each cell is read as what it is, without what it looks like."""

from __future__ import annotations

import random
import time

import pytest

from streamprocessor.errors import OperatorError
from streamprocessor.imports.files import open_table
from streamprocessor.imports.tables import workbook_parts
from streamprocessor.imports.tables.typed_table import TypedTable
from streamprocessor.imports.tables.workbook_parts import _kind_of
from tests.imports.workbooks import workbook

SHEET = "xl/worksheets/sheet1.xml"


def table_of(others: dict[str, str]) -> TypedTable:
    table = open_table([workbook({"Data": [["a"], ["b"]]}, others)], "data.xlsx")
    assert isinstance(table, TypedTable)
    return table


def cells_of(rows: str, others: dict[str, str] | None = None) -> list[list[str]]:
    """The cells of a sheet with these rows, its header too."""
    table = table_of({SHEET: f"<worksheet><sheetData>{rows}</sheetData></worksheet>"} | (others or {}))
    return [table.header, *(record.cells for record in table.records(None))]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c t="inlineStr"><is><t>plain</t></is></c>', "plain"),
        (
            '<c t="inlineStr"><is><r><t>of two </t></r><r><rPr/><t>runs</t></r><rPh><t>said so</t></rPh></is></c>',
            "of two runs",
        ),
        ('<c t="str"><f>A1&amp;B1</f><v>of a formula</v></c>', "of a formula"),
        ('<c t="inlineStr"><is><t>two_x000D_lines</t></is></c>', "two\rlines"),
        ("<c><v>123456789012345678901</v></c>", "123456789012345678901"),
        (f"<c><v>{'9' * 400}</v></c>", "9" * 400),
        ('<c t="inlineStr"><is><t>_xD83D__xDE00_ _xD83D_</t></is></c>', "\N{GRINNING FACE} \ufffd"),
        ('<c t="b"><v>1</v></c>', "true"),
        ('<c t="d"><v>2026-11-02T09:30:00</v></c>', "2026-11-02T09:30:00"),
        ("<c><v>51001</v></c>", "51001"),
        ("<c><v>51001.0</v></c>", "51001"),
        ("<c><v>-0.5</v></c>", "-0.5"),
        ("<c><v>1.2E-3</v></c>", "0.0012"),
        ("<c><f>1/0</f></c>", ""),
        ('<c t="e"><v>#DIV/0!</v></c>', ""),
        ('<c s="1"><v>46328.395833333336</v></c>', "2026-11-02T09:30:00"),
        ('<c s="1"><v>46328</v></c>', "2026-11-02T00:00:00"),
    ],
)
def test_a_cell_is_what_the_file_says(cell: str, text: str) -> None:
    header, row = cells_of(f'<row r="1"><c><v>1</v></c><c><v>2</v></c></row><row r="2"><c><v>9</v></c>{cell}</row>')

    assert header == ["1", "2"]
    assert row == ["9", text]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("General", None),
        ("0.00", None),
        ('#,##0 "days"', None),
        ("[Red]-0.0", None),
        ("dd.mm.yyyy", "date"),
        ("[$-407]d. mmmm yyyy", "date"),
        ("mmm", "date"),
        ("yyyy-mm-dd hh:mm", "date-time"),
        ('d"th" h:mm', "date-time"),
        ("hh:mm", "time"),
        ("[h]:mm:ss", "time"),
        ("[mm]:ss", "time"),
        ("0;[Red]d", None),
    ],
)
def test_a_format_tells_whether_a_number_is_a_date(code: str, kind: str | None) -> None:
    assert _kind_of(code) == kind


def test_texts_that_cells_share_are_read_and_days_may_count_from_1904() -> None:
    others = {
        "xl/workbook.xml": '<workbook xmlns:r="urn:r"><workbookPr date1904="1"/><sheets>'
        '<sheet name="Hidden" state="hidden" r:id="rId1"/><sheet name="Data" r:id="rId1"/></sheets></workbook>',
        "xl/sharedStrings.xml": "<sst><si><t>no</t></si><si><r><t>a</t></r><r><t>t</t></r></si></sst>",
    }
    rows = '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row><row><c><v>7</v></c><c s="1"><v>44866.5</v></c></row>'

    assert cells_of(rows, others) == [["no", "at"], ["7", "2026-11-02T12:00:00"]]


def test_cells_stand_where_they_say_and_a_stray_one_far_away_costs_nothing() -> None:
    rows = (
        '<row r="3"><c r="B3"><v>1</v></c><c r="D3"><v>2</v></c></row><row r="5"><c r="D5"><v>4</v></c></row>'
        '<row r="1048576"><c r="B1048576"><v>5</v></c><c r="XFD1048576"><v>6</v></c><c r="XFE1048576"><v>7</v></c>'
        "</row>"
    )
    table = table_of({SHEET: f"<worksheet><sheetData>{rows}</sheetData></worksheet>"})

    assert table.header == ["", "1", "", "2"]
    assert [(record.line, record.cells) for record in table.records(None)] == [
        (5, ["", "", "", "4"]),
        (1_048_576, ["", "5", "", ""]),
    ]


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="9999999999"><c><v>1</v></c></row>',
        '<row r="2"><c><v>1</v></c></row><row r="2"><c><v>1</v></c></row>',
        '<row><c t="s"><v>5</v></c></row>',
        "<row><c><v>one</v></c></row>",
        "<row><c><v>1</v>",
    ],
)
def test_a_sheet_that_is_not_as_it_must_be_is_refused(rows: str) -> None:
    with pytest.raises(OperatorError, match=r"data\.xlsx: wanted a workbook, a whole one; got an error"):
        cells_of(rows)


TEXT_CELL = '<c t="inlineStr"><is><t>{}</t></is></c>'
LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("sheet", "wanted"),
    [
        ("<row>" + TEXT_CELL.format("x" * 2_000_000) + "</row>", "cells of at most 1048576 characters"),
        (f'<row spans="{"1" * 2_000_000}"/>', "tags of at most 1048576 bytes"),
        ("<a>" * 200, "at most 100 elements one in the other"),
        ("".join(f"<a{number}/>" for number in range(2_000)), "at most 1000 names of elements"),
    ],
)
def test_a_sheet_that_would_fill_memory_is_refused_as_soon_as_that_shows(sheet: str, wanted: str) -> None:
    with pytest.raises(OperatorError, match=rf"got an error \(wanted {wanted}; got more\)"):
        cells_of(f"{sheet}<row><c><v>1</v></c></row>")


@pytest.mark.parametrize(
    ("strings", "wanted"),
    [
        (f"<si><t>{'x' * 150_000}</t></si>", "elements of at most 100000 bytes; got a larger one"),
        (f"<si>{'<r/>' * 40_000}</si>", "elements of at most 100000 bytes; got a larger one"),
        (f"<a>{'<b/>' * 10}" * 200, "at most 100 elements one in the other; got more"),
        (f"<si><t>{'x' * 2_000}</t></si>" * 5, "shared texts of at most 9000 bytes of memory; got more"),
    ],
)
def test_texts_that_would_fill_memory_are_refused_as_soon_as_that_shows(
    strings: str, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook_parts, "MAX_STRINGS_BYTES", 9_000)
    monkeypatch.setattr(workbook_parts, "_MAX_ELEMENT_BYTES", 100_000)

    with pytest.raises(OperatorError, match=rf"got an error \(wanted {wanted}\)"):
        cells_of("<row><c><v>1</v></c></row>", {"xl/sharedStrings.xml": f"<sst>{strings}</sst>"})


def test_what_stands_beside_shared_texts_is_forgotten_however_much_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_parts, "_MAX_ELEMENT_BYTES", 100_000)
    strings = f"<sst>{'<x><y/></x>' * 20_000}<si><t>no</t></si></sst>"

    assert cells_of('<row><c t="s"><v>0</v></c></row>', {"xl/sharedStrings.xml": strings}) == [["no"]]


def test_no_sheet_defines_what_grows_or_names_another_file() -> None:
    table = {SHEET: f"{LAUGHS}<worksheet><row>{TEXT_CELL.format('&b;&f;')}</row></worksheet>"}

    with pytest.raises(OperatorError, match=r"wanted no definitions of its own; got a DOCTYPE"):
        table_of(table)


def test_no_shared_text_is_that_of_another_file() -> None:
    strings = f"{LAUGHS}<sst><si><t>&f;</t></si></sst>"

    with pytest.raises(OperatorError, match="got an error"):
        cells_of('<row><c t="s"><v>0</v></c></row>', {"xl/sharedStrings.xml": strings})


def test_a_place_of_a_million_letters_is_none_and_takes_no_time() -> None:
    began_seconds = time.process_time()

    assert cells_of(f'<row><c r="{"Z" * 900_000}1"><v>1</v></c><c r="A1"><v>2</v></c></row>') == [["2"]]
    assert time.process_time() - began_seconds < 2


def test_any_damage_of_a_workbook_is_rows_or_a_refusal() -> None:
    whole = workbook({"Data": [["a", "b"], [1, "x"], [2.5, True]]})
    chance = random.Random(17)
    outcomes: set[object] = set()
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(4, len(damaged))] = chance.randrange(256)
        try:
            table = open_table([bytes(damaged)], "data.xlsx")
            outcomes.add((len(table.header), len(list(table.records(None)))))
        except OperatorError as error:
            outcomes.add(str(error)[:32])

    assert "data.xlsx: wanted a workbook, a " in outcomes
    assert len(outcomes) > 1
