from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamprocessor.collector.tracking.form_reading.card_numbers import holds_card_number
from streamprocessor.collector.tracking.form_reading.fields import (
    MAX_FIELDS,
    MAX_FIELDS_BYTES,
    MAX_VALUE_CHARS,
    stored_fields,
)
from streamprocessor.collector.tracking.forms import MAX_PARTS, forms
from streamprocessor.collector.tracking.tokens import Tracked
from tests.collector.input_topics import topic_of
from tests.collector.tracking.requests import (
    AGENT,
    CONTACT_IDS,
    KEYS,
    NOW,
    NOW_MS,
    READING,
    SITES,
    Served,
    request,
    serve,
)
from tests.harness.steps import steps_of

FORMS = forms(KEYS, READING, SITES)
ADA = CONTACT_IDS.address("ada@example.com")
VISITOR = {"_sp_id": "0123456789abcdef"}
TOKEN = {"_sp": KEYS.sign("visitor", Tracked("c-42", expires_at_ms=NOW_MS + 1))}


ELSEWHERE = (
    *(
        "//elsewhere.example/",
        "///elsewhere.example/",
        "////elsewhere.example/",
        "/\\elsewhere.example/",
        "\\\\elsewhere.example",
    ),
    *(
        "https:elsewhere.example",
        "https:/elsewhere.example/",
        "https:///elsewhere.example/",
        "https:\\\\elsewhere.example\\",
    ),
    *(
        "HTTPS://ELSEWHERE.EXAMPLE/",
        "ftp://www.example.com/",
        "data:text/html,x",
        "java\tscript:alert(1)",
        "/thanks",
        "thanks",
    ),
    *("https://www.example.com%2eelsewhere.example/", "https://www.example.com%40elsewhere.example/"),
    *("https://www.example.com:pw@elsewhere.example/", "https://@elsewhere.example/", "https://www.example.com.:443/"),
    *("https://www.example.com;.elsewhere.example/", "https://www.example.com,elsewhere.example/"),
    *("https://www.example.com%00.elsewhere.example/", "https://www.example.com\0/", "https://www.example.com\n/"),
    *(
        "https://elsewhere.example#www.example.com",
        "https://elsewhere.example?www.example.com",
    ),
    *("https://www.example.com:0/", "https://www.example.com:443:443/", "https://www.example.com:99999/"),
    *(
        "https://www.example.com:\u0664\u0664\u0663/",
        "https://www.ex\u0430mple.com/",
        "https://www\u3002example\u3002com.elsewhere.example/",
    ),
    *(
        "https://\uff57ww.example.com.elsewhere.example/",
        "https://[www.example.com]/",
        "https://[::1]/",
        "https://127.0.0.1/",
    ),
    *(" https://elsewhere.example/", "\x01https://elsewhere.example/", "https://elsewhere.example\\.www.example.com/"),
)


def post(fields: dict[str, str], path: str = "/f/contact", headers: dict[str, str] | None = None) -> Served:
    all_headers = {"content-type": "application/x-www-form-urlencoded"} | (headers or {})
    return serve(FORMS, request("POST", path, all_headers, urlencode(fields).encode()))


def post_multipart(fields: dict[str, str], files: Any = None) -> Served:
    sent = httpx.Request(
        "POST", "http://collector.example/f/contact", data=fields, files=files or {"f": ("none.txt", b"")}
    )
    return serve(FORMS, request("POST", "/f/contact", dict(sent.headers), sent.read()))


def filed_under(served: Served) -> list[tuple[str, str]]:
    return [(topic_of(entry), entry.contact_id) for entry in served.decoded.entries]


@pytest.mark.parametrize("send", [post, post_multipart])
def test_a_form_is_a_submission_of_whoever_reads_the_address(send: Callable[[dict[str, str]], Served]) -> None:
    served = send({"email": "Ada@Example.com", "message": "Hällo & more"})

    entry = served.decoded.entries[0]
    assert (topic_of(entry), entry.contact_id) == ("form-submissions", ADA)
    assert entry.value == {
        "id": entry.value["id"],
        "contact_id": ADA,
        "type": "form_submission",
        "occurred_at": NOW,
        "properties": {"form": "contact", "fields": {"email": "Ada@Example.com", "message": "Hällo & more"}},
        "context": {"user_agent": AGENT, "ip": "203.0.113.9"},
    }


def test_the_page_with_the_form_is_its_url() -> None:
    properties = post({"email": "ada@example.com"}, headers={"referer": "https://www.example.com/ask?a=1"}).values[0][
        "properties"
    ]

    assert (properties["url"], properties["path"]) == ("https://www.example.com/ask?a=1", "/ask")


def test_files_are_left_out() -> None:
    served = post_multipart({"email": "ada@example.com"}, {"cv": ("cv.pdf", b"%PDF" * 1000, "application/pdf")})

    assert served.values[0]["properties"]["fields"] == {"email": "ada@example.com"}


def test_the_visitor_whom_the_script_knows_turns_out_to_read_the_address() -> None:
    served = post({"email": "ada@example.com"} | VISITOR)

    assert filed_under(served) == [("form-submissions", ADA), ("contact-updates", ADA), ("contact-updates", ADA)]
    assert (served.values[1]["update"], served.values[1]["anonymous_id"]) == ("identify", "anon:0123456789abcdef")


def test_a_mail_that_was_handed_on_makes_nobodys_form_that_of_its_first_reader() -> None:
    assert filed_under(post({"email": "ada@example.com"} | TOKEN))[0] == ("form-submissions", ADA)
    form, identify, attributes = post({"email": "ada@example.com"} | TOKEN | VISITOR).decoded.entries
    assert (form.contact_id, attributes.contact_id) == (ADA, ADA)
    assert (identify.contact_id, identify.value["anonymous_id"], identify.is_proven) == (
        "c-42",
        "anon:0123456789abcdef",
        True,
    )


def test_a_form_without_an_address_is_of_whom_the_mail_was_sent_to() -> None:
    assert filed_under(post({"message": "hello"} | TOKEN)) == [("form-submissions", "c-42")]
    assert filed_under(post({"message": "hello"} | TOKEN | VISITOR)) == [
        ("form-submissions", "anon:0123456789abcdef"),
        ("contact-updates", "c-42"),
    ]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"message": "hello"}, "no-address"),
        ({"message": "hello", "friend_email": "bob@example.com"}, "no-address"),
        ({"a": "ada@example.com", "b": "bob@example.com"}, "several-addresses"),
    ],
)
def test_a_message_of_nobody_is_kept_as_a_contact_of_its_own_once(fields: dict[str, str], reason: str) -> None:
    first, again, other = post(fields), post(fields), post(fields | {"message": "another"})

    event = first.values[0]
    assert (event["properties"]["fields"], event["properties"]["unidentified"]) == (fields, reason)
    assert first.answer.status == 200
    assert b"Thank you" in first.answer.body
    assert event["contact_id"].startswith("anon:form-")
    assert event["contact_id"] == again.values[0]["contact_id"] != other.values[0]["contact_id"]


def test_what_a_form_tells_of_a_person_becomes_attributes_and_nothing_else_does() -> None:
    fields = {"email": "ada@example.com", "Company": " Example Ltd ", "job-title": "CTO", "Nachname": "Byron"}
    served = post(fields | {"diagnosis": "x"})

    update = served.values[1]
    assert (update["update"], update["contact_id"]) == ("attributes", ADA)
    assert update["attributes"] == {
        "company": "Example Ltd",
        "job_title": "CTO",
        "last_name": "Byron",
        "email": "ada@example.com",
    }


def test_who_fills_the_honeypot_is_a_scanner_and_nobody_is_identified() -> None:
    served = post({"email": "ada@example.com", "company": "Spam", "_honeypot": "x"} | VISITOR)

    (value,) = served.values
    assert (value["context"]["actor"], value["properties"]["honeypot"]) == ("scanner", True)
    assert served.answer == post({"email": "ada@example.com"}).answer


def test_an_empty_honeypot_is_a_persons() -> None:
    assert "actor" not in post({"email": "ada@example.com", "_honeypot": ""}).values[0]["context"]


def test_a_form_offers_its_write_key() -> None:
    asked = request("POST", "/f/contact", {"content-type": "application/x-www-form-urlencoded"}, b"_key=w1&a=b")

    assert FORMS.needs_key
    assert FORMS.parse(asked).key == "w1"


@pytest.mark.parametrize("to", ["https://www.example.com/thanks?a=b", "https://shop.example.org/"])
def test_afterwards_the_person_is_sent_to_a_site_of_ours(to: str) -> None:
    served = post({"email": "ada@example.com", "_redirect": to})

    assert (served.answer.status, served.headers["Location"]) == (303, to)


@pytest.mark.parametrize(
    "to",
    [
        "",
        "https://elsewhere.example/",
        "https://www.example.com.elsewhere.example/",
        "https://elsewhere.example/https://www.example.com/",
        "https://www.example.com@elsewhere.example/",
        "https://www.example.com:8443/",
        "https://www.example.com\\.elsewhere.example/",
        "https://elsewhere.example\\@www.example.com/",
        "//www.example.com/",
        "javascript:alert(1)//www.example.com/",
        "https://www.example.com/\r\nX: y",
        "https://www.example.com\t/",
        *ELSEWHERE,
    ],
)
def test_to_no_other_place_anybody_is_sent_but_thanked_here(to: str) -> None:
    served = post({"email": "ada@example.com", "_redirect": to})

    assert served.answer.status == 200
    assert "Location" not in served.headers
    assert b"Thank you" in served.answer.body


def test_where_a_form_may_not_lead_is_in_the_log_once_with_its_host_and_nothing_of_the_person(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in ("ada", "bob"):
        to = f"https://elsewhere.example/thanks?email={name}@example.com"
        post({"email": f"{name}@example.com", "_redirect": to}, "/f/redirecting")
    post({"email": "ada@example.com", "_redirect": "thanks.html?ada"}, "/f/redirecting")
    post({"email": "ada@example.com"}, "/f/redirecting")

    begin = "form redirecting: _redirect: wanted an address on one of STREAMPROCESSOR_ALLOWED_SITES; got "
    assert caplog.messages == [
        f"{begin}one to elsewhere.example: people see our thanks instead",
        f"{begin}no web address: people see our thanks instead",
    ]


@pytest.mark.parametrize(
    ("headers", "body", "path", "status"),
    [
        ({"content-type": "application/json"}, b"{}", "/f/contact", 415),
        ({}, b"email=ada%40example.com", "/f/contact", 415),
        ({"content-type": "multipart/form-data"}, b"x", "/f/contact", 400),
        ({"content-type": "multipart/form-data; boundary=b"}, b"no boundary", "/f/contact", 400),
        ({"content-type": "application/x-www-form-urlencoded"}, b"&".join([b"a=b"] * (MAX_PARTS + 1)), "/f/x", 400),
        ({"content-type": "application/x-www-form-urlencoded"}, b"email=a%40b.cd", "/f/<b>", 404),
    ],
)
def test_what_is_no_form_is_refused_with_a_sentence_for_people(
    headers: dict[str, str] | None, body: bytes, path: str, status: int
) -> None:
    served = serve(FORMS, request("POST", path, headers, body))

    assert (served.answer.status, served.answer.content_type) == (status, "text/html; charset=utf-8")
    assert served.values == []


@settings(max_examples=150)
@given(
    st.sampled_from(["application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "multipart/form-data; x"]),
    st.one_of(st.binary(max_size=300), st.builds(lambda b: b"--b\r\n" + b + b"\r\n--b--\r\n", st.binary(max_size=200))),
)
def test_no_bytes_bring_the_reader_down(content_type: str, body: bytes) -> None:
    assert serve(FORMS, request("POST", "/f/contact", {"content-type": content_type}, body)).answer.status < 500


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "hunter2"),
        ("user[passwd]", "hunter2"),
        ("csrf_token", "a8f7"),
        ("card_number", "1234"),
        ("cvc", "123"),
        ("iban", "DE89 3704 0044 0532 0130 00"),
        ("note", "4111111111111111"),
        ("note", "it is 4111 1111 1111 1111, 12/27"),
        ("note", "3782-822463-10005"),
        ("note", "no 12 4111-1111-1111-1111 34"),
        ("_anything", "of ours"),
        ("", "no name"),
    ],
)
def test_what_is_private_is_not_kept(name: str, value: str) -> None:
    assert stored_fields([(name, value), ("topic", "prices")]) == {"topic": "prices"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("note", "4111111111111112"), ("phone", "+49 171 1234567"), ("passenger", "2"), ("year", "2026")],
)
def test_what_only_looks_like_it_is_kept(name: str, value: str) -> None:
    assert stored_fields([(name, value)]) == {name: value}


@given(st.text("0123456789", min_size=12, max_size=18), st.sampled_from(["", " ", "-"]), st.integers(1, 6))
def test_every_number_with_a_valid_check_digit_is_found_however_it_is_grouped(
    digits: str, separator: str, size: int
) -> None:
    last = next(d for d in "0123456789" if _luhn_sum(digits + d) % 10 == 0)
    number = digits + last
    grouped = separator.join(number[at : at + size] for at in range(0, len(number), size))

    assert holds_card_number(f"my card: {grouped}, thanks")


@given(st.text("0123456789 -.x", max_size=60))
def test_the_one_pass_finds_what_trying_all_groups_finds(text: str) -> None:
    def is_found_by_trying_all(run: str) -> bool:
        groups = re.split("[ .-]", run)
        numbers = ("".join(groups[i:j]) for i in range(len(groups)) for j in range(i + 1, len(groups) + 1))
        return any(13 <= len(number) <= 19 and _luhn_sum(number) % 10 == 0 for number in numbers)

    assert holds_card_number(text) == any(map(is_found_by_trying_all, re.findall("[0-9]+(?:[ .-][0-9]+)*", text)))


@pytest.mark.parametrize("unit", ["1 ", "4111 ", "1", "1x", "0123456789012 ", "1-1.1 "])
@pytest.mark.parametrize("length", [1_000, 10_000])
def test_looking_for_cards_takes_steps_as_the_text_has_characters(unit: str, length: int) -> None:
    most_for_a_character = 30

    assert steps_of(lambda: holds_card_number((unit * length)[:length])) <= most_for_a_character * length


def test_a_form_costs_no_more_than_what_may_be_stored_of_it_however_much_is_private() -> None:
    card = "1 " * 490 + "4111111111111111"
    few, many = ([(f"f{n}", card) for n in range(count)] for count in (17, 200))

    assert stored_fields(many) == {}
    assert steps_of(lambda: stored_fields(many)) == steps_of(lambda: stored_fields(few))


def _luhn_sum(number: str) -> int:
    """Written apart from the product: the textbook's way, from the left."""
    total = 0
    for index, digit in enumerate(number):
        value = int(digit) * (2 if (len(number) - index) % 2 == 0 else 1)
        total += value if value < 10 else value - 9
    return total


def test_several_values_under_one_name_are_one_text() -> None:
    assert stored_fields([("topic", "a"), ("topic", "b")]) == {"topic": "a, b"}


def test_what_is_kept_of_a_form_is_bounded() -> None:
    many = stored_fields((f"name{n}", "x") for n in range(1000))
    large = stored_fields((f"name{n}", "\x01" * 5000) for n in range(1000))

    assert len(many) == MAX_FIELDS
    assert len(orjson.dumps(large)) <= MAX_FIELDS_BYTES
    assert {len(text) for text in large.values()} == {MAX_VALUE_CHARS}


def test_a_page_shows_no_text_of_the_request() -> None:
    served = serve(FORMS, request("POST", "/f/<script>", {"content-type": "text/<script>"}))

    assert b"<script>" not in served.answer.body
    assert escape("<script>").encode() not in served.answer.body


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=b"]
)
def test_a_form_that_is_none_is_told_to_who_posts_it_and_not_to_the_log(
    content_type: str, caplog: pytest.LogCaptureFixture
) -> None:
    served = serve(FORMS, request("POST", "/f/contact", {"content-type": content_type}, b"rubbish"))

    assert served.answer.status == 400
    assert caplog.records == []


def test_files_count_as_parts_of_a_form() -> None:
    files = {f"f{n}": ("none.txt", b"x") for n in range(MAX_PARTS)}

    assert post_multipart({"email": "ada@example.com"}, files).answer.status == 400
