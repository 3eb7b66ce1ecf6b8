"""Commands that documents name exist, with these options; what a block of a shell begins with is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.command_lines import (
    ACTIVATE,
    complaint_about,
    complaint_about_ours,
    lines_of,
    our_words,
    our_words_in,
)
from tests.documents.markdown import DOCUMENTS, ROOT, Block, blocks, name_of

SHELLS = blocks("sh")


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_command_that_is_named_is_one_with_these_options_and_arguments(document: Path) -> None:
    assert [complaint for words in our_words_in(document) if (complaint := complaint_about_ours(words))] == []


@pytest.mark.parametrize("block", SHELLS, ids=lambda block: block.place)
def test_every_line_of_a_shell_is_one_that_this_test_knows(block: Block) -> None:
    assert [complaint for line in lines_of(block.text) if (complaint := complaint_about(line))] == []


@pytest.mark.parametrize(
    "block", [block for block in SHELLS if block.document.parent != ROOT / "deploy"], ids=lambda block: block.place
)
def test_a_shell_that_calls_the_command_first_puts_it_on_its_path(block: Block) -> None:
    """But in deploy/, where it is installed."""
    lines = lines_of(block.text)

    assert not any(map(our_words, lines)) or lines[0] == ACTIVATE or block.document.is_relative_to(ROOT / "deploy")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("streamprocessor model check FILE --live", None),
        ("streamprocessor model chek FILE", "model has no command chek"),
        ("streamprocessor model check --alive", "check knows no --alive"),
        ("streamprocessor model check ONE TWO", "check takes 1 arguments, not 2"),
        ("streamprocessor explain c-42 --at 2026-12-24T00:00:00Z", None),
        ("make demo", None),
        ("make demos", "no target ['demos'] in the Makefile"),
        ("rm -rf /", "rm: unknown to this test"),
        (".venv/bin/python -m pytest -q tests/nothing.py", ".venv/bin/python or a file is not there"),
        ("deploy/compose/make-secrets && docker compose up", None),
    ],
)
def test_a_line_that_does_not_fit_the_commands_is_complained_about(line: str, complaint: str | None) -> None:
    assert complaint_about(line) == complaint
