"""What the words of model files are called in forms: form_words.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from streamprocessor.contract.strict_yaml.located import Problems
from streamprocessor.contract.strict_yaml.yaml_tree import json_values, read_tree

_FILE = Path(__file__).with_name("form_words.yaml")


@cache
def form_words() -> dict[str, Any]:
    """The file's words as JSON: kinds, decay_laws, operators, hints."""
    words: dict[str, Any] = json_values(read_tree(_FILE.read_text(encoding="utf-8"), Problems(_FILE.name)))
    return words
