import json
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from streamprocessor.cli.main import Commands, commands
from streamprocessor.errors import MustRestartError, OperatorError, RecordError
from tests.cli.conftest import Call

HEAVY = ("faust", "aiokafka", "pydantic", "rich", "orjson", "asyncio", "importlib.metadata", "email")


def test_help_names_every_command(call: Call) -> None:
    result = call("--help")

    assert result.exit_code == 0
    for name in commands.commands:
        assert name in result.output


@pytest.mark.parametrize("name", sorted(commands.commands))
def test_every_command_has_help_that_begins_with_a_whole_sentence(call: Call, name: str) -> None:
    result = call(name, "--help")

    assert result.exit_code == 0
    assert not commands.commands[name].get_short_help_str(limit=120).endswith("...")


def test_asking_for_help_imports_no_room() -> None:
    program = f"import sys, streamprocessor.cli.main; print([name for name in {HEAVY} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (OperatorError("do this"), 2, "do this"),
        (RecordError("not-json", "no JSON"), 1, "not-json: no JSON"),
        (MustRestartError("again"), 70, "again"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_an_error_becomes_its_sentence_and_exit_code(error: BaseException, code: int, sentence: str) -> None:
    @click.group(cls=Commands)
    def group() -> None:
        pass

    @group.command()
    def fail() -> None:
        raise error

    result = CliRunner().invoke(group, ["fail"])

    assert result.exit_code == code
    assert result.stdout == ""
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def test_an_error_of_the_program_is_not_hidden() -> None:
    @click.group(cls=Commands)
    def group() -> None:
        pass

    @group.command()
    def fail() -> None:
        raise ZeroDivisionError

    assert isinstance(CliRunner().invoke(group, ["fail"]).exception, ZeroDivisionError)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nonsense"], "unknown command 'nonsense'; wanted one that --help lists; got 'nonsense'"),
        (["topics", "check", "--data-dir", "/nowhere"], "no Kafka: none is named"),
        (["worker", "--data-dir", "/nowhere"], "wanted --bootstrap HOST:PORT"),
        (["topics", "list", "--topic-prefix", "sp ace"], "STREAMPROCESSOR_TOPIC_PREFIX"),
        (["worker", "--metrics-port", "99999"], "STREAMPROCESSOR_METRICS_PORT"),
        (["model", "check", "no-such-file.yaml"], "no-such-file.yaml"),
        (["score", "--events", "-", "--at", "yesterday"], "wanted 2026-11-22T08:00:00Z or epoch milliseconds"),
        (["simulate", "--rate", "1", "--speed", "2"], "--rate and --speed: wanted one of them"),
        (["simulate", "--output", "-", "--bad-records"], "--bad-records: wanted without --output"),
        (["import", "README.md"], "no known export has these columns"),
        (["import", "README.md", "--format", "csv"], "wanted --mapping FILE"),
        (["dead-letters", "resend"], "or else --all; got none of them"),
        (["dead-letters", "resend", "--all", "1:2"], "or else --all; got both"),
        (["demo", "--rate", "0"], "--rate"),
        (["up", "--workers", "0"], "--workers"),
    ],
)
def test_what_a_user_gets_wrong_ends_with_exit_code_2_and_says_what_was_wanted(
    call: Call, words: list[str], sentence: str
) -> None:
    result = call(*words)

    assert result.exit_code == 2
    assert sentence in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["--topic-prefix", "x-", "topics", "list", "--json"],
        ["topics", "list", "--json", "--topic-prefix", "x-"],
        ["--topic-prefix", "y-", "topics", "list", "--json", "--topic-prefix", "x-"],
    ],
)
def test_options_stand_before_or_after_the_command_and_the_later_one_holds(call: Call, words: list[str]) -> None:
    assert '"x-page-visits"' in call(*words).output


def test_the_command_line_holds_before_the_environment(call: Call) -> None:
    environment = {"STREAMPROCESSOR_TOPIC_PREFIX": "env-"}

    assert '"env-page-visits"' in call("topics", "list", "--json", env=environment).output
    assert '"x-page-visits"' in call("topics", "list", "--json", "--topic-prefix", "x-", env=environment).output


def test_a_setting_that_does_not_exist_is_refused(call: Call) -> None:
    result = call("topics", "list", env={"STREAMPROCESSOR_BOOTSTRAPS": "x:1"})

    assert result.exit_code == 2
    assert "STREAMPROCESSOR_BOOTSTRAPS is not a setting" in result.stderr


def test_a_kafka_that_is_not_there_is_named_at_once(call: Call) -> None:
    result = call("topics", "check", "--bootstrap", "127.0.0.1:1")

    assert result.exit_code == 70
    assert "Kafka can't be used at 127.0.0.1:1" in result.stderr


@pytest.mark.parametrize("process", ["delivery", "api"])
def test_a_wrong_file_of_the_inbox_is_named_before_kafka_is_waited_for(
    call: Call, tmp_path: Path, process: str
) -> None:
    (tmp_path / "inbox.yaml").write_text("people: {mia: {webhok: x}}")
    names = ("INBOX", "ERASURE_SALT", "ADDRESS_SALT")
    values = (str(tmp_path / "inbox.yaml"), "a-salt-that-nobody-knows", "a-salt-that-nobody-knows")
    env = {f"STREAMPROCESSOR_{name}": value for name, value in zip(names, values, strict=True)}

    result = call(process, "--bootstrap", "127.0.0.1:1", "--data-dir", str(tmp_path / "data"), env=env)

    assert result.exit_code == 2
    assert "inbox.yaml:1: the file: people: mia: unknown word 'webhok'" in result.stderr


@pytest.mark.parametrize("process", ["worker", "api"])
def test_a_process_that_needs_the_erasure_salt_says_how_it_is_made(call: Call, tmp_path: Path, process: str) -> None:
    result = call(process, "--bootstrap", "127.0.0.1:1", "--data-dir", str(tmp_path))

    assert result.exit_code == 2
    assert "STREAMPROCESSOR_ERASURE_SALT: wanted a secret" in result.stderr
    assert "openssl rand -hex 24" in result.stderr
    assert "never change it" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("process", ["worker", "api"])
def test_a_process_that_needs_the_address_salt_says_where_it_is(call: Call, tmp_path: Path, process: str) -> None:
    erasure_salt = {"STREAMPROCESSOR_ERASURE_SALT": "salt"}
    result = call(process, "--bootstrap", "127.0.0.1:1", "--data-dir", str(tmp_path), env=erasure_salt)

    assert result.exit_code == 2
    assert "STREAMPROCESSOR_ADDRESS_SALT: wanted a secret" in result.stderr
    assert "that of the collectors, which is in their data folder in address-salt" in result.stderr


@pytest.mark.parametrize("process", ["worker", "collector", "delivery", "api"])
@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("METRICS_PORT", "none", "STREAMPROCESSOR_METRICS_PORT"),
        ("LOG_LEVEL", "LOUD", "STREAMPROCESSOR_LOG_LEVEL"),
        ("BOOTSTRAP", "", "no Kafka: none is named"),
    ],
)
def test_what_ends_a_process_as_it_starts_is_json_where_its_log_is(
    call: Call, tmp_path: Path, process: str, setting: str, value: str, sentence: str
) -> None:
    environment = {"STREAMPROCESSOR_LOG_FORMAT": "json", f"STREAMPROCESSOR_{setting}": value}
    result = call(process, "--data-dir", tmp_path, env=environment)

    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert sentence in json.loads(line)["message"]
    assert json.loads(line)["process"] == process


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGUSR2])
def test_a_signal_to_the_log_ends_no_process_that_only_starts(number: signal.Signals) -> None:
    program = (
        "import os, streamprocessor.cli.main as cli\n"
        f"cli.commands = lambda **_: os.kill(os.getpid(), {int(number)})\n"
        "from streamprocessor.__main__ import main\n"
        "main()\n"
        "print('lives')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.stdout, done.returncode) == ("lives\n", 0)
