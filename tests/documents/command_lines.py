"""Lines of a shell as documents have them, held against the commands that there are."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from streamprocessor.cli.main import commands
from tests.documents.markdown import ROOT, blocks_of, code_of

ACTIVATE = ". .venv/bin/activate"
OTHER_PROGRAMS = frozenset(
    {
        "cat",
        "cd",
        "cp",
        "curl",
        "docker",
        "echo",
        "export",
        "git",
        "helm",
        "kubectl",
        "node",
        "npm",
        "openssl",
        "pip",
        "printf",
        "sed",
        "source",
    }
)
"""What documents have their readers run besides; of these nothing but that they are called is known here."""

_OURS = re.compile(r"(?<!-n )(?<!namespace )(?<!install )(?<![\w./-])streamprocessor ([a-z-].*)")
_SHELL = re.compile(r"[;|&<>]|\.\.\.|, ")


def lines_of(text: str) -> list[str]:
    """The command lines of a block: those that a backslash continues are one; comments and blank lines are none."""
    joined = re.sub(r"\\\n\s*", " ", text)
    return [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def our_words(line: str) -> list[str] | None:
    """The words after `streamprocessor`, up to what the shell does with them; None: it calls another program."""
    ours = _OURS.search(line)
    return None if ours is None else shlex.split(_SHELL.split(ours[1])[0], comments=True)


def our_words_in(document: Path) -> Iterator[list[str]]:
    """Those of each command in it, in blocks and between backticks."""
    shells = [line for block in blocks_of(document) if block.language == "sh" for line in lines_of(block.text)]
    for line in [*shells, *code_of(document)]:
        if (words := our_words(line)) is not None:
            yield words


def complaint_about_ours(words: list[str]) -> str | None:
    """What is wrong with such words; None: each command and option in it is known, and no argument is too many."""
    command: click.Command = commands
    arguments = 0
    left = iter(words)
    for word in left:
        if word.startswith("-") and word != "-":
            name, is_joined, _ = word.partition("=")
            options = [each for each in command.params if name in (*each.opts, *each.secondary_opts, "--help")]
            if not options:
                return f"{command.name} knows no {word}"
            if not is_joined and name != "--help" and isinstance(options[0], click.Option) and not options[0].is_flag:
                next(left, None)
        elif isinstance(command, click.Group) and (word.islower() or not command.invoke_without_command):
            inner = command.get_command(click.Context(command), word)
            if inner is None:
                return f"{command.name} has no command {word}"
            command = inner
        else:
            arguments += 1
    taken = [parameter.nargs for parameter in command.params if isinstance(parameter, click.Argument)]
    if -1 not in taken and arguments > sum(taken):
        return f"{command.name} takes {sum(taken)} arguments, not {arguments}"
    return None


def complaint_about(line: str) -> str | None:
    """What is wrong with a line of a block; None: all of it is known here."""
    if line == ACTIVATE or line.startswith("export "):
        return None
    if (words := our_words(line)) is not None and line.lstrip().startswith("streamprocessor"):
        return complaint_about_ours(words)
    program, *arguments = shlex.split(line, comments=True)
    if program == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        return None if set(arguments) <= set(targets) else f"no target {arguments} in the Makefile"
    if "/" in program:
        of_tests = [ROOT / word for word in arguments if word.startswith("tests/")]
        is_there = program == ".venv/bin/python" or (ROOT / program).exists()
        return None if is_there and all(file.exists() for file in of_tests) else f"{program} or a file is not there"
    return None if program in OTHER_PROGRAMS else f"{program}: unknown to this test"
