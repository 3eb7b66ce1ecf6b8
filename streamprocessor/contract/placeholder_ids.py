"""Ids that are none: what scripts and templates put where they had no id. The list is placeholder_ids.yaml."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from streamprocessor.contract.contact_ids import ANONYMOUS
from streamprocessor.contract.strict_yaml.document import read_document, read_text
from streamprocessor.contract.strict_yaml.located import LocatedNode
from streamprocessor.contract.strict_yaml.scalars import text
from streamprocessor.errors import OperatorError

PLACEHOLDERS_FILE = Path(__file__).with_name("placeholder_ids.yaml")


class _Placeholders(NamedTuple):
    words: frozenset[str]
    parts: tuple[str, ...]
    patterns: re.Pattern[str]


def is_placeholder(contact_id: str) -> bool:
    """Whether an id, of a contact or a visitor, stands for nobody.

    >>> [is_placeholder(text) for text in ("c-42", "undefined", "anon:[object Object]", " ", "{{user.id}}", "0-0")]
    [False, True, True, True, True, True]
    """
    placeholders = _placeholders()
    plain = contact_id.removeprefix(ANONYMOUS).strip().casefold()
    return (
        plain in placeholders.words
        or any([part in plain for part in placeholders.parts])
        or placeholders.patterns.fullmatch(plain) is not None
    )


@cache
def _placeholders() -> _Placeholders:
    content = read_text(PLACEHOLDERS_FILE, "the placeholders of ids")
    return read_document(content, str(PLACEHOLDERS_FILE), "the placeholders", _read, OperatorError)


def _read(node: LocatedNode) -> _Placeholders:
    fields = node.fields("words", "parts", "patterns")
    words, patterns = fields.required("words", _texts, ()), fields.required("patterns", _texts, ())
    return _Placeholders(
        frozenset(word.casefold() for word in words),
        fields.required("parts", _texts, ()),
        re.compile("|".join(patterns)),
    )


def _texts(node: LocatedNode) -> tuple[str, ...]:
    return tuple(text(inner) for inner in node.items("a list of texts"))
