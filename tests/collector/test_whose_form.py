"""Whose a form is, from the doors to the scores: that of the address typed into it, whoever the browser was before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from streamprocessor.collector.formats.segment import segment
from streamprocessor.collector.http.permissions import permitted
from streamprocessor.collector.http.validation import check_entries
from streamprocessor.collector.http.wire_format import HttpRequest, WireFormat
from streamprocessor.collector.metrics import Metrics
from streamprocessor.collector.tracking.beacon import beacon
from streamprocessor.collector.tracking.forms import forms
from streamprocessor.collector.tracking.tokens import Tracked
from streamprocessor.contract.access_policy import KeyKind
from streamprocessor.contract.model_file.read_model import read_model
from streamprocessor.imports.rows import BadRow
from streamprocessor.offline.score_file import read_facts, score_offline, with_identities
from tests.collector.formats.sdk_requests import VOCABULARY
from tests.collector.tracking.requests import CONTACT_IDS, KEYS, NOW_MS, READING, SITES, request
from tests.harness.input_topics import INPUT_TOPICS
from tests.harness.system import ROOT

MODEL = read_model(ROOT / "deploy" / "scoring.yaml")
VISITOR_ID = "0123456789abcdef"
VISITOR = f"anon:{VISITOR_ID}"
ADA, BOB, CARL = (CONTACT_IDS.address(f"{name}@example.com") for name in ("ada", "bob", "carl"))
ANNS_TOKEN = KEYS.sign("visitor", Tracked("ann", expires_at_ms=NOW_MS + 60_000))

FORMS, BEACON = forms(KEYS, READING, SITES), beacon(KEYS, READING)
SEGMENT = segment(CONTACT_IDS, VOCABULARY)

Told = tuple[WireFormat, HttpRequest]
Door = Callable[[str, int], list[Told]]


def posted(fields: dict[str, str], second: int) -> list[Told]:
    body = urlencode({"_sp_id": VISITOR_ID} | fields).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return [(FORMS, request("POST", "/f/contact", headers, body, NOW_MS + 1000 * second))]


def told_by_beacon(event: dict[str, Any], second: int, **more: Any) -> list[Told]:
    url = {"url": "https://www.example.com/pricing"}
    body = orjson.dumps({"key": "k", "anonymous_id": VISITOR_ID, "events": [url | event]} | more)
    return [(BEACON, request("POST", "/b", {}, body, NOW_MS + 1000 * second))]


def visited(second: int, **more: Any) -> list[Told]:
    return told_by_beacon({"type": "page_visit"}, second, **more)


def called(calls: list[dict[str, Any]], second: int) -> list[Told]:
    batch = [{"anonymousId": VISITOR_ID, "messageId": f"{second}-{n}"} | call for n, call in enumerate(calls)]
    return [(SEGMENT, request("POST", "/v1/batch", {}, orjson.dumps({"batch": batch}), NOW_MS + 1000 * second))]


def by_form(name: str, second: int) -> list[Told]:
    return posted({"email": f"{name}@example.com", "job-title": f"chief {name}"}, second)


def by_beacon(name: str, second: int) -> list[Told]:
    fields = {"email": f"{name}@example.com", "job-title": f"chief {name}"}
    return told_by_beacon({"type": "form_submission", "form": "contact", "fields": fields}, second)


def by_segment(name: str, second: int) -> list[Told]:
    identify = {"type": "identify", "traits": {"email": f"{name}@example.com", "job_title": f"chief {name}"}}
    return called([identify, {"type": "track", "event": "Form Submitted", "properties": {"form": "contact"}}], second)


def by_segment_with_the_form_apart(name: str, second: int) -> list[Told]:
    identify = {"type": "identify", "traits": {"email": f"{name}@example.com", "job_title": f"chief {name}"}}
    submitted = {"form": "contact", "email": f"{name}@example.com"}
    return [
        *called([identify], second),
        *called([{"type": "track", "event": "Form Submitted", "properties": submitted, "messageId": name}], second),
    ]


EACH_DOOR = pytest.mark.parametrize("door", [by_form, by_beacon, by_segment, by_segment_with_the_form_apart])


def scored(*told: list[Told], kind: KeyKind = KeyKind.BROWSER) -> dict[str, tuple[int, Any]]:
    """Score and job title of each contact that these requests, each with a key of this kind, leave."""
    lines = [line for of_one in told for line in lines_of(of_one, kind)]
    facts = with_identities(MODEL, read_facts(lines, refuse), CONTACT_IDS.address_salt)
    titles: dict[str, Any] = {}
    for value in map(orjson.loads, lines):
        if value.get("update") == "attributes":
            titles[value["contact_id"]] = value["attributes"].get("job_title")
    return {
        answer["contact_id"]: (answer["scores"]["engagement"]["score"], titles.get(answer["contact_id"]))
        for answer in score_offline(MODEL, facts, NOW_MS + 60_000)
        if answer["scores"]
    }


def lines_of(told: list[Told], kind: KeyKind) -> list[bytes]:
    """The records that the requests become, as they are written."""
    lines: list[bytes] = []
    for wire_format, asked in told:
        decoded = wire_format.decode(asked, wire_format.parse(asked))
        entries, refused = permitted(wire_format.name, kind, decoded, Metrics())
        checked = check_entries(entries, INPUT_TOPICS, asked.received_at_ms)
        assert (refused, checked.refused) == ([], [])
        lines += [record.value for record in checked.records]
    return lines


def refuse(bad: BadRow) -> None:
    pytest.fail(f"line {bad.line}: {bad.reason}: {bad.detail}")


@EACH_DOOR
def test_three_at_one_tablet_are_three_contacts(door: Door) -> None:
    assert scored(door("ada", 0), door("bob", 20), door("carl", 40)) == {
        ADA: (25, "chief ada"),
        BOB: (25, "chief bob"),
        CARL: (25, "chief carl"),
    }


@EACH_DOOR
def test_one_person_is_one_contact_with_all_that_the_visitor_did_before_and_after(door: Door) -> None:
    assert scored(visited(0), door("ada", 10), visited(20)) == {ADA: (45, "chief ada")}


@EACH_DOOR
def test_what_was_done_before_the_second_person_typed_an_address_stays_the_firsts(door: Door) -> None:
    assert scored(visited(0), door("ada", 10), visited(20), door("bob", 30)) == {
        ADA: (45, "chief ada"),
        BOB: (25, "chief bob"),
    }


@EACH_DOOR
def test_a_colleague_who_follows_anns_mail_and_sends_a_form_is_himself(door: Door) -> None:
    assert scored(visited(0, token=ANNS_TOKEN), door("bob", 10)) == {"ann": (10, None), BOB: (25, "chief bob")}


def test_the_same_in_one_request_with_the_mails_token() -> None:
    bobs = posted({"email": "bob@example.com", "job-title": "chief bob", "_sp": ANNS_TOKEN}, 0)

    assert scored(bobs) == {"ann": (0, None), BOB: (25, "chief bob")}


@EACH_DOOR
def test_a_form_of_who_is_known_by_that_address_is_hers(door: Door) -> None:
    identify = {"type": "identify", "userId": "u-1", "traits": {"email": "ada@example.com"}}

    assert scored(called([identify], 0), door("ada", 10), kind=KeyKind.WRITE) == {"u-1": (25, None)}


def test_a_message_of_nobody_is_a_contact_of_its_own() -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    hello = [(FORMS, request("POST", "/f/contact", headers, b"message=hello", NOW_MS))]

    (contact,) = scored(hello)
    assert contact.startswith("anon:form-")
