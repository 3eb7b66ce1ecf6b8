import shutil
from pathlib import Path

import pytest

from streamprocessor.contract.topics.topics import inputs, read_topics, topic_named
from streamprocessor.errors import TopicError


def test_all_topics_of_the_contract_are_described(topics):
    directions = {name: topic.direction for name, topic in topics.items()}

    assert directions == {
        "email-opens": "in",
        "email-clicks": "in",
        "page-visits": "in",
        "form-submissions": "in",
        "activities": "in",
        "contact-updates": "in",
        "score-updated": "out",
        "became-hot-lead": "out",
        "dead-letters": "out",
        "contacts-changelog": "internal",
        "models": "internal",
        "evidence-transfers": "internal",
        "subscriptions": "internal",
    }


def test_typed_topics_imply_the_type_of_their_events(topics):
    implied = {name: topic.event_type for name, topic in topics.items() if topic.event_type}

    assert implied == {
        "email-opens": "email_open",
        "email-clicks": "email_click",
        "page-visits": "page_visit",
        "form-submissions": "form_submission",
    }


def test_the_numbers_of_the_inputs_never_change(topics):
    # Records on disk hold their offsets under these numbers.
    numbers = {topic.name: topic.number for topic in inputs(tuple(topics.values()))}

    assert numbers == {
        "email-opens": 1,
        "email-clicks": 2,
        "page-visits": 3,
        "form-submissions": 4,
        "activities": 5,
        "contact-updates": 6,
        "evidence-transfers": 7,
    }


def test_topics_keyed_by_contact_have_the_same_number_of_partitions(topics):
    assert {topic.partitions for name, topic in topics.items() if name not in ("models", "subscriptions")} == {12}
    assert topics["models"].partitions == 1


def test_the_broker_stamps_inputs_and_the_worker_stamps_what_is_fenced(topics):
    for topic in topics.values():
        stamped = topic.config["message.timestamp.type"]
        if topic.direction == "in":
            assert stamped == "LogAppendTime", topic.name
        if topic.fenced:
            assert stamped == "CreateTime", topic.name
    assert {name for name, topic in topics.items() if topic.fenced} == {
        "contacts-changelog",
        "score-updated",
        "became-hot-lead",
    }


def test_every_config_value_is_the_text_that_kafka_takes(topics):
    days = 86_400_000
    assert topics["email-opens"].config["retention.ms"] == str(90 * days)
    assert topics["dead-letters"].config["retention.ms"] == str(30 * days)
    assert topics["score-updated"].config["min.compaction.lag.ms"] == str(7 * days)
    assert all(isinstance(value, str) for topic in topics.values() for value in topic.config.values())


def test_internal_topics_are_named_under_the_application(topics):
    assert topics["email-opens"].full_name("staging-", "scores") == "staging-email-opens"
    assert topics["score-updated"].full_name("", "scores") == "score-updated"
    assert topics["contacts-changelog"].full_name("staging-", "scores") == "staging-scores-contacts-changelog"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("name: email-opens", "name: email-open", "'name'"),
        ("direction: in", "direction: inward", "'direction'"),
        ("direction: in", "directions: in", "'directions'"),
        ("number: 1\n", "", "'number'"),
        ("number: 1", "number: two", "'number'"),
        ("number: 1", "number: 2", "2 twice"),
        ("key: contact_id", "key: ''", "'key'"),
        ("schema: event.json", "schema: no-such.json", "'schema'"),
        ("config:", "config: 3\nx:", "'x'"),
        ("direction: in", "direction: [in", "can't be read as YAML"),
        ("direction: in", "direction: in\npartitions: 0", "'partitions'"),
        ("direction: in", "direction: in\nfenced: 1", "'fenced'"),
    ],
)
def test_a_topic_that_is_not_as_it_must_be_is_refused_with_file_and_word(root, tmp_path, before, after, said):
    folder = tmp_path / "topics"
    shutil.copytree(root / "topics", folder)
    file = folder / "email-opens.yaml"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))

    with pytest.raises(TopicError) as caught:
        read_topics(folder)

    assert said in str(caught.value)
    assert str(folder) in str(caught.value)


def test_a_folder_without_topics_is_refused(tmp_path: Path):
    with pytest.raises(TopicError, match="no topic files"):
        read_topics(tmp_path)


def test_a_topic_that_is_not_described_is_refused_with_those_that_are(topics):
    assert topic_named(tuple(topics.values()), "models") is topics["models"]
    with pytest.raises(TopicError, match=r"'mails'.*email-opens"):
        topic_named(tuple(topics.values()), "mails")
