"""Files that are no table, or half of one: what is said of each, so that who imports knows what to do."""

from __future__ import annotations

import gzip
import io
import sys
import zipfile

import pytest

from streamprocessor.errors import OperatorError
from streamprocessor.imports.csv_mapping import parse_mapping
from streamprocessor.imports.files import open_table
from streamprocessor.imports.table_rows import TableRows
from tests.imports.workbooks import compound_file, workbook

MAPPING = parse_mapping(
    "{type: purchase, contact: who, occurred_at: {column: ordered on}, properties: {total: Total}}", "orders.yaml"
)
TEXT = b"who,ordered on,Total\nc1,2026-11-02,5\n"


def archive(name: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as opened:
        opened.writestr(zipfile.ZipInfo(name), TEXT)
    return content.getvalue()


def refusal(content: bytes) -> str:
    with pytest.raises(OperatorError) as refused:
        list(TableRows(open_table([content], "orders.csv", MAPPING), MAPPING, "orders.csv"))
    return str(refused.value)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param(b"", "wanted a first row that names the columns; got an empty file", id="empty"),
        pytest.param(b" \r\n\r\n", "wanted a first row that names the columns; got an empty file", id="blank"),
        pytest.param(
            b"who,ordered_on,total\nc1,2026,5\n",
            "wanted the columns 'ordered on' too; got 'who', 'ordered_on', 'Total' "
            "(did you mean 'ordered_on' for 'ordered on'?), by delimiter ','; "
            "occurred_at: now stands for the instant of the import",
            id="a column that is called otherwise",
        ),
        pytest.param(
            b"who;ordered on;Total;who\nc1;2026;5;c2\n",
            "wanted the column 'who' once; got it as columns 1 and 4, by delimiter ';': rename one of them in the file",
            id="a column twice",
        ),
        pytest.param(
            archive("orders.csv"),
            "wanted a table; got a ZIP archive ('orders.csv' in it): unpack it and import the file that is in it",
            id="zip",
        ),
        pytest.param(
            archive("word/document.xml"), "wanted a table; got a ZIP archive ('word/document.xml' in it)", id="word"
        ),
        pytest.param(
            workbook({"Orders": [["who"]]})[:300],
            "wanted a workbook, a whole one; got a file that is cut off or damaged: open it in a spreadsheet program "
            "and save the sheet as CSV UTF-8",
            id="half a workbook",
        ),
        pytest.param(workbook({"Orders": []}), "wanted a workbook, a sheet with rows; got none", id="no sheet"),
        pytest.param(
            compound_file("EncryptedPackage"),
            "wanted a workbook, one without a password; got an encrypted one",
            id="encrypted",
        ),
        pytest.param(
            compound_file("Workbook"),
            "wanted a workbook, one of Excel 2007 or later (.xlsx); got one of Excel 97 (.xls)",
            id="of 1997",
        ),
        pytest.param(
            b"PAR1\0\0\0\0PAR1", "wanted a whole Parquet file; got one that is cut off or damaged", id="parquet"
        ),
        pytest.param(b"%PDF-1.7 ...", "wanted text; got a PDF document: export the table itself, as CSV", id="pdf"),
        pytest.param(
            b"\xef\xbb\xbf\n<!DOCTYPE html><html>",
            "wanted text; got a web page: perhaps the link to the export had expired: sign in there and download it "
            "again",
            id="web page",
        ),
        pytest.param(b"<table><tr><td>who", "wanted text; got a web page", id="report as a page"),
        pytest.param(b"\x89PNG\r\n", "wanted text; got a picture", id="picture"),
        pytest.param(b"7z\xbc\xaf\x27\x1c..", "wanted text; got a 7z archive: unpack it", id="7z"),
        pytest.param(
            b'{"who": "c1"}\n', "wanted a table; got JSON: one object a line is imported as JSON Lines", id="json lines"
        ),
        pytest.param(
            b'[\n {"who": "c1"}]', "wanted a table; got a JSON array: write each object on a line of its own", id="json"
        ),
        pytest.param(
            bytes(range(256)) + bytes(200),
            "wanted text; got bytes that no text has: export the table as CSV",
            id="noise",
        ),
        pytest.param(
            b"who" + b"," * 20_000 + b"\n", "wanted at most 16384 columns; got 20001", id="more columns than any table"
        ),
        pytest.param(gzip.compress(archive("a"), mtime=0), "wanted text; got a ZIP archive", id="a zip in gzip"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(content: bytes, complaint: str) -> None:
    assert f"orders.csv: {complaint}" in refusal(content)


def test_a_header_alone_is_a_table_without_rows_and_said_so() -> None:
    rows = TableRows(open_table([b"who,ordered on,Total\n"], "orders.csv", MAPPING), MAPPING, "orders.csv")

    assert list(rows) == []
    assert rows.read_as == "utf-8, delimiter ',', times as iso, no rows below the header"


def test_parquet_without_what_reads_it_says_how_to_install_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    assert "is Parquet; wanted `pip install 'streamprocessor[parquet]'`" in refusal(b"PAR1....PAR1")


def test_a_workbook_that_holds_more_than_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamprocessor.imports.tables.excel.MAX_UNPACKED_BYTES", 2000)

    assert "wanted a workbook, one of at most 2000 bytes unpacked; got" in refusal(workbook({"Orders": [["who"] * 99]}))


def test_the_first_sheet_that_has_rows_is_read_and_the_others_are_named() -> None:
    sheets: dict[str, list[list[object]]] = {
        "Cover": [],
        "Orders": [["who", "ordered on", "Total"], ["c1", "2026-11-02", 5]],
        "Old": [["x"]],
    }
    rows = TableRows(open_table([workbook(sheets)], "orders.xlsx", MAPPING), MAPPING, "orders.xlsx")

    assert len(list(rows)) == 1
    assert rows.read_as == "Excel, sheet 'Orders', not the other sheets ('Old'), times as iso"


@pytest.mark.parametrize("above", [[], [["Orders of 2026"]], [["Orders"], [], ["from", "2026-01-01"]]])
def test_a_header_is_found_below_a_title_and_lines_are_those_of_the_file(above: list[list[str]]) -> None:
    cells = [*above, ["who", "ordered on", "Total"], ["c1", "2026-11-02", "5"], ["", "2026-11-02", "5"]]
    text = "\n".join(";".join(row) for row in cells).encode()

    for content in (text, workbook({"Orders": cells})):
        _, bad = TableRows(open_table([content], "orders", MAPPING), MAPPING, "orders")
        assert (bad.line, open_table([content], "orders").header) == (len(above) + 3, ["who", "ordered on", "Total"])
