"""Commands that are printed for people to type."""

from __future__ import annotations

from typing import Any

import pytest

from streamprocessor.cli.terminal.options import command_line
from streamprocessor.settings import Settings


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({}, ""),
        ({"data_dir": "of mine"}, " --data-dir 'of mine'"),
        ({"bootstrap": "kafka:9092", "data_dir": "elsewhere"}, " --bootstrap kafka:9092"),
        ({"app_id": "leads", "topic_prefix": "staging-"}, " --app-id leads --topic-prefix staging-"),
    ],
)
def test_a_command_to_be_typed_names_what_is_not_as_usual_of_the_system(settings: dict[str, Any], options: str) -> None:
    line = command_line(Settings(**settings), "model", "rollback", "3")

    assert line.removeprefix(".venv/bin/") == f"streamprocessor model rollback 3{options}"
