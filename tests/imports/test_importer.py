"""Files become rows; what can't be used is a bad row with its line and reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streamprocessor.errors import OperatorError
from streamprocessor.imports.access_log import read_access_log
from streamprocessor.imports.csv_mapping import CsvMapping, parse_mapping
from streamprocessor.imports.importer import checked
from streamprocessor.imports.json_lines import read_json_lines
from streamprocessor.imports.rows import BadRow, ImportRow, ReadRow, SkippedRow
from tests.harness.input_topics import INPUT_TOPICS
from tests.harness.mapped_files import read_csv, read_mapping
from tests.harness.odd_ids import PLACEHOLDER_IDS, REFUSED_IDS

NOW_MS = 1_795_000_000_000
LOG_LINE = b'203.0.113.9 - - [22/Nov/2026:08:00:00 +0100] "GET /pricing?a=1 HTTP/1.1" 200 5 "-" "Firefox \\"x\\""\n'


def mapping(**parts: Any) -> CsvMapping:
    whole = {"type": "purchase", "contact": "who", "occurred_at": {"column": "at"}} | parts
    given = {word: part for word, part in whole.items() if part is not None}
    return parse_mapping(json.dumps(given), "mapping.yaml")


def csv_rows(text: bytes, how: CsvMapping) -> list[ReadRow]:
    return list(read_csv(text.splitlines(keepends=True), how, "orders.csv"))


def topic_of(row: ImportRow) -> str:
    return INPUT_TOPICS.topic_of(row.value).name


def only(rows: list[ReadRow]) -> Any:
    assert len(rows) == 1
    return rows[0]


# ---- access log ------------------------------------------------------------------------------------------------


def test_a_log_line_becomes_a_page_visit_of_an_anonymous_contact() -> None:
    row = only(list(read_access_log([LOG_LINE])))

    assert topic_of(row) == "page-visits"
    assert row.contact_id.startswith("anon:")
    assert "203" not in row.contact_id
    assert row.value["occurred_at"] == 1_795_330_800_000
    assert row.value["properties"] == {"url": "/pricing?a=1", "path": "/pricing", "method": "GET", "status": 200}
    assert row.value["context"] == {"ip": "203.0.113.9", "user_agent": 'Firefox \\"x\\"'}


def test_the_contact_is_address_and_user_agent_together() -> None:
    lines = [LOG_LINE, LOG_LINE.replace(b"/pricing", b"/"), LOG_LINE.replace(b"Firefox", b"Opera"), b"1" + LOG_LINE]

    contacts = [row.contact_id for row in read_access_log(lines) if isinstance(row, ImportRow)]

    assert contacts[0] == contacts[1]
    assert len(set(contacts)) == 3


def test_equal_lines_have_ids_of_their_own_and_keep_them_in_a_second_reading() -> None:
    lines = [LOG_LINE, LOG_LINE.replace(b"200", b"304"), LOG_LINE]

    first, second = (
        [row.value["id"] for row in read_access_log(lines) if isinstance(row, ImportRow)] for _ in range(2)
    )

    assert len(set(first)) == 3
    assert first == second


@pytest.mark.parametrize(
    ("user_agent", "actor"),
    [
        (b"Mozilla/5.0 (compatible; Googlebot/2.1)", "scanner"),
        (b"Mozilla/5.0 (via ggpht.com GoogleImageProxy)", "proxy"),
        (b"Mozilla/5.0 (X11; Linux x86_64)", None),
        (b"-", None),
    ],
)
def test_what_names_itself_a_machine_is_no_person(user_agent: bytes, actor: str | None) -> None:
    row = only(list(read_access_log([LOG_LINE.replace(b'Firefox \\"x\\"', user_agent)])))

    assert row.value["context"].get("actor") == actor


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (LOG_LINE.rstrip()[:-1], "not-combined"),
        (b"hello", "not-combined"),
        (LOG_LINE.replace(b"Nov", b"Nox"), "bad-time"),
        (LOG_LINE.replace(b"22/", b"32/"), "bad-time"),
        (LOG_LINE.replace(b"GET ", b""), "not-combined"),
        (b"\xff\xfe\x00", "not-combined"),
    ],
)
def test_a_broken_log_line_is_bad_and_the_reading_goes_on(line: bytes, reason: str) -> None:
    bad, good = read_access_log([line, LOG_LINE])

    assert isinstance(bad, BadRow)
    assert (bad.line, bad.reason) == (1, reason)
    assert isinstance(good, ImportRow)
    assert good.line == 2


# ---- CSV -------------------------------------------------------------------------------------------------------


OPTED_OUT = {"column": "Opted Out", "true_values": ["Yes", "opted out"], "false_values": ["no"]}


@pytest.mark.parametrize(
    ("more", "cell", "says"),
    [
        ({}, "Yes", True),
        ({}, " OPTED OUT ", True),
        ({}, "no", None),
        ({}, "", None),
        ({"lifts": True}, "No", False),
        ({"lifts": True}, "", None),
    ],
)
def test_a_column_tells_beside_attributes_who_may_not_be_written_to(
    more: dict[str, Any], cell: str, says: bool | None
) -> None:
    how = mapping(type=None, attributes={"title": "title"}, suppressed=OPTED_OUT | more, id="who")

    rows = csv_rows(f"who,at,title,Opted Out\nc1,2026-11-18T08:00:00Z,CEO,{cell}".encode(), how)

    attributes = {"id": "c1", "occurred_at": NOW_MS, "update": "attributes", "attributes": {"title": "CEO"}}
    suppressed = {"id": "c1:suppressed", "occurred_at": NOW_MS, "update": "suppressed", "suppressed": says}
    values = [row.value | {"occurred_at": NOW_MS} for row in rows if isinstance(row, ImportRow)]
    assert values == [attributes, *([] if says is None else [suppressed])]
    assert [row for row in checked(rows, NOW_MS) if isinstance(row, BadRow)] == []


def test_a_list_may_hold_nothing_but_who_opted_out_and_a_bad_value_is_named() -> None:
    how = mapping(type=None, suppressed="out")
    good, bad = csv_rows(b"who,at,out\nc1,2026-11-22T08:00:00Z,1\nc2,2026-11-22T08:00:00Z,maybe", how)

    assert isinstance(good, ImportRow)
    assert (good.value["update"], good.value["suppressed"]) == ("suppressed", True)
    assert bad == BadRow(3, "bad-value", "column 'out': wanted '1, true, yes, 0, false, no'; got 'maybe'")


def test_the_type_may_stand_in_a_column_with_a_table_of_what_its_cells_mean() -> None:
    types = {"Unsubscribed": "unsubscribe", "Marked as spam": "spam_complaint"}
    by_table, as_it_is = mapping(type={"column": "what", "types": types}), mapping(type={"column": "what"})
    text = b"who,at,what\nc1,2026-11-22T08:00:00Z,Marked as spam\nc2,2026-11-22T08:00:00Z,resubscribe"

    complaint, unknown = csv_rows(text, by_table)
    _, resubscribed = csv_rows(text, as_it_is)

    assert isinstance(complaint, ImportRow)
    assert complaint.value["type"] == "spam_complaint"
    assert isinstance(unknown, BadRow)
    assert unknown.detail == "column 'what': wanted 'Unsubscribed, Marked as spam'; got 'resubscribe'"
    assert isinstance(resubscribed, ImportRow)
    assert resubscribed.value["type"] == "resubscribe"


def test_a_csv_row_becomes_an_event_by_its_mapping() -> None:
    how = mapping(
        contact={"column": "who", "prefix": "crm:"},
        id={"column": "no", "prefix": "order-"},
        properties={
            "amount": {"column": "total", "as": "number"},
            "gift": {"column": "gift", "as": "boolean"},
            "note": "n",
        },
        context={"user_agent": "ua"},
    )
    text = b"no,who,at,total,gift,n,ua\r\n7,c1,2026-11-22T08:00:00.1239+01:00,9.50,yes,,curl"

    row = only(csv_rows(b"\xef\xbb\xbf" + text, how))

    assert row == ImportRow(
        2,
        "crm:c1",
        {
            "id": "order-7",
            "occurred_at": 1_795_330_800_123,
            "type": "purchase",
            "properties": {"amount": 9.5, "gift": True},
            "context": {"user_agent": "curl", "actor": "scanner"},
        },
    )


def test_a_csv_row_becomes_attributes_where_the_mapping_says_so() -> None:
    content = "{contact: who, occurred_at: {column: at}, attributes: {job_title: title}}"
    how = parse_mapping(content, "mapping.yaml")

    row = only(csv_rows(b"who,at,title\nc1,2026-11-18T08:00:00Z,CEO\n", how))

    assert topic_of(row) == "contact-updates"
    assert row.value["update"] == "attributes"
    assert row.value["attributes"] == {"job_title": "CEO"}


@pytest.mark.parametrize(
    ("time", "cell", "expected_ms"),
    [
        ({"format": "iso"}, "2026-11-22T08:00:00Z", 1_795_334_400_000),
        ({"format": "iso", "zone": "Europe/Berlin"}, "2026-07-01 08:00:00", 1_782_885_600_000),
        ({"format": "iso", "zone": "Europe/Berlin"}, "2026-07-01T08:00:00+00:00", 1_782_892_800_000),
        ({"format": "epoch_ms"}, "1795334400123", 1_795_334_400_123),
        ({"format": "epoch_seconds"}, "1795334400.1239", 1_795_334_400_123),
        ({"format": "excel_days"}, "46348", 1_795_305_600_000),
        ({"format": "excel_days", "zone": "Europe/Berlin"}, "46328.395833333336", 1_793_608_200_000),
        ({"format": "%d.%m.%Y %H:%M"}, "22.11.2026 08:00", 1_795_334_400_000),
    ],
)
def test_times_are_read_in_the_mapping_s_format_and_zone(time: dict[str, str], cell: str, expected_ms: int) -> None:
    row = only(csv_rows(f"who,at\nc1,{cell}\n".encode(), mapping(occurred_at={"column": "at"} | time)))

    assert row.value["occurred_at"] == expected_ms


def test_the_example_mapping_means_what_its_comments_say() -> None:
    how = read_mapping(Path(__file__).parents[2] / "deploy" / "imports" / "example.yaml")
    header = b"customer_no;order_no;ordered_on;total;is_gift;product_name;browser;client_ip;status\n"

    rows = csv_rows(header + b"7;1;01.07.2026 08:00;12;no;;;;paid\n7;2;01.07.2026 08:00;1;no;;;;test\n", how)

    row = only([row for row in rows if isinstance(row, ImportRow)])
    assert rows[1:] == [SkippedRow(3)]
    assert (topic_of(row), row.contact_id, row.value["id"]) == ("activities", "crm:7", "order-1")
    assert row.value["occurred_at"] == 1_782_885_600_000
    assert row.value["properties"] == {"amount": 12, "gift": False}


def test_rows_to_skip_are_neither_events_nor_bad() -> None:
    how = mapping(skip=[{"column": "result", "in": ["skipped"]}])

    skipped, row = csv_rows(b"who,at,result\nc1,2026-11-22T08:00:00Z,skipped\n\nc2,2026-11-22T08:00:00Z,\n", how)

    assert skipped == SkippedRow(2)
    assert isinstance(row, ImportRow)
    assert row.contact_id == "c2"


def test_rows_without_an_id_get_one_from_their_content() -> None:
    text = b"who,at\nc1,2026-11-22T08:00:00Z\nc1,2026-11-22T08:00:00Z\nc2,2026-11-22T08:00:00Z\n"

    first, second = (
        [row.value["id"] for row in csv_rows(text, mapping()) if isinstance(row, ImportRow)] for _ in range(2)
    )

    assert len(set(first)) == 3
    assert first == second


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"c1,2026-11-22T08:00:00Z", "bad-row"),
        (b"c1,2026-11-22T08:00:00Z,1,more", "bad-row"),
        (b",2026-11-22T08:00:00Z,1", "no-contact"),
        (b"c1,yesterday,1", "bad-time"),
        (b"c1,,1", "bad-time"),
        (b"c1,2026-11-22T08:00:00Z,many", "bad-value"),
        (b"c1,2026-11-22T08:00:00Z,nan", "bad-value"),
        (b"c\x81,2026-11-22T08:00:00Z,1", "encoding"),
        (b'"c1"x,2026-11-22T08:00:00Z,1', "not-csv"),
    ],
)
def test_a_broken_csv_row_is_bad_and_the_reading_goes_on(line: bytes, reason: str) -> None:
    how = mapping(properties={"amount": {"column": "total", "as": "number"}})

    bad, good = csv_rows(b"who,at,total\n" + line + b"\nc2,2026-11-22T08:00:00Z,2\n", how)

    assert isinstance(bad, BadRow)
    assert (bad.line, bad.reason) == (2, reason)
    assert isinstance(good, ImportRow)
    assert good.line == 3


def test_a_file_without_a_mapped_column_is_refused_before_its_first_row() -> None:
    with pytest.raises(OperatorError, match=r"orders\.csv: wanted the columns 'at' too; got 'who', 'when'"):
        csv_rows(b"who,when\nc1,2026\n", mapping())


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("type: open\ncontact: id\n", "1: the mapping: 'occurred_at' is missing"),
        (
            "type: open\ncontact: id\noccurred_at: {column: at, zone: Mars/Base}\n",
            "3: the mapping: occurred_at: zone: wanted a time zone such as Europe/Berlin; got 'Mars/Base'",
        ),
        (
            "type: open\ncontact: id\noccurred_at: {column: at}\nproprties: {}\n",
            "4: the mapping: unknown word 'proprties' (did you mean 'properties'?)",
        ),
        ("contact: id\noccurred_at: {column: at}\n", "1: the mapping: wanted either type"),
        (
            "type: open\ncontact: id\noccurred_at: {column: at}\nattributes: {a: b}\n",
            "1: the mapping: wanted either type",
        ),
        (
            "contact: id\noccurred_at: {column: at}\nattributes: {a: b}\ncontext: {ip: b}\n",
            "4: the mapping: context: belongs to events",
        ),
        (
            "type: open\ncontact: id\noccurred_at: {column: at}\nproperties: {a: {column: b, as: date}}\n",
            "4: the mapping: properties: a: as: wanted text, number or boolean; got 'date'",
        ),
        (
            "type: open\ncontact: {column: }\noccurred_at: {column: at}\n",
            "2: the mapping: contact: column: wanted a text",
        ),
        ("type: open\ncontact: id\noccurred_at: [at]\n", "3: the mapping: occurred_at: wanted a mapping of column"),
        (
            "contact: {column: id, prefix: 'email:'}\nattributes: {a: b}\n",
            "1: the mapping: contact: wanted address: with the column of the addresses",
        ),
        (
            "contact: {address: mail, prefix: 'crm:'}\nattributes: {a: b}\n",
            "1: the mapping: contact: prefix: belongs to ids; wanted none beside address",
        ),
        (
            "type: open\ncontact: id\noccurred_at: {column: at}\nskip: [{column: a, in: [1]}]\n",
            "4: the mapping: skip: in: wanted a text",
        ),
        (
            "type: open\ncontact: id\noccurred_at: {column: at}\ndelimiter: ';;'\n",
            "4: the mapping: delimiter: wanted one character that is no quote and no line end; got ';;'",
        ),
        ("type: [", "1: wanted YAML; got an error"),
        ("- 1\n", "1: the mapping: wanted a mapping of type, contact"),
    ],
)
def test_a_wrong_mapping_is_refused_with_file_and_line(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "orders.yaml"
    path.write_text(text)

    with pytest.raises(OperatorError) as caught:
        read_mapping(path)

    assert f"{path}:{complaint}" in str(caught.value)


# ---- JSON Lines ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "topic"),
    [
        ('"type": "email_open"', "email-opens"),
        ('"type": "email_click"', "email-clicks"),
        ('"type": "page_visit"', "page-visits"),
        ('"type": "form_submission"', "form-submissions"),
        ('"type": "sms_reply"', "activities"),
        ('"update": "attributes", "attributes": {}', "contact-updates"),
    ],
)
def test_an_event_goes_to_the_topic_of_its_type(fields: str, topic: str) -> None:
    row = only(list(read_json_lines([f'{{"contact_id": "c1", {fields}}}'.encode()])))

    assert (topic_of(row), row.contact_id) == (topic, "c1")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not-json"),
        (b'{"a": "\xff"', "not-json"),
        (b"[]", "not-an-object"),
        (b'{"type": "open"}', "no-contact"),
        (b'{"contact_id": "c1"}', "unknown-type"),
        (b'{"contact_id": "c1", "type": "open", "occurred_at": "2200-01-01T00:00:00Z"}', "from-the-future"),
        (b'{"contact_id": "c1", "type": "open", "properties": 1}', "bad-properties"),
        (b'{"contact_id": "c1", "update": "attributes"}', "bad-update"),
    ],
)
def test_what_the_worker_would_refuse_is_bad_before_it_is_sent(line: bytes, reason: str) -> None:
    bad = only(list(checked(read_json_lines([b"\n", line]), NOW_MS)))

    assert isinstance(bad, BadRow)
    assert (bad.line, bad.reason) == (2, reason)


@pytest.mark.parametrize(
    ("id_", "reason"),
    [*((id_, "bad-key") for id_ in REFUSED_IDS), *((id_, "placeholder-id") for id_ in PLACEHOLDER_IDS if id_.strip())],
)
def test_an_id_that_nobody_may_have_is_a_bad_row(id_: str, reason: str) -> None:
    event = {"contact_id": id_, "type": "purchase", "occurred_at": NOW_MS}
    quoted = id_.replace('"', '""')
    csv_lines = f'who,at\n"{quoted}",2026-01-01T00:00:00Z\n'.encode().splitlines(keepends=True)
    rows = [*read_json_lines([json.dumps(event).encode()]), *read_csv(csv_lines, mapping(), "orders.csv")]

    assert [row.reason for row in checked(rows, NOW_MS) if isinstance(row, BadRow)] == [reason, reason]


def test_a_file_of_many_columns_is_told_of_by_its_first_ones() -> None:
    header = ",".join(f"{'c' * 1_000}{n}" for n in range(10_000)).encode()

    with pytest.raises(OperatorError) as refused:
        csv_rows(header, mapping())

    assert "... (10000 in all), by delimiter ','" in str(refused.value)
    assert len(str(refused.value)) < 2_000
