"""Kustomize, Helm and kube-score on deploy/kubernetes and deploy/helm; none of them needs a cluster."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from deploy.kubernetes.manifests import release
from tests.deploy.kubernetes.resources import (
    KUBERNETES,
    ROOT,
    Resource,
    by_name,
    containers_of,
    makes_pods,
    resources_in,
    validate,
)

pytestmark = pytest.mark.ops

CHART = ROOT / "deploy" / "helm" / "streamprocessor"
#: What the chart asks for at least is a later version than what Helm takes when it asks no cluster.
KUBERNETES_VERSION = "1.34.0"
PRODUCTION = ROOT / "deploy" / "helm" / "production.values.yaml"

#: What kube-score finds critical, and is meant: a fixed version needs no registry to start again; nobody asks for one
#: pod of these by its name, so no headless Service gives it one.
MEANT = {
    "ImagePullPolicy is not set to Always": {"worker", "collector", "delivery", "api", "setup"},
    "StatefulSet does not have a valid serviceName": {"collector", "delivery", "api"},
}


def output_of(tool: str, *words: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    return subprocess.run([tool, *map(str, words)], input=stdin, capture_output=True, text=True, check=False)


def built(folder: Path) -> str:
    done = output_of("kustomize", "build", folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rendered(*options: str | Path) -> str:
    done = output_of("helm", "template", "x", CHART, "--kube-version", KUBERNETES_VERSION, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def with_values(*values: str) -> list[str]:
    return [word for value in values for word in ("--set", value)]


@pytest.mark.parametrize("overlay", ["small", "production"])
def test_every_resource_of_an_overlay_follows_the_schema_of_its_kind(overlay: str) -> None:
    resources = resources_in(built(KUBERNETES / "overlays" / overlay))

    for resource in resources:
        validate(resource)
    images = {each["image"] for resource in makes_pods(by_name(resources)) for each in containers_of(resource)}
    assert images == {f"streamprocessor:{release()}"}


def test_in_production_every_process_logs_in_as_itself_and_topics_are_the_operators() -> None:
    resources = by_name(resources_in(built(KUBERNETES / "overlays" / "production")))
    settings = next(each for name, each in resources.items() if name.startswith("ConfigMap/streamprocessor-settings"))

    assert settings["data"]["STREAMPROCESSOR_SECURITY_PROTOCOL"] == "SASL_SSL"
    assert settings["data"]["STREAMPROCESSOR_APP_ID"] == "streamprocessor"
    for resource in makes_pods(resources):
        pod = resource["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        env = {each["name"]: each for each in container["env"]}
        user = env["STREAMPROCESSOR_SASL_USERNAME"]["value"]
        assert user == resource["metadata"]["name"].replace("streamprocessor-", "sp-")
        assert settings["metadata"]["name"] in {
            each.get("configMapRef", {}).get("name") for each in container["envFrom"]
        }
        assert "initContainers" not in pod
    assert "replicas" not in resources["StatefulSet/streamprocessor-worker"]["spec"]
    assert resources["StatefulSet/streamprocessor-delivery"]["spec"]["replicas"] == 1


def test_a_model_of_ones_own_takes_the_place_of_the_one_that_comes_along(tmp_path: Path) -> None:
    shutil.copytree(KUBERNETES, tmp_path / "kubernetes")
    overlay = tmp_path / "kubernetes" / "overlays" / "own"
    overlay.mkdir()
    (overlay / "own.yaml").write_text("scores: {}\n")
    generator = {"name": "streamprocessor-model", "behavior": "replace", "files": ["scoring.yaml=own.yaml"]}
    with (overlay / "kustomization.yaml").open("w") as file:
        YAML(typ="safe", pure=True).dump({"resources": ["../small"], "configMapGenerator": [generator]}, file)

    resources = by_name(resources_in(built(overlay)))

    assert resources["ConfigMap/streamprocessor-model"]["data"] == {"scoring.yaml": "scores: {}\n"}


@pytest.mark.parametrize(("overlay", "values"), [("small", ()), ("production", ("-f", PRODUCTION))])
def test_the_chart_is_the_overlay_by_its_values(overlay: str, values: tuple[str | Path, ...]) -> None:
    folder = KUBERNETES / "overlays" / overlay

    chart, manifests = (by_name(map(_alike, resources_in(text))) for text in (rendered(*values), built(folder)))

    assert chart == {name: resource for name, resource in manifests.items() if not _is_dashboard(resource)}


def _is_dashboard(resource: Resource) -> bool:
    """Whether the chart leaves it out: a dashboard is as large as the rest of the chart."""
    return "grafana_dashboard" in resource["metadata"]["labels"]


def _alike(resource: Resource) -> Resource:
    """The resource without what the two do differently so that changed settings and a Job take effect, in one order."""
    same: Resource = json.loads(re.sub(r"(streamprocessor-settings)-[a-z0-9]{10}\b", r"\1", json.dumps(resource)))
    if same["kind"] in ("StatefulSet", "Job"):
        template = same["spec"]["template"]
        template["metadata"].pop("annotations", None)
        container = template["spec"]["containers"][0]
        for items in (container.get("env", []), container["volumeMounts"], template["spec"]["volumes"]):
            items.sort(key=itemgetter("name"))  # kustomize puts what is patched in before the rest
    if same["kind"] == "Job":
        same["metadata"]["name"] = same["metadata"]["name"].removesuffix("-1")
    return same


def test_the_chart_passes_helms_own_look() -> None:
    done = output_of("helm", "lint", "--strict", "--kube-version", KUBERNETES_VERSION, CHART)

    assert done.returncode == 0, done.stdout


def _container(resource: Resource) -> dict[str, Any]:
    container: dict[str, Any] = resource["spec"]["template"]["spec"]["containers"][0]
    return container


def test_what_values_say_is_in_the_manifests() -> None:
    resources = by_name(
        resources_in(
            rendered(
                *with_values(
                    "worker.replicas=5",
                    "worker.env[0].name=STREAMPROCESSOR_SASL_USERNAME",
                    "worker.env[0].value=worker",
                    "worker.priorityClassName=high",
                    "worker.nodeSelector.disk=fast",
                    "collector.storage=20Gi",
                    "collector.storageClassName=fast",
                    "image.repository=registry.example.com/streamprocessor",
                    "image.digest=sha256:abc",
                    "image.pullSecrets[0].name=registry",
                    "settings.STREAMPROCESSOR_LOG_LEVEL=DEBUG",
                    "model=scores: {}",
                    "setup.topics=false",
                    "networkPolicies.kafka[0].ipBlock.cidr=192.0.2.0/24",
                )
            )
        )
    )
    worker = resources["StatefulSet/streamprocessor-worker"]
    collector = resources["StatefulSet/streamprocessor-collector"]
    pod, claim = worker["spec"]["template"]["spec"], collector["spec"]["volumeClaimTemplates"][0]["spec"]

    assert worker["spec"]["replicas"] == 5
    assert _container(worker)["env"][-1] == {"name": "STREAMPROCESSOR_SASL_USERNAME", "value": "worker"}
    assert _container(worker)["image"] == "registry.example.com/streamprocessor@sha256:abc"
    assert (pod["priorityClassName"], pod["nodeSelector"]) == ("high", {"disk": "fast"})
    assert pod["imagePullSecrets"] == [{"name": "registry"}]
    assert (claim["resources"]["requests"]["storage"], claim["storageClassName"]) == ("20Gi", "fast")
    assert resources["ConfigMap/streamprocessor-settings"]["data"]["STREAMPROCESSOR_LOG_LEVEL"] == "DEBUG"
    assert resources["ConfigMap/streamprocessor-model"]["data"] == {"scoring.yaml": "scores: {}"}
    assert "initContainers" not in resources["Job/streamprocessor-setup-1"]["spec"]["template"]["spec"]
    kafka = resources["NetworkPolicy/streamprocessor-to-kafka"]["spec"]["egress"][0]["to"]
    assert kafka == [{"ipBlock": {"cidr": "192.0.2.0/24"}}]
    for resource in resources.values():
        validate(resource)


def test_a_value_that_the_chart_does_not_know_is_refused() -> None:
    done = output_of("helm", "template", "x", CHART, "--kube-version", KUBERNETES_VERSION, "--set", "worker.replica=2")

    assert done.returncode != 0
    assert "replica" in done.stderr


@pytest.mark.parametrize("overlay", ["small", "production"])
def test_kube_score_finds_nothing_critical_but_what_is_meant(overlay: str) -> None:
    text = built(KUBERNETES / "overlays" / overlay)
    lines = output_of("kube-score", "score", "--output-format", "ci", "-", stdin=text).stdout.splitlines()
    critical = [match for line in lines if (match := re.match(r"\[CRITICAL\] streamprocessor-(\w+) .*?: (.+)", line))]

    assert any(line.startswith("[OK]") for line in lines)
    unmeant = [
        match.group() for match in critical if match[1] not in MEANT.get(re.sub(r"^\(\w+\) ", "", match[2]), set())
    ]
    assert unmeant == []
