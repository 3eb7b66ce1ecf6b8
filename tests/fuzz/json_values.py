"""JSON that nobody should send: documented values with anything in any place, and texts too deep or too large."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.fuzz.requests import ODD_IDS

_CARD = "4111 1111 1111 1111"
_ODD: tuple[Any, ...] = (
    *ODD_IDS,
    *(None, True, False, 0, -1, 2**63, -(2**63), 2**64, 10**400, 1e308, -0.0, float("nan"), float("inf")),
    *(
        "2026-11-22T08:00:00Z",
        "9999-12-31T23:59:60Z",
        "0000-00-00",
        "-1",
        "1e400",
        "http://[",
        "//x",
        "@",
        "a@b.example",
    ),
    *("9" * 400, "1 " * 500, _CARD, _CARD * 50, "\ud800", "\U0010ffff" * 100, "=cmd|x", "<script>", "${x}", "{{x}}"),
    *("env:PATH", "file:/dev/zero", "(a+)+$", "x" * 20_000, "email:", "anon:", "a,b" * 500),
    *([], {}, [[]], {"": {}}, [1] * 2_000, {str(number): number for number in range(1_000)}),
    *(["a" * 300] * 100, {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}),
)
_TEXTS = (
    lambda size: "[" * size,
    lambda size: '{"a":' * size,
    lambda size: "[" * size + "]" * size,
    lambda size: '{"a":' * size + "1" + "}" * size,
    lambda size: "{" + ",".join(f'"{number}":{number}' for number in range(size)) + "}",
    lambda size: "[" + "1," * size + "1]",
    lambda size: '"' + "\\u0041" * size + '"',
    lambda size: "1" * size,
    lambda size: "0." + "1" * size,
    lambda size: "1\n" * size,
    lambda size: '{"a":1,' * size,
)


def odd_value(random: Random) -> Any:
    """A value that is seldom what is wanted."""
    return copy.deepcopy(random.choice(_ODD))


def odd_text(random: Random) -> bytes:
    """A text as JSON should not be, short or of some hundred kilobytes."""
    return random.choice(_TEXTS)(random.choice((1, 30, 130, 1_000, 20_000, 60_000))).encode()


def mutated(random: Random, value: Any) -> Any:
    """The value with odd ones in up to three of its places, or some of them left out or named otherwise."""
    changed = copy.deepcopy(value)
    for _ in range(random.randint(0, 3)):
        places = list(_places(changed))
        if not places:
            return odd_value(random)
        holder, name = random.choice(places)
        match random.randrange(5):
            case 0 if isinstance(holder, dict):
                del holder[name]
            case 1 if isinstance(holder, dict):
                holder[str(odd_value(random))[:300]] = holder[name]
            case 2 if isinstance(holder, list):
                holder.extend([holder[name]] * random.choice((1, 50, 1_000)))
            case _:
                holder[name] = odd_value(random)
    return changed


def written(value: Any) -> bytes:
    """The value as JSON, with what only lax readers take: NaN, lone surrogates as escapes."""
    return json.dumps(value).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        names: list[Any] = list(value)
    elif isinstance(value, list):
        names = list(range(len(value)))[:20]
    else:
        return
    for name in names:
        yield value, name
        yield from _places(value[name])
