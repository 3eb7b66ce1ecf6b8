"""Makes the manifests that say what other files say: `make manifests`.

The version becomes the image's tag, deploy/scoring.yaml a ConfigMap, topics/*.yaml Strimzi's KafkaTopics, what each
process may do its KafkaUsers, deploy/prometheus' rules a PrometheusRule.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from streamprocessor.contract.topics.rights import rights_of
from streamprocessor.contract.topics.roles import API, COLLECTOR, DELIVERY, SETUP, WORKER
from streamprocessor.kafka.admin.acls import strimzi_user
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.kafka.admin.strimzi import kafka_topics, manifest_text
from streamprocessor.settings import Settings

DEPLOY = Path(__file__).parents[1]
RULES = DEPLOY / "prometheus" / "streamprocessor.rules.yml"
#: What the component for Strimzi calls its Kafka, and how many brokers have each record.
CLUSTER, REPLICAS = "kafka", 3
SCRAM = "scram-sha-512"
PROCESSES = (WORKER, COLLECTOR, DELIVERY, API, SETUP)

_LABELS = {"app.kubernetes.io/name": "streamprocessor"}


def manifests() -> dict[Path, str]:
    """The files that are made, with their text, by their places in deploy/."""
    return {
        Path("kubernetes/components/release/kustomization.yaml"): _headed("pyproject.toml", _yaml(_release())),
        Path("kubernetes/base/model.yaml"): _headed("deploy/scoring.yaml", _yaml(_model())),
        Path("kubernetes/components/strimzi/topics.yaml"): _headed("topics/*.yaml", manifest_text(_topics())),
        Path("kubernetes/components/strimzi/users.yaml"): _headed("the table of rights", manifest_text(_users())),
        Path("kubernetes/components/monitoring/prometheus-rule.yaml"): _headed(
            "deploy/prometheus/streamprocessor.rules.yml", _yaml(_rule())
        ),
    }


def release() -> str:
    """The version of this tree."""
    version: str = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text())["project"]["version"]
    return version


def write(files: Mapping[Path, str]) -> None:
    """Write the files into deploy/."""
    for path, text in files.items():
        (DEPLOY / path).parent.mkdir(parents=True, exist_ok=True)
        (DEPLOY / path).write_text(text)


def _headed(source: str, text: str) -> str:
    return f"# Made of {source} by `make manifests`.\n{text}"


def _release() -> dict[str, Any]:
    return {
        "apiVersion": "kustomize.config.k8s.io/v1alpha1",
        "kind": "Component",
        "images": [{"name": "streamprocessor", "newTag": release()}],
    }


def _model() -> dict[str, Any]:
    text = LiteralScalarString((DEPLOY / "scoring.yaml").read_text())
    metadata = {"name": "streamprocessor-model", "labels": _LABELS}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"scoring.yaml": text}}


def _topics() -> list[dict[str, Any]]:
    layout = layout_of(Settings(topics_dir=str(DEPLOY.parent / "topics")))
    return kafka_topics(layout, CLUSTER, REPLICAS)


def _users() -> list[dict[str, Any]]:
    settings = Settings(topics_dir=str(DEPLOY.parent / "topics"))
    topics = layout_of(settings).topics
    return [
        strimzi_user(f"User:sp-{role}", rights_of(role, topics, "", settings.app_id), CLUSTER, SCRAM)
        for role in PROCESSES
    ]


def _rule() -> dict[str, Any]:
    rules = YAML(typ="safe", pure=True).load(RULES.read_text())
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "streamprocessor", "labels": _LABELS},
        "spec": {"groups": rules["groups"]},
    }


def _yaml(document: Any) -> str:
    yaml = YAML()
    yaml.width = 4096  # a wrapped line would be another in a template
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.ignore_aliases = lambda _: True
    text = StringIO()
    yaml.dump(document, text)
    return text.getvalue()


if __name__ == "__main__":
    write(manifests())
