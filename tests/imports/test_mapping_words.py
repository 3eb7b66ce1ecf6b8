"""The words of a mapping: what a row becomes by them, and what is said of wrong ones."""

from __future__ import annotations

from typing import Any

import pytest

from streamprocessor.errors import OperatorError
from streamprocessor.imports.csv_mapping import parse_mapping
from streamprocessor.imports.rows import BadRow, ImportRow, ReadRow, SkippedRow
from tests.harness.mapped_files import read_csv

AT_MS = 1_795_334_400_000
DAY_MS = 1_793_577_600_000  # of 2026-11-02


def rows_of(mapping: str, text: str) -> list[ReadRow]:
    return list(read_csv([text.encode()], parse_mapping(mapping, "list.yaml"), "list.csv", AT_MS))


def values(rows: list[ReadRow]) -> list[dict[str, Any]]:
    assert all(isinstance(row, ImportRow) for row in rows), rows
    return [row.value for row in rows if isinstance(row, ImportRow)]


def kind_of(row: ReadRow) -> str:
    if isinstance(row, BadRow):
        return row.reason
    return "skipped" if isinstance(row, SkippedRow) else str(row.value["type"])


# ---- events beside updates ---------------------------------------------------------------------------------------

WHOLE = """
contact: {column: no, prefix: "crm:"}
attributes: {firm: firm}
suppressed: opt out
events:
  - {type: email_open, count: opens, occurred_at: last open, properties: {campaign: firm}}
  - {type: unsubscribe, occurred_at: left on}
  - {type: listed, occurred_at: now}
"""


def test_one_mapping_gives_attributes_events_and_suppression() -> None:
    made = values(rows_of(WHOLE, "no,firm,opt out,opens,last open,left on\n7,Acme,yes,2,2026-11-02,2026-11-02\n"))

    assert [(value["id"], value.get("update") or value["type"], value["occurred_at"]) for value in made] == [
        (f"csv-attributes-{AT_MS}-000000000002", "attributes", AT_MS),
        (f"csv-attributes-{AT_MS}-000000000002:suppressed", "suppressed", AT_MS),
        ("crm:7-email_open-1", "email_open", DAY_MS),
        ("crm:7-email_open-2", "email_open", DAY_MS),
        (f"crm:7-unsubscribe-{DAY_MS}", "unsubscribe", DAY_MS),
        ("crm:7-listed-1", "listed", AT_MS),
    ]
    assert made[2]["properties"] == {"campaign": "Acme"}


@pytest.mark.parametrize("cells", ["7,Acme,,,,", "7,Acme,no,0,,"])
def test_what_did_not_happen_is_no_event(cells: str) -> None:
    made = values(rows_of(WHOLE, f"no,firm,opt out,opens,last open,left on\n{cells}\n"))

    assert [value.get("update") or value["type"] for value in made] == ["attributes", "listed"]


@pytest.mark.parametrize(
    ("cells", "reason", "detail"),
    [
        ("1.5,2026-11-02", "bad-value", "column 'opens': wanted a whole number from 0 to 10000; got '1.5'"),
        ("-1,2026-11-02", "bad-value", "column 'opens': wanted a whole number from 0 to 10000; got '-1'"),
        ("10001,2026-11-02", "bad-value", "column 'opens': wanted a whole number from 0 to 10000; got '10001'"),
        ("1000000000,2026-11-02", "bad-value", "column 'opens': wanted a whole number from 0 to 10000"),
        ("1e99,2026-11-02", "bad-value", "column 'opens': wanted a whole number from 0 to 10000; got '1e99'"),
        ("many,2026-11-02", "bad-value", "column 'opens': wanted a number; got 'many'"),
        ("2,", "bad-time", "column 'last open': wanted iso (such as 2026-11-02T09:30:00); got ''"),
        ("2,soon", "bad-time", "column 'last open': wanted iso (such as 2026-11-02T09:30:00); got 'soon'"),
    ],
)
def test_a_count_that_is_none_makes_a_bad_row(cells: str, reason: str, detail: str) -> None:
    mapping = "{contact: no, events: [{type: email_open, count: opens, occurred_at: last open}]}"

    (bad,) = rows_of(mapping, f"no,opens,last open\n7,{cells}\n")

    assert isinstance(bad, BadRow)
    assert bad.reason == reason
    assert bad.detail.startswith(detail)


def test_a_row_that_counts_more_events_than_fit_is_a_bad_row() -> None:
    events = [f"{{type: t{number}, count: n, occurred_at: now}}" for number in range(3)]
    mapping = f"contact: no\nattributes: {{no: no}}\nevents: [{', '.join(events)}]\n"
    bad, *good = rows_of(mapping, "no,n\n7,10000\n8,6000\n")

    assert bad == BadRow(2, "bad-value", "the row: wanted at most 20000 events; got more")
    assert len(good) == 18_001


def test_a_number_of_thousands_is_a_count() -> None:
    mapping = "{contact: no, events: [{type: open, count: opens, occurred_at: now}], decimal: '.'}"

    assert len(rows_of(mapping, 'no,opens\n7,"1,204"\n')) == 1204


def test_the_events_of_a_row_may_have_their_type_and_their_id_in_columns() -> None:
    mapping = """
    {contact: no, attributes: {a: no}, events: [{type: {column: last, types: {Opened: email_open}, others: skip},
    id: {column: nr, prefix: x-}, occurred_at: at}]}"""
    text = "no,last,nr,at\n1,Opened,5,2026-11-02\n2,Bought,6,2026-11-02\n3,Opened,,2026-11-02\n4,,,\n"

    made = values(rows_of(mapping, text))

    assert [value["id"] for value in made if "type" in value] == ["x-5", f"3-email_open-{DAY_MS}"]
    assert sum("update" in value for value in made) == 4


# ---- which rows, whose, and when ---------------------------------------------------------------------------------


def test_only_rows_are_kept_that_each_filter_names_and_no_skip_does() -> None:
    mapping = """
    {contact: no, attributes: {a: no}, only: [{column: state, in: [live, new]}, {column: land, in: [DE]}],
    skip: [{column: no, in: ["3"]}]}"""

    rows = rows_of(mapping, "no,state,land\n1,live,DE\n2,gone,DE\n3,new,DE\n4,new,FR\n5,new,DE\n")

    assert [row.line for row in rows if isinstance(row, SkippedRow)] == [3, 4, 5]
    assert [row.contact_id for row in rows if isinstance(row, ImportRow)] == ["1", "5"]


@pytest.mark.parametrize(
    ("others", "kinds"),
    [("refuse", ["purchase", "unknown-type"]), ("keep", ["purchase", "Trial"]), ("skip", ["purchase", "skipped"])],
)
def test_what_is_not_among_the_types_is_refused_kept_or_passed_over(others: str, kinds: list[str]) -> None:
    mapping = (
        f"{{contact: no, occurred_at: now, type: {{column: what, types: {{Bought: purchase}}, others: {others}}}}}"
    )

    rows = rows_of(mapping, "no,what\n1,Bought\n2,Trial\n")

    assert list(map(kind_of, rows)) == kinds


def test_events_may_be_of_the_instant_of_the_import_and_their_ids_are_those_of_any_other() -> None:
    mapping = "{type: attended, contact: no, occurred_at: now}"

    first, again = (values(rows_of(mapping, "no\n1\n2\n")) for _ in range(2))

    assert first == again
    assert [value["occurred_at"] for value in first] == [AT_MS, AT_MS]


def test_another_column_may_stand_in_for_an_empty_id() -> None:
    mapping = "{contact: {column: user, otherwise: {column: visitor, prefix: 'anon:'}}, attributes: {a: user}}"

    *good, bad = rows_of(mapping, "user,visitor,firm\nu1,v1,\n,v2,\n,,Acme\n")

    assert [row.contact_id for row in good if isinstance(row, ImportRow)] == ["u1", "anon:v2"]
    assert isinstance(bad, BadRow)
    assert bad.detail == "column 'user' and 'visitor' is empty"


@pytest.mark.parametrize(
    ("cell", "contact_id"),
    [
        ("001A0000006Vm9r", "sf:001A0000006Vm9rIAC"),
        ("00570000001ZwTi", "sf:00570000001ZwTiAAK"),
        ("001A0000006Vm9rIAC", "sf:001A0000006Vm9rIAC"),
        ("17", "sf:17"),
        ("", "anon:001A0000006Vm9r"),
    ],
)
def test_both_spellings_of_an_id_of_salesforce_are_one_contact(cell: str, contact_id: str) -> None:
    mapping = """
    {contact: {column: no, prefix: "sf:", as: salesforce_id, otherwise: {column: v, prefix: "anon:"}},
    attributes: {a: no}, suppressed: out}"""

    (row,) = rows_of(mapping, f"no,v,out\n{cell},001A0000006Vm9r,yes\n")[-1:]

    assert isinstance(row, ImportRow)
    assert row.contact_id == contact_id


def test_a_column_that_an_export_may_lack_is_empty_where_it_is_not_there() -> None:
    mapping = """
    {recognise: {title: t, columns: [no]}, contact: no, attributes: {a: a, b: b},
    events: [{type: open, count: opens, occurred_at: last}]}"""

    (value,) = values(rows_of(mapping, "no,b\n1,x\n"))

    assert value["attributes"] == {"b": "x"}


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("no,b,opens", "utf-8, delimiter ',', no open: no column 'last'"),
        ("no,b,last", "utf-8, delimiter ',', no open: no column 'opens'"),
        ("no,b,c", "utf-8, delimiter ','"),  # it tells of none: nothing was left out
    ],
)
def test_events_of_which_an_export_tells_half_are_left_out_and_said_and_no_contact_is_refused(
    header: str, said: str
) -> None:
    mapping = parse_mapping(
        """
        {recognise: {title: t, columns: [no]}, contact: no, attributes: {b: b},
        events: [{type: open, count: opens, occurred_at: last}]}""",
        "list.yaml",
    )
    file = read_csv([f"{header}\n1,x,2\n".encode()], mapping, "list.csv", AT_MS)

    assert [value.get("update") for value in values(list(file))] == ["attributes"]
    assert file.read_as == said


def test_letter_case_and_blanks_of_a_column_s_name_do_not_matter_where_it_is_clear_which_is_meant() -> None:
    (value,) = values(rows_of("{contact: No, attributes: {firm: Firm  name}}", "no , firm Name\n1,Acme\n"))

    assert value["attributes"] == {"firm": "Acme"}


# ---- wrong mappings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("contact: no\n", "1: the mapping: wanted either type (rows are events) or attributes, suppressed, events"),
        (
            "contact: no\ntype: a\noccurred_at: b\nevents: [{type: c, occurred_at: d}]\n",
            "1: the mapping: wanted either type",
        ),
        (
            "contact: no\ntype: a\n",
            "1: the mapping: 'occurred_at' is missing; wanted the column of when each event occurred, or now",
        ),
        (
            "contact: no\nevents: [{type: a}]\n",
            "2: the mapping: events: 'occurred_at' is missing; wanted the column of when it occurred, or now",
        ),
        ("contact: no\nevents: [{occurred_at: a}]\n", "2: the mapping: events: 'type' is missing"),
        (
            "contact: no\nevents: {type: a}\n",
            "2: the mapping: events: wanted a list of events, each with type and occurred_at; got a mapping of type",
        ),
        (
            "contact: no\nevents:\n  - {type: a, occured_at: b, occurred_at: b}\n",
            "3: the mapping: events: unknown word 'occured_at' (did you mean 'occurred_at'?)",
        ),
        (
            "contact: no\nevents:\n  - {type: a, occurred_at: b, count: c, id: d}\n",
            "3: the mapping: events: id: belongs to one event; wanted none beside count",
        ),
        (
            "contact: no\nevents:\n  - {type: a, occurred_at: b}\n  - {type: a, occurred_at: c}\n",
            "3: the mapping: events: wanted each type once, or id: with a column beside it; got 'a' twice",
        ),
        (
            "contact: no\ntype: {column: a, others: drop}\noccurred_at: b\n",
            "2: the mapping: type: others: wanted refuse, keep (their cell is the type) or skip; got 'drop'",
        ),
        (
            "contact: no\nattributes: {a: b}\nonly: {column: c, in: [d]}\n",
            "3: the mapping: only: wanted a list of columns",
        ),
        ("contact: no\nattribute: {a: b}\n", "2: the mapping: unknown word 'attribute' (did you mean 'attributes'?)"),
        (
            "contact: no\nattributes: [a, b]\n",
            "2: the mapping: attributes: wanted names, each with its column; got a list",
        ),
        ("contact: no\nattributes: {a: 5}\n", "2: the mapping: attributes: a: wanted a text (in quotes where"),
        ("contact: {col: no}\nattributes: {a: b}\n", "1: the mapping: contact: unknown word 'col'"),
        (
            "contact: no\nattributes: {a: b}\nencoding: ansi\n",
            "3: the mapping: encoding: wanted a text encoding such as utf-8, utf-16, cp1252 or latin-1; got 'ansi'",
        ),
        (
            "contact: no\nevents:\n" + "".join(f"- {{type: t{n}, occurred_at: now}}\n" for n in range(101)),
            "3: the mapping: events: wanted at most 100 events; got 101",
        ),
        (
            "contact: no\ntype: a\noccurred_at: {column: b, format: '%d.%d.%Y'}\n",
            "3: the mapping: occurred_at: format: wanted iso, epoch_ms, epoch_seconds or a strptime pattern, in which",
        ),
        (
            "contact: no\nattributes: {a: b}\nrecognise: {title: t}\n",
            "3: the mapping: recognise: 'columns' is missing; wanted it beside the others; got title",
        ),
    ],
)
def test_a_wrong_word_is_refused_with_its_line(text: str, complaint: str) -> None:
    with pytest.raises(OperatorError) as refused:
        parse_mapping(text, "list.yaml")

    assert f"list.yaml:{complaint}" in str(refused.value)


def test_a_word_for_the_instant_that_is_no_column_says_which_word_there_is() -> None:
    with pytest.raises(OperatorError) as refused:
        rows_of("{contact: no, attributes: {a: no}, occurred_at: imported_at}", "no\n1\n")

    assert str(refused.value).endswith("by delimiter ','; occurred_at: now stands for the instant of the import")
