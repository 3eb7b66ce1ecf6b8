"""Topics as Strimzi's resources."""

from typing import Any

import pytest
from ruamel.yaml import YAML

from streamprocessor.contract.topics.topics import Topic
from streamprocessor.errors import TopicError
from streamprocessor.kafka.admin.manifest import manifest_text
from streamprocessor.kafka.admin.reconcile import Layout
from streamprocessor.kafka.admin.strimzi import kafka_topics

OPENS = Topic("email-opens", "in", "contact_id", "opens", 12, {"retention.ms": "7776000000"}, number=1)
CHANGELOG = Topic("changelog", "internal", "contact_id", "table", 12, {"cleanup.policy": "compact"}, fenced=True)


def resources(prefix: str = "", app_id: str = "scores", *topics: Topic, replicas: int = 3) -> list[dict[str, Any]]:
    return kafka_topics(Layout(topics or (OPENS, CHANGELOG), prefix, app_id, fence_ms=27_000), "main", replicas)


def test_each_topic_is_a_resource_with_what_topics_apply_would_set() -> None:
    opens, changelog = resources()

    assert opens["metadata"]["name"] == "email-opens"
    assert opens["metadata"]["labels"] == {"strimzi.io/cluster": "main"}
    assert opens["spec"] == {
        "partitions": 12,
        "replicas": 3,
        "config": {"min.insync.replicas": 2, "retention.ms": 7776000000},
    }
    assert changelog["metadata"]["name"] == "scores-changelog"
    assert changelog["spec"]["config"]["message.timestamp.before.max.ms"] == 27_000


def test_one_replica_alone_is_not_waited_for_by_two() -> None:
    assert resources(replicas=1)[0]["spec"]["config"] == {"retention.ms": 7776000000}


def test_a_topic_whose_name_kubernetes_does_not_take_says_it_in_its_resource() -> None:
    opens, changelog = resources("Staging_", "my_scores")

    assert (opens["metadata"]["name"], opens["spec"]["topicName"]) == ("staging-email-opens", "Staging_email-opens")
    assert changelog["spec"]["topicName"] == "Staging_my_scores-changelog"
    assert "topicName" not in resources()[0]["spec"]


def test_no_tool_that_prunes_takes_a_topic_with_its_resource() -> None:
    for resource in resources():
        assert resource["metadata"]["annotations"] == {
            "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
            "helm.sh/resource-policy": "keep",
        }


def test_two_topics_that_would_be_one_resource_are_refused() -> None:
    with pytest.raises(TopicError, match=r"topic a_b: wanted a resource's name of its own; got a-b"):
        resources("", "scores", Topic("a-b", "out", "", ""), Topic("a_b", "out", "", ""))


def test_a_name_that_can_be_no_resources_is_refused() -> None:
    with pytest.raises(TopicError, match=r"topic -email-opens: wanted letters or digits at both ends"):
        resources("-")


def test_the_text_is_one_document_a_topic_in_one_order() -> None:
    text = manifest_text(resources())

    assert list(YAML(typ="safe", pure=True).load_all(text)) == resources()
    assert manifest_text(resources()) == text
