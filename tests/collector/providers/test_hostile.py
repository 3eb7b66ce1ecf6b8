"""Whatever is posted: decoded events or a refusal, never another exception, and nothing without bound."""

import copy
import json
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamprocessor.collector.http.wire_format import (
    DecodedEvents,
    HttpRequest,
    ParsedRequest,
    RefusalError,
    WireFormat,
)
from streamprocessor.settings import MAIL_PROVIDERS
from tests.collector.providers.senders import SENDERS, cases_of, format_of, post, sns_envelope

MAX_EVENT_BYTES = 32 * 1024

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20)
    | st.sampled_from(
        ["2026-11-22T08:00:00Z", "9" * 400, "1e400", "nan", "inf", "-1", "{", "[]", "http://[", "@", "\0c"]
    )
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PAYLOADS = [
    (sender, case["payload"]) for sender in SENDERS for case in cases_of(sender) if sender.cases != "mailgun_forms"
]
FORM_TYPE = {"content-type": "application/x-www-form-urlencoded"}


def read(provider: str, request: HttpRequest) -> DecodedEvents | None:
    """What an unverified provider reads of it; None where it refuses. All of it can be written."""
    wire_format = format_of(provider, "unverified")
    parsed = opened_or_refused(wire_format, request)
    if isinstance(parsed, RefusalError):
        assert 400 <= parsed.status < 500
        assert wire_format.refusal_answer(parsed).status == parsed.status
        return None
    decoded = wire_format.decode(request, parsed)
    assert wire_format.accepted_answer(request, parsed, decoded).status == 200
    for entry in decoded.entries:
        assert 0 < len(entry.contact_id.encode()) <= 1024
        assert len(orjson.dumps(entry.value)) <= MAX_EVENT_BYTES * 4  # four bytes a character at worst
    return decoded


def opened_or_refused(wire_format: WireFormat, request: HttpRequest) -> ParsedRequest | RefusalError:
    try:
        return wire_format.parse(request)
    except RefusalError as refusal:
        return refusal


def wrapped(provider: str, payload: Any) -> bytes:
    """The payload as that provider's body, unsigned."""
    if provider == "ses":
        return json.dumps(sns_envelope(json.dumps(payload))).encode()
    return json.dumps(payload).encode()


def request_of(provider: str, payload: Any) -> HttpRequest:
    if provider == "mandrill":
        return post("mandrill", urlencode({"mandrill_events": json.dumps(payload)}).encode(), FORM_TYPE)
    return post(provider, wrapped(provider, payload))


@pytest.mark.parametrize("provider", MAIL_PROVIDERS)
@settings(max_examples=40, deadline=None)
@given(payload=values)
def test_any_json_is_read_or_refused(provider: str, payload: Any) -> None:
    read(provider, request_of(provider, payload))
    read(provider, post(provider, json.dumps(payload).encode()))


@pytest.mark.parametrize("provider", MAIL_PROVIDERS)
@settings(max_examples=40, deadline=None)
@given(
    body=st.binary(max_size=80), content_type=st.sampled_from(["application/json", "multipart/form-data; boundary=b"])
)
def test_any_bytes_are_read_or_refused(provider: str, body: bytes, content_type: str) -> None:
    read(provider, post(provider, body, {"content-type": content_type}))


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_documented_payload_with_anything_in_any_place_is_read_or_refused(data: st.DataObject) -> None:
    sender, payload = data.draw(st.sampled_from(PAYLOADS))
    changed = copy.deepcopy(payload)
    places = list(_places(changed))
    for _ in range(data.draw(st.integers(1, 3))):
        if places:
            holder, name = data.draw(st.sampled_from(places))
            holder[name] = data.draw(values)
    read(sender.provider, request_of(sender.provider, changed))


@settings(max_examples=100, deadline=None)
@given(
    fields=st.lists(
        st.tuples(st.sampled_from(["event", "recipient", "message-headers", "code", "url", "x"]), st.text())
    )
)
def test_any_form_is_read_or_refused(fields: list[tuple[str, str]]) -> None:
    body = urlencode(fields, errors="replace").encode()
    read("mailgun", post("mailgun", body, FORM_TYPE))


def test_one_bad_item_does_not_spoil_the_others() -> None:
    items = [
        {"event": "open", "email": "ada@example.com", "timestamp": 1_795_334_400},
        "open",
        {"event": "open"},
        {"event": "click", "contact_id": "c" * 1025},
        {"event": "click", "contact_id": "\0c"},
        {"event": "click", "contact_id": 42},
        {"event": "processed"},
    ]
    request = request_of("sendgrid", items)
    decoded = read("sendgrid", request)
    assert decoded is not None
    assert [(entry.position, entry.value["type"]) for entry in decoded.entries] == [
        (0, "email_open"),
        (5, "email_click"),
    ]
    assert [(bad.position, bad.reason) for bad in decoded.refused] == [
        (1, "not-an-object"),
        (2, "no-contact"),
        (3, "bad-key"),
        (4, "bad-key"),
    ]
    wire_format = format_of("sendgrid", "unverified")
    answer = json.loads(wire_format.accepted_answer(request, wire_format.parse(request), decoded).body)
    assert answer["accepted"] == 3
    assert [rejected["index"] for rejected in answer["rejected"]] == [1, 2, 3, 4]


def test_an_event_of_resend_to_several_needs_the_senders_tag() -> None:
    data = {"email_id": "m", "to": ["ada@example.com", "grace@example.com"]}
    decoded = read("resend", request_of("resend", {"type": "email.opened", "data": data}))
    assert decoded is not None
    assert ([bad.reason for bad in decoded.refused], decoded.entries) == (["no-contact"], [])

    tagged = data | {"tags": {"contact_id": "c-42"}}
    decoded = read("resend", request_of("resend", {"type": "email.opened", "data": tagged}))
    assert decoded is not None
    assert [entry.contact_id for entry in decoded.entries] == ["c-42"]


def test_nothing_of_a_payload_grows_without_bound() -> None:
    item = {
        "event": "click",
        "email": "ada@example.com",
        "url": "https://example.com/" + "a" * 100_000,
        "useragent": "u" * 100_000,
        "sg_message_id": "m" * 100_000,
        "category": ["t" * 1000] * 1000,
    } | {f"argument {n}": "v" * 1000 for n in range(1000)}
    decoded = read("sendgrid", request_of("sendgrid", [item]))
    assert decoded is not None
    assert len(orjson.dumps(decoded.entries[0].value)) <= MAX_EVENT_BYTES


def test_no_answer_and_no_detail_repeats_what_is_personal() -> None:
    secretive = {"event": "open", "email": "ada lovelace", "timestamp": 1_795_334_400}
    decoded = read("sendgrid", request_of("sendgrid", [secretive]))
    assert decoded is not None
    assert "ada" not in str(decoded.refused)
    with pytest.raises(RefusalError) as refused:
        format_of("sendgrid", "unverified").parse(post("sendgrid", b'[{"email": "ada@example.com",,}]'))
    assert "ada" not in str(refused.value)


def test_json_nested_beyond_reason_is_refused() -> None:
    for provider in MAIL_PROVIDERS:
        body = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
        assert read(provider, post(provider, body)) is None or provider == "mandrill"


def test_a_form_of_too_many_fields_is_refused() -> None:
    assert read("mailgun", post("mailgun", b"&".join([b"a=1"] * 1001), FORM_TYPE)) is None


def test_a_multipart_form_is_read_as_a_plain_one() -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    fields = {b"event": b"opened", b"recipient": b"ada@example.com", b"timestamp": b"1795334400"}
    attachment = (
        b'--b\r\nContent-Disposition: form-data; name="attachment-1"; filename="a.txt"\r\n'
        b"Content-Type: text/plain\r\n\r\nreport\r\n"
    )
    body = b"".join(part % field for field in fields.items()) + attachment + b"--b--\r\n"
    decoded = read("mailgun", post("mailgun", body, {"content-type": "multipart/form-data; boundary=b"}))
    assert decoded is not None
    assert [entry.value["type"] for entry in decoded.entries] == ["email_open"]
    too_many = (part % (b"a", b"1")) * 1001 + b"--b--\r\n"
    assert read("mailgun", post("mailgun", too_many, {"content-type": "multipart/form-data; boundary=b"})) is None


def _places(value: Any) -> Any:
    """Every (holder, name or index) inside a JSON value."""
    if isinstance(value, (dict, list)):
        for name in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, name
            yield from _places(value[name])
