"""Ids that are none: what scripts and templates put where they had no id. The list is placeholder_ids.yaml."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from streamprocessor.contract.contact_ids import ANONYMOUS
from streamprocessor.contract.strict_yaml.document import read_document, read_text
from streamprocessor.contract.strict_yaml.located import LocatedNode
from streamprocessor.contract.strict_yaml.scalars import text
from streamprocessor.errors import OperatorError

_AROUND = "\"' \t\n"

PLACEHOLDERS_FILE = Path(__file__).with_name("placeholder_ids.yaml")


class _Placeholders(NamedTuple):
    words: frozenset[str]
    parts: tuple[str, ...]
    patterns: re.Pattern[str]


def is_placeholder(contact_id: str) -> bool:
    """Whether an id, of a contact or a visitor, stands for nobody.

    >>> [is_placeholder(text) for text in ("c-42", "undefined", "anon:[object Object]", " ", "{{user.id}}", "0-0")]
    [False, True, True, True, True, True]
    >>> [is_placeholder(text) for text in ("'null'", "null\u200b", "%7B%7Bid%7D%7D", "none@none.com", "none@firm.com")]
    [True, True, True, True, False]
    """
    told = contact_id.removeprefix(ANONYMOUS)
    return _is_placeholder(told) or ("%" in told and _is_placeholder(unquote(told)))


def _is_placeholder(text: str) -> bool:
    placeholders, plain = _placeholders(), _plain(text)
    return (
        plain in placeholders.words
        or any([part in plain for part in placeholders.parts])
        or placeholders.patterns.fullmatch(plain) is not None
    )


def _plain(text: str) -> str:
    """The text as it is compared: in small letters, without quotes around it and what nobody sees."""
    if not text.isascii():
        text = "".join(each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each) != "Cf")
    return text.strip(_AROUND).casefold()


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
