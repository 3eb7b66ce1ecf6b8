"""Which attributes people call a contact by."""

from __future__ import annotations

from dataclasses import dataclass

_COMPANY = (("company",), ("company.name",))  # a text, or what SDKs write field by field
NAME_FROM = (("full_name",), ("name",), ("first_name", "last_name"), ("email",), *_COMPANY)
SUBTITLE_FROM = (("job_title",), *_COMPANY)


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
