"""By what a program's export is known, as a mapping for it says."""

from __future__ import annotations

from dataclasses import dataclass

from streamprocessor.contract.strict_yaml.located import LocatedNode
from streamprocessor.contract.strict_yaml.scalars import flag, text


@dataclass(frozen=True, slots=True)
class ExportSigns:
    """By what an export is known.

    title: what it is called, such as `HubSpot: contacts`.
    export: where to click for it.
    columns: that it always has.
    also: that it may have, and few other tables; one of them at least, where there are any.
    is_all: whether it has no other columns than these.
    """

    title: str
    export: str
    columns: frozenset[str]
    also: frozenset[str] = frozenset()
    is_all: bool = False


def read_export_signs(located: LocatedNode) -> ExportSigns:
    """The signs as a mapping spells them."""
    fields = located.fields("title", "export", "columns", "also", "no_others")
    return ExportSigns(
        fields.required("title", text, ""),
        fields.read("export", text, ""),
        fields.required("columns", _columns, frozenset()),
        fields.read("also", _columns, frozenset()),
        fields.read("no_others", flag, False),
    )


def _columns(located: LocatedNode) -> frozenset[str]:
    return frozenset(text(inner) for inner in located.items("a list of columns"))
