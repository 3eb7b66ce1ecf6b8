"""What stands in deploy/ is well-formed and agrees with itself and with the settings."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from streamprocessor.settings import PREFIX, Settings, read_settings
from tests.harness.mapped_files import read_mapping
from tests.harness.yaml_file import read_yaml

ROOT = Path(__file__).parents[2]


def test_every_supported_python_has_a_run_of_its_own() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    words = [classifier.split(" :: ") for classifier in project["classifiers"]]
    supported = [version for *_, language, version in words if language == "Python"]
    matrix = read_yaml(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["test"]["strategy"]["matrix"]

    assert matrix["python"] == supported
    assert project["requires-python"] == f">={supported[0]}"


def test_the_example_names_exactly_the_settings_with_their_defaults() -> None:
    lines = (ROOT / "deploy" / "settings.example.env").read_text().splitlines()
    example = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    assert set(example) == {PREFIX + name.upper() for name in Settings.model_fields}
    assert read_settings(example) == Settings()


@pytest.mark.parametrize("path", sorted((ROOT / "deploy" / "imports").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_ready_mappings_can_be_read(path: Path) -> None:
    read_mapping(path)


def test_the_changelog_tells_each_thing_once() -> None:
    entries = [line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("- ")]

    assert len(entries) > 20
    assert {entry for entry in entries if entries.count(entry) > 1} == set()
