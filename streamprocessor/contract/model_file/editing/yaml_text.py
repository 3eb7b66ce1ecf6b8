"""Values written as YAML, in the style of model files: on one line up to 120 columns, else a line for each entry."""

from __future__ import annotations

import json
import re
from decimal import Decimal

from streamprocessor.contract.model_file.editing.values import Value
from streamprocessor.contract.strict_yaml.yaml_tree import core_value

MAX_COLUMNS = 120

_OF_NAMES = ("scores", "segments")
"""Words with a mapping of names, each of which begins a line."""
_OF_SCORES = ("rules", "combine")
"""Words that a score has."""
_STEP = 2
_PLAIN = re.compile(r"[^\W\d_][\w./+@%-]*( [\w./+@%-]+)*|[\w./][\w./+@%-]*")
_NOT_PRINTED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def scalar_text(value: Value) -> str:
    """One value, quoted only where it has to be."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int):
        return str(value)
    text: str = value
    if _PLAIN.fullmatch(text) and isinstance(core_value(text), str) and not text.startswith(("---", "...")):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _NOT_PRINTED.sub(lambda found: f"\\u{ord(found.group()):04x}", quoted)


def inline_text(value: Value) -> str:
    """The value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar_text(word)}: {inline_text(inner)}" for word, inner in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(inline_text(inner) for inner in value)}]"
    return scalar_text(value)


def fits(value: Value, columns: int, word: str | None = None) -> bool:
    """Whether the value is written on one line behind so many columns: scores, segments and rules never are.

    word: whose value it is; None: an item of a list.
    """
    if _is_flat(value):
        return True
    is_mapping = isinstance(value, dict)
    if (
        word == "rules"
        or (word in _OF_NAMES and is_mapping)
        or (is_mapping and not value.keys().isdisjoint(_OF_SCORES))
    ):
        return False
    return columns + len(inline_text(value)) <= MAX_COLUMNS


def block_lines(value: Value, indent: int) -> list[str]:
    """The value with a line for each entry, or more, all behind so many blanks."""
    lines: list[str] = []
    if isinstance(value, dict) and value:
        for word, inner in value.items():
            lines += entry_lines(word, inner, indent)
    elif isinstance(value, list) and value:
        for inner in value:
            lines += item_lines(inner, indent)
    else:
        lines.append(" " * indent + inline_text(value))
    return lines


def entry_lines(word: str, value: Value, indent: int, *, in_block: bool = False) -> list[str]:
    """An entry of a mapping. in_block: with a line for each of its own entries, even where it fits on one."""
    head = f"{' ' * indent}{scalar_text(word)}:"
    if _is_flat(value) or (not in_block and fits(value, len(head) + 1, word)):
        return [f"{head} {inline_text(value)}"]
    return [head, *block_lines(value, indent + _STEP)]


def item_lines(value: Value, indent: int, *, in_block: bool = False) -> list[str]:
    """An item of a list. in_block: as in entry_lines."""
    head = " " * indent + "- "
    if _is_flat(value) or (not in_block and len(head) + len(inline_text(value)) <= MAX_COLUMNS):
        return [head + inline_text(value)]
    first, *others = block_lines(value, indent + _STEP)
    return [head + first[indent + _STEP :], *others]


def _is_flat(value: Value) -> bool:
    """Whether it has no entries."""
    return not (isinstance(value, (dict, list)) and value)
