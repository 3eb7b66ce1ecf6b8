"""Whatever a source calls a thing, the same words come out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from streamprocessor.collector.formats.vocabulary import read_vocabulary, snake_case
from streamprocessor.errors import OperatorError
from tests.collector.formats.sdk_requests import VOCABULARY
from tests.harness.input_topics import INPUT_TOPICS


@pytest.mark.parametrize(
    ("name", "event_type", "topic"),
    [
        ("page", "page_visit", "page-visits"),
        ("$pageview", "page_visit", "page-visits"),
        ("Form Submitted", "form_submission", "form-submissions"),
        ("submit_form", "form_submission", "form-submissions"),
        ("Email Opened", "email_open", "email-opens"),
        ("Email Link Clicked", "email_click", "email-clicks"),
        ("email_click", "email_click", "email-clicks"),
        ("Unsubscribed", "unsubscribe", "activities"),
        ("Order Completed", "purchase", "activities"),
        ("orderCompleted", "purchase", "activities"),
        ("ORDER  COMPLETED!", "purchase", "activities"),
        ("Watched Video", "watched_video", "activities"),
        ("Video Playback Completed", "video_watched", "activities"),
        ("Größe gewählt", "größe_gewählt", "activities"),
    ],
)
def test_a_name_means_a_type_that_has_its_topic(name: str, event_type: str, topic: str) -> None:
    assert VOCABULARY.type_of(name) == event_type
    assert INPUT_TOPICS.topic_of({"type": event_type}).name == topic


@pytest.mark.parametrize(
    ("name", "snake"),
    [("HTMLDownload", "html_download"), ("step2Done", "step2_done"), ("a.b-c d", "a_b_c_d"), ("$", ""), ("__", "")],
)
def test_names_become_snake_case(name: str, snake: str) -> None:
    assert snake_case(name) == snake


@pytest.mark.parametrize(
    ("event_type", "named", "beside"),
    [
        ("email_click", {"link_url": "https://a.example/pricing?x=1"}, {"path": "/pricing"}),
        ("email_open", {"campaign_name": "q4", "email_id": "m-9"}, {"campaign": "q4", "message": "m-9"}),
        ("purchase", {"revenue": 12.5, "total": 14}, {"amount": 12.5}),
        ("purchase", {"total": "14.00"}, {"amount": 14}),
        ("purchase", {"amount": "many", "total": 1}, {"amount": "many"}),
        ("purchase", {"orderId": "o-7", "transaction_id": "t-1"}, {"order_id": "o-7"}),
        ("purchase", {"transactionId": 7}, {"order_id": 7}),
        ("purchase", {"order_id": "o-7", "orderId": "o-8"}, {"order_id": "o-7"}),
        ("form_submission", {"form_id": "contact"}, {"form": "contact"}),
        ("email_bounce", {"bounce_type": "HardBounce"}, {"kind": "hard"}),
        ("email_bounce", {"bounceType": "Transient"}, {"kind": "soft"}),
        ("email_bounce", {"type": "a word of nobody's"}, {"kind": "a word of nobody's"}),
        ("download", {"form_id": "contact", "revenue": 1}, {}),
        ("page_visit", {"url": None, "$current_url": "https://a.example"}, {"url": "https://a.example", "path": "/"}),
        ("page_visit", {"url": "https://[", "path": None}, {}),
        ("page_visit", {"url": 7}, {}),
    ],
)
def test_what_came_stays_and_our_words_stand_beside_it(
    event_type: str, named: dict[str, Any], beside: dict[str, Any]
) -> None:
    url = {"url": named["link_url"]} if "link_url" in named else {}

    assert VOCABULARY.properties_of(event_type, named, {}) == named | url | beside


@pytest.mark.parametrize(
    ("named", "defaults", "properties"),
    [
        ({}, {"url": "https://a.example/b", "path": "/b"}, {"url": "https://a.example/b", "path": "/b"}),
        ({}, {"url": "https://a.example/b"}, {"url": "https://a.example/b", "path": "/b"}),
        ({"url": "/c"}, {"url": "https://a.example/b", "path": "/b"}, {"url": "/c", "path": "/c"}),
        ({"campaign": "q4"}, {"campaign": "q3", "referrer": None}, {"campaign": "q4"}),
    ],
)
def test_what_is_known_otherwise_stands_where_nothing_came(
    named: dict[str, Any], defaults: dict[str, Any], properties: dict[str, Any]
) -> None:
    assert VOCABULARY.properties_of("page_visit", named, defaults) == properties


def test_traits_stand_under_our_words_too() -> None:
    assert VOCABULARY.attributes_of({"jobTitle": "CEO", "email": "a@b.example"}) == {
        "jobTitle": "CEO",
        "job_title": "CEO",
        "email": "a@b.example",
    }


def test_a_file_of_ones_own_goes_before_ours(tmp_path: Path) -> None:
    own = tmp_path / "words.yaml"
    own.write_text(
        "types: {demo_booked: [Form Submitted]}\nproperties: {demo_booked: {amount: [seats]}, any: {url: [u]}}\n"
        "values: {email_bounce: {kind: {soft: [Hard Bounce]}}, demo_booked: {size: {small: [XS]}}}\n"
    )

    vocabulary = read_vocabulary(own)

    assert vocabulary.type_of("Form Submitted") == "demo_booked"
    assert vocabulary.type_of("$pageview") == "page_visit"
    named = {"seats": "3", "u": "/first", "href": "/second"}
    assert vocabulary.properties_of("demo_booked", named, {}) == named | {
        "amount": 3,
        "url": "/first",
        "path": "/first",
    }
    assert vocabulary.properties_of("demo_booked", {"size": "xs"}, {}) == {"size": "small"}
    kinds = [vocabulary.properties_of("email_bounce", {"kind": kind}, {})["kind"] for kind in ("hard bounce", "block")]
    assert kinds == ["soft", "soft"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("typs: {a: [b]}", "words.yaml:1: the vocabulary: unknown word 'typs' (did you mean 'types'?)"),
        ("types: {a: b}", "words.yaml:1: the vocabulary: types: a: wanted a list of names; got 'b'"),
        ("types:\n  A b: [c]", "words.yaml:2: the vocabulary: types: A b: wanted a type in snake case; got 'A b'"),
        ("types:\n  a: [x]\n  b: [X]", "words.yaml:3: the vocabulary: types: b: wanted each name under one type"),
        ("types: {a: ['$']}", "wanted names with letters or digits; got '$'"),
        ("values: {a: {b: {c: [x], d: [X]}}}", "values: a: b: d: wanted each name under one value; got 'X' under c"),
        ("properties: {url: [x]}", "wanted words, each with a list of names; got a list of 1"),
        ("numbers: [1]", "wanted a text"),
        ("types: {a: [b], a: [c]}", "'a' stands twice"),
        ("{", "wanted YAML"),
    ],
)
def test_a_file_that_says_nothing_sensible_is_refused_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    own = tmp_path / "words.yaml"
    own.write_text(text)

    with pytest.raises(OperatorError) as refused:
        read_vocabulary(own)

    assert problem in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="wanted a vocabulary in UTF-8"):
        read_vocabulary(tmp_path / "none.yaml")
