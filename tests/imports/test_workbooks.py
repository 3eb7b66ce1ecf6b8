"""Workbooks as Excel and other programs write them: each cell is read as what it is, without what it looks like."""

from __future__ import annotations

import random

import pytest

from streamprocessor.errors import OperatorError
from streamprocessor.imports.csv_mapping import parse_mapping
from streamprocessor.imports.files import open_table
from streamprocessor.imports.importer import checked
from streamprocessor.imports.rows import ImportRow
from streamprocessor.imports.table_rows import TableRows
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
        ('<c t="b"><v>1</v></c>', "true"),
        ('<c t="d"><v>2026-11-02T09:30:00</v></c>', "2026-11-02T09:30:00"),
        ('<c t="inlineStr"><is><t>_xD83D__xDE00_</t></is></c>', "\U0001f600"),
        ('<c t="inlineStr"><is><t>half _xD83D_</t></is></c>', "half \ufffd"),
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


def test_a_number_that_json_has_not_is_read_as_that_of_a_csv_is() -> None:
    mapping = parse_mapping("{contact: who, attributes: {account: account, seats: {column: seats, as: number}}}", "m")
    table = open_table([workbook({"Data": [["who", "account", "seats"], ["a", 10**20, 10**20]]})], "data.xlsx", mapping)

    [row] = checked(TableRows(table, mapping, "data.xlsx"), 1_795_000_000_000)

    assert isinstance(row, ImportRow)
    assert row.value["attributes"] == {"account": "1" + 20 * "0", "seats": 1e20}


@pytest.mark.parametrize(
    ("part", "xml", "complaint"),
    [
        (SHEET, '<worksheet name="{}"></worksheet>', "wanted tags and comments of at most 1048576 bytes; got a longer"),
        (SHEET, "<worksheet><!--{}--></worksheet>", "wanted tags and comments of at most 1048576 bytes; got a longer"),
        ("xl/styles.xml", '<styleSheet name="{}"/>', "wanted tags and comments of at most 1048576 bytes; got a longer"),
        (
            SHEET,
            '<worksheet><sheetData><row r="7"><c t="str"><v>{}</v></c></row></sheetData></worksheet>',
            "wanted cells of at most 1048576 characters; got more in row 7",
        ),
    ],
)
def test_a_workbook_that_would_take_hours_is_refused_at_once(part: str, xml: str, complaint: str) -> None:
    with pytest.raises(OperatorError, match=complaint):
        table_of({part: xml.format(">" * (3 << 20))})
