"""Lists of contacts: with a date or without, by an id or by an address alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.errors import OperatorError
from streamprocessor.imports.csv_mapping import parse_mapping
from streamprocessor.imports.files import ImportSource, read_file
from streamprocessor.imports.rows import CSV, BadRow
from streamprocessor.settings import Settings
from tests.harness.mapped_files import read_csv

IMPORTS = Path(__file__).parents[2] / "deploy" / "imports"
SALT = "a salt of the collectors"
AT_MS = 1_790_000_000_000
BY_ID = "contact: no\nattributes: {job_title: title, email: mail}\n"
BY_ADDRESS = "contact: {address: mail}\nattributes: {job_title: title}\n"


def rows_of(text: bytes, mapping: str, at_ms: int | None = AT_MS) -> list[Any]:
    how = parse_mapping(mapping, "mapping.yaml")
    return list(read_csv(text.splitlines(keepends=True), how, "list.csv", at_ms, ContactIds(SALT)))


def test_without_a_column_for_it_attributes_are_written_at_the_instant_of_the_import() -> None:
    (row,) = rows_of(b"no,title,mail\n7,CEO,kim@example.com\n", BY_ID)

    assert row.value["occurred_at"] == AT_MS
    assert row.value["attributes"] == {"job_title": "CEO", "email": "kim@example.com"}


def test_what_was_imported_last_holds_of_two_imports_and_of_two_rows() -> None:
    lines = b"no,title,mail\n" + b"".join(b"7A,%s,x@y.com\n" % title for title in (b"Engineer", b"CEO", b"CMO") * 7)
    rows = [*rows_of(lines, BY_ID), *rows_of(lines, BY_ID, AT_MS + 1)]

    orders = [(row.value["occurred_at"], row.value["id"]) for row in rows]
    assert orders == sorted(set(orders))


def test_a_bare_word_stands_for_the_column_of_the_time_as_for_any_other() -> None:
    (row,) = rows_of(b"no,t\n7,2026-11-22T08:00:00Z\n", "contact: no\noccurred_at: t\nattributes: {job_title: no}\n")
    assert row.value["occurred_at"] == 1_795_334_400_000


@pytest.mark.parametrize("contact", ["{address: mail}", "{address: {column: mail}}"])
@pytest.mark.parametrize("cell", [b"kim.lee@example.com", b"Kim.Lee@Example.com", b" kim.lee@example.com "])
def test_a_contact_that_only_has_an_address_is_the_one_that_collectors_make_of_it(contact: str, cell: bytes) -> None:
    (row,) = rows_of(b"mail,title\n%s,CEO\n" % cell, BY_ADDRESS.replace("{address: mail}", contact))
    assert row.contact_id == ContactIds(SALT).address("kim.lee@example.com")


@pytest.mark.parametrize("cell", [b"", b"n/a", b"kim@", b"kim@example.com;lee@example.com"])
def test_a_cell_that_is_no_address_is_a_bad_row(cell: bytes) -> None:
    (row,) = rows_of(b"mail,title\n%s,CEO\n" % cell, BY_ADDRESS)
    assert isinstance(row, BadRow)
    assert row.reason == "no-contact"


def test_without_the_collectors_salt_the_import_says_where_it_is(tmp_path: Path) -> None:
    by_address, by_id = (parse_mapping(text, "m.yaml") for text in (BY_ADDRESS, BY_ID))
    settings = Settings(data_dir=str(tmp_path))

    with pytest.raises(
        OperatorError, match=r"STREAMPROCESSOR_ADDRESS_SALT: wanted a secret, as .*address-salt has none"
    ):
        read_file(settings, [b"mail,title\n"], CSV, by_address, ImportSource("list.csv", 0))
    assert list(read_file(settings, [b"no,title,mail\n"], CSV, by_id, ImportSource("list.csv", 0))) == []
    assert list(tmp_path.iterdir()) == []
