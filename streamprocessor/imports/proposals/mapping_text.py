"""What the columns of a file mean, as the text that people read and as the words that programs set."""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from streamprocessor.contract.strict_yaml.located import Problems, ReadError
from streamprocessor.contract.strict_yaml.yaml_tree import json_values, read_tree

_LINE_ENDS = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")
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
    return written.getvalue() if _says(written.getvalue(), words) else _as_json(words)


def _says(text: str, words: dict[str, Any]) -> bool:
    try:
        return words_of(text) == words
    except ReadError:
        return False


def _as_json(words: dict[str, Any]) -> str:
    """The words as JSON, which is YAML; for names with characters that the writer of YAML takes for line ends."""
    text = json.dumps(words, indent=2, ensure_ascii=False)
    return _LINE_ENDS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
