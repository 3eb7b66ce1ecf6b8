"""What real shells complete."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from streamprocessor.cli.help.completion import SHELLS
from streamprocessor.cli.main import commands
from tests.cli.conftest import ROOT, Call

PROGRAMS = Path(sys.executable).parent
BASH = """
source <(streamprocessor completion bash)
COMP_WORDS=("$@" "")
COMP_CWORD=$((${#COMP_WORDS[@]} - 2))
unset 'COMP_WORDS[-1]'
_streamprocessor_completion "$1"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def completed(*words: str) -> set[str]:
    """What bash offers for the last of these words."""
    environment = os.environ | {"PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", BASH, "bash", "streamprocessor", *words],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment,
    )
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["mo"], ["model"]),
        (["model", "ro"], ["rollback"]),
        (["up", "--work"], ["--workers"]),
        (["up", "--boot"], ["--bootstrap"]),
        (["doctor", "work"], ["worker"]),
        (["init", "--template", "hub"], ["hubspot-style"]),
        (["completion", ""], list(SHELLS)),
        (["help", "model", "ap"], ["apply"]),
        (["dead-letters", "list", "--topic", "page"], ["page-visits"]),
        (["model", "check", "--mo"], ["--model"]),
    ],
    ids=" ".join,
)
def test_commands_options_and_values_are_completed(words: list[str], offered: list[str]) -> None:
    completer = ShellComplete(commands, {}, "streamprocessor", "_STREAMPROCESSOR_COMPLETE")

    assert {item.value for item in completer.get_completions(words[:-1], words[-1])} == set(offered)


def test_bash_offers_them() -> None:
    """One case for all: each key costs two starts of Python."""
    assert completed("init", "--template", "hub") == {"hubspot-style"}


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_understands_what_is_printed_for_it(call: Call, shell: str) -> None:
    script = call("completion", shell)

    assert script.exit_code == 0
    assert "streamprocessor" in script.output
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script.output, text=True, check=True)


def test_a_shell_that_is_not_known_is_refused_with_those_that_are(call: Call) -> None:
    refused = call("completion", "tcsh")

    assert refused.exit_code == 2
    assert "SHELL: wanted one of bash, zsh, fish; got 'tcsh'" in refused.stderr
