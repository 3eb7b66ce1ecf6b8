"""What the columns of a file mean, as the text that people read and as the words that programs set."""

from __future__ import annotations

from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from streamprocessor.contract.strict_yaml.located import Problems
from streamprocessor.contract.strict_yaml.yaml_tree import json_values, read_tree

_WIDTH = 4096  # a cell's text is never wrapped


def words_of(mapping_text: str) -> dict[str, Any]:
    """The words of a mapping that can be read, as JSON has them."""
    words: dict[str, Any] = json_values(read_tree(mapping_text, Problems("mapping")))
    return words


def text_of(words: dict[str, Any]) -> str:
    """The words as YAML, each on a line of its own."""
    writer = YAML()
    writer.width = _WIDTH
    written = StringIO()
    writer.dump(words, written)
    return written.getvalue()
