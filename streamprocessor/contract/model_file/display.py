"""`display` of a model file: which attributes people call a contact by."""

from __future__ import annotations

import re

from streamprocessor.contract.strict_yaml.described import Shape, Word, described
from streamprocessor.contract.strict_yaml.located import LocatedNode
from streamprocessor.contract.strict_yaml.scalars import text
from streamprocessor.scoring.model.contact_filter import MAX_TEXT
from streamprocessor.scoring.model.display import Display

_JOINT = " + "
_MOST_ENTRIES = 20
_ATTRIBUTE = r"[^\s+](?:[^+]*[^\s+])?"
_ENTRY = re.compile(rf"{_ATTRIBUTE}(?: \+ {_ATTRIBUTE})*")
_USUAL = Display()


@described({"type": "string", "maxLength": MAX_TEXT, "pattern": f"^{_ENTRY.pattern}$"})
def _entry(located: LocatedNode) -> tuple[str, ...]:
    entry = text(located)
    if len(entry) > MAX_TEXT or not _ENTRY.fullmatch(entry):
        located.refuse(f"an attribute, or several joined as in first_name + last_name, in {MAX_TEXT} characters")
    return tuple(entry.split(_JOINT))


@described({"type": "array", "maxItems": _MOST_ENTRIES, "uniqueItems": True, "items": _entry})
def _entries(located: LocatedNode) -> tuple[tuple[str, ...], ...]:
    if located.is_empty_list:
        return ()
    entries = tuple(_entry(inner) for inner in located.items("a list of attributes, or [] for none"))
    if len(set(entries)) != len(entries) or len(entries) > _MOST_ENTRIES:
        located.refuse(f"at most {_MOST_ENTRIES} entries, each once")
    return entries


def _written(entries: tuple[tuple[str, ...], ...]) -> list[str]:
    return [_JOINT.join(words) for words in entries]


_NAME = Word(
    "name",
    _entries,
    default=_written(_USUAL.name),
    description="The first entry counts of which the contact has any; []: contacts are shown by their ids.",
)
_SUBTITLE = Word(
    "subtitle",
    _entries,
    default=_written(_USUAL.subtitle),
    description="What stands below the name, one after another.",
)
_DISPLAY_SHAPE = Shape(_NAME, _SUBTITLE)


@described(_DISPLAY_SHAPE.schema)
def _display(located: LocatedNode) -> Display:
    fields = _DISPLAY_SHAPE.fields(located)
    return Display(_NAME.of(fields, _USUAL.name), _SUBTITLE.of(fields, _USUAL.subtitle))


DISPLAY = Word(
    "display",
    _display,
    description="Which attributes contacts are called by, wherever people read of them. No score depends on it.",
)
