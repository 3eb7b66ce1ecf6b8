"""CSV as spreadsheets, CRMs and databases save it: read, or refused with the row; no row is lost without a word."""

from __future__ import annotations

import csv
import gzip
import io
import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.errors import OperatorError
from streamprocessor.imports import file_lines
from streamprocessor.imports.csv_mapping import CsvMapping, parse_mapping
from streamprocessor.imports.file_lines import FileLines
from streamprocessor.imports.files import ImportSource, read_file
from streamprocessor.imports.rows import ACCESS_LOG, JSON_LINES, BadRow, ImportRow, ReadRow, SkippedRow
from streamprocessor.imports.table_rows import TableRows
from streamprocessor.settings import Settings
from tests.harness.mapped_files import read_csv

AT = "2026-11-22T08:00:00Z"
AT_MS = 1_795_334_400_000
NAMES = {"contact": "who", "occurred_at": {"column": "at"}, "type": "purchase", "properties": {"note": "note"}}


def mapping(**parts: Any) -> CsvMapping:
    return parse_mapping(json.dumps(NAMES | parts), "mapping.yaml")


AMOUNTS = mapping(properties={"amount": {"column": "total", "as": "number"}})


def read(content: bytes, how: CsvMapping, piece_bytes: int = 7) -> tuple[TableRows, list[ReadRow]]:
    """The file, which comes in small pieces, and its rows."""
    file = read_csv([content[at : at + piece_bytes] for at in range(0, len(content), piece_bytes)], how, "orders.csv")
    return file, list(file)


def values(rows: list[ReadRow], name: str) -> list[Any]:
    return [row.value["properties"].get(name) for row in rows if isinstance(row, ImportRow)]


def reasons(rows: list[ReadRow]) -> dict[int, str]:
    return {row.line: row.reason for row in rows if isinstance(row, BadRow)}


# ---- quotes ----------------------------------------------------------------------------------------------------


def rows_of(count: int, quoted: dict[int, str]) -> bytes:
    """A file of so many rows; the cells of some, by row, as they stand in it."""
    lines = [f"c{row},{AT},{quoted.get(row, f'rack {row}')}" for row in range(1, count + 1)]
    return "\n".join(["who,at,note", *lines, ""]).encode()


def compressed(content: bytes) -> bytes:
    """The content as gzip, the same bytes at any time: they name tests."""
    return gzip.compress(content, mtime=0)


@pytest.mark.parametrize("count", [499, 6000])
def test_a_quote_that_nothing_closes_costs_its_own_row_alone(count: int) -> None:
    _, rows = read(rows_of(count, {2: '"19 inch rack'}), mapping(), 4096)

    assert len(rows) == count
    assert reasons(rows) == {3: "open-quote"}
    (bad,) = [row for row in rows if isinstance(row, BadRow)]
    assert bad.detail.startswith("column 'note': wanted a quote inside a cell twice")


def test_a_quote_that_a_later_row_closes_has_not_swallowed_the_rows_between() -> None:
    content = f'who,at,note,no\nc1,{AT},"19 inch,1\nc2,{AT},plain,2\nc3,{AT},19",3\nc4,{AT},x,4\n'.encode()

    _, rows = read(content, mapping())

    assert reasons(rows) == {2: "open-quote"}
    assert [row.line for row in rows] == [2, 3, 4, 5]
    assert values(rows, "note") == ["plain", '19"', "x"]


def test_a_quote_that_the_next_row_closes_has_not_swallowed_it() -> None:
    _, rows = read(f'who,at,note,no\nc1,{AT},"19 inch,1\nc2,{AT},19",2\n'.encode(), mapping())

    assert [row.line for row in rows] == [2, 3]
    assert reasons(rows) == {2: "open-quote"}


@pytest.mark.parametrize(
    "note",
    [
        "one\ntwo",
        "one, two,\nthree, four",
        "Dear all,\n\nplease call, thanks,\n\nAda",
        'she said "well"\nand went',
        "\n",
        "a,b\nc,d\ne,f\ng,h\ni,j\nk,l",
    ],
)
def test_a_cell_that_holds_line_ends_is_a_cell(note: str) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["who", "at", "note"], ["c1", AT, note], ["c2", AT, "x"]])

    _, rows = read(text.getvalue().encode(), mapping())

    assert values(rows, "note") == [note, "x"]


def test_a_cell_larger_than_any_is_a_bad_row_and_the_next_is_read() -> None:
    _, rows = read(rows_of(3, {2: "x" * 200_000}), mapping(), 4096)

    assert reasons(rows) == {3: "not-csv"}
    assert len(rows) == 3


def test_a_line_without_end_is_not_kept_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_lines, "MAX_LINE_BYTES", 100)

    assert [len(line) for line in FileLines([b"x" * 60] * 5 + [b"\nshort\n"], "f")] == [101, 6]


def test_a_line_without_end_takes_the_processor_no_longer_than_lines_that_end() -> None:
    began_seconds = time.process_time()

    assert sum(len(line) for line in FileLines([b"x" * (1 << 16)] * 800, "f")) == file_lines.MAX_LINE_BYTES
    assert time.process_time() - began_seconds < 2, "what it grows to is copied with every piece"


cells = st.text(st.sampled_from('ab" ,\n;'), max_size=6) | st.sampled_from(['"', 'a"b', '"a', 'a"', '""'])


@given(st.lists(cells, max_size=12))
def test_each_line_of_a_file_is_accounted_for_whatever_its_quotes(notes: list[str]) -> None:
    lines = [f"c{number},{AT},{note.replace(chr(10), ' ')}" for number, note in enumerate(notes)]

    _, rows = read("\n".join(["who,at,note", *lines]).encode(), mapping())

    assert [row.line for row in rows] == list(range(2, len(notes) + 2))


@given(st.lists(st.tuples(cells, cells), max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_what_a_csv_writer_writes_is_read_as_it_was(notes: list[tuple[str, str]], end: str) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=end)
    writer.writerows([["who", "at", "note", "more"], *(["c1", AT, *pair] for pair in notes)])

    _, rows = read(text.getvalue().encode(), mapping(properties={"note": "note", "more": "more"}))

    assert reasons(rows) == {}
    assert [(n or "", m or "") for n, m in zip(values(rows, "note"), values(rows, "more"), strict=True)] == notes


def test_a_cell_of_lines_may_be_the_first_of_a_row() -> None:
    _, rows = read(f'note,who,at\n"one\ntwo",c1,{AT}\nx,c2,{AT}\n'.encode(), mapping())

    assert values(rows, "note") == ["one\ntwo", "x"]


# ---- encodings and line ends -----------------------------------------------------------------------------------

TEXT = f"who,at,note\nc1,{AT},Müller €\nc2,{AT},x\n"


@pytest.mark.parametrize(
    ("content", "read_as"),
    [
        (TEXT.encode(), "utf-8, delimiter ','"),
        (TEXT.encode("utf-8-sig"), "utf-8, delimiter ','"),
        (TEXT.encode("utf-16"), "utf-16, delimiter ','"),
        (("\ufeff" + TEXT).encode("utf-16-be"), "utf-16, delimiter ','"),
        (TEXT.encode("utf-16-le"), "utf-16-le, delimiter ','"),
        (TEXT.encode("utf-16-be"), "utf-16-be, delimiter ','"),
        (TEXT.replace(",", "\t").encode("utf-16"), "utf-16, delimiter '\\t'"),
        (TEXT.encode("cp1252"), "utf-8 (1 lines as cp1252), delimiter ','"),
        (TEXT.replace(",", ";").encode(), "utf-8, delimiter ';'"),
        (("sep=;\r\n" + TEXT.replace(",", ";")).encode(), "utf-8, delimiter ';'"),
        (TEXT.replace("\n", "\r").encode(), "utf-8, delimiter ','"),
        (TEXT.replace("\n", "\r\n").encode(), "utf-8, delimiter ','"),
        (TEXT.replace("\n", "\r").encode("utf-16"), "utf-16, delimiter ','"),
        (compressed(TEXT.encode()), "gzip, utf-8, delimiter ','"),
        (compressed(TEXT[:30].encode()) + compressed(TEXT[30:].encode()), "gzip, utf-8, delimiter ','"),
        (compressed(TEXT.encode("utf-16")), "gzip, utf-16, delimiter ','"),
    ],
)
@pytest.mark.parametrize("piece_bytes", [1, 5, 1 << 16])
def test_a_file_is_read_however_it_was_saved_and_said_how(content: bytes, read_as: str, piece_bytes: int) -> None:
    file, rows = read(content, mapping(), piece_bytes)

    assert values(rows, "note") == ["Müller €", "x"]
    assert file.read_as == f"{read_as}, times as iso"


def test_the_header_is_found_behind_a_separator_line_and_lines_are_those_of_the_file() -> None:
    _, rows = read(f"sep=|\nwho|at|note\nc1|{AT}|x\n".encode(), mapping())

    assert [row.line for row in rows] == [3]


@pytest.mark.parametrize(
    ("encoding", "content", "note"),
    [
        ("cp1251", TEXT.replace("Müller €", "Привет").encode("cp1251"), "Привет"),
        ("latin-1", TEXT.replace(" €", "").encode("latin-1"), "Müller"),
        ("shift_jis", TEXT.replace("Müller €", "日本").encode("shift_jis"), "日本"),
        ("utf-8", TEXT.encode("utf-8-sig"), "Müller €"),
    ],
)
def test_an_encoding_can_be_said(encoding: str, content: bytes, note: str) -> None:
    _, rows = read(content, mapping(encoding=encoding))

    assert values(rows, "note") == [note, "x"]


def test_bytes_that_a_said_encoding_has_not_make_a_bad_row() -> None:
    _, rows = read(TEXT.encode("cp1252"), mapping(encoding="utf-8"))

    assert reasons(rows) == {2: "encoding"}
    assert values(rows, "note") == ["x"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"PK\x03\x04....", "wanted text; got a ZIP archive or a workbook: save the sheet as CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0....", "wanted text; got a workbook of Excel 97 or an encrypted one: save the sheet as CSV"),
        (compressed(TEXT.encode())[:-9], "wanted whole gzip; got a file that ends too early"),
        (compressed(TEXT.encode())[:20] + b"xxxxxxxx", "wanted gzip; got damaged bytes"),
        (b"", "wanted a first row that names the columns; got an empty file"),
    ],
)
def test_what_is_no_text_is_refused_with_advice(content: bytes, complaint: str) -> None:
    with pytest.raises(OperatorError) as refused:
        read(content, mapping())

    assert f"orders.csv: {complaint}" in str(refused.value)


@given(st.binary(max_size=80), st.sampled_from([None, "utf-8", "utf-16", "cp1252", "shift_jis", "utf-7", "utf-7"]))
def test_any_bytes_are_rows_or_refused(noise: bytes, encoding: str | None) -> None:
    how = mapping(
        properties={"amount": {"column": "note", "as": "number"}}, **({"encoding": encoding} if encoding else {})
    )
    for content in (noise, b"who,at,note\n" + noise, b"sep=" + noise, gzip.compress(noise)[:-3] + noise):
        try:
            read(content, how)
        except OperatorError:
            continue


@pytest.mark.parametrize("delimiter", ['"', "\n"])
def test_what_cannot_be_a_delimiter_is_none(delimiter: str) -> None:
    with pytest.raises(OperatorError, match="one character that is no quote"):
        mapping(delimiter=delimiter)
    with pytest.raises(OperatorError, match="wanted the columns"):
        read(f"sep={delimiter}\n".encode(), mapping())


# ---- numbers ---------------------------------------------------------------------------------------------------


def amounts(cells: list[str], how: CsvMapping = AMOUNTS) -> tuple[list[Any], dict[int, str], str]:
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([["who", "at", "total"], *(["c1", AT, cell] for cell in cells)])
    file, rows = read(text.getvalue().encode(), how)
    return values(rows, "amount"), reasons(rows), file.read_as


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("49,90", 49.9), ("1.234,56", 1234.56), ("1'234.50", 1234.5), ("1’234.50", 1234.5), ("€ 49,90", 49.9),
        ("49,90 €", 49.9), ("EUR 49,90", 49.9), ("$1,234.56", 1234.56), ("1 234,56", 1234.56),
        ("1\u00a0234,5", 1234.5), ("1\u202f234", 1234), ("1.234.567", 1234567), ("1,234,567", 1234567),
        ("1,00,000", 100000), ("-49,90", -49.9), ("49,90-", -49.9), ("(49.90)", -49.9), ("−5", -5), ("0.123", 0.123),
        ("0,123", 0.123), ("1234.567", 1234.567), ("12.5", 12.5), ("1e5", 1e5), ("1_000", 1000), ("+7", 7), ("007", 7),
        ("12,", 12.0), (".5", 0.5), ("18446744073709551615", 2**64 - 1),
        ("123456789012345678901", 1.2345678901234568e20), ("-9.223.372.036.854.775.809", -9.223372036854776e18),
    ],
)  # fmt: skip
def test_a_number_that_has_one_meaning_is_read_however_it_is_written(cell: str, number: float) -> None:
    assert amounts([cell])[:2] == ([number], {})
    assert orjson.loads(orjson.dumps(number)) == number, "no record could hold it"


@pytest.mark.parametrize(
    "cell",
    ["many", "nan", "inf", "1.2.3", "1,2,3", "12 %", "--5", "(-5)", "1.234,56.7", "9" * 5000, "1" + "0" * 100 + "e1"],
)
def test_what_is_no_number_is_a_bad_row(cell: str) -> None:
    assert amounts([cell])[:2] == ([], {2: "bad-value"})


@pytest.mark.parametrize("cell", ["1.234", "2,000", "-1.234", "€ 12.500"])
def test_a_number_of_two_meanings_is_refused_where_nothing_decides(cell: str) -> None:
    assert amounts([cell, "7"])[:2] == ([7], {2: "bad-value"})


@pytest.mark.parametrize(
    ("others", "number", "said"),
    [
        (["49,90"], 1234, "decimal comma"),
        (["1.234.567"], 1234, "decimal comma"),
        (["12.5"], 1.234, "decimal point"),
        (["1,234.5"], 1.234, "decimal point"),
    ],
)
def test_a_number_of_two_meanings_is_decided_by_the_others_of_its_column(
    others: list[str], number: float, said: str
) -> None:
    read_amounts, bad, read_as = amounts(["1.234", *others])

    assert (read_amounts[0], bad) == (number, {})
    assert said in read_as


def test_a_column_that_does_not_tell_is_written_as_the_others_of_the_file() -> None:
    how = mapping(properties={"a": {"column": "x", "as": "number"}, "b": {"column": "y", "as": "number"}})

    _, rows = read(f"who;at;x;y\nc1;{AT};1.234;49,90\n".encode(), how)

    assert (values(rows, "a"), values(rows, "b")) == ([1234], [49.9])


def test_columns_that_contradict_each_other_decide_nothing() -> None:
    assert amounts(["49,90", "12.5", "1.234"])[:2] == ([49.9, 12.5], {4: "bad-value"})


@pytest.mark.parametrize(
    ("said", "cell", "number"),
    [
        ({"decimal": ","}, "1.234", 1234),
        ({"decimal": "."}, "1.234", 1.234),
        ({"decimal": "."}, "2,000", 2000),
        ({"thousands": ","}, "2,000", 2000),
        ({"thousands": "."}, "1.234", 1234),
        ({"thousands": "'"}, "1.234", 1.234),
        ({"decimal": ",", "thousands": "."}, "1.234,5", 1234.5),
        ({"decimal": "."}, "49,90", None),
        ({"decimal": ",", "thousands": "."}, "1'234,5", None),
    ],
)
def test_what_a_mapping_says_of_numbers_counts(said: dict[str, str], cell: str, number: float | None) -> None:
    how = mapping(properties={"amount": {"column": "total", "as": "number"}}, **said)

    assert amounts([cell], how)[0] == ([] if number is None else [number])


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ({"decimal": ";"}, 'decimal: wanted "." or ","; got \';\''),
        ({"thousands": "x"}, "thousands: wanted"),
        ({"decimal": ",", "thousands": ","}, "wanted another character than decimal's; got ',' too"),
        ({"encoding": "klingon"}, "encoding: wanted a text encoding such as utf-8, utf-16, cp1252 or latin-1"),
        ({"encoding": "rot13"}, "encoding: wanted a text encoding"),
        ({"encoding": "base64"}, "encoding: wanted a text encoding"),
        ({"encoding": "undefined"}, "encoding: wanted a text encoding"),
        ({"encoding": "punycode"}, "encoding: wanted a text encoding"),
    ],
)
def test_a_wrong_word_of_a_notation_is_refused(words: dict[str, str], complaint: str) -> None:
    with pytest.raises(OperatorError) as refused:
        mapping(**words)

    assert complaint in str(refused.value)


# ---- times -----------------------------------------------------------------------------------------------------


def times(cells: list[str], **of_time: str) -> tuple[list[int], dict[int, str], str]:
    how = mapping(occurred_at={"column": "at"} | of_time)
    file, rows = read("\n".join(["who;at;note", *(f"c1;{cell};x" for cell in cells)]).encode(), how)
    return [row.value["occurred_at"] for row in rows if isinstance(row, ImportRow)], reasons(rows), file.read_as


@pytest.mark.parametrize(
    ("cell", "instant_ms"),
    [
        ("2026-11-22 08:00:00 UTC", AT_MS),
        ("2026-11-22 08:00:00.000 UTC", AT_MS),
        ("2026-11-22 08:00:00 GMT", AT_MS),
        ("2026-11-22T08:00:00z", AT_MS),
        ("2026-11-22T07:59:60Z", AT_MS),
        ("2026-11-21T24:00:00Z", AT_MS - 8 * 3_600_000),
        ("2026-11-21 24:00", AT_MS - 8 * 3_600_000),
        ("2026-11-22T00:24:24Z", AT_MS - 8 * 3_600_000 + 1_464_000),
    ],
)
@pytest.mark.parametrize("of_time", [{}, {"format": "iso"}])
def test_iso_times_are_read_as_databases_write_them(cell: str, instant_ms: int, of_time: dict[str, str]) -> None:
    assert times([cell], **of_time)[:2] == ([instant_ms], {})


@pytest.mark.parametrize("cell", ["2026-11-22T24:00:01Z", "2026-11-22T25:00:00Z", "2026-11-22T08:60:00Z"])
def test_no_time_is_no_time(cell: str) -> None:
    assert times([cell])[:2] == ([], {2: "bad-time"})


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["22.11.2026 08:00", "01.02.2026 10:00"], "%d.%m.%Y %H:%M"),
        (["11/22/2026 8:00 AM", "01/02/2026 1:00 PM"], "%m/%d/%Y %I:%M %p"),
        (["22/11/2026 08:00:00", "01/02/2026 10:00:00"], "%d/%m/%Y %H:%M:%S"),
        (["Nov 22, 2026 8:00 AM"], "%b %d, %Y %I:%M %p"),
        (["2026/11/22 08:00"], "%Y/%m/%d %H:%M"),
        ([str(AT_MS)], "epoch_ms"),
        ([str(AT_MS // 1000)], "epoch_seconds"),
        (["46328", "46348.333333333336", ""], "excel_days"),
        (["2026-11-22T08:00:00Z", ""], "iso"),
        (["yesterday", "2026-11-22T08:00:00Z"], "iso"),
    ],
)
def test_the_format_of_times_is_found_and_said(cells: list[str], said: str) -> None:
    instants, _, read_as = times(cells)

    assert AT_MS in instants
    assert f"times as {said}" in read_as


def test_a_day_that_could_be_a_month_is_refused_where_nothing_decides() -> None:
    instants, bad, read_as = times(["03/04/2026 08:00", "05/05/2026 08:00"])

    assert (len(instants), bad) == (1, {2: "bad-time"})
    assert "%m/%d/%Y %H:%M or %d/%m/%Y %H:%M" in read_as


# ---- counts ----------------------------------------------------------------------------------------------------


def test_sent_refused_and_skipped_are_the_rows_of_the_file() -> None:
    how = mapping(skip=[{"column": "note", "in": ["test"]}])
    content = rows_of(1000, {2: '"19 inch rack', 5: "test", 700: 'a "b" c', 800: '"two\nlines"', 900: "x,y"})

    _, rows = read(content, how, 4096)

    kinds = Counter(type(row) for row in rows)
    assert kinds == {ImportRow: 997, BadRow: 2, SkippedRow: 1}
    assert reasons(rows) == {3: "open-quote", 902: "bad-row"}


# ---- files of other formats ------------------------------------------------------------------------------------


@pytest.mark.parametrize("saved", [bytes, gzip.compress, lambda text: text.decode().encode("utf-16")])
def test_json_lines_are_read_however_they_were_saved(saved: Callable[[bytes], bytes]) -> None:
    text = b'{"contact_id": "c1", "type": "x", "properties": {"n": NaN}}\n{"contact_id": "c2", "type": "x"}\n{'

    rows = read_file(Settings(), [saved(text)], JSON_LINES, None, ImportSource("events.jsonl", AT_MS))

    assert [type(row) for row in rows] == [ImportRow, ImportRow, BadRow]
    assert rows.read_as.endswith("1 lines mended (not-a-number)")


def test_a_log_is_read_from_gzip() -> None:
    line = b'192.0.2.1 - - [01/Nov/2026:08:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "Firefox"\n'

    rows = read_file(Settings(), [gzip.compress(line * 3)], ACCESS_LOG, None, ImportSource("access.log.gz", AT_MS))

    assert [row.line for row in rows] == [1, 2, 3]
    assert rows.read_as == "gzip, utf-8"
