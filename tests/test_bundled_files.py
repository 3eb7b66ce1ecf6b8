"""Files that come along with the package are found wherever a command runs, and a person's own come before them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from streamprocessor import bundled_files
from streamprocessor.bundled_files import bundle_folder, path_of
from streamprocessor.cli.main import commands
from streamprocessor.contract.topics.topics import read_topics
from streamprocessor.errors import OperatorError, TopicError
from streamprocessor.settings import Settings, read_settings
from tests.harness.system import ROOT

FILES = {"model": "deploy/demo.yaml", "topics_dir": "topics", "mappings_dir": "deploy/imports"} | {
    "delivery_templates_dir": "deploy/webhooks",
    "inbox": "deploy/demo-inbox.yaml",
    "subscriptions": "deploy/subscriptions.example.yaml",
}
"""Settings that are files or folders which come along, each with such a one."""


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: an empty one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "file",
    ["topics", "topics/schemas/event.json", "deploy/scoring.yaml", "deploy/models/rfm.yaml", "./deploy/imports"],
)
def test_what_comes_along_is_found_from_an_empty_folder(file: str, elsewhere: Path) -> None:
    assert Path(path_of(file)) == ROOT / file


@pytest.mark.parametrize(
    "file",
    ["", "README.md", "scoring.yaml", "deploy/none.yaml", "deploy/../README.md", "/deploy/scoring.yaml", "../topics"],
)
def test_any_other_name_stays_as_it_is(file: str, elsewhere: Path) -> None:
    assert path_of(file) == file


def test_a_file_of_the_working_folder_comes_before_the_one_that_comes_along(elsewhere: Path) -> None:
    (elsewhere / "deploy").mkdir()
    (elsewhere / "deploy" / "scoring.yaml").write_text("ours")

    assert path_of("deploy/scoring.yaml") == "deploy/scoring.yaml"
    assert Path(path_of("deploy/demo.yaml")) == ROOT / "deploy" / "demo.yaml"


def test_installed_the_files_are_inside_the_package(
    elsewhere: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path_factory.mktemp("package") / "bundle"
    (bundle / "topics").mkdir(parents=True)
    monkeypatch.setattr(bundled_files, "_BUNDLE", bundle)

    assert bundle_folder() == bundle
    assert path_of("topics") == str(bundle / "topics")
    assert path_of("deploy/scoring.yaml") == "deploy/scoring.yaml"


@pytest.mark.parametrize(("name", "file"), FILES.items())
def test_a_setting_that_names_what_comes_along_is_found_from_an_empty_folder(
    name: str, file: str, elsewhere: Path
) -> None:
    assert Path(getattr(read_settings({}, **{name: file}), name)) == ROOT / file


def test_what_a_setting_has_by_itself_is_there_in_an_empty_folder(elsewhere: Path) -> None:
    settings = Settings()

    assert [name for name in FILES if (path := getattr(settings, name)) and not Path(path).exists()] == []


def test_in_the_checkout_settings_are_as_they_are_spelled() -> None:
    settings = Settings()

    assert (settings.model, settings.topics_dir) == ("deploy/scoring.yaml", "topics")
    assert (settings.mappings_dir, settings.delivery_templates_dir) == ("deploy/imports", "deploy/webhooks")


@pytest.mark.parametrize(
    "words",
    [
        ("model", "check"),
        ("model", "check", "deploy/models/engagement.yaml"),
        ("model", "show", "--model", "deploy/demo.yaml"),
        ("model", "diff", "deploy/demo.yaml", "--against", "deploy/scoring.yaml"),
        ("topics", "list"),
        ("topics", "asyncapi"),
    ],
)
def test_commands_take_what_comes_along_by_its_name_in_an_empty_folder(words: tuple[str, ...], elsewhere: Path) -> None:
    result = CliRunner().invoke(commands, words)

    assert result.exit_code == 0, result.output
    assert list(elsewhere.iterdir()) == []


def test_a_folder_without_topics_is_told_where_those_are_that_come_along(elsewhere: Path) -> None:
    with pytest.raises(TopicError) as caught:
        read_topics(elsewhere)

    assert str(caught.value).startswith(f"{elsewhere}: no topic files; wanted one YAML file a topic; got none")
    assert str(caught.value).endswith(f"are in {ROOT / 'topics'}")


def test_what_a_message_names_is_there_in_an_empty_folder(elsewhere: Path) -> None:
    with pytest.raises(OperatorError) as caught:
        read_settings({"STREAMPROCESSOR_NONE": "1"})

    assert Path(str(caught.value).split()[-1]) == ROOT / "deploy" / "settings.example.env"
