"""The subscriptions' file, read strictly."""

from __future__ import annotations

from datetime import date, time

import jsonschema
import orjson
import pytest

from streamprocessor.contract.subscriptions.digests import Digest
from streamprocessor.contract.subscriptions.email import Email
from streamprocessor.contract.subscriptions.subscription_file import parse_subscription, parse_subscription_file
from streamprocessor.errors import OperatorError
from tests.harness.system import ROOT

WHOLE = """
calendar: {time_zone: Europe/Berlin, weekend: [friday, saturday], holidays: [2026-12-25]}
words: {pricing: pricing page}
subscriptions:
  crm:
    url: env:CRM_URL
    events: [became-hot-lead]
    template: lead
    secrets: [env:NEW, file:/run/secrets/old]
    when: {score: engagement, to: hot}
  board: {url: https://hooks.example.com/1, events: [score-updated], signed: false}
"""
MAIL = """
subscriptions:
  sales:
    email:
      to: [sales@example.com, o'neil+leads@mail.example.com]
      from: leads@example.com
      digest: {at: "08:00", time_zone: Europe/Berlin, business_days: true}
    events: [became-hot-lead]
"""


def test_the_file_says_who_gets_what() -> None:
    parsed = parse_subscription_file(WHOLE, "s.yaml")

    crm, board = parsed.subscriptions
    assert (crm.url, crm.template, crm.secrets) == ("env:CRM_URL", "lead", ("env:NEW", "file:/run/secrets/old"))
    assert (crm.filter.score, crm.filter.to_stages) == ("engagement", frozenset({"hot"}))
    assert (board.name, board.template, board.secrets) == ("board", "cloudevents", ())
    assert parsed.calendar.holidays == {date(2026, 12, 25)}
    assert parsed.rule_words == {"pricing": "pricing page"}


@pytest.mark.parametrize(
    ("wrong", "right", "sentence"),
    [
        ("secrets: [env:NEW, file:/run/secrets/old]", "secrets: [whsec_abc]", "s.yaml:9: .*wanted references"),
        (", signed: false", "", "s.yaml:11: .*'secrets' is missing"),
        ("template: lead", "templat: lead", "s.yaml:8: .*did you mean 'template'"),
        ("[became-hot-lead]", "[became-hot]", "s.yaml:7: .*did you mean 'became-hot-lead'"),
        ("{score: engagement, to: hot}", "{change_at_least: 5}", "told by score-updated only"),
        ("to: hot}", "too: hot}", "did you mean 'to'"),
        ("url: env:CRM_URL", "template: flat", "wanted exactly one of url, email"),
        ("Europe/Berlin", "Europe/Nowhere", "wanted a time zone"),
        ("2026-12-25", "2026-13-25", "wanted a date"),
        ("[friday, saturday]", "[monday, tuesday, wednesday, thursday, friday, saturday, sunday]", "not all"),
        ("  board:", "  b oard:", "wanted a name"),
        ("  board:", "  crm:", "crm"),
        ("{score: engagement, to: hot}", "{segment: {entered: berlin}}", "told by score-updated only"),
        (", signed: false", ", signed: false, suppressed: keep", "s.yaml:11: .*wanted send or skip; got 'keep'"),
        ("to: hot}", "attributes: []}", "s.yaml:10: .*wanted a list of conditions"),
        ("to: hot}", "attributes: [{attribute: city}]}", "s.yaml:10: .*wanted one condition; got none"),
        ("words: {pricing: pricing page}", "name_from: name", "s.yaml:3: .*wanted a list of attributes"),
        ("words: {pricing: pricing page}", "name_from: [[first, []]]", "s.yaml:3: .*wanted a text"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line_and_what_was_wanted(wrong: str, right: str, sentence: str) -> None:
    assert wrong in WHOLE
    with pytest.raises(OperatorError, match=sentence) as refused:
        parse_subscription_file(WHOLE.replace(wrong, right), "s.yaml")
    assert "whsec_abc" not in str(refused.value)


def test_a_subscription_may_go_to_people_by_mail_in_one_a_day() -> None:
    [sales] = parse_subscription_file(MAIL, "s.yaml").subscriptions

    assert (sales.url, sales.template, sales.secrets) == (None, "mail", ())
    assert sales.email == Email(
        ("sales@example.com", "o'neil+leads@mail.example.com"),
        "leads@example.com",
        Digest(time(8), "Europe/Berlin", business_days=True),
    )


@pytest.mark.parametrize(
    ("wrong", "right", "sentence"),
    [
        ("to: [sales@example.com, o'neil", "to: [o'neil", None),
        ("to: [sales@example.com,", "to: [o'neil+leads@mail.example.com,", "s.yaml:5: .*wanted each mail address once"),
        ("sales@example.com,", "Sales <sales@example.com>,", "s.yaml:5: .*wanted a mail address"),
        ("sales@example.com,", "'sales@example.com\\nBcc: all@example.com',", "s.yaml:5: .*wanted a mail address"),
        ("sales@example.com,", "'sales@example.com,all@example.com',", "s.yaml:5: .*wanted a mail address"),
        ("sales@example.com,", "säles@example.com,", "s.yaml:5: .*wanted a mail address"),
        ("sales@example.com,", f"{'a' * 65}@example.com,", "s.yaml:5: .*wanted a mail address"),
        ("sales@example.com,", f"{', '.join(f'a{n}@example.com' for n in range(20))},", "at most 20"),
        ("from: leads@example.com", "from: leads", "s.yaml:6: .*wanted a mail address"),
        ('"08:00"', '"8:00"', "s.yaml:7: .*wanted a time of the day such as 08:00; got '8:00'"),
        ('"08:00"', '"24:00"', "s.yaml:7: .*wanted a time of the day"),
        ("Europe/Berlin", "Europe/Nowhere", "s.yaml:7: .*wanted a time zone"),
        ('at: "08:00", ', "", "s.yaml:7: .*'at' is missing"),
        ("business_days: true", "business_days: sometimes", "s.yaml:7: .*wanted true or false"),
        (
            "events: [became",
            "url: https://a.example\n    events: [became",
            "exactly one of url, email; got url and email",
        ),
        ("events: [became", "signed: false\n    events: [became", "'signed' is of webhooks"),
        ("events: [became", "secrets: [env:A]\n    events: [became", "'secrets' is of webhooks"),
    ],
)
def test_what_is_wrong_of_a_mail_is_refused_without_any_address(wrong: str, right: str, sentence: str | None) -> None:
    assert wrong in MAIL
    text = MAIL.replace(wrong, right)
    if sentence is None:
        assert parse_subscription_file(text, "s.yaml").subscriptions
        return
    with pytest.raises(OperatorError, match=sentence) as refused:
        parse_subscription_file(text, "s.yaml")
    assert "@example.com;" not in str(refused.value).replace("such as sales@example.com;", "")


def test_the_file_says_what_contacts_are_called_by_and_who_gets_suppressed_ones() -> None:
    parsed = parse_subscription_file(
        f"name_from: [nick, [first, last]]{WHOLE.rstrip()[:-1]}, suppressed: send}}", "s.yaml"
    )
    assert parsed.name_from == (("nick",), ("first", "last"))
    assert [subscription.gets_suppressed for subscription in parsed.subscriptions] == [False, True]
    assert parse_subscription_file(WHOLE, "s.yaml").name_from is None


@pytest.mark.parametrize(
    ("when", "sentence"),
    [
        ("{segment: {}}", "wanted exactly one of entered, left"),
        ("{segment: {entered: a, left: b}}", "wanted exactly one of entered, left; got entered and left"),
        ("{segment: berlin}", "wanted a mapping of entered, left"),
        ("{segment: {entered: a b}}", "wanted a name"),
    ],
)
def test_a_segment_is_entered_or_left(when: str, sentence: str) -> None:
    text = f"{{url: https://a.example, events: [score-updated], signed: false, when: {when}}}"
    with pytest.raises(OperatorError, match=sentence):
        parse_subscription("s", text, "topic")


WHEN: dict[str, object] = {"url": "https://a.example", "events": ["score-updated"], "signed": False}
HOT: dict[str, object] = {"events": ["became-hot-lead"]}
SAID = [
    ({"url": "https://a.example", "events": ["score-updated"], "secrets": ["env:A"]}, True),
    ({"url": "https://a.example", "events": ["became-hot-lead"], "signed": False, "when": {"to": ["hot"]}}, True),
    ({"url": "https://a.example", "events": [], "signed": False}, False),
    ({"url": "https://a.example", "events": ["page-visit"], "signed": False}, False),
    ({"url": "https://a.example", "events": ["score-updated"], "secrets": ["whsec_x"]}, False),
    ({"events": ["score-updated"], "signed": False}, False),
    ({"url": "https://a.example", "events": ["score-updated"], "signed": False, "colour": 1}, False),
    (
        WHEN | {"when": {"attributes": [{"attribute": "city", "one_of": ["Berlin", 7, True]}]}, "suppressed": "send"},
        True,
    ),
    (WHEN | {"when": {"attributes": [{"attribute": "age", "at_least": 18, "at_most": 30.5}]}}, True),
    (WHEN | {"when": {"attributes": [{"attribute": "age", "at_least": 18, "equals": 30}]}}, False),
    (WHEN | {"when": {"attributes": [{"attribute": "city", "like": "B"}]}}, False),
    (WHEN | {"when": {"segment": {"entered": "berlin"}}, "suppressed": "skip"}, True),
    (WHEN | {"when": {"segment": {"entered": "berlin", "left": "berlin"}}}, False),
    (WHEN | {"when": {"segment": {"within": "berlin"}}}, False),
    (WHEN | {"suppressed": True}, False),
    (HOT | {"email": {"to": ["a@b.example"]}}, True),
    (HOT | {"email": {"to": ["a@b"], "from": "c@b", "digest": {"at": "23:59", "time_zone": "Europe/Berlin"}}}, True),
    (HOT | {"email": {"to": ["a@b"], "digest": {"at": "08:00", "business_days": False}}, "template": "mail"}, True),
    (HOT | {"email": {"to": []}}, False),
    (HOT | {"email": {"to": ["a@b", "a@b"]}}, False),
    (HOT | {"email": {"to": ["a@b\nc@b"]}}, False),
    (HOT | {"email": {"to": ["a@b.-c"]}}, False),
    (HOT | {"email": {"to": [f"a@{'b' * 300}"]}}, False),
    (HOT | {"email": {"to": "a@b"}}, False),
    (HOT | {"email": {"to": ["a@b"], "digest": {}}}, False),
    (HOT | {"email": {"to": ["a@b"], "digest": {"at": "7:00"}}}, False),
    (HOT | {"email": {"to": ["a@b"], "cc": ["a@b"]}}, False),
    (HOT | {"email": {"to": ["a@b"]}, "url": "https://a.example", "signed": False}, False),
    (HOT | {"email": {"to": ["a@b"]}, "signed": False}, False),
    (HOT | {"email": {"to": ["a@b"]}, "secrets": ["env:A"]}, False),
]


@pytest.mark.parametrize(("value", "is_right"), SAID)
def test_the_schema_and_the_reader_of_the_topic_agree(value: dict[str, object], is_right: bool) -> None:
    schema = orjson.loads((ROOT / "topics" / "schemas" / "subscription.json").read_bytes())
    assert jsonschema.Draft202012Validator(schema).is_valid(value) is is_right
    if is_right:
        assert parse_subscription("s", orjson.dumps(value).decode(), "topic").events
    else:
        with pytest.raises(OperatorError):
            parse_subscription("s", orjson.dumps(value).decode(), "topic")
