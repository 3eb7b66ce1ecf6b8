"""What stands in deploy/ and docker-compose.yml is well-formed and agrees with itself and with the settings."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from streamprocessor.imports.csv_mapping import read_mapping
from streamprocessor.kafka.embedded.jars import KAFKA
from streamprocessor.settings import PREFIX, Settings, read_settings

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"


def yaml(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text())


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml(COMPOSE)


@pytest.fixture(scope="module")
def compose_schema() -> Any:
    """The compose specification's schema, which check-jsonschema carries; its command needs a newer click than ours."""
    package = importlib.util.find_spec("check_jsonschema")
    assert package is not None
    assert package.submodule_search_locations is not None
    folder = Path(package.submodule_search_locations[0])
    return json.loads((folder / "builtin_schemas" / "vendor" / "compose-spec.json").read_text())


def test_the_compose_file_follows_the_specification(compose: Any, compose_schema: Any) -> None:
    jsonschema.validate(compose, compose_schema)


def test_a_typo_in_the_compose_file_would_be_refused(compose: Any, compose_schema: Any) -> None:
    kafka = dict(compose["services"]["kafka"])
    kafka["healthchek"] = kafka.pop("healthcheck")

    with pytest.raises(jsonschema.ValidationError, match="healthchek"):
        jsonschema.validate(compose | {"services": compose["services"] | {"kafka": kafka}}, compose_schema)


def test_every_image_that_is_fetched_has_a_fixed_version(compose: Any) -> None:
    images = [service["image"] for service in compose["services"].values() if "build" not in service]
    images += re.findall(r"^FROM (\S+)", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE)

    assert all(re.fullmatch(r"[\w./-]+:v?\d+\.\d+[\w.-]*", image) for image in images), images


def test_the_compose_file_runs_the_kafka_that_is_embedded(compose: Any) -> None:
    assert compose["services"]["kafka"]["image"] == f"apache/kafka:{KAFKA}"


def test_every_supported_python_has_a_run_of_its_own() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    words = [classifier.split(" :: ") for classifier in project["classifiers"]]
    supported = [version for *_, language, version in words if language == "Python"]
    matrix = yaml(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["test"]["strategy"]["matrix"]

    assert matrix["python"] == supported
    assert project["requires-python"] == f">={supported[0]}"


def test_every_long_running_service_tells_its_health_and_comes_back(compose: Any) -> None:
    for name, service in compose["services"].items():
        if name != "setup":
            assert service["healthcheck"]["test"][0] == "CMD"
            assert service["restart"] == "on-failure"


def test_workers_start_only_after_topics_and_model_are_there(compose: Any) -> None:
    for name in ("worker-1", "worker-2"):
        assert compose["services"][name]["depends_on"]["setup"]["condition"] == "service_completed_successfully"


@pytest.mark.parametrize(
    ("environment", "words"), [({}, "--if-none"), ({"MODEL": "deploy/models/rfm.yaml"}, "deploy/models/rfm.yaml")]
)
def test_a_start_leaves_the_model_in_force_unless_one_is_named_on_it(
    compose: Any, environment: dict[str, str], words: str
) -> None:
    # Compose fills in the variable, by the words that the shell has for it.
    setup = compose["services"]["setup"]
    script = f'streamprocessor() {{ echo "$@"; }}; {setup["command"][0]}'
    done = subprocess.run([*setup["entrypoint"], script], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == ["topics apply", f"model apply {words}"]


def test_every_named_volume_is_declared_and_used(compose: Any) -> None:
    mounts = [mount for service in compose["services"].values() for mount in service.get("volumes", [])]

    assert {mount.split(":")[0] for mount in mounts if not mount.startswith(".")} == set(compose["volumes"])
    assert all((ROOT / mount.split(":")[0]).exists() for mount in mounts if mount.startswith("."))


def test_prometheus_scrapes_every_process_of_the_compose_file(compose: Any) -> None:
    jobs = yaml(ROOT / "deploy" / "prometheus" / "prometheus.yml")["scrape_configs"]
    targets = {target for job in jobs for group in job["static_configs"] for target in group["targets"]}

    ours = {name: service for name, service in compose["services"].items() if "build" in service and name != "setup"}
    assert targets == {f"{name}:{_port_of(service['command'][0])}" for name, service in ours.items()}


def _port_of(process: str) -> int:
    port: int = getattr(Settings(), "metrics_port" if process == "worker" else f"{process}_port")
    return port


def test_workers_in_containers_can_be_scraped_and_keep_names_of_their_own(compose: Any) -> None:
    workers = {name: service for name, service in compose["services"].items() if name.startswith("worker-")}

    for name, service in workers.items():
        assert service["environment"][f"{PREFIX}METRICS_HOST"] == "0.0.0.0"
        assert service["command"][-2:] == ["--name", name]


def test_the_environment_of_every_service_is_one_of_settings(compose: Any) -> None:
    for service in compose["services"].values():
        environment = service.get("environment", {})
        ours = {name: str(value) for name, value in environment.items() if name.startswith(PREFIX)}
        read_settings(ours)


def test_the_image_copies_only_what_is_there() -> None:
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE)

    assert [path for line in copies for path in line.split() if not (ROOT / path).exists()] == []


def test_the_example_names_exactly_the_settings_with_their_defaults() -> None:
    lines = (ROOT / "deploy" / "settings.example.env").read_text().splitlines()
    example = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    assert set(example) == {PREFIX + name.upper() for name in Settings.model_fields}
    assert read_settings(example) == Settings()


@pytest.mark.parametrize("path", sorted((ROOT / "deploy" / "imports").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_ready_mappings_can_be_read(path: Path) -> None:
    read_mapping(path)
