"""What a contact is called where people read of it, from its attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streamprocessor.contract.foreign_text import without_steering
from streamprocessor.scoring.model.display import NAME_FROM, SUBTITLE_FROM, Display

__all__ = ["LONGEST_TITLE", "NAME_FROM", "SUBTITLE_FROM", "Display", "display_name", "subtitle"]

LONGEST_TITLE = 200


def display_name(display: Display, attributes: Mapping[str, Any]) -> str | None:
    """What the contact is called, in one line of at most LONGEST_TITLE characters; None: its attributes do not say."""
    return next((title for title in _lines(display.name, attributes)), None)


def subtitle(display: Display, attributes: Mapping[str, Any]) -> str | None:
    """The line below its name, such as `CEO, Acme`; None: its attributes do not say."""
    name = display_name(display, attributes)
    others = dict.fromkeys(line for line in _lines(display.subtitle, attributes) if line != name)
    return ", ".join(others)[:LONGEST_TITLE] or None


def _lines(entries: tuple[tuple[str, ...], ...], attributes: Mapping[str, Any]) -> list[str]:
    spelling = (
        " ".join(" ".join(without_steering(_text_at(attributes, word)) for word in words).split()) for words in entries
    )
    return [line[:LONGEST_TITLE] for line in spelling if line]


def _text_at(attributes: Mapping[str, Any], path: str) -> str:
    """A text or number as it is read; nothing of anything else. A path leads into objects where no name is as long."""
    value = attributes.get(path)
    outer, _, inner = path.partition(".")
    if value is None and inner:
        deeper = attributes.get(outer)
        return _text_at(deeper, inner) if isinstance(deeper, Mapping) else ""
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
