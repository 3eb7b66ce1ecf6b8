"""What the documents name is there: files, headings, commands with their options; one page leads to all of deploy/."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from streamprocessor.cli.main import commands

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "deploy").rglob("*.md"), *(ROOT / "topics").rglob("*.md")],
)

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")
_BLOCK = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"(?<!-n )(?<!namespace )(?<!install )(?<![\w-])streamprocessor ([a-z].*)")
_SHELL = re.compile(r"[;|&]|\.\.\.|, ")


def _anchor(heading: str) -> str:
    """As GitHub makes it."""
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", words).strip().replace(" ", "-")


def _links(document: Path) -> Iterator[tuple[Path, str]]:
    """The files that it leads to, and what in them."""
    for link in _LINK.findall(document.read_text()):
        if "://" not in link:
            file, _, anchor = link.partition("#")
            yield (document.parent / file if file else document).resolve(), anchor


def _commands(document: Path) -> Iterator[list[str]]:
    """The words after `streamprocessor` of each command line, up to what the shell does with it."""
    text = document.read_text()
    lines = [line for block in _BLOCK.findall(text) for line in block.splitlines()]
    for line in [*lines, *_CODE.findall(_BLOCK.sub("", text))]:
        if (found := _COMMAND.search(line)) is not None:
            yield shlex.split(_SHELL.split(found[1])[0], comments=True)


def _complaint(words: list[str]) -> str | None:
    """What is wrong with a command line; None: each command and option in it is known."""
    command: click.Command = commands
    left = iter(words)
    for word in left:
        if word.startswith("--"):
            name, is_joined, _ = word.partition("=")
            options = [each for each in command.params if name in (*each.opts, *each.secondary_opts)]
            if not options:
                return f"{command.name} knows no {word}"
            if not is_joined and isinstance(options[0], click.Option) and not options[0].is_flag:
                next(left, None)
        elif isinstance(command, click.Group) and word.islower():
            found = command.get_command(click.Context(command), word)
            if found is None:
                return f"{command.name} has no command {word}"
            command = found
    return None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(document: Path) -> None:
    for file, anchor in _links(document):
        assert file.exists(), file
        if anchor and file.suffix == ".md":
            assert anchor in map(_anchor, _HEADING.findall(file.read_text())), f"{file}#{anchor}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_is_told_is_one_with_these_options(document: Path) -> None:
    assert [complaint for words in _commands(document) if (complaint := _complaint(words))] == []


def test_one_page_leads_to_everything_for_those_who_run_it() -> None:
    page = ROOT / "deploy" / "README.md"
    led = {file for file, _ in _links(page)}
    led |= {above for file in led for above in file.parents}
    known = {"demo.yaml", "demo-inbox.yaml", "healthcheck.py", "__pycache__"}

    assert [path.name for path in (ROOT / "deploy").iterdir() if path.name not in known and path not in led] == []
