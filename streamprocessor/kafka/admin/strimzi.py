"""The topics as resources of Strimzi, whose topic operator makes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from streamprocessor.errors import TopicError

if TYPE_CHECKING:
    from streamprocessor.contract.topics.topics import Topic
    from streamprocessor.kafka.admin.reconcile import Layout

API_VERSION = "kafka.strimzi.io/v1"
CLUSTER_LABEL = "strimzi.io/cluster"

#: A topic that is taken away with its resource takes what is known of everybody along: tools that prune leave it.
_KEPT = {"argocd.argoproj.io/sync-options": "Prune=false,Delete=false", "helm.sh/resource-policy": "keep"}
_RESOURCE_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


def kafka_topics(layout: Layout, cluster: str, replicas: int) -> list[dict[str, Any]]:
    """A KafkaTopic for each topic of the layout, by their names.

    cluster: the name of the Kafka resource. replicas: of each partition.

    Raises:
        TopicError: a topic's name makes no name of a resource, or two make one.
    """
    resources: dict[str, dict[str, Any]] = {}
    for name, topic in layout.names().items():
        resource = _resource_name(name)
        if resource in resources:
            message = f"topic {name}: wanted a resource's name of its own; got {resource}, which is another topic's"
            raise TopicError(message)
        resources[resource] = {
            "apiVersion": API_VERSION,
            "kind": "KafkaTopic",
            "metadata": {"name": resource, "labels": {CLUSTER_LABEL: cluster}, "annotations": _KEPT},
            "spec": ({} if resource == name else {"topicName": name}) | _spec(layout, topic, replicas),
        }
    return list(resources.values())


def manifest_text(resources: Sequence[dict[str, Any]]) -> str:
    """The resources as YAML documents, the same text for the same resources."""
    yaml = YAML()
    yaml.width = 4096  # a wrapped line would end in a space
    yaml.representer.ignore_aliases = lambda _: True
    text = StringIO()
    yaml.dump_all(resources, text)
    return text.getvalue()


def _spec(layout: Layout, topic: Topic, replicas: int) -> dict[str, Any]:
    config = layout.config(topic, replicas)
    return {
        "partitions": topic.partitions,
        "replicas": replicas,
        "config": {name: int(value) if value.isdigit() else value for name, value in sorted(config.items())},
    }


def _resource_name(topic: str) -> str:
    """The name of the topic's resource: the topic's own where Kubernetes takes that."""
    name = topic.lower().replace("_", "-")
    if not _RESOURCE_NAME.fullmatch(name):
        message = f"topic {topic}: wanted letters or digits at both ends, as a resource's name has; got another"
        raise TopicError(message)
    return name
