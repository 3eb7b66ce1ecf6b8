"""`derive` of a model file: properties that are made of others of the same event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from streamprocessor.contract.foreign_text import shown_text
from streamprocessor.contract.model_file.conditions import compiled_pattern, pattern, scalar
from streamprocessor.contract.strict_yaml.described import Shape, Word, described
from streamprocessor.contract.strict_yaml.located import LocatedNode
from streamprocessor.contract.strict_yaml.scalars import event_path, flag, is_path, path_pattern
from streamprocessor.scoring.model.derivation import Derivation, Extract

_ROOTS = ("properties.",)


@described({"type": "object", "minProperties": 1, "additionalProperties": scalar})
def _table(located: LocatedNode) -> tuple[tuple[str, Any], ...]:
    entries = located.entries("a mapping of texts, each to what comes of it")
    if not entries:
        located.refuse("at least one text")
    return tuple((text, scalar(inner)) for text, inner in entries.items())


_FROM = Word("from", event_path, required=True, description="What it is made of; no derived property.")
_HOST = Word("host", flag, description="First, takes the host of a URL.", default=False)
_MATCHES = Word("matches", pattern, description="Then takes what the group, or else the whole expression, matches.")
_LOWER = Word("lower", flag, description="Then writes it in small letters.", default=False)
_TABLE = Word("table", _table, description="At last looks it up; of what is not in it nothing comes.")
_STEPS = (_HOST, _MATCHES, _LOWER, _TABLE)
_DERIVATION = Shape(
    *(_FROM, *_STEPS),
    definition="derivation",
    also={"anyOf": [{"required": [word]} for word in _STEPS]},
)


@described(
    {
        "type": "object",
        "minProperties": 1,
        "patternProperties": {path_pattern(_ROOTS): _DERIVATION},
        "additionalProperties": False,
    }
)
def derivations(located: LocatedNode) -> tuple[Derivation, ...]:
    """The derivations, in the order of the file."""
    entries = located.entries("a mapping of properties, each to what it is made of")
    if not entries:
        located.refuse("at least one property")
    read: list[Derivation | None] = []
    for path, inner in entries.items():
        read.append(located.problems.attempt(partial(_derivation, path, inner, entries), None))
    return tuple(derivation for derivation in read if derivation is not None)


def _derivation(path: str, located: LocatedNode, others: Mapping[str, LocatedNode]) -> Derivation:
    if not is_path(path, _ROOTS):
        located.fail(f"wanted a path that begins with properties. as name; got '{shown_text(path)}'")
    fields = _DERIVATION.fields(located)
    source = _FROM.of(fields, "")
    if source in others:
        got = "itself" if source == path else f"'{source}', which is derived"
        fields.entries[_FROM].note(f"wanted a path that events come with, for none is derived of another; got {got}")
    if not any(word in fields for word in _STEPS):
        located.note(f"wanted one of {', '.join(_STEPS)} beside 'from'; got none")
    text_of_pattern = _MATCHES.of(fields, None)
    return Derivation(
        path=path,
        source=source,
        takes_host=_HOST.of(fields, False),
        pattern=text_of_pattern,
        extract=None if text_of_pattern is None else _extract(text_of_pattern, fields.entries[_MATCHES]),
        lowers=_LOWER.of(fields, False),
        table=_TABLE.of(fields, None),
    )


def _extract(text_of_pattern: str, located: LocatedNode) -> Extract:
    compiled = compiled_pattern(text_of_pattern, located)
    if compiled.groups > 1:
        located.fail(f"wanted one group at most, for one text is taken; got {compiled.groups} (others are (?:...))")
    search: Callable[[str], Any] = compiled.search
    group = compiled.groups

    def extract(text: str) -> str | None:
        match = search(text)
        taken: str | None = None if match is None else match.group(group)
        return taken

    return extract
