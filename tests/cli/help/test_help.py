"""Help of every command: on one screen, with an example that works; what all share is told once."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
import pytest

from streamprocessor.bundled_files import bundle_folder
from streamprocessor.cli.help.examples import EXAMPLES, each_command
from streamprocessor.cli.help.summaries import SUMMARIES
from streamprocessor.cli.main import commands
from streamprocessor.cli.terminal.options import SharedOption
from tests.cli.conftest import ROOT, Call

COMMANDS = {" ".join(words): command for words, command in each_command(commands) if words}
LINES = [(words, line) for words, lines in EXAMPLES.items() for line in lines]
ONE_SCREEN = 40
SHARED = ("--bootstrap", "--app-id", "--model", "--topic-prefix", "--data-dir")


def test_every_command_has_an_example_and_no_other_has() -> None:
    assert set(EXAMPLES) == set(COMMANDS)


@pytest.mark.parametrize("words", ["", *COMMANDS])
def test_help_is_on_one_screen_and_ends_with_its_examples(call: Call, words: str) -> None:
    shown = call(*words.split(), "--help").output

    assert len(shown.splitlines()) <= ONE_SCREEN
    assert max(map(len, shown.splitlines())) <= 100
    for line in EXAMPLES.get(words, ()):
        assert f"\n    streamprocessor {line}\n" in shown


@pytest.mark.parametrize(("words", "line"), LINES, ids=[line for _, line in LINES])
def test_an_example_is_of_its_command_and_is_understood(
    words: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    typed = shlex.split(line)
    for word in typed:
        if "/" not in word and Path(word).suffix in {".yaml", ".jsonl", ".csv", ".gz", ".html"}:
            (tmp_path / word).touch()
    below: click.Command = commands
    context = click.Context(commands, info_name="streamprocessor")
    while isinstance(below, click.Group) and typed and typed[0] in below.commands:
        below, typed = below.commands[typed[0]], typed[1:]
        parent, context = context, click.Context(below, info_name=below.name, parent=context)
    below.make_context(below.name, typed, parent)

    assert line.startswith(words)
    assert not isinstance(below, click.Group) or below.invoke_without_command


@pytest.mark.parametrize(
    "line",
    [
        "init my-leads --template hubspot-style",
        "init --yes",
        "topics list",
        "topics asyncapi",
        "model schema",
        "help kafka",
    ],
)
def test_examples_that_need_no_kafka_run(
    call: Call, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert line in {each for _, each in LINES}
    monkeypatch.chdir(tmp_path)

    assert call(*shlex.split(line)).exit_code == 0


@pytest.mark.parametrize("words", ["", *(name for name, each in COMMANDS.items() if isinstance(each, click.Group))])
def test_a_list_of_commands_has_each_on_a_line_that_is_whole(call: Call, words: str) -> None:
    group = COMMANDS[words] if words else commands
    assert isinstance(group, click.Group)

    listed = call(*words.split(), "--help").output.partition("\nCommands:\n")[2].split("\n\n")[0].splitlines()

    assert [line.split()[0] for line in listed] == group.list_commands(click.Context(group))
    assert [line for line in listed if line.endswith("...") or len(line) > 80] == []


def test_no_command_has_a_summary_that_is_gone() -> None:
    assert set(SUMMARIES) - set(COMMANDS) == set()


def test_help_kafka_names_the_folder_of_what_comes_along_so_that_it_can_be_copied(call: Call) -> None:
    assert f"\n  {bundle_folder()}\n" in call("help", "kafka").output


def test_a_file_that_an_example_names_as_one_of_ours_is_there() -> None:
    ours = [word for _, line in LINES for word in shlex.split(line) if word.startswith("deploy/")]

    assert ours
    assert [word for word in ours if not (ROOT / word).exists()] == []


def test_what_all_commands_share_is_told_once(call: Call) -> None:
    told = call("help", "kafka").output
    for flag in SHARED:
        assert f"  {flag} " in told
    for words, command in COMMANDS.items():
        shared = {option for each in command.params if isinstance(each, SharedOption) for option in each.opts}
        if {"--bootstrap"} & shared:
            assert shared == set(SHARED), words
            shown = call(*words.split(), "--help").output
            assert "What all commands share, such as --bootstrap and --data-dir: streamprocessor help kafka" in shown
            options = shown.partition("\nOptions:\n")[2].splitlines()
            assert not any(line.startswith(f"  {flag} ") for flag in SHARED for line in options), words


def test_help_shows_what_the_option_shows(call: Call) -> None:
    for words in ("up", "model apply", "delivery"):
        assert call("help", *words.split()).output == call(*words.split(), "--help").output
    assert call("help").output == call("--help").output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("modle", "help modle: unknown word 'modle' (did you mean 'model'?); wanted one of init, up, demo"),
        ("model aply", "help model aply: unknown word 'aply' (did you mean 'apply'?); wanted one of apply"),
        ("up now", "help up now: unknown word 'now'"),
    ],
)
def test_help_on_what_is_no_command_says_which_there_are(call: Call, words: str, sentence: str) -> None:
    refused = call("help", *words.split())

    assert refused.exit_code == 2
    assert sentence in refused.stderr
