"""Exports of other programs, read without a mapping of one's own: each row becomes something, or is refused by name."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.imports.csv_mapping import CsvMapping, parse_mapping
from streamprocessor.imports.csv_rows import RowClues
from streamprocessor.imports.files import ImportSource, open_table, read_file
from streamprocessor.imports.importer import checked
from streamprocessor.imports.recognition import known_exports, recognise
from streamprocessor.imports.rows import CSV, BadRow, ImportRow, ReadRow, SkippedRow
from streamprocessor.imports.table_rows import TableRows
from streamprocessor.imports.tables.csv_records import CsvRecord
from streamprocessor.settings import Settings
from tests.imports.exports import EXPORTS, NO_ADDRESS, NOT_AN_ADDRESS, ROWS, export_cells, export_csv
from tests.imports.workbooks import workbook

KNOWN = known_exports(Path(__file__).parents[2] / "deploy" / "imports")
AT_MS = 1_795_334_400_000
CONTACT_IDS = ContactIds("not a secret" * 4)


def parquet(cells: list[list[str]]) -> bytes:
    header, *rows = cells
    content = io.BytesIO()
    columns = {name: [row[position] or None for row in rows] for position, name in enumerate(header)}
    pa.parquet.write_table(pa.table(columns), content)
    return content.getvalue()


def mapping_of(content: bytes) -> CsvMapping:
    """That of the export which the file is recognised as."""
    export = recognise(open_table([content], "export").header, KNOWN)
    assert export is not None
    return export.mapping


def rows_of(content: bytes, mapping: CsvMapping | None = None) -> list[ReadRow]:
    """The rows as they are sent or refused."""
    mapping = mapping or mapping_of(content)
    table = open_table([content], "export", mapping)
    return list(checked(TableRows(table, mapping, "export", RowClues(AT_MS, CONTACT_IDS)), AT_MS))


def kind_of(row: ReadRow) -> str:
    if isinstance(row, BadRow):
        return row.reason
    return "skipped" if isinstance(row, SkippedRow) else row.value.get("update") or row.value["type"]


def of_row(rows: list[ReadRow], number: int) -> list[ReadRow]:
    """What became of the row with that number: the one behind the header is 0."""
    lines = sorted({row.line for row in rows})
    return [row for row in rows if row.line == lines[number]]


def ids_of(rows: list[ReadRow], event_type: str) -> set[str]:
    return {row.value["id"] for row in rows if isinstance(row, ImportRow) and row.value.get("type") == event_type}


NO_CONTACT = {"no-contact": 2}  # one without an address, and one with a text for it


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("hubspot-contacts", {"attributes": 50, "suppressed": 5, "email_open": 59}),
        (
            "hubspot-email-events",
            {"email_delivered": 7, "email_open": 6, "email_click": 6, "email_bounce": 4, "spam_complaint": 6}
            | {"skipped": 20, "no-contact": 1},  # the text for an address stands in a row that is passed over
        ),
        ("mailchimp-members", {"attributes": 48} | NO_CONTACT),
        ("mailchimp-unsubscribed", {"attributes": 48, "unsubscribe": 48} | NO_CONTACT),
        ("mailchimp-opens", {"email_open": 48} | NO_CONTACT),
        ("mailchimp-clicks", {"email_click": 48} | NO_CONTACT),
        ("activecampaign-contacts", {"attributes": 50, "suppressed": 5}),
        ("klaviyo-profiles", {"attributes": 50, "suppressed": 5}),
        ("salesforce-leads", {"attributes": 50, "suppressed": 5}),
        ("salesforce-contacts", {"attributes": 50, "suppressed": 5}),
        ("salesforce-lead-report", {"attributes": 50, "suppressed": 5}),
        ("marketo-list", {"attributes": 50, "suppressed": 5}),
        ("marketo-clicks", {"email_click": 50}),
        ("mautic-contacts", {"attributes": 50}),
        ("segment-events", {"purchase": 16, "page_visit": 17, "trial_started": 17}),
    ],
)
def test_each_row_of_an_export_becomes_what_it_says_or_is_refused(name: str, kinds: dict[str, int]) -> None:
    rows = rows_of(export_csv(name))

    assert Counter(map(kind_of, rows)) == kinds
    assert len({row.line for row in rows}) == ROWS


def test_the_table_of_exports_is_whole() -> None:
    recognised = {export.name for name in EXPORTS if (export := recognise(export_cells(name)[0], KNOWN))}

    # The others of these two programs are told apart by their customer's own tables.
    assert {export.name for export in KNOWN} - recognised == {
        *("marketo-deliveries", "marketo-opens", "marketo-people", "marketo-unsubscribes"),
        "salesforce-contact-report",
    }


@pytest.mark.parametrize(
    ("name", "number", "contact_id", "part"),
    [
        (
            "hubspot-contacts",
            1,
            "hubspot:51001",
            {"attributes": {"first_name": "Ümit", "last_name": "O'Brien", "company_size": 1000}},
        ),
        ("hubspot-contacts", 8, "hubspot:51008", {"suppressed": True}),
        (
            "hubspot-email-events",
            3,
            CONTACT_IDS.address("kim.3@example.com"),
            {
                "id": "hubspot-a1b2c3d4-0003",
                "type": "email_click",
                "properties": {"campaign": "8042001", "url": "https://example.com/pricing?a=1,2"},
            },
        ),
        (
            "mailchimp-members",
            0,
            CONTACT_IDS.address("kim.0@example.com"),
            {"attributes": {"email": "kim.0@example.com", "mailchimp_rating": 1, "country": "DE"}},
        ),
        (
            "mailchimp-unsubscribed",
            1,
            CONTACT_IDS.address("kim.1@example.com"),
            {"type": "unsubscribe", "properties": {"reason": "NORMAL", "campaign": "Autumn, part 1"}},
        ),
        ("activecampaign-contacts", 2, "activecampaign:3", {"attributes": {"company": 'Example "2", Söhne & Co'}}),
        ("klaviyo-profiles", 8, "klaviyo:01HX0000000000000000000008", {"suppressed": True}),
        ("salesforce-leads", 1, "salesforce:00Q5g0000030001EAA", {"attributes": {"company_size": 1000}}),
        ("salesforce-contacts", 1, "salesforce:0035g0000030001EAA", {"attributes": {"job_title": "Chef, Küche"}}),
        # A report writes 15 characters of the same id.
        ("salesforce-lead-report", 1, "salesforce:00Q5g0000030001EAA", {"attributes": {"lead_source": "Web"}}),
        ("mautic-contacts", 3, "mautic:4", {"attributes": {"mautic_points": 30, "city": "Zürich"}}),
        ("segment-events", 0, "u-0", {"type": "purchase", "id": "ajs-next-0000"}),
        ("segment-events", 1, "anon:7f0c0001", {"type": "page_visit"}),
    ],
)
def test_a_row_becomes_what_the_program_meant(name: str, number: int, contact_id: str, part: dict[str, Any]) -> None:
    made = of_row(rows_of(export_csv(name)), number)

    assert {row.contact_id for row in made if isinstance(row, ImportRow)} == {contact_id}
    values = [row.value for row in made if isinstance(row, ImportRow)]
    assert any(_holds(value, part) for value in values), values


def _holds(value: Any, part: Any) -> bool:
    if isinstance(part, dict):
        return all(name in value and _holds(value[name], inner) for name, inner in part.items())
    return bool(value == part)


def test_counts_become_as_many_events_and_a_later_import_adds_the_new_ones() -> None:
    rows = rows_of(export_csv("hubspot-contacts"))
    later = export_csv("hubspot-contacts").replace(b",3,2026-04-04 10:00", b",5,2026-05-30 17:00")

    ids = ids_of(of_row(rows, 3), "email_open")
    later_ids = ids_of(of_row(rows_of(later), 3), "email_open")

    assert ids == {f"hubspot:51003-email_open-{n}" for n in (1, 2, 3)}
    assert later_ids - ids == {f"hubspot:51003-email_open-{n}" for n in (4, 5)}


@pytest.mark.parametrize("number", [NOT_AN_ADDRESS, NO_ADDRESS])
def test_a_contact_whose_id_is_its_address_is_refused_without_one_with_the_line(number: int) -> None:
    (row,) = of_row(rows_of(export_csv("mailchimp-opens")), number)

    assert isinstance(row, BadRow)
    assert row.line == number + 2
    assert row.detail.startswith("column 'Email'")


def test_an_imported_row_twice_in_a_file_is_one_event() -> None:
    rows = rows_of(export_csv("marketo-clicks"))

    ids = [row.value["id"] for row in rows if isinstance(row, ImportRow)]
    assert len(ids) == ROWS
    assert len(set(ids)) == ROWS - 1


def as_text(cells: list[list[str]], delimiter: str, encoding: str) -> bytes:
    quoted = [['"' + cell.replace('"', '""') + '"' for cell in row] for row in cells]
    return "\r\n".join(delimiter.join(row) for row in quoted).encode(encoding)


@pytest.mark.parametrize("name", EXPORTS)
@pytest.mark.parametrize(
    "saved",
    [
        pytest.param(lambda cells: as_text(cells, ";", "utf-8"), id="semicolon"),
        pytest.param(lambda cells: as_text(cells, "\t", "utf-16"), id="tab-utf-16"),
        pytest.param(lambda cells: as_text(cells, "|", "cp1252"), id="bar-cp1252"),
        pytest.param(lambda cells: as_text([["My export"], [], *cells], ",", "utf-8"), id="title"),
        pytest.param(lambda cells: workbook({"Export": cells}), id="excel"),
        pytest.param(parquet, id="parquet"),
    ],
)
def test_however_an_export_was_saved_its_rows_are_the_same(
    name: str, saved: Callable[[list[list[str]]], bytes]
) -> None:
    def without_lines(rows: list[ReadRow]) -> list[object]:
        return [(row.contact_id, _without_line(row.value)) if isinstance(row, ImportRow) else row[1:] for row in rows]

    assert without_lines(rows_of(saved(export_cells(name)))) == without_lines(rows_of(export_csv(name)))


def _without_line(value: dict[str, Any]) -> dict[str, Any]:
    """Updates have their line in their ids."""
    return {name: inner for name, inner in value.items() if name != "id" or "update" not in value}


TEXTS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=6) | st.just("two\nlines")
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(TEXTS, min_size=width, max_size=width), max_size=5).map(
        lambda rows: [[f"column {number}" for number in range(width)], *rows]
    )
)


@given(TABLES)
def test_a_table_has_the_same_rows_as_csv_as_a_workbook_and_as_parquet(cells: list[list[str]]) -> None:
    def read(content: bytes) -> list[list[str]]:
        table = open_table([content], "table")
        return [table.header, *(record.cells for record in table.records(None) if isinstance(record, CsvRecord))]

    header, *rows = cells
    filled = [header, *(row for row in rows if any(row))]

    assert read(as_text(cells, ",", "utf-8")) == filled
    assert read(workbook({"Table": cells})) == filled
    assert read(parquet(cells)) == filled


def test_a_workbook_is_imported_wherever_a_table_is_whatever_it_is_called() -> None:
    content = workbook({"Contacts": export_cells("hubspot-contacts")})
    pieces = [content[at : at + 1000] for at in range(0, len(content), 1000)]

    rows = read_file(Settings(), pieces, CSV, mapping_of(content), ImportSource("contacts.csv", AT_MS))

    assert len({row.line for row in rows}) == ROWS
    assert rows.read_as == "Excel, sheet 'Contacts', decimal point, times as iso"


@pytest.mark.parametrize(
    ("numbers", "instant_ms", "said"),
    [
        ([46328.395833333336, 46329], 1_793_611_800_000, "excel_days"),
        ([1_793_611_800_000, 1_793_611_800_001], 1_793_611_800_000, "epoch_ms"),
    ],
)
def test_numbers_of_a_workbook_that_nothing_calls_dates_are_times_where_a_mapping_asks_for_one(
    numbers: list[float], instant_ms: int, said: str
) -> None:
    mapping = parse_mapping("{type: purchase, contact: no, occurred_at: at}", "orders.yaml")
    table = open_table([workbook({"Orders": [["no", "at"], [7, numbers[0]], [8, numbers[1]]]})], "orders.xlsx")

    rows = TableRows(table, mapping, "orders.xlsx")

    assert next(row.value["occurred_at"] for row in rows if isinstance(row, ImportRow)) == instant_ms
    assert rows.read_as.endswith(f"times as {said}")


def test_typed_cells_are_what_they_are_whatever_the_mapping_says_of_texts() -> None:
    mapping = parse_mapping(
        "{type: purchase, contact: no, occurred_at: {column: at, format: '%d.%m.%Y', zone: Europe/Berlin}, "
        "properties: {total: {column: total, as: number}, gift: {column: gift, as: boolean}, no: no}, decimal: ','}",
        "orders.yaml",
    )
    cells: list[list[object]] = [
        ["no", "at", "total", "gift"],
        [7.0, datetime(2026, 11, 2, 9, 30), 1.234, True],  # noqa: DTZ001 - a spreadsheet's times name no zone
        ["8", "03.11.2026", "1,5", "no"],
    ]

    rows = rows_of(workbook({"Orders": cells}), mapping)

    assert [
        (row.contact_id, row.value["occurred_at"], row.value["properties"])
        for row in rows
        if isinstance(row, ImportRow)
    ] == [
        ("7", 1_793_608_200_000, {"total": 1.234, "gift": True, "no": "7"}),
        ("8", 1_793_660_400_000, {"total": 1.5, "gift": False, "no": "8"}),
    ]
