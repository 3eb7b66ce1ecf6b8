"""The compose files follow the specification, start what they say in order, and give no process more than it needs."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from streamprocessor.kafka.embedded.jars import KAFKA
from streamprocessor.settings import PREFIX, Settings, read_settings
from tests.harness.system import ROOT
from tests.harness.yaml_file import read_yaml

COMPOSE, LAPTOP = ROOT / "docker-compose.yml", ROOT / "deploy" / "compose" / "laptop.yml"
FILES = pytest.mark.parametrize("file", [COMPOSE, LAPTOP], ids=["docker-compose.yml", "laptop.yml"])

#: `${NAME:-default}`: what compose fills in.
VARIABLE = re.compile(r"\$\{([A-Z_]+):-([^}]*)\}")
PROCESSES = ("worker", "collector", "delivery", "api")
STOPPING_SECONDS = 20
"""How long a process takes at most to end after it was drained; deploy/health.md."""
ANYWHERE = {"proxy"}
"""Services that the world may reach."""


def filled_in(value: Any) -> Any:
    """The value with the variables' defaults in it."""
    if isinstance(value, str):
        return VARIABLE.sub(lambda match: match[2], value)
    if isinstance(value, dict):
        return {name: filled_in(each) for name, each in value.items()}
    return [filled_in(each) for each in value] if isinstance(value, list) else value


def services_of(file: Path) -> dict[str, Any]:
    services: dict[str, Any] = filled_in(read_yaml(file)["services"])
    return services


def ours(file: Path) -> dict[str, Any]:
    """The services that run a process of ours, by name."""
    return {name: each for name, each in services_of(file).items() if "build" in each and name != "setup"}


def mounts_of(service: dict[str, Any]) -> list[list[str]]:
    """The parts of each mount: what, where, and how it may be used."""
    return [mount.split(":") for mount in service.get("volumes", [])]


@pytest.fixture(scope="module")
def compose_schema() -> Any:
    """The compose specification's schema, which check-jsonschema carries; its command needs a newer click than ours."""
    package = importlib.util.find_spec("check_jsonschema")
    assert package is not None
    assert package.submodule_search_locations is not None
    folder = Path(package.submodule_search_locations[0])
    return json.loads((folder / "builtin_schemas" / "vendor" / "compose-spec.json").read_text())


# ---- well-formed ------------------------------------------------------------------------------------------------


@FILES
def test_a_compose_file_follows_the_specification(file: Path, compose_schema: Any) -> None:
    jsonschema.validate(filled_in(read_yaml(file)), compose_schema)


@FILES
def test_compose_itself_takes_the_file(file: Path) -> None:
    command = compose_command()
    if command is None:
        pytest.skip("Docker Compose 2 is not installed")
    done = subprocess.run([*command, "-f", file, "config", "--quiet"], capture_output=True, text=True)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def compose_command() -> list[str] | None:
    """How Compose 2 is called here; None: it is not installed."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]):
            said = subprocess.run([*command, "version"], capture_output=True, text=True)
            if said.returncode == 0 and said.stdout.startswith("Docker Compose version"):
                return command
    return None


def test_a_typo_in_a_compose_file_would_be_refused(compose_schema: Any) -> None:
    compose = read_yaml(LAPTOP)
    compose["services"]["kafka"]["healthchek"] = compose["services"]["kafka"].pop("healthcheck")

    with pytest.raises(jsonschema.ValidationError, match="healthchek"):
        jsonschema.validate(compose, compose_schema)


@FILES
def test_every_image_has_a_version_and_can_be_pinned_by_its_digest(file: Path) -> None:
    for name, service in read_yaml(file)["services"].items():
        assert VARIABLE.fullmatch(service["image"]), f"{name}: wanted ${{NAME_IMAGE:-image:version}}"
        assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+[\w.-]*", filled_in(service["image"])), name


@FILES
def test_kafka_is_the_one_that_is_embedded_and_our_image_bears_our_version(file: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    services = services_of(file)

    assert {each["image"] for name, each in services.items() if name.startswith("kafka")} == {f"apache/kafka:{KAFKA}"}
    assert {each["image"] for each in services.values() if "build" in each} == {f"streamprocessor:{version}"}


def test_every_variable_is_documented_with_its_default() -> None:
    used = {name: default for name, default in VARIABLE.findall(COMPOSE.read_text())}
    lines = (ROOT / "deploy" / "compose" / "compose.example.env").read_text().splitlines()
    documented = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    of_laptop = {name: default.replace("../../", "./") for name, default in VARIABLE.findall(LAPTOP.read_text())}

    assert documented == used
    assert of_laptop.items() <= used.items()


@FILES
def test_every_named_volume_network_and_secret_is_declared_and_used(file: Path) -> None:
    compose = read_yaml(file)
    services = services_of(file).values()
    sources = [source for service in services for source, *_ in mounts_of(service)]
    networks = {network for service in services for network in service.get("networks", [])} - {"default"}

    assert {source for source in sources if not source.startswith(".")} == set(compose["volumes"])
    assert [source for source in sources if source.startswith(".") and not (file.parent / source).exists()] == []
    assert {secret for service in services for secret in service.get("secrets", [])} == set(compose["secrets"])
    assert networks == set(compose.get("networks", {}))


# ---- settings ---------------------------------------------------------------------------------------------------


@FILES
def test_the_environment_of_every_service_is_one_of_settings(file: Path, tmp_path: Path) -> None:
    for name, service in services_of(file).items():
        environment = {key: str(value) for key, value in service.get("environment", {}).items()}
        for key, value in environment.items():
            if value.startswith("/run/secrets/"):
                secret = value.removeprefix("/run/secrets/")
                assert secret in service["secrets"], f"{name}: {key}"
                (tmp_path / secret).write_text("a-secret-of-this-test")
                environment[key] = str(tmp_path / secret)
        read_settings({key: value for key, value in environment.items() if key.startswith(PREFIX)})


@FILES
def test_no_secret_stands_in_a_compose_file(file: Path) -> None:
    secret = re.compile("PASSWORD|SECRET|SALT|TOKEN|_KEYS?$|DATABASE_URL")
    for name, service in services_of(file).items():
        for key, value in service.get("environment", {}).items():
            assert not secret.search(key) or str(value).startswith("/run/secrets/"), f"{name}: {key}"
    assert all(list(secret) == ["file"] for secret in read_yaml(file)["secrets"].values())


@FILES
def test_settings_and_models_are_mounted_and_can_be_read_alone(file: Path) -> None:
    for name, service in (ours(file) | {"setup": services_of(file)["setup"]}).items():
        assert [mount[2] for mount in mounts_of(service) if mount[1] == "/app/deploy"] == ["ro"], name
        (settings,) = service["env_file"]
        assert (file.parent / settings["path"]).resolve() == ROOT / "settings.env"


def test_topics_get_as_many_replicas_as_there_are_brokers() -> None:
    services = services_of(COMPOSE)
    brokers = {name: each["environment"] for name, each in services.items() if name.startswith("kafka")}
    voters = ",".join(f"{each['KAFKA_NODE_ID']}@{name}:9093" for name, each in brokers.items())

    assert len(brokers) == 3
    for name, each in brokers.items():
        assert each["KAFKA_CONTROLLER_QUORUM_VOTERS"] == voters
        assert {value for key, value in each.items() if key.endswith("REPLICATION_FACTOR")} == {3}
        assert {value for key, value in each.items() if key.endswith(("MIN_ISR", "MIN_INSYNC_REPLICAS"))} == {2}
        assert each["KAFKA_ADVERTISED_LISTENERS"].startswith(f"PLAINTEXT://{name}:9092,HOST://127.0.0.1:")
        assert services[name]["ports"] == [f"{each['KAFKA_ADVERTISED_LISTENERS'].split('//')[-1]}:19092"]
    for name in ("setup", *ours(COMPOSE)):
        environment = services[name]["environment"]
        assert environment[f"{PREFIX}REPLICATION"] == 3
        assert environment[f"{PREFIX}BOOTSTRAP"] == ",".join(f"{broker}:9092" for broker in brokers)
    assert set(services["setup"]["depends_on"]) == set(brokers)


# ---- order and health -------------------------------------------------------------------------------------------


@FILES
def test_every_long_running_service_tells_its_health_and_comes_back(file: Path) -> None:
    for name, service in services_of(file).items():
        if name != "setup":
            assert service["healthcheck"]["test"][0] == "CMD", name
            assert service["restart"] == "unless-stopped", name


@FILES
def test_processes_start_only_after_topics_and_model_are_there(file: Path) -> None:
    for service in ours(file).values():
        assert service["depends_on"]["setup"]["condition"] == "service_completed_successfully"


@FILES
@pytest.mark.parametrize(
    ("environment", "words"), [({}, "--if-none"), ({"MODEL": "deploy/models/rfm.yaml"}, "deploy/models/rfm.yaml")]
)
def test_a_start_leaves_the_model_in_force_unless_one_is_named_on_it(
    file: Path, environment: dict[str, str], words: str
) -> None:
    # Compose fills in the variable, by the words that the shell has for it.
    setup = read_yaml(file)["services"]["setup"]
    script = f'streamprocessor() {{ echo "$@"; }}; {setup["command"][0]}'
    done = subprocess.run([*setup["entrypoint"], script], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == ["topics apply", f"model apply {words}"]


@FILES
def test_processes_in_containers_can_be_reached_and_workers_keep_names_of_their_own(file: Path) -> None:
    for name, service in ours(file).items():
        process, *options = service["command"]
        assert process in PROCESSES
        host = f"{PREFIX}{'METRICS' if process == 'worker' else process.upper()}_HOST"
        assert service["environment"][host] == "0.0.0.0"
        assert options == (["--name", name] if process == "worker" else [])


@FILES
def test_status_asks_all_processes_when_a_worker_is_asked_for_it(file: Path) -> None:
    others = {name: each["command"][0] for name, each in ours(file).items() if each["command"][0] != "worker"}

    for name in ours(file).keys() - others.keys():
        asked = services_of(file)[name]["environment"][f"{PREFIX}STATUS_URLS"]
        assert asked.split(",") == [f"http://{other}:{port_of(process)}" for other, process in others.items()]


def test_prometheus_scrapes_every_process_under_the_name_of_its_kind() -> None:
    jobs = read_yaml(ROOT / "deploy" / "prometheus" / "prometheus.yml")["scrape_configs"]
    targets = {
        (job["job_name"], target) for job in jobs for group in job["static_configs"] for target in group["targets"]
    }

    kinds = {name: service["command"][0] for name, service in ours(COMPOSE).items()}
    assert targets == {(f"streamprocessor-{kind}", f"{name}:{port_of(kind)}") for name, kind in kinds.items()}


def test_prometheus_takes_its_configuration() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    done = subprocess.run(
        [promtool, "check", "config", ROOT / "deploy" / "prometheus" / "prometheus.yml"], capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_keeps_the_traces_of_what_was_slow() -> None:
    assert "--enable-feature=exemplar-storage" in services_of(COMPOSE)["prometheus"]["command"]


@FILES
def test_a_process_has_time_to_end(file: Path) -> None:
    for name, service in ours(file).items():
        environment = service["environment"]
        drain_seconds = float(environment.get(f"{PREFIX}DRAIN_SECONDS", Settings().drain_seconds))
        assert int(service["stop_grace_period"].removesuffix("s")) >= drain_seconds + STOPPING_SECONDS, name


def port_of(process: str) -> int:
    """Where the process answers in its container."""
    port: int = getattr(Settings(), "metrics_port" if process == "worker" else f"{process}_port")
    return port


# ---- least rights -----------------------------------------------------------------------------------------------


@FILES
def test_no_container_has_more_than_it_needs(file: Path) -> None:
    for name, service in services_of(file).items():
        user, _, _ = service["user"].partition(":")
        assert int(user) > 0, name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "cap_add" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert re.fullmatch(r"\d+[mg]", service["mem_limit"]), name
        assert service["cpus"] > 0, name
        assert service["pids_limit"] > 0, name
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}, name
        assert not service.keys() & {"privileged", "network_mode", "pid", "ipc", "devices"}, name


@pytest.mark.parametrize(
    ("file", "gib", "cores"), [(COMPOSE, 16, 2), (LAPTOP, 4, 1)], ids=["docker-compose.yml", "laptop.yml"]
)
def test_all_limits_together_are_what_the_readme_says(file: Path, gib: int, cores: int) -> None:
    services = [each for name, each in services_of(file).items() if name != "setup"]  # which ends before they begin
    units = {"m": 1 << 20, "g": 1 << 30}
    limits = [int(each["mem_limit"][:-1]) * units[each["mem_limit"][-1]] for each in services]
    readme = (ROOT / "deploy" / "compose" / "README.md").read_text()

    assert round(sum(limits) / (1 << 30)) == gib
    assert max(each["cpus"] for each in services) == cores
    assert "16 GiB (laptop.yml: 4 GiB)" in readme
    assert "the largest have 2 (laptop.yml: 1)" in readme


@FILES
def test_only_the_proxy_can_be_reached_from_outside(file: Path) -> None:
    for name, service in services_of(file).items():
        open_to_all = [port for port in service.get("ports", []) if not port.startswith("127.0.0.1:")]
        assert name in ANYWHERE or not open_to_all, name


def test_the_proxys_address_is_believed_and_given_to_nobody_else() -> None:
    from ipaddress import IPv4Address, IPv4Network

    services, networks = services_of(COMPOSE), filled_in(read_yaml(COMPOSE)["networks"])
    (edge,) = networks["edge"]["ipam"]["config"]
    address = services["proxy"]["networks"]["edge"]["ipv4_address"]

    assert IPv4Address(address) in IPv4Network(edge["subnet"])
    assert IPv4Address(address) not in IPv4Network(edge["ip_range"])
    assert IPv4Network(edge["ip_range"]).subnet_of(IPv4Network(edge["subnet"]))
    for name in ("collector", "api"):
        assert services[name]["environment"][f"{PREFIX}TRUSTED_PROXIES"] == address
        assert "edge" in services[name]["networks"]


def test_the_database_can_be_reached_by_the_api_alone() -> None:
    compose = read_yaml(COMPOSE)

    assert compose["networks"]["database"] == {"internal": True}
    assert compose["services"]["postgres"]["networks"] == ["database"]
    assert [name for name, each in compose["services"].items() if "database" in each.get("networks", [])] == [
        "postgres",
        "api",
    ]
