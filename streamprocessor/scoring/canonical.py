"""JSON values in one canonical form: to compare, to order, to hash and to cut them."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

LONGEST = 1024
DIGEST_CHARS = 32


def canonical(value: Any) -> str:
    """The value as JSON with sorted keys and no spaces; 1.0 is written as 1, so equal JSON values have one text.

    >>> canonical({"b": 1.0, "a": [True, None, "ü"]})
    '{"a":[true,null,"ü"],"b":1}'
    """
    return json.dumps(_whole_floats_as_ints(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def json_equal(left: Any, right: Any) -> bool:
    """Whether two values are equal by JSON type and content: true is not 1, "1" is not 1, 1.0 is 1.

    >>> json_equal(1, 1.0), json_equal(1, True), json_equal([1], [1.0])
    (True, False, True)
    """
    if isinstance(left, str) or isinstance(right, str) or left is None or right is None:
        return type(left) is type(right) and bool(left == right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right
    return canonical(left) == canonical(right)


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


def _whole_floats_as_ints(value: Any) -> Any:
    if type(value) is float and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _whole_floats_as_ints(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole_floats_as_ints(item) for item in value]
    return value


unchecked = tuple.__new__
"""unchecked(Class, (all its fields in their order)): for the hot path alone, as nobody checks the fields."""
