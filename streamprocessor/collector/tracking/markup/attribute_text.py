"""What an attribute says: its character references read as browsers read them."""

from __future__ import annotations

import re
from html import unescape
from html.entities import html5

_REFERENCE = re.compile(r"&(?:#(?:[0-9]+|[xX][0-9a-fA-F]+);?|[A-Za-z][A-Za-z0-9]*;?)")
_LONGEST_NAME_CHARS = max(map(len, html5))


def attribute_text(raw: str) -> str:
    """The text that an attribute's value means.

    In attributes, and there alone, an old name without its semicolon is no reference where `=`, a letter or a digit
    comes next: `?cat=1&region=eu&copy=1` is an address, and no text with signs of trademarks and copyright in it.
    """
    return _REFERENCE.sub(_meaning, raw)


def _meaning(reference: re.Match[str]) -> str:
    text = reference[0]
    if text[1] == "#":
        return unescape(text)
    for end in range(min(len(text), _LONGEST_NAME_CHARS + 1), 1, -1):
        name = text[1:end]
        if name in html5:
            next_char = text[end:] or reference.string[reference.end() : reference.end() + 1]
            is_whole = name.endswith(";") or not (next_char[:1] == "=" or next_char[:1].isalnum())
            return html5[name] + text[end:] if is_whole else text
    return text
