import json
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import orjson
import pytest
from cloudevents.kafka import KafkaMessage, from_binary
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from streamprocessor.contract.display import Display
from streamprocessor.contract.messages.announcements import Announcer, AnnouncerIdentity, number
from streamprocessor.contract.messages.message import Message
from streamprocessor.scoring.steps.steps import ExplanationPart, HotLeadStep, ScoreStep, Step

NANO = 10**9
AT = 1_795_334_400_123
IDENTITY = AnnouncerIdentity("https://scores.example.com", "01JINC", "default", "5f1c")

PRICING = ExplanationPart(
    "pricing-page", 9_610_000_000, event_id="01JD8Q", occurred_at_ms=AT - 1000, of_nano=10 * NANO, factor=0.961
)
STEP = Step(
    at_ms=AT,
    cause="event",
    sequence=17,
    scores=(
        ScoreStep("engagement", 41 * NANO, 41_032_100_000, "hot", True, 40 * NANO, "warm", AT + 1000),
        ScoreStep("fit", 35 * NANO, 35 * NANO, None, False, 35 * NANO, None, None),
    ),
    because=(PRICING,),
    hot_leads=(HotLeadStep("engagement", 2, 41 * NANO, "hot", "warm"),),
    strongest=(
        PRICING,
        ExplanationPart("open", 3 * NANO, kind="earlier", count=12),
        ExplanationPart(None, -500_000_000, kind="cut", group="clicks"),
    ),
)


Validators: TypeAlias = dict[str, Draft202012Validator]  # by topic


def encoded(step: Step = STEP, contact: str = "c-42") -> list[Message]:
    return Announcer(IDENTITY).encode(contact, [step])


def content_of(message: Message) -> Any:
    assert message.value is not None
    return json.loads(message.value)


@pytest.fixture(scope="session")
def validators(root: Path) -> Validators:
    def validator(name: str) -> Draft202012Validator:
        schema = json.loads((root / "topics" / "schemas" / f"{name}.json").read_text())
        Draft202012Validator.check_schema(schema)
        return Draft202012Validator(schema)

    return {name: validator(name) for name in ("score-updated", "became-hot-lead")}


def test_a_beginning_says_so_and_has_all_scores_among_the_changed(validators: Validators) -> None:
    scores = (ScoreStep("engagement", 0, 0, "cold", False, 0, "cold", None), STEP.scores[1])
    begun = STEP._replace(scores=scores, because=(), hot_leads=(), is_first=True)
    (updated,) = encoded(begun)
    content = content_of(updated)
    validators["score-updated"].validate(content)
    assert (content["first"], content["changed"]) == (True, ["engagement", "fit"])
    assert content["scores"]["engagement"] == {"score": 0, "unrounded": 0.0, "stage": "cold"}


def test_a_step_is_told_with_all_scores_and_what_changed() -> None:
    updated, _ = encoded()

    assert (updated.topic, updated.key) == ("score-updated", b"c-42")
    assert content_of(updated) == {
        "contact_id": "c-42",
        "at": "2026-11-22T08:00:00.123Z",
        "cause": "event",
        "sequence": 17,
        "changed": ["engagement"],
        "scores": {
            "engagement": {
                "score": 41,
                "previous": 40,
                "unrounded": 41.0321,
                "stage": "hot",
                "previous_stage": "warm",
                "holds_until": "2026-11-22T08:00:01.123Z",
            },
            "fit": {"score": 35, "unrounded": 35.0},
        },
        "because": [
            {"rule": "pricing-page", "points": 9.61, "event_id": "01JD8Q", "occurred_at": "2026-11-22T07:59:59.123Z"}
        ],
        "model": {"name": "default", "version": "5f1c"},
    }


@pytest.mark.parametrize(
    ("attributes", "called"),
    [
        ({"first_name": "Jane", "last_name": "Wu", "company": {"name": "Acme"}}, "Jane Wu"),
        ({"company": "Acme"}, "Acme"),
        ({"seats": 7}, None),
        ({}, None),
    ],
)
def test_a_hot_lead_tells_the_attributes_that_its_model_includes_and_what_they_alone_call_it(
    validators: Validators, attributes: dict[str, Any], called: str | None
) -> None:
    lead = STEP.hot_leads[0]._replace(attributes=attributes)
    _, told = encoded(STEP._replace(hot_leads=(lead,)))
    _, silent = encoded()

    content = content_of(told)
    validators["became-hot-lead"].validate(content)
    assert content == content_of(silent) | {"display_name": called, "attributes": attributes}
    assert told.value is not None
    assert silent.value is not None
    assert told.value.startswith(silent.value[:-1])


def test_a_hot_lead_is_called_as_its_model_displays_it() -> None:
    lead = STEP.hot_leads[0]._replace(attributes={"nick": "Jo", "first_name": "Jane"})
    announcer = Announcer(IDENTITY._replace(display=Display(name=(("nick",),))))
    _, told = announcer.encode("c-42", [STEP._replace(hot_leads=(lead,))])
    assert content_of(told)["display_name"] == "Jo"


def test_a_hot_lead_is_told_with_its_strongest_reasons() -> None:
    _, hot = encoded()

    assert (hot.topic, hot.key) == ("became-hot-lead", b"c-42")
    assert content_of(hot) == {
        "contact_id": "c-42",
        "at": "2026-11-22T08:00:00.123Z",
        "score_name": "engagement",
        "episode": 2,
        "score": 41,
        "previous_stage": "warm",
        "stage": "hot",
        "because": [
            {"rule": "pricing-page", "points": 9.61, "event_id": "01JD8Q", "occurred_at": "2026-11-22T07:59:59.123Z"},
            {"rule": "open", "points": 3, "count": 12, "earlier": True},
            {"group": "clicks", "points": -0.5, "cut": True},
        ],
        "model": {"name": "default", "version": "5f1c"},
    }


@pytest.mark.parametrize(
    ("place", "event_id", "event_type"),
    [(0, "01JINC:c-42:17", "contact.score-updated.v1"), (1, "01JINC:c-42:engagement:2", "lead.became-hot.v1")],
)
def test_every_announcement_is_a_cloud_event(place: int, event_id: str, event_type: str) -> None:
    message = encoded()[place]

    assert message.value is not None
    headers = {name: value for name, value in message.headers if value is not None}
    event = from_binary(KafkaMessage(headers, message.key, message.value))

    assert event["id"] == event_id
    assert event["type"] == event_type
    assert event["source"] == "https://scores.example.com"
    assert event["subject"] == "c-42"
    assert event["time"] == "2026-11-22T08:00:00.123Z"
    assert event["specversion"] == "1.0"
    assert event["datacontenttype"] == "application/json"
    assert len(dict(message.headers)) == len(message.headers)


def test_the_schemas_take_every_announcement(validators: Validators) -> None:
    for message in encoded():
        validators[message.topic].validate(content_of(message))


def announced_scores(*scores: ScoreStep, validators: Validators) -> tuple[list[str], dict[str, Any]]:
    body = content_of(encoded(STEP._replace(scores=scores, hot_leads=()))[0])
    validators["score-updated"].validate(body)
    return body["changed"], body["scores"]


def test_a_score_that_does_not_apply_is_told_as_null_and_its_return_has_no_previous_number(
    validators: Validators,
) -> None:
    left = ScoreStep("engagement", None, None, None, True, 41 * NANO, "hot", None)
    assert announced_scores(left, validators=validators) == (["engagement"], {"engagement": None})
    came = ScoreStep("engagement", 41 * NANO, 41 * NANO, "hot", True, None, None, None)
    shown = {"score": 41, "unrounded": 41.0, "stage": "hot", "previous": None}
    assert announced_scores(came, validators=validators) == (["engagement"], {"engagement": shown})


def test_a_matrix_is_told_by_its_label_alone(validators: Validators) -> None:
    grade = ScoreStep("grade", None, None, "A1", True, None, "B1", AT)
    shown = {"score": None, "stage": "A1", "previous_stage": "B1", "holds_until": "2026-11-22T08:00:00.123Z"}
    assert announced_scores(grade, validators=validators) == (["grade"], {"grade": shown})
    lead = HotLeadStep("grade", 1, None, "A1", "B1")
    body = content_of(encoded(STEP._replace(hot_leads=(lead,)))[1])
    validators["became-hot-lead"].validate(body)
    assert (body["score"], body["stage"]) == (None, "A1")


def test_a_score_by_value_is_told_with_each_value(validators: Validators) -> None:
    crm = ScoreStep("crm", 12 * NANO, 12 * NANO, "warm", True, 0, "cold", AT)
    mail = ScoreStep("mail", 5 * NANO, 5 * NANO, "cold", False, 5 * NANO, "cold", None)
    interest = ScoreStep("interest", None, None, None, True, None, None, AT, (crm, mail))
    until = "2026-11-22T08:00:00.123Z"
    shown = {"score": 12, "unrounded": 12.0, "stage": "warm", "previous": 0, "previous_stage": "cold"}
    values = {"crm": {**shown, "holds_until": until}, "mail": {"score": 5, "unrounded": 5.0, "stage": "cold"}}
    assert announced_scores(interest, validators=validators) == (["interest"], {"interest": {"values": values}})
    nothing = interest._replace(values=())
    assert announced_scores(nothing, validators=validators) == (["interest"], {"interest": {"values": {}}})


@pytest.mark.parametrize(
    "change",
    [
        {"at": "2026-11-22T08:00:00Z"},
        {"cause": "whim"},
        {"sequence": 0},
        {"more": 1},
        {"scores": {"x": {"score": "41"}}},
        {"scores": {"x": {"score": None}}},
        {"scores": {"x": {"values": {"crm": None}}}},
        {"because": [{"points": 1}]},
        {"model": {}},
    ],
)
def test_the_schema_refuses_what_is_no_announcement(validators: Validators, change: dict[str, Any]) -> None:
    body = content_of(encoded()[0])
    assert not validators["score-updated"].is_valid({**body, **change})


def test_the_same_step_is_told_in_the_same_bytes() -> None:
    assert encoded() == encoded()


def test_steps_are_told_in_their_order_each_before_its_hot_leads() -> None:
    messages = Announcer(IDENTITY).encode("c", [STEP, STEP._replace(sequence=18, hot_leads=())])
    assert [(message.topic, dict(message.headers)["ce_id"]) for message in messages] == [
        ("score-updated", b"01JINC:c:17"),
        ("became-hot-lead", b"01JINC:c:engagement:2"),
        ("score-updated", b"01JINC:c:18"),
    ]


def test_a_contact_of_any_script_is_told_in_utf_8() -> None:
    message = encoded(contact="kundin-ü-日本")[0]
    assert message.key == "kundin-ü-日本".encode()
    assert dict(message.headers)["ce_subject"] == message.key
    assert content_of(message)["contact_id"] == "kundin-ü-日本"


@pytest.mark.parametrize(
    ("nano", "shown"),
    [
        (0, "0"),
        (41 * NANO, "41"),
        (-5 * NANO, "-5"),
        (500_000_000, "0.5"),
        (-1, "-1e-9"),
        (8_700_000_000, "8.7"),
        (3_999_999_999_999_999, "3999999.999999999"),
        (-3_999_999_999_999_999, "-3999999.999999999"),
    ],
)
def test_a_number_is_shown_whole_or_as_its_shortest_decimal(nano: int, shown: str) -> None:
    assert orjson.dumps(number(nano)).decode() == shown


@given(st.integers(-4_000_000 * NANO, 4_000_000 * NANO))
def test_every_number_that_a_score_can_be_is_shown_exactly(nano: int) -> None:
    assert Decimal(orjson.dumps(number(nano)).decode()) * NANO == nano
