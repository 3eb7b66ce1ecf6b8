"""Where a record belongs among the input topics, as their files say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from streamprocessor.contract.topics.input_topics import InputTopics
from streamprocessor.contract.topics.topics import read_topics, topic_named
from streamprocessor.errors import TopicError
from tests.harness.system import ROOT

TOPICS = read_topics(ROOT / "topics")


@pytest.mark.parametrize(
    ("value", "topic"),
    [
        ({"type": "email_open"}, "email-opens"),
        ({"type": "sms_reply"}, "activities"),
        ({"type": 7}, "activities"),
        ({}, "activities"),
        ({"update": "attributes"}, "contact-updates"),
        ({"update": "attributes", "type": "email_open"}, "contact-updates"),
    ],
)
def test_a_record_belongs_to_the_topic_of_its_type_or_to_the_one_for_all_others(
    value: dict[str, Any], topic: str
) -> None:
    assert InputTopics(TOPICS).topic_of(value).name == topic


def test_a_type_whose_topic_gets_a_file_goes_there_from_then_on() -> None:
    replies = replace(topic_named(TOPICS, "email-opens"), name="sms-replies", number=99, event_type="sms_reply")

    assert InputTopics((*TOPICS, replies)).topic_of({"type": "sms_reply"}) == replies


@pytest.mark.parametrize("missing", ["activities", "contact-updates"])
def test_a_topic_that_any_record_may_need_is_not_missing(missing: str) -> None:
    with pytest.raises(TopicError, match=missing):
        InputTopics(topic for topic in TOPICS if topic.name != missing)
