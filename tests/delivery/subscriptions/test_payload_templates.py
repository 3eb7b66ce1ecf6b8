"""Payloads made of templates: data in, JSON out, and nothing that a contact sends can change their shape."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamprocessor.contract.display import Display
from streamprocessor.contract.subscriptions.business_days import Calendar
from streamprocessor.contract.topic_names import BECAME_HOT_LEAD, SCORE_UPDATED
from streamprocessor.delivery.announcements import Announcement
from streamprocessor.delivery.subscriptions.payload_templates import parse_template, read_template, refuse_unknown_paths
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.errors import OperatorError
from tests.delivery.leads import Lead

WORDING = Phrases(Calendar(), {"pricing": "pricing page", "contact-us": "contact form"})


def filled(name: str, lead: Lead) -> dict[str, object]:
    content: dict[str, object] = orjson.loads(read_template(name, Path()).fill(lead.announcement(), "crm", WORDING, {}))
    return content


def test_a_lead_is_flat_and_in_human_words() -> None:
    content = filled("lead", Lead("jane", 1))
    assert content["sentence"] == "jane became a hot lead (41): pricing page twice, contact form"
    assert content["call_by"] == "2026-11-23"
    assert content["score"] == 41
    assert all(not isinstance(value, (dict, list)) for value in content.values())


@settings(max_examples=100, deadline=None)
@given(st.text(min_size=1, max_size=40))
def test_no_contact_id_can_change_a_payloads_shape_or_address_a_slack_channel(contact_id: str) -> None:
    lead = Lead("jane", 1).announcement()
    named = Announcement(
        **{field: getattr(lead, field) for field in Announcement.__slots__} | {"contact_id": contact_id}
    )
    content = orjson.loads(read_template("slack", Path()).fill(named, "crm", WORDING, {}))
    assert set(content) == {"text", "blocks"}
    assert "<" not in content["text"]
    assert ">" not in content["text"]
    flat = orjson.loads(read_template("flat", Path()).fill(named, "crm", WORDING, {}))
    assert flat["contact_id"] == contact_id


def test_a_template_of_ones_own_keeps_types_and_fills_texts(tmp_path: Path) -> None:
    (tmp_path / "crm.yaml").write_text(
        "body: {n: '${data.score}', t: 'score ${data.score} of ${data.contact_id}${data.model.none}',"
        " all: '${data.because}', plain: '$${data.score}', deep: [{version: '${data.model.version}'}],"
        " fixed: 1.5, nothing: null}"
    )
    template = read_template("crm.yaml", tmp_path)
    refuse_unknown_paths(template, (BECAME_HOT_LEAD,))
    content = orjson.loads(template.fill(Lead("${data.score}", 1).announcement(), "crm", WORDING, {}))
    assert (content["n"], content["t"]) == (41, "score 41 of ${data.score}")
    assert len(content["all"]) == 3
    assert (content["plain"], content["deep"]) == ("${data.score}", [{"version": "v"}])
    assert (content["fixed"], content["nothing"]) == (1.5, None)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("body: {a: '${data.scor}'}", "got 'data.scor'"),
        ("body: {a: '${data.contact_id.__class__}'}", "__class__"),
        ("body: {a: '${words.sentenc}'}", "got 'words.sentenc'"),
        ("body: {a: '${nothing'}", r"wanted } after \${"),
        ("body: {a: '${}'}", "got ''"),
        ("escape: html\nbody: {}", "t.yaml:1: .*'html'"),
        ("content: a", "'body' is missing"),
        ("body: [", "wanted YAML"),
    ],
)
def test_a_template_that_asks_for_what_is_not_there_is_refused_at_start(text: str, sentence: str) -> None:
    with pytest.raises(OperatorError, match=sentence):
        refuse_unknown_paths(parse_template(text, "t.yaml"), (BECAME_HOT_LEAD,))


def test_a_template_for_leads_alone_is_refused_for_score_updates() -> None:
    refuse_unknown_paths(read_template("lead", Path()), (BECAME_HOT_LEAD,))
    with pytest.raises(OperatorError, match="for score-updated"):
        refuse_unknown_paths(read_template("lead", Path()), (BECAME_HOT_LEAD, SCORE_UPDATED))
    with pytest.raises(OperatorError, match="cloudevents, flat, lead, mail, slack"):
        read_template("excel", Path())


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            {
                "changed": ["e"],
                "scores": {"e": {"score": 7, "stage": "warm"}},
                "because": [{"rule": "open_mail", "points": 1}],
            },
            "c has e 7 (warm): open mail",
        ),
        ({"changed": ["i"], "scores": {"i": {"values": {"crm": {"score": 5}}}}}, "c has i crm 5"),
        ({"changed": ["g"], "scores": {"g": {"stage": "A1"}}}, "c has g A1"),
        ({"changed": ["e"], "scores": {"e": None}}, "c has e no longer"),
        ({"changed": ["e"], "scores": {}}, "c has e no longer"),
        ({"changed": [], "scores": {}}, "c has no scores any more"),
        (
            {
                "changed": ["f"],
                "scores": {"f": {"score": 7}},
                "because": [{"rule": "r", "count": 5}, {"group": "g", "cut": True}],
            },
            "c has f 7: r 5 times",
        ),
    ],
)
def test_a_score_update_has_its_sentence(data: dict[str, object], sentence: str) -> None:
    announcement = Announcement(SCORE_UPDATED, "i", "t", "/s", "c", "2026-11-20T08:00:00.000Z", 0, data)
    assert Phrases().words_of(announcement, {})["sentence"] == sentence


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({"name": "Jane Smith", "first_name": "J", "company": "Acme"}, "Jane Smith"),
        ({"first_name": "Jane", "last_name": "Smith", "company": "Acme"}, "Jane Smith"),
        ({"full_name": "Jane Smith", "name": "js", "email": "jane@example.com"}, "Jane Smith"),
        ({"email": "jane@example.com", "company": "Acme"}, "jane@example.com"),
        ({"last_name": "Smith"}, "Smith"),
        ({"company": "Acme"}, "Acme"),
        ({"name": "  ", "company": 1860}, "1860"),
        ({"name": ["no", "text"], "first_name": True}, "c-42"),
        ({"name": "two\n lines\tof it"}, "two lines of it"),
        ({"name": "x" * 1_000}, "x" * 200),
        ({}, "c-42"),
    ],
)
@pytest.mark.parametrize("template", ["flat", "lead", "slack"])
def test_contacts_are_called_by_what_the_wording_says_else_by_their_id(
    template: str, attributes: dict[str, object], name: str
) -> None:
    body = read_template(template, Path()).fill(Lead("c-42", 1).announcement(), "crm", WORDING, attributes)
    sentence = f"{name} became a hot lead (41): pricing page twice, contact form"
    assert sentence in body.decode()


def test_who_calls_contacts_by_other_attributes_says_so() -> None:
    wording = Phrases(name_from=(("nick",), ("title", "last_name")))
    announcement = Lead("c", 1).announcement()
    assert wording.words_of(announcement, {"name": "Jane", "title": "Dr", "last_name": "Who"})["name"] == "Dr Who"
    assert wording.words_of(announcement, {"name": "Jane"})["name"] == "c"


def test_contacts_are_called_as_the_model_in_force_does_unless_the_file_says_how() -> None:
    model = {"display": Display(name=(("nick",),))}
    wordings = [Phrases(name_from=said, model_display=lambda: model["display"]) for said in (None, (("name",),))]
    announcement, jane = Lead("c", 1).announcement(), {"name": "Jane", "nick": "JJ", "email": "j@example.com"}
    assert [each.words_of(announcement, jane)["name"] for each in wordings] == ["JJ", "Jane"]

    model["display"] = Display(name=(("email",),))
    assert [each.words_of(announcement, jane)["name"] for each in wordings] == ["j@example.com", "Jane"]


def test_a_template_may_say_the_attributes_that_a_hot_lead_tells() -> None:
    template = parse_template("body: {firm: '${data.attributes.company}', who: '${data.display_name}'}", "t.yaml")
    refuse_unknown_paths(template, ("became-hot-lead",))
    with pytest.raises(OperatorError, match="for score-updated: wanted one of"):
        refuse_unknown_paths(template, ("score-updated",))


def test_only_a_template_with_names_asks_for_them() -> None:
    said = {
        name: read_template(name, Path()).names_contacts for name in ("cloudevents", "flat", "lead", "mail", "slack")
    }
    assert said == {"cloudevents": False, "flat": True, "lead": True, "mail": True, "slack": True}
    assert parse_template("body: {deep: [{a: 'of ${words.name}'}]}", "t.yaml").names_contacts


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_no_name_can_address_a_slack_channel(name: str) -> None:
    body = read_template("slack", Path()).fill(Lead("jane", 1).announcement(), "crm", WORDING, {"name": name})
    assert not set(orjson.loads(body)["text"]) & set("<>")


LINKED = Phrases(page_url="https://leads.example.com")
LINK = "https://leads.example.com/contact?contact_id=a%26b"


@pytest.mark.parametrize("name", ["flat", "lead"])
def test_a_flat_lead_links_to_its_contact_where_the_pages_address_is_known_and_is_as_ever_elsewhere(name: str) -> None:
    announcement = Lead("a&b", 1).announcement()
    linked = orjson.loads(read_template(name, Path()).fill(announcement, "crm", LINKED, {}))
    plain = orjson.loads(read_template(name, Path()).fill(announcement, "crm", Phrases(), {}))

    assert linked.pop("contact_url") == LINK
    assert linked == plain


def test_slacks_message_links_to_the_contact_where_the_pages_address_is_known() -> None:
    announcement = Lead("a&b", 1).announcement()
    linked = orjson.loads(read_template("slack", Path()).fill(announcement, "crm", LINKED, {}))
    plain = orjson.loads(read_template("slack", Path()).fill(announcement, "crm", Phrases(), {}))

    link = {"type": "section", "text": {"type": "mrkdwn", "text": f"<{LINK}|Open the contact>"}}
    assert linked["blocks"] == [*plain["blocks"], link]
    assert [block["type"] for block in plain["blocks"]] == ["section", "context"]


def test_a_template_says_attributes_that_it_names_and_asks_for_no_other() -> None:
    template = parse_template(
        "body: {a: '${attributes.company}', b: 'at ${attributes.phone}', c: '${attributes.company.name}'}", "t.yaml"
    )
    refuse_unknown_paths(template, (BECAME_HOT_LEAD, SCORE_UPDATED))

    assert template.attributes == {"company", "company.name", "phone"}
    body = template.fill(
        Lead("c", 1).announcement(), "crm", WORDING, {"company": ["Acme"], "company.name": "Acme", "fax": "1"}
    )
    assert orjson.loads(body) == {"a": ["Acme"], "b": "at ", "c": "Acme"}
    for wrong in ("attributes", "attributes.", "attributes.a..b"):
        with pytest.raises(OperatorError, match=r"attributes\.NAME"):
            refuse_unknown_paths(parse_template(f"body: ['${{{wrong}}}']", "t.yaml"), (BECAME_HOT_LEAD,))
