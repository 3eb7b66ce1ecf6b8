"""What each process needs on Kafka: the least, and no more."""

from __future__ import annotations

import pytest

from streamprocessor.contract.topics import roles
from streamprocessor.contract.topics.rights import IMPLIED_BY, Right, purpose_of, rights_of
from streamprocessor.contract.topics.roles import ROLES
from streamprocessor.contract.topics.shadow import topics_of
from streamprocessor.contract.topics.topics import Topic, read_topics
from tests.harness.system import ROOT

TOPICS = read_topics(ROOT / "topics")


def operations(role: str) -> dict[str, set[str]]:
    """The operations by the short name of their topic; those on the group by `group`."""
    short = {topic.full_name("st-", "app"): topic.name for topic in TOPICS} | {"st-app": "group"}
    found: dict[str, set[str]] = {}
    for right in rights_of(role, TOPICS, "st-", "app"):
        found.setdefault(short[right.name], set()).add(right.operation)
    return found


@pytest.mark.parametrize(
    ("role", "topic", "wanted"),
    [
        ("worker", "activities", {"READ", "DESCRIBE_CONFIGS"}),
        ("worker", "contacts-changelog", {"READ", "WRITE", "DESCRIBE_CONFIGS"}),
        ("worker", "score-updated", {"WRITE", "DESCRIBE_CONFIGS"}),
        ("worker", "group", {"READ"}),
        ("collector", "activities", {"READ", "WRITE"}),
        ("delivery", "score-updated", {"READ"}),
        ("delivery", "activities", {"READ", "WRITE"}),
        ("api", "contact-updates", {"READ", "WRITE"}),
        ("setup", "models", {"CREATE", "ALTER_CONFIGS", "READ", "WRITE"}),
        ("setup", "activities", {"CREATE", "ALTER_CONFIGS", "DESCRIBE"}),
        ("reader", "group", {"DESCRIBE"}),
        ("sender", "evidence-transfers", {"WRITE"}),
        ("rebuild", "contacts-changelog", {"CREATE", "ALTER_CONFIGS", "DELETE", "READ", "WRITE"}),
        ("rebuild", "activities", {"CREATE", "ALTER_CONFIGS", "READ", "WRITE"}),
        ("rebuild", "group", {"READ"}),
        ("shadow", "contacts-changelog", {"READ"}),
        ("shadow", "became-hot-lead", {"READ"}),
        ("shadow", "group", {"DESCRIBE"}),
    ],
)
def test_a_process_may_do_with_a_topic_what_it_does(role: str, topic: str, wanted: set[str]) -> None:
    assert operations(role)[topic] == wanted


@pytest.mark.parametrize(
    ("role", "untouched"),
    [
        ("worker", {"subscriptions"}),
        ("collector", {topic.name for topic in TOPICS if topic.direction != "in"} | {"group"}),
        (
            "delivery",
            {topic.name for topic in TOPICS if topic.direction == "in"} - {"activities"} | {"dead-letters", "group"},
        ),
        ("api", {"dead-letters", "evidence-transfers", "group"}),
        ("shadow", {"score-updated", "dead-letters", "subscriptions"}),
    ],
)
def test_a_process_has_no_right_on_what_it_does_not_touch(role: str, untouched: set[str]) -> None:
    assert not untouched & operations(role).keys()


def test_only_workers_and_those_that_send_for_them_write_what_workers_write() -> None:
    for topic in ("contacts-changelog", "score-updated", "became-hot-lead", "dead-letters"):
        writers = {role for role in ROLES if "WRITE" in operations(role).get(topic, set())}
        assert writers == {"worker", "rebuild"}, topic
    assert {role for role in ROLES if "WRITE" in operations(role).get("subscriptions", set())} == {"api", "rebuild"}


def test_a_shadow_writes_nothing_that_another_application_has() -> None:
    topics = topics_of("app.shadow", TOPICS)
    live = {topic.full_name("st-", "app") for topic in TOPICS}

    own = rights_of("shadow", topics, "st-", "app.shadow")
    assert {right.operation for right in own if right.name in live} == {"READ", "DESCRIBE_CONFIGS"}
    of_worker = set(rights_of("worker", topics, "st-", "app.shadow"))
    assert {right for right in of_worker if right not in own} == {
        right for right in of_worker if right.operation == "DESCRIBE_CONFIGS" and right.name not in live
    }  # which ALTER_CONFIGS implies
    assert {right.operation for right in rights_of("shadow", TOPICS, "st-", "app")} == {"READ", "DESCRIBE"}


def test_every_role_that_has_a_name_is_listed() -> None:
    assert {name for word, name in vars(roles).items() if word.isupper() and word != "ROLES"} == set(ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_no_right_follows_from_another(role: str) -> None:
    rights = rights_of(role, TOPICS, "", "app")

    assert len(set(rights)) == len(rights)
    for right in rights:
        assert not any(right._replace(operation=other) in rights for other in IMPLIED_BY.get(right.operation, ()))
    assert purpose_of(role)


def test_names_are_those_of_the_application_on_the_broker() -> None:
    topics = [Topic("models", "internal", "key", "words"), Topic("activities", "in", "key", "words", number=1)]

    assert set(rights_of("worker", topics, "st-", "app")) == {
        Right("group", "st-app", "READ"),
        Right("topic", "st-activities", "READ"),
        Right("topic", "st-activities", "DESCRIBE_CONFIGS"),
        Right("topic", "st-app-models", "READ"),
        Right("topic", "st-app-models", "WRITE"),
        Right("topic", "st-app-models", "DESCRIBE_CONFIGS"),
    }
