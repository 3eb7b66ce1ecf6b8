"""Lists that no program is known to make: what their columns probably mean."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.imports.csv_mapping import CsvMapping, parse_mapping
from streamprocessor.imports.csv_rows import RowClues
from streamprocessor.imports.files import open_table
from streamprocessor.imports.guessing.guess import guess
from streamprocessor.imports.recognition import known_exports
from streamprocessor.imports.rows import BadRow, ImportRow
from streamprocessor.imports.table_rows import TableRows
from streamprocessor.imports.tables.typed_table import TypedTable

CONTACT_IDS = ContactIds("not a secret" * 4)


def guessed(text: str) -> CsvMapping:
    """The mapping that is guessed for a list, of which every row is a sample."""
    table = open_table([text.encode()], "list.csv")
    return parse_mapping(guess(table.header, [record.cells for record in table.head()]), "guess")


@pytest.mark.parametrize(
    ("text", "contact", "attributes", "suppressed"),
    [
        (
            "Name,Mail,Company,Unsubscribed\nKim Lee,kim@example.com,Acme,no\n",
            "Mail",
            {"email": "Mail", "full_name": "Name", "company": "Company"},
            "Unsubscribed",
        ),
        (
            "Kunden-Nr;Vorname;Nachname;E-Mail;Firma;PLZ;Abgemeldet\n1;Kim;Lee;kim@example.com;Acme;01234;nein\n",
            "E-Mail",
            {
                **{"email": "E-Mail", "kunden_nr": "Kunden-Nr", "first_name": "Vorname", "last_name": "Nachname"},
                **{"company": "Firma", "postal_code": "PLZ"},
            },
            "Abgemeldet",
        ),
        (
            "Prénom\tNom\tCourriel\tDésabonné\nZoë\tLe Goff\tzoe@example.com\toui\n",
            "Courriel",
            {"email": "Courriel", "first_name": "Prénom", "last_name": "Nom"},
            "Désabonné",
        ),
        (
            "Datensatz-ID,E-Mail,Unternehmensname,Anzahl der Mitarbeiter,Von allen E-Mails abgemeldet\n"
            "71000,kim@example.com,Acme GmbH,2.000,true\n",
            "E-Mail",
            {
                **{"email": "E-Mail", "datensatz_id": "Datensatz-ID", "company": "Unternehmensname"},
                **{"company_size": "Anzahl der Mitarbeiter"},
            },
            "Von allen E-Mails abgemeldet",
        ),
        (
            "E-mail,Nom de l'entreprise,Numéro de téléphone,Désabonné de tous les e-mails\nzoe@example.com,Acme,1,\n"
            "kim@example.com,Acme,,true\n",
            "E-mail",
            {"email": "E-mail", "company": "Nom de l'entreprise", "phone": "Numéro de téléphone"},
            "Désabonné de tous les e-mails",
        ),
        (
            "First,Last,Email Address,SMS opt out\nKim,Lee,kim@example.com,yes\n",
            "Email Address",
            {"email": "Email Address", "first_name": "First", "last_name": "Last", "sms_opt_out": "SMS opt out"},
            None,
        ),
        # By what stands there: no column is called as what it is.
        ("a,b\nAcme,kim@example.com\nBolt,lee@example.com\n", "b", {"email": "b", "a": "a"}, None),
        ("Customer ID,Stage\n1,new\n2,new\n", "Customer ID", {"stage": "Stage"}, None),
        ("colour,code\nred,x1\nred,x2\n", "code", {"colour": "colour"}, None),
        ("E-Mail,E-Mail,Firma\na@example.com,b@example.com,Acme\n", "Firma", {"company": "Firma"}, None),
        ("Newsletter\nkim@example.com\n", "Newsletter", {"email": "Newsletter"}, None),
        # A column that is called as one of opt-outs, and holds something else.
        (
            "Mail,Unsubscribed\nkim@example.com,2026-01-01\n",
            "Mail",
            {"email": "Mail", "unsubscribed": "Unsubscribed"},
            None,
        ),
    ],
)
def test_the_columns_of_an_unknown_list_are_guessed_by_their_names_and_cells(
    text: str, contact: str, attributes: dict[str, str], suppressed: str | None
) -> None:
    mapping = guessed(text)

    assert mapping.contact.column == contact
    assert {name: column.column for name, column in mapping.attributes.items()} == attributes
    assert (mapping.suppressed and mapping.suppressed.column) == suppressed


@pytest.mark.parametrize(
    ("cells", "read_as", "decimal"),
    [
        (["5", "6,5"], "number", None),
        (["1,204", "12"], "number", "."),
        (["1.204", "12"], "number", ","),
        (["1.204", "12,5"], "number", None),  # the column tells it itself
        (["yes", "no", ""], "boolean", None),
        (["01234", "5"], "text", None),  # a code, whose zeros would be lost
        (["5 to 9", "5"], "text", None),
        (["", ""], "text", None),
    ],
)
def test_what_a_column_holds_is_told_by_its_cells(cells: list[str], read_as: str, decimal: str | None) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["no", "size"], *([str(number), cell] for number, cell in enumerate(cells))])

    mapping = guessed(text.getvalue())

    assert (mapping.attributes["size"].read_as, mapping.numbers.decimal) == (read_as, decimal)


def test_rows_of_a_type_and_a_time_are_events() -> None:
    mapping = guessed(
        "Date,Action,Email,URL\n2026-01-02 10:00,open,kim@example.com,/\n2026-01-02,click,kim@example.com,/\n"
    )

    assert mapping.type is not None
    assert not isinstance(mapping.type, str)
    assert (mapping.type.column, mapping.occurred_at and mapping.occurred_at.column) == ("Action", "Date")
    assert {name: column.column for name, column in mapping.properties.items()} == {"url": "URL"}


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8) | st.sampled_from(
    [
        "E-Mail",
        "id",
        "Datum",
        "Event",
        "unsubscribed",
        "yes",
        "now",
        "null",
        "~",
        "{a",
        "'",
        '"',
        "#",
        "a: b",
        "- c",
        "5",
    ]
)
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8) | st.sampled_from(
    ["kim@example.com", "1,204", "1.5", "2026-01-02", "02.01.2026", "ja", "yes", "0", "", " ", "open"]
)
TABLES = st.integers(1, 5).flatmap(
    lambda width: st.tuples(
        st.lists(NAMES, min_size=width, max_size=width),
        st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=6),
    )
)


@given(TABLES)
def test_a_guess_can_be_read_and_every_row_of_the_list_is_accounted_for(
    table: tuple[list[str], list[list[str]]],
) -> None:
    header, rows = table

    mapping = parse_mapping(guess(header, rows), "guess")

    if not any(name.strip() for name in header):
        return
    named = [name for name in header if name.strip() and header.count(name) == 1]
    assert mapping.columns() <= set(named) or not named
    if named:
        whole = TypedTable(enumerate([header, *rows], 1), "list", [], named)
        made = list(TableRows(whole, mapping, "list", RowClues(1_795_334_400_000, CONTACT_IDS)))
        assert {row.line for row in made} == {line for line, row in enumerate(rows, 2) if any(row)}
        assert {type(row) for row in made} <= {ImportRow, BadRow}


def test_what_is_known_is_not_needed_to_guess_and_no_mapping_of_ours_is_without_its_signs() -> None:
    folder = Path(__file__).parents[2] / "deploy" / "imports"

    names = {path.stem for path in folder.glob("*.yaml")}

    assert names - {export.name for export in known_exports(folder)} == {"example"}


def test_of_columns_that_are_called_alike_the_first_ones_are_looked_at_for_times() -> None:
    header = ["id", *(f"date{' ' * number}" for number in range(1, 200))]
    began_seconds = time.process_time()

    guess(header, [["5", *["3/4/2020 10:10:10 x"] * 199]] * 400)
    assert time.process_time() - began_seconds < 10, "each notation is tried with each column"
