"""JSON values in one canonical form: to compare, to order, to hash and to cut them."""

from __future__ import annotations

import json
import re
from hashlib import blake2b
from typing import Any
from unicodedata import normalize

LONGEST = 1024
DIGEST_CHARS = 32

_encode = json.JSONEncoder(ensure_ascii=False).encode
_quoted = json.encoder.encode_basestring
_PLAIN_DECIMAL = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?", re.ASCII)


def canonical(value: Any) -> str:
    """The value as JSON with sorted keys and no spaces; 1.0 is written as 1, so equal JSON values have one text.

    >>> canonical({"b": 1.0, "a": [True, None, "ü"]})
    '{"a":[true,null,"ü"],"b":1}'
    """
    kind = type(value)
    if kind is str:
        return _quoted(value)
    if kind is dict:
        return "{" + ",".join([f"{_quoted(name)}:{canonical(value[name])}" for name in sorted(value)]) + "}"
    if kind is list or kind is tuple:
        return "[" + ",".join([canonical(item) for item in value]) + "]"
    if kind is int or (kind is float and value.is_integer()):
        return str(int(value))
    return _encode(value)


def folded(text: str) -> str:
    """The text without what comparing overlooks: letter case (case folding) and how accents are composed (NFC).

    >>> folded("STRASSE") == folded("Straße"), folded("Cafe\\u0301") == folded("CAFÉ")
    (True, True)
    """
    return text.lower() if text.isascii() else normalize("NFC", normalize("NFC", text).casefold())


def equal(left: Any, right: Any) -> bool:
    """Whether two values are equal by JSON type and content, texts as far as folding tells them apart.

    >>> equal(1, 1.0), equal(1, True), equal("1", 1), equal([1], [1.0]), equal("CEO", "ceo")
    (True, False, False, True, True)
    """
    if isinstance(left, str) and isinstance(right, str):
        return left == right or folded(left) == folded(right)
    if isinstance(left, str) or isinstance(right, str) or left is None or right is None:
        return left is right
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right
    return canonical(left) == canonical(right)


def number_in(value: Any) -> int | float | None:
    """The number that a JSON number is, or that a plain decimal text spells; None: the value is neither.

    A plain decimal text has at most 30 digits before and after its point, and nothing else but a minus.

    >>> number_in(5), number_in("250"), number_in("-49.90"), number_in("1e3"), number_in("1,5"), number_in(True)
    (5, 250, -49.9, None, None, None)
    """
    if isinstance(value, str):
        if not _PLAIN_DECIMAL.fullmatch(value):
            return None
        return float(value) if "." in value else int(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def cut(value: Any) -> Any:
    """The value, or what stands for one that is too long to be stored: its first characters and a hash of the whole."""
    kind = type(value)
    if kind is str:
        return cut_to(value, LONGEST)
    if kind is int:
        return value if -(2**63) <= value < 2**63 else float(value)
    if value is None or kind is bool or kind is float:
        return value
    text = canonical(value)
    return value if len(text) <= LONGEST else cut_to(text, LONGEST)


def cut_to(text: str, longest: int) -> str:
    """The text, or its first characters and a hash of the whole, together shorter than `longest`.

    >>> cut_to("short", 128)
    'short'
    >>> len(cut_to("x" * 1_000, 128))
    96
    """
    if len(text) <= longest:
        return text
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_CHARS // 2).hexdigest()
    return text[: longest - 2 * DIGEST_CHARS] + digest


unchecked = tuple.__new__
"""unchecked(Class, (all its fields in their order)): for the hot path alone, as nobody checks the fields."""
