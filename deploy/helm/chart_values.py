"""What an installation may set of the Helm chart: where it stands in the manifests, and its name in values.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

PROCESSES = ("worker", "collector", "delivery", "api")

Keys = tuple[str | int, ...]

_POD: Keys = ("spec", "template", "spec")
_CONTAINER: Keys = (*_POD, "containers", 0)
_CLAIM: Keys = ("spec", "volumeClaimTemplates", 0, "spec")


class Value(NamedTuple):
    """One thing that an installation may set.

    name: in values.yaml, with dots.
    resource: `Kind/name` of the manifest.
    keys: where in the manifest; of a list that gets more, the list itself.
    form: how the value gets there: one of SET, MORE, IF_ANY.
    default: of MORE and IF_ANY; of SET it is what stands in the manifest.
    """

    name: str
    resource: str
    keys: Keys
    form: str
    default: Any = None


#: In the place of what stands there; behind the items that stand there; a field that is there only with a value.
SET, MORE, IF_ANY = "set", "more", "if any"


class Condition(NamedTuple):
    """A field of a manifest that is there only where the expression of Helm is true."""

    expression: str
    resource: str
    keys: Keys


class Template(NamedTuple):
    """A file of manifests as a template. only_if: the value that says whether it is there at all; empty: it is."""

    path: str
    only_if: str = ""


def _of_process(name: str) -> Iterator[Value]:
    resource = f"StatefulSet/streamprocessor-{name}"
    yield Value(f"{name}.resources", resource, (*_CONTAINER, "resources"), SET)
    if name != "delivery":  # of which there is one
        yield Value(f"{name}.replicas", resource, ("spec", "replicas"), SET)
    if name != "worker":  # which keeps nothing
        yield Value(f"{name}.storage", resource, (*_CLAIM, "resources", "requests", "storage"), SET)
        yield Value(f"{name}.storageClassName", resource, (*_CLAIM, "storageClassName"), IF_ANY, "")
    yield from _additions(name, resource)
    yield Value(f"{name}.nodeSelector", resource, (*_POD, "nodeSelector"), IF_ANY, {})
    yield Value(f"{name}.tolerations", resource, (*_POD, "tolerations"), IF_ANY, [])
    yield Value(f"{name}.priorityClassName", resource, (*_POD, "priorityClassName"), IF_ANY, "")


def _additions(name: str, resource: str) -> Iterator[Value]:
    yield Value(f"{name}.env", resource, (*_CONTAINER, "env"), MORE, [])
    yield Value(f"{name}.volumeMounts", resource, (*_CONTAINER, "volumeMounts"), MORE, [])
    yield Value(f"{name}.volumes", resource, (*_POD, "volumes"), MORE, [])
    yield Value("image.pullSecrets", resource, (*_POD, "imagePullSecrets"), IF_ANY, [])


SETUP = "Job/streamprocessor-setup"
_SCALED = "ScaledObject/streamprocessor-worker"


def _peers(name: str, policy: str, direction: str) -> Value:
    keys = ("spec", direction, 0, "to" if direction == "egress" else "from")
    return Value(f"networkPolicies.{name}", f"NetworkPolicy/streamprocessor-{policy}", keys, SET)


VALUES = (
    Value("settings", "ConfigMap/streamprocessor-settings", ("data",), SET),
    *(value for name in PROCESSES for value in _of_process(name)),
    Value("api.sessionAffinity", "Service/streamprocessor-api", ("spec", "sessionAffinity"), SET),
    Value("setup.modelArgs", SETUP, (*_CONTAINER, "args"), SET),
    *_additions("setup", SETUP),
    _peers("dns", "to-dns", "egress"),
    _peers("kafka", "to-kafka", "egress"),
    _peers("ingress", "from-ingress", "ingress"),
    _peers("prometheus", "from-prometheus", "ingress"),
    Value(
        "networkPolicies.httpsOut",
        "NetworkPolicy/streamprocessor-to-webhooks",
        ("spec", "podSelector", "matchExpressions", 0, "values"),
        SET,
    ),
    Value("keda.minReplicaCount", _SCALED, ("spec", "minReplicaCount"), SET),
    Value("keda.maxReplicaCount", _SCALED, ("spec", "maxReplicaCount"), SET),
    Value("keda.triggers", _SCALED, ("spec", "triggers"), SET),
)
CONDITIONS = (
    Condition("not .Values.keda.enabled", "StatefulSet/streamprocessor-worker", ("spec", "replicas")),
    Condition(".Values.setup.topics", SETUP, (*_POD, "initContainers")),
)
TEMPLATES = (
    Template("base/service-account.yaml"),
    Template("base/network-policies.yaml", "networkPolicies.enabled"),
    *(Template(f"base/{name}.yaml") for name in ("model", "setup", *PROCESSES)),
    Template("components/keda/scaled-object.yaml", "keda.enabled"),
    Template("components/monitoring/pod-monitor.yaml", "monitoring.enabled"),
    Template("components/strimzi/topics.yaml", "strimzi.enabled"),
    Template("components/strimzi/users.yaml", "strimzi.enabled"),
)
#: Values that no single place of a manifest has, with their defaults.
OTHERS: dict[str, Any] = {
    "image.repository": "streamprocessor",
    "image.tag": "",
    "image.digest": "",
    "image.pullPolicy": "IfNotPresent",
    "model": "",
    "extraObjects": [],
    "setup.topics": True,
    "networkPolicies.enabled": True,
    "keda.enabled": False,
    "monitoring.enabled": False,
    "strimzi.enabled": False,
    "strimzi.cluster": "kafka",
}
COMMENTS = {
    "image": "Yours; an empty tag is the chart's appVersion, a digest (sha256:...) goes before a tag.",
    "settings": "Of all processes; deploy/settings.example.env has every name.",
    "model": "The scoring model as YAML; empty: files/scoring.yaml of the chart.",
    "extraObjects": "Manifests of yours, put beside those of the chart as they are.",
    "worker": "env, volumes, volumeMounts: more of them, as a Kafka with a login needs.",
    "setup": "topics: false, Strimzi makes them. modelArgs [model, apply]: each upgrade puts the model in force.",
    "networkPolicies": "Peers as Kubernetes has them. httpsOut: with Amazon SES also collector.",
    "keda": "With it the number of workers is KEDA's; at most as many as the input topics have partitions.",
    "monitoring": "PodMonitor and PrometheusRule, for the Prometheus operator.",
    "strimzi": "KafkaTopics, which a release that is deleted leaves behind, and KafkaUsers.",
}
