"""Exports of other programs, recognised by their header."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from streamprocessor.imports.csv_mapping import parse_mapping
from streamprocessor.imports.recognition import known_exports, recognise

ROOT = Path(__file__).parents[2]
GENERAL = {"contact": "Timestamp", "attributes": {"a": "Timestamp"}}
EXPORTS = known_exports(ROOT / "deploy" / "imports")


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Create Date", "hubspot-contacts"),
        ("record id,  EMAIL ,lifecycle stage", "hubspot-contacts"),
        ("Record Id,Email,Lead Name", None),  # another program's
        ("Email Address,First Name,MEMBER_RATING,LEID,EUID", "mailchimp-members"),
        ("Timestamp,Email", "mailchimp-opens"),
        ("Timestamp,Email,IP", "mailchimp-opens"),
        ("Timestamp,Email,Url", "mailchimp-clicks"),
        ("Timestamp,Email,What do you think?", None),
        ("Id,IsDeleted,AccountId,LastName,FirstName,Email,HasOptedOutOfEmail", "salesforce-contacts"),
        ("Id,LastName,FirstName,Company,Email,Status,LeadSource", "salesforce-leads"),
        ("first name,company,mail", None),
        ("", None),
    ],
)
def test_a_header_tells_the_program_that_exported_the_table(header: str, name: str | None) -> None:
    found = recognise(header.split(","), EXPORTS)

    assert (found and found.name) == name


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("activity_click_email", "marketo-clicks"),
        ("activity_open_email", "marketo-opens"),
        ("activity_email_delivered", "marketo-deliveries"),
        ("activity_unsubscribe_email", "marketo-unsubscribes"),
        ("lead", "marketo-people"),
        ("activity_send_email", None),
        ("activity_email_bounced", None),
        ("activity_merge_leads", None),
        ("activity_change_data_value", None),
    ],
)
def test_the_tables_of_a_customer_of_marketo_are_told_apart(file: str, name: str | None) -> None:
    with (ROOT.parent / "shared" / "data" / "marketo" / f"{file}.csv").open(encoding="utf-8-sig") as lines:
        found = recognise(next(csv.reader(lines)), EXPORTS)

    assert (found and found.name) == name


def test_what_is_recognised_says_what_it_is_and_by_which_mapping_it_is_read() -> None:
    found = recognise(["Email", "Record ID", "Lifecycle Stage", "Phone Number"], EXPORTS)

    assert found is not None
    assert found.title == "HubSpot: contacts"
    assert found.mapping_text.startswith("# HubSpot's export of contacts")


def test_each_export_recognises_its_own_columns_and_no_other_does() -> None:
    signs = {each.name: each.mapping.recognise for each in EXPORTS}
    headers = {name: [*sign.columns, *sorted(sign.also)[:1]] for name, sign in signs.items() if sign is not None}

    found = {name: recognise(header, EXPORTS) for name, header in headers.items()}

    assert {name: each and each.name for name, each in found.items()} == {name: name for name in headers}


def test_the_more_specific_of_two_is_chosen_in_whatever_order_they_stand() -> None:
    header = ["Timestamp", "Email", "Url"]
    signs = {"title": "a list", "columns": ["Timestamp"]}
    general = replace(EXPORTS[0], name="a", mapping=parse_mapping(json.dumps(GENERAL | {"recognise": signs}), "a.yaml"))

    for exports in ([general, *EXPORTS], [*EXPORTS, general]):
        found = recognise(header, exports)
        assert found is not None
        assert found.name == "mailchimp-clicks"
    assert recognise(["Timestamp"], [*EXPORTS, general]) == general
