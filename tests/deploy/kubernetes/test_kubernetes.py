"""The manifests in deploy/kubernetes follow their schemas, the settings, the topics, and each other."""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import Any

import jsonschema
import pytest

from deploy.helm.chart import chart_files
from deploy.helm.chart_values import PROCESSES
from deploy.kubernetes.manifests import DEPLOY, manifests
from streamprocessor.settings import PREFIX, Settings, read_settings
from streamprocessor.stream.worker import STOP_SECONDS
from tests.deploy.kubernetes.network import Peer, allows, ours
from tests.deploy.kubernetes.resources import (
    KUBERNETES,
    ROOT,
    Resource,
    containers_of,
    kustomization,
    makes_pods,
    pod_of,
    resources_in,
    resources_of,
    secrets_of,
    validate,
)

FOLDERS = ("base", "components/keda", "components/monitoring", "components/strimzi", "overlays/production")
POD_MAKERS = (*(f"StatefulSet/streamprocessor-{process}" for process in PROCESSES), "Job/streamprocessor-setup")
LONGEST_START_SECONDS = 3_600
READINESS_SECONDS = 2
"""How long /readyz and /startupz ask Kafka or a database at most; deploy/health.md."""
STOPPING_SECONDS = 20
"""How long a process takes at most to end after it was drained; deploy/health.md."""
SECRET_SETTINGS = {PREFIX + name.upper() for name, field in Settings.model_fields.items() if not field.repr}


# Read when a test asks: reading takes longer than any test, and every process that runs tests imports this.
@cache
def base() -> dict[str, Resource]:
    return resources_of("base")


@cache
def everything() -> dict[str, Resource]:
    return {name: resource for folder in FOLDERS for name, resource in resources_of(folder).items()}


@cache
def logins() -> list[Resource]:
    return resources_in((KUBERNETES / "components" / "strimzi" / "logins.yaml").read_text())


def stateful_set(process: str) -> Resource:
    return base()[f"StatefulSet/streamprocessor-{process}"]


def environment_of(container: dict[str, Any]) -> dict[str, str]:
    """The plain values of the container's environment, the settings' ConfigMap before them."""
    lines = (KUBERNETES / "base" / "settings.env").read_text().splitlines()
    shared = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return shared | {each["name"]: each.get("value", "") for each in container.get("env", ())}


def test_what_is_made_of_other_files_is_as_it_would_be_made_now() -> None:
    made = manifests() | chart_files()
    stale = [str(path) for path, text in made.items() if (DEPLOY / path).read_text() != text]

    assert stale == [], "run `make manifests`"


def test_every_resource_follows_the_schema_of_its_kind() -> None:
    for resource in everything().values():
        validate(resource)


@pytest.mark.parametrize(
    ("name", "path", "wrong"),
    [
        ("StatefulSet/streamprocessor-worker", ("spec", "template", "spec"), {"terminationGracePeriod": 30}),
        ("StatefulSet/streamprocessor-worker", ("spec",), {"replicas": "three"}),
        ("Job/streamprocessor-setup", ("spec",), {"ttlSecondAfterFinished": 300}),
        ("NetworkPolicy/streamprocessor-deny", ("spec",), {"policyType": ["Ingress"]}),
        ("PodDisruptionBudget/streamprocessor-api", ("spec",), {"maxUnavailabel": 1}),
        ("ScaledObject/streamprocessor-worker", ("spec",), {"maxReplicaCounts": 12}),
        ("PodMonitor/streamprocessor", ("spec", "podMetricsEndpoints", 0), {"interval": "soon"}),
        ("PrometheusRule/streamprocessor", ("spec", "groups", 0), {"rule": []}),
        ("KafkaTopic/activities", ("spec",), {"partition": 12}),
        ("KafkaUser/sp-worker", ("spec", "authorization", "acls", 0), {"operation": "Read"}),
        ("TriggerAuthentication/streamprocessor-kafka", ("spec", "env", 0), {"names": "X"}),
    ],
)
def test_a_wrong_field_in_a_resource_is_refused(name: str, path: tuple[str | int, ...], wrong: dict[str, Any]) -> None:
    broken = place = copy.deepcopy(everything()[name])
    for key in path:
        place = place[key]  # type: ignore[index]
    place.update(wrong)

    with pytest.raises(jsonschema.ValidationError):
        validate(broken)


@pytest.mark.parametrize("name", POD_MAKERS)
def test_pods_have_the_least_rights_and_bounds_on_all_that_they_use(name: str) -> None:
    pod = pod_of(base()[name])

    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers_of(base()[name]):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert set(container["resources"]["limits"]) == {"cpu", "memory", "ephemeral-storage"}
        assert set(container["resources"]["requests"]) == {"cpu", "memory", "ephemeral-storage"}


def test_pods_run_as_the_user_of_the_image() -> None:
    image = (ROOT / "deploy" / "Dockerfile").read_text()

    for resource in makes_pods(base()):
        user = pod_of(resource)["securityContext"]["runAsUser"]
        assert re.search(rf"\b{user}\b", image)


def test_kubernetes_puts_no_variables_of_services_among_the_settings() -> None:
    # A Service streamprocessor-collector would make STREAMPROCESSOR_COLLECTOR_PORT=tcp://10.0.0.1:8000.
    for resource in makes_pods(base()):
        assert pod_of(resource)["enableServiceLinks"] is False


@pytest.mark.parametrize("name", POD_MAKERS)
def test_the_environment_of_a_container_is_one_of_settings(name: str) -> None:
    for container in containers_of(base()[name]):
        settings = {word: value for word, value in environment_of(container).items() if word.startswith(PREFIX)}
        assert read_settings(settings).bootstrap


def test_secrets_are_there_by_reference_only() -> None:
    assert {_named(resource) for resource in makes_pods(base())} == set(POD_MAKERS)
    for resource in [*makes_pods(everything()), *logins()]:
        for container in containers_of(resource):
            for variable in container.get("env", ()):
                assert (variable["name"] in SECRET_SETTINGS) == ("secretKeyRef" in variable.get("valueFrom", {}))


def test_the_readme_names_every_secret_that_is_referred_to_with_its_keys() -> None:
    readme = (KUBERNETES / "README.md").read_text()
    patches = [*logins(), *resources_in((KUBERNETES / "overlays" / "production" / "databases.yaml").read_text())]

    for secret, key in secrets_of(list(everything().values()) + patches):
        row = next((line for line in readme.splitlines() if line.startswith(f"| `{secret}`")), "")
        assert row, secret
        assert f"`{key}`" in row or not key


def test_every_image_is_the_one_whose_version_stands_in_one_place() -> None:
    # `make manifests` writes that version, and the first test looks whether it has.
    release = (KUBERNETES / "components" / "release" / "kustomization.yaml").read_text()

    assert re.search(r"name: streamprocessor\n    newTag: \d", release)
    for resource in makes_pods(base()):
        assert {container["image"] for container in containers_of(resource)} == {"streamprocessor"}


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_is_asked_for_its_health_where_it_answers(process: str) -> None:
    (container,) = containers_of(stateful_set(process))
    name = "metrics" if process == "worker" else process
    port = getattr(Settings(), f"{name}_port")

    assert container["ports"] == [{"name": "http", "containerPort": port}]
    assert (
        environment_of(container)[f"{PREFIX}{'METRICS' if process == 'worker' else process.upper()}_HOST"] == "0.0.0.0"
    )
    for probe, path in (("startupProbe", "/startupz"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
        assert container[probe]["httpGet"] == {"path": path, "port": "http"}
    assert base()[f"Service/streamprocessor-{process}"]["spec"]["ports"] == [
        {"name": "http", "port": port, "targetPort": "http"}
    ]


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_that_recovers_or_waits_for_kafka_is_not_killed_for_it(process: str) -> None:
    (container,) = containers_of(stateful_set(process))
    startup, liveness = container["startupProbe"], container["livenessProbe"]

    assert startup["periodSeconds"] * startup["failureThreshold"] == LONGEST_START_SECONDS
    assert startup["timeoutSeconds"] > READINESS_SECONDS
    assert liveness["periodSeconds"] * liveness["failureThreshold"] >= 30


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_has_time_to_end_and_one_that_others_could_be_asked_instead_of_answers_until_they_are(
    process: str,
) -> None:
    (container,) = containers_of(stateful_set(process))
    drain_seconds = read_settings(
        {name: value for name, value in environment_of(container).items() if name.startswith(PREFIX)}
    ).drain_seconds

    assert drain_seconds == (5 if process in ("collector", "api") else 0)
    assert pod_of(stateful_set(process))["terminationGracePeriodSeconds"] >= drain_seconds + STOPPING_SECONDS
    assert "lifecycle" not in container


def test_logs_are_written_for_programs() -> None:
    assert {environment_of(containers_of(each)[0])[f"{PREFIX}LOG_FORMAT"] for each in makes_pods(base())} == {"json"}


def test_a_worker_has_its_pods_name_in_the_group_and_time_to_leave_it() -> None:
    pod = pod_of(stateful_set("worker"))
    (container,) = pod["containers"]
    name = next(each for each in container["env"] if each["name"] == "POD_NAME")

    assert container["args"] == ["worker", "--name", "$(POD_NAME)"]
    assert name["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}
    assert pod["terminationGracePeriodSeconds"] >= STOP_SECONDS + 10


def test_what_a_process_keeps_lies_in_a_folder_of_its_own_on_its_volume() -> None:
    # The volume itself is root's and open to the group: a process could not make it private.
    for process in PROCESSES:
        (container,) = containers_of(stateful_set(process))
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}

        assert environment_of(container)[f"{PREFIX}DATA_DIR"] == f"{mounts['data']}/data"
        claims = stateful_set(process)["spec"].get("volumeClaimTemplates", [])
        assert bool(claims) == (process != "worker")


@pytest.mark.parametrize("process", ["delivery", "api"])
def test_the_inboxs_file_is_where_the_readme_says_for_both_that_read_it_and_may_be_missing(process: str) -> None:
    pod = pod_of(stateful_set(process))
    (volume,) = [each["configMap"] for each in pod["volumes"] if each["name"] == "inbox"]
    (mount,) = [each for each in pod["containers"][0]["volumeMounts"] if each["name"] == "inbox"]

    assert volume == {"name": "streamprocessor-inbox", "optional": True}
    readme = (KUBERNETES / "README.md").read_text()
    assert f"create configmap {volume['name']} --from-file=inbox.yaml" in readme
    assert f"{PREFIX}INBOX={mount['mountPath']}/inbox.yaml" in readme


def test_more_workers_than_partitions_are_never_asked_for() -> None:
    partitions = {
        topic["spec"]["partitions"]
        for topic in everything().values()
        if topic["kind"] == "KafkaTopic" and topic["spec"]["partitions"] > 1
    }

    assert {everything()["ScaledObject/streamprocessor-worker"]["spec"]["maxReplicaCount"]} == partitions


def test_lag_is_asked_of_the_workers_group() -> None:
    trigger = everything()["ScaledObject/streamprocessor-worker"]["spec"]["triggers"][0]
    settings = read_settings(environment_of(containers_of(stateful_set("worker"))[0]), name="")

    assert trigger["metadata"]["consumerGroup"] == f"{settings.topic_prefix}{settings.app_id}"


def test_every_process_has_a_login_of_its_own() -> None:
    users = {}
    for resource in logins():
        (container,) = containers_of(resource)
        env = {each["name"]: each for each in container["env"]}
        users[resource["metadata"]["name"]] = env[f"{PREFIX}SASL_USERNAME"]["value"]
        assert container["name"] in {each["name"] for each in containers_of(base()[_named(resource)])}
        secret = env[f"{PREFIX}SASL_PASSWORD"]["valueFrom"]["secretKeyRef"]["name"]
        assert secret == users[resource["metadata"]["name"]]

    names = [resource["metadata"]["name"] for resource in makes_pods(base())]
    made = {name.split("/")[1] for name in everything() if name.startswith("KafkaUser/")}
    assert set(users.values()) == made
    assert users == {name: name.replace("streamprocessor-", "sp-") for name in names}


def _named(resource: Resource) -> str:
    return f"{resource['kind']}/{resource['metadata']['name']}"


def test_pods_are_scraped_as_the_jobs_that_rules_and_dashboards_ask_for() -> None:
    spec = everything()["PodMonitor/streamprocessor"]["spec"]
    (endpoint,) = spec["podMetricsEndpoints"]
    job = next(each for each in endpoint["relabelings"] if each["targetLabel"] == "job")
    (matched,) = spec["selector"]["matchExpressions"]
    text = (DEPLOY / "prometheus" / "prometheus.yml").read_text()

    assert matched == {"key": "app.kubernetes.io/component", "operator": "In", "values": list(PROCESSES)}
    assert job["sourceLabels"] == ["__meta_kubernetes_pod_label_app_kubernetes_io_component"]
    assert [job["replacement"].replace("$1", name) for name in PROCESSES] == re.findall(r"job_name: (\S+)", text)


def test_every_dashboard_is_a_config_map_that_kubernetes_takes() -> None:
    folder = DEPLOY / "grafana"
    generators = kustomization(folder)["configMapGenerator"]
    files = {folder / file for generator in generators for file in generator["files"]}

    assert files == set((folder / "dashboards").glob("*.json"))
    assert all(file.stat().st_size < 1 << 20 for file in files)
    assert "../../../grafana" in kustomization(KUBERNETES / "components" / "monitoring")["resources"]


KAFKA, POSTGRESQL = Peer({"strimzi.io/name": "kafka-kafka"}, "kafka"), Peer({"app": "postgresql"}, "postgresql")
PROMETHEUS, INGRESS = Peer({"app": "prometheus"}, "monitoring"), Peer({"app": "nginx"}, "ingress-nginx")
DNS, NEIGHBOUR = Peer({"k8s-app": "kube-dns"}, "kube-system"), Peer({"app": "other"}, "default")
OUTSIDE, METADATA = Peer(None, None, "203.0.113.9"), Peer(None, None, "169.254.169.254")
INSIDE, OUTSIDE_6, INSIDE_6 = Peer(None, None, "10.1.2.3"), Peer(None, None, "2001:db8::1"), Peer(None, None, "fd00::1")
PORTS = {"worker": 6066, "collector": 8000, "delivery": 8090, "api": 8080}


def flows() -> set[tuple[str, str, int]]:
    """All connections that get through, among the peers and ports that there are."""
    policies = [resource for resource in everything().values() if resource["kind"] == "NetworkPolicy"]
    own = {name: ours(name) for name in (*PORTS, "setup")}
    others = {
        **{"kafka": KAFKA, "postgresql": POSTGRESQL, "prometheus": PROMETHEUS, "ingress": INGRESS, "dns": DNS},
        **{"neighbour": NEIGHBOUR, "outside": OUTSIDE, "outside-6": OUTSIDE_6, "metadata": METADATA},
        **{"inside": INSIDE, "inside-6": INSIDE_6},
    }
    ports = (53, 80, 443, 5432, 9092, 9093, *PORTS.values())
    found = set()
    for name, pod in own.items():
        for other, peer in (own | others).items():
            for port in ports:
                if allows(policies, pod, peer, port, "http" if PORTS.get(other) == port else ""):
                    found.add((name, other, port))
                if other in others and allows(policies, peer, pod, port, "http" if PORTS.get(name) == port else ""):
                    found.add((other, name, port))
    return found


def test_exactly_these_connections_get_through() -> None:
    everybody = (*PORTS, "setup")
    wanted = {(name, "kafka", port) for name in everybody for port in (9092, 9093)}
    wanted |= {(name, "dns", 53) for name in everybody}
    wanted |= {("prometheus", name, port) for name, port in PORTS.items()}
    wanted |= {("ingress", "collector", 8000), ("ingress", "api", 8080)}
    wanted |= {("api", "delivery", 8090), ("api", "postgresql", 5432), ("delivery", "postgresql", 5432)}
    wanted |= {("delivery", "outside", 443), ("delivery", "outside-6", 443)}

    assert flows() == wanted
