"""The made-up events that guides begin with are worth seeing: somebody is hot by them, and somebody is not."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from streamprocessor.cli.main import commands
from tests.documents.command_lines import lines_of, our_words
from tests.documents.markdown import Block, blocks

TRIED = [block for block in blocks("sh") if "streamprocessor simulate" in block.text and " score " in block.text]


@pytest.mark.parametrize("block", TRIED, ids=lambda block: block.place)
def test_scores_of_the_made_up_events_of_a_guide_are_of_several_stages(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    scored = ""
    for words in filter(None, map(our_words, lines_of(block.text))):
        if words[0] in ("init", "simulate", "score"):
            result = CliRunner().invoke(commands, [*words, *(["--json"] if words[0] == "score" else [])])
            assert result.exit_code == 0, (shlex.join(words), result.output)
            scored = result.stdout

    contacts = [json.loads(line) for line in scored.splitlines()]
    stages = {score["stage"] for contact in contacts for score in contact["scores"].values()}
    assert {"hot", "cold"} <= stages


def test_such_guides_are_looked_at() -> None:
    assert TRIED
