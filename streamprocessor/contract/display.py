"""What a contact is called where people read of it, from its attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_TITLE = 200

NAME_FROM = (("full_name",), ("name",), ("first_name", "last_name"), ("email",), ("company",))
SUBTITLE_FROM = (("job_title",), ("company",))


@dataclass(frozen=True, slots=True)
class Display:
    """Which attributes a contact's title and the line below it are made from.

    name: attributes that it is called by, those of one entry joined; the first entry of which it has any counts.
    subtitle: entries that are shown one after another, each as far as the contact has it.
    """

    name: tuple[tuple[str, ...], ...] = NAME_FROM
    subtitle: tuple[tuple[str, ...], ...] = SUBTITLE_FROM

    @property
    def attributes(self) -> frozenset[str]:
        """The attributes that it reads."""
        return frozenset(word for words in (*self.name, *self.subtitle) for word in words)


def display_name(display: Display, attributes: Mapping[str, Any]) -> str | None:
    """What the contact is called, in one line of at most LONGEST_TITLE characters; None: its attributes do not say."""
    return next((title for title in _lines(display.name, attributes)), None)


def subtitle(display: Display, attributes: Mapping[str, Any]) -> str | None:
    """The line below its name, such as `CEO, Acme`; None: its attributes do not say."""
    name = display_name(display, attributes)
    return ", ".join(line for line in _lines(display.subtitle, attributes) if line != name)[:LONGEST_TITLE] or None


def _lines(entries: tuple[tuple[str, ...], ...], attributes: Mapping[str, Any]) -> list[str]:
    spelling = (" ".join(" ".join(_text_of(attributes.get(word)) for word in words).split()) for words in entries)
    return [line[:LONGEST_TITLE] for line in spelling if line]


def _text_of(value: Any) -> str:
    """A text or number as it is read; nothing of anything else."""
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
