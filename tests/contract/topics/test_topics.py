import shutil
from pathlib import Path

import pytest

from streamprocessor.contract.topics.topics import Topic, inputs, read_topics, topic_named
from streamprocessor.errors import TopicError


def test_all_topics_of_the_contract_are_described(topics: dict[str, Topic]) -> None:
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


def test_typed_topics_imply_the_type_of_their_events(topics: dict[str, Topic]) -> None:
    implied = {name: topic.event_type for name, topic in topics.items() if topic.event_type}

    assert implied == {
        "email-opens": "email_open",
        "email-clicks": "email_click",
        "page-visits": "page_visit",
        "form-submissions": "form_submission",
    }


def test_the_numbers_of_the_inputs_never_change(topics: dict[str, Topic]) -> None:
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


def test_topics_keyed_by_contact_have_the_same_number_of_partitions(topics: dict[str, Topic]) -> None:
    assert {topic.partitions for name, topic in topics.items() if name not in ("models", "subscriptions")} == {12}
    assert topics["models"].partitions == 1


def test_the_broker_stamps_inputs_and_the_worker_stamps_what_is_fenced(topics: dict[str, Topic]) -> None:
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


def test_every_config_value_is_the_text_that_kafka_takes(topics: dict[str, Topic]) -> None:
    days = 86_400_000
    assert topics["email-opens"].config["retention.ms"] == str(90 * days)
    assert topics["evidence-transfers"].config["retention.ms"] == str(90 * days)
    assert topics["dead-letters"].config["retention.ms"] == str(30 * days)
    assert topics["score-updated"].config["min.compaction.lag.ms"] == str(7 * days)
    assert all(isinstance(value, str) for topic in topics.values() for value in topic.config.values())


def test_internal_topics_are_named_under_the_application(topics: dict[str, Topic]) -> None:
    assert topics["email-opens"].full_name("staging-", "scores") == "staging-email-opens"
    assert topics["score-updated"].full_name("", "scores") == "score-updated"
    assert topics["contacts-changelog"].full_name("staging-", "scores") == "staging-scores-contacts-changelog"


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("name: email-opens", "name: email-open", "1: the topic: name: wanted the file's name, email-opens"),
        ("direction: in", "direction: inward", "2: the topic: direction: wanted in, out or internal; got 'inward'"),
        ("direction: in", "directions: in", "2: the topic: unknown word 'directions' (did you mean 'direction'?)"),
        ("number: 1\n", "", "1: the topic: wanted 'number' on each input topic, and on no output; got none"),
        ("number: 1", "number: two", "3: the topic: number: wanted a whole number"),
        ("key: contact_id", "key: '' #", "the topic: key: wanted a text"),
        ("schema: event.json", "schema: no-such.json", "schema: wanted a file in the folder schemas"),
        ("config:", "config: 3\nx:", "the topic: unknown word 'x'"),
        ("config:", "config: 3\nx:", "the topic: config: wanted names and values of Kafka's topic settings; got 3"),
        ("direction: in", "direction: [in", "wanted a comma before the next word, or ']' at the end"),
        ("direction: in", "direction: in\npartitions: 0", "3: the topic: partitions: wanted a whole number"),
        ("direction: in", "direction: in\nfenced: 1", "3: the topic: fenced: wanted true or false; got 1"),
        ("direction: in", "direction: in\ndirection: out", "3: 'direction' stands twice"),
    ],
)
def test_a_topic_that_is_not_as_it_must_be_is_refused_with_file_and_line(
    root: Path, tmp_path: Path, before: str, after: str, complaint: str
) -> None:
    folder = tmp_path / "topics"
    shutil.copytree(root / "topics", folder)
    file = folder / "email-opens.yaml"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))

    with pytest.raises(TopicError) as caught:
        read_topics(folder)

    assert any(line.startswith(f"{file}:") and complaint in line for line in str(caught.value).split("\n"))


def test_two_inputs_of_one_number_are_refused(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "topics"
    shutil.copytree(root / "topics", folder)
    file = folder / "email-opens.yaml"
    file.write_text(file.read_text().replace("number: 1", "number: 2", 1))

    with pytest.raises(TopicError, match="email-clicks and email-opens: wanted a number each; got 2 twice"):
        read_topics(folder)


def test_a_folder_without_topics_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TopicError, match="no topic files"):
        read_topics(tmp_path)


def test_a_topic_that_is_not_described_is_refused_with_those_that_are(topics: dict[str, Topic]) -> None:
    assert topic_named(tuple(topics.values()), "models") is topics["models"]
    with pytest.raises(TopicError, match=r"'mails'.*email-opens"):
        topic_named(tuple(topics.values()), "mails")
