"""Resources of Kubernetes as they stand in deploy/, and what their schemas say of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from ruamel.yaml import YAML

from tests.harness.yaml_file import read_yaml

ROOT = Path(__file__).parents[3]
KUBERNETES = ROOT / "deploy" / "kubernetes"
SCHEMAS = Path(__file__).parent / "schemas"

Resource = dict[str, Any]


def resources_in(text: str) -> list[Resource]:
    """The YAML documents of the text that are something."""
    return [document for document in YAML(typ="safe", pure=True).load_all(text) if document]


def resources_of(folder: str) -> dict[str, Resource]:
    """What the kustomization in this folder of deploy/kubernetes lists as its own, by `Kind/name`."""
    listed = kustomization(KUBERNETES / folder)["resources"]
    files = [KUBERNETES / folder / name for name in listed if name.endswith(".yaml")]
    return by_name(resource for file in files for resource in resources_in(file.read_text()))


def kustomization(folder: Path) -> dict[str, Any]:
    """What the folder's kustomization.yaml says."""
    said: dict[str, Any] = read_yaml(folder / "kustomization.yaml")
    return said


def by_name(resources: Iterable[Resource]) -> dict[str, Resource]:
    """The resources by `Kind/name`."""
    return {f"{resource['kind']}/{resource['metadata']['name']}": resource for resource in resources}


def validate(resource: Resource) -> None:
    """Raise jsonschema.ValidationError where the schema of the resource's kind does not take it."""
    validator_of(resource["kind"]).validate(resource)


@cache
def validator_of(kind: str) -> jsonschema.Draft7Validator:
    own = SCHEMAS / f"{kind}.json"
    if own.exists():
        return jsonschema.Draft7Validator(json.loads(own.read_text()))
    shared = json.loads((SCHEMAS / "kubernetes-1.37.json").read_text())["$defs"]
    return jsonschema.Draft7Validator({"$defs": shared, "$ref": f"#/$defs/{kind}", "required": ["apiVersion", "kind"]})


def pod_of(resource: Resource) -> dict[str, Any]:
    """The specification of the pods that the resource makes."""
    pod: dict[str, Any] = resource["spec"]["template"]["spec"]
    return pod


def containers_of(resource: Resource) -> list[dict[str, Any]]:
    """All containers of the pods that the resource makes."""
    pod = pod_of(resource)
    return [*pod.get("initContainers", ()), *pod["containers"]]


def makes_pods(resources: Mapping[str, Resource]) -> Iterator[Resource]:
    """Those of the resources that make pods."""
    return (resource for resource in resources.values() if resource["kind"] in ("StatefulSet", "Job"))


def secrets_of(part: Any) -> set[tuple[str, str]]:
    """The Secrets that any part of a resource refers to, with the key; an empty one means all of it."""
    if isinstance(part, list):
        return set().union(*(secrets_of(item) for item in part))
    if not isinstance(part, dict):
        return set()
    found: set[tuple[str, str]] = set()
    for word, value in part.items():
        if word == "secretKeyRef":
            found.add((value["name"], value["key"]))
        elif word == "secretRef":
            found.add((value["name"], ""))
        elif word == "secret":
            found |= {(value["secretName"], item["key"]) for item in value["items"]}
        elif word == "secretTargetRef":
            found |= {(item["name"], item["key"]) for item in value}
        else:
            found |= secrets_of(value)
    return found
