"""What `streamprocessor.env` of a folder says holds for commands that are run there; what is wrong is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from streamprocessor.cli.terminal.settings_file import environment
from streamprocessor.errors import OperatorError
from tests.cli.conftest import ROOT, Call


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings' file of the folder in which commands are run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STREAMPROCESSOR_TOPICS_DIR", str(ROOT / "topics"))
    return tmp_path / "streamprocessor.env"


def test_the_command_line_holds_before_the_environment_and_that_before_the_file(call: Call, file: Path) -> None:
    file.write_text("STREAMPROCESSOR_TOPIC_PREFIX=file-\n")
    listed = ("topics", "list", "--json")

    assert '"file-page-visits"' in call(*listed).output
    assert '"env-page-visits"' in call(*listed, env={"STREAMPROCESSOR_TOPIC_PREFIX": "env-"}).output
    assert '"line-page-visits"' in call(*listed, "--topic-prefix", "line-").output


def test_what_a_command_has_of_its_own_stands_between_the_environment_and_the_file(file: Path) -> None:
    file.write_text("STREAMPROCESSOR_MODEL=scoring.yaml\nSTREAMPROCESSOR_API_PORT=8081\n")
    demo = {"STREAMPROCESSOR_MODEL": "demo.yaml", "STREAMPROCESSOR_TOPICS_DIR": "demo"}
    found = environment(demo)

    assert found["STREAMPROCESSOR_MODEL"] == "demo.yaml"
    assert found["STREAMPROCESSOR_API_PORT"] == "8081"
    assert found["STREAMPROCESSOR_TOPICS_DIR"] == str(ROOT / "topics")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("STREAMPROCESSOR_PAGE_URL=https://a.example", "https://a.example"),
        ("  export STREAMPROCESSOR_PAGE_URL = https://a.example  ", "https://a.example"),
        ("STREAMPROCESSOR_PAGE_URL='https://a.example'", "https://a.example"),
        ('STREAMPROCESSOR_PAGE_URL="https://a.example/#x"', "https://a.example/#x"),
        ("STREAMPROCESSOR_PAGE_URL=https://a.example/#x # the page", "https://a.example/#x"),
        ("\ufeffSTREAMPROCESSOR_PAGE_URL=https://a.example\r", "https://a.example"),
        ("STREAMPROCESSOR_SASL_TOKEN_COMMAND=\nSTREAMPROCESSOR_PAGE_URL=", ""),
    ],
)
def test_a_line_is_read_as_shells_and_compose_read_it(file: Path, line: str, value: str) -> None:
    file.write_text(f"{line}\n# more\n\n")

    assert environment()["STREAMPROCESSOR_PAGE_URL"] == value


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("\n# x\nSTREAMPROCESSOR_MODLE=x", "streamprocessor.env:3: STREAMPROCESSOR_MODLE is not a setting"),
        ("STREAMPROCESSOR_API_PORT=99999", "streamprocessor.env:1: STREAMPROCESSOR_API_PORT: wanted a whole number"),
        ("STREAMPROCESSOR_MODEL", "streamprocessor.env:1: wanted STREAMPROCESSOR_NAME=VALUE, or a comment behind #"),
        ("MODEL=x", "streamprocessor.env:1: wanted STREAMPROCESSOR_NAME=VALUE, or a comment behind #; got 'MODEL'"),
        (
            "STREAMPROCESSOR_SASL_TOKEN_COMMAND=touch owned",
            "streamprocessor.env:1: wanted STREAMPROCESSOR_SASL_TOKEN_COMMAND, which runs a program, in the",
        ),
        (
            "STREAMPROCESSOR_MODEL=a\nSTREAMPROCESSOR_MODEL=b",
            "streamprocessor.env:2: STREAMPROCESSOR_MODEL stands twice",
        ),
    ],
)
def test_a_line_that_can_not_be_is_named_and_no_command_runs(call: Call, file: Path, text: str, sentence: str) -> None:
    file.write_text(text)
    refused = call("topics", "list")

    assert refused.exit_code == 2
    assert sentence in refused.stderr


def test_a_pipe_is_no_settings_file_and_is_not_waited_for(call: Call, file: Path) -> None:
    os.mkfifo(file)

    assert "streamprocessor.env: wanted a regular file; got another" in call("topics", "list").stderr


def test_a_secret_of_the_file_is_never_repeated(call: Call, file: Path) -> None:
    file.write_text("STREAMPROCESSOR_SMTP_PASSWORD=hush-hush\nSTREAMPROCESSOR_SMTP_PASWORD=hush-hush\n")

    assert "hush" not in call("topics", "list").stderr


def test_a_file_that_others_may_write_is_not_believed(file: Path) -> None:
    file.write_text("STREAMPROCESSOR_SASL_TOKEN_COMMAND=rm -rf x\n")
    file.chmod(0o666)

    with pytest.raises(OperatorError, match="wanted a file that nobody but you may write; got one that others may"):
        environment()


def test_what_is_no_text_is_named(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")

    with pytest.raises(OperatorError, match="in UTF-8; got an error"):
        environment()


def test_the_log_of_a_process_is_set_up_though_the_file_is_wrong(call: Call, file: Path) -> None:
    file.write_text("STREAMPROCESSOR_LOG_FORMAT=json\nNOTHING\n")
    refused = call("worker")

    assert refused.exit_code == 2
    assert "streamprocessor.env:2: wanted" in refused.stderr
