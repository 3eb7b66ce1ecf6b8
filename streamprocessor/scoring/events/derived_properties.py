"""Derived properties: functions of what is stored of an event, made whenever they are looked at and stored nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from streamprocessor.scoring.canonical import canonical
from streamprocessor.scoring.model.derivation import Derivation


class DerivedProperties:
    """Some derivations, ready to be applied to the values of events by path."""

    __slots__ = ("_derivations",)

    def __init__(self, derivations: Sequence[Derivation]) -> None:
        """Apply these, none of which is made of another one."""
        self._derivations = [(d, None if d.table is None else dict(d.table)) for d in derivations]

    def added_to(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values with those that are derived of them, which take the place of the event's own."""
        seen = values
        for derivation, table in self._derivations:
            value = values.get(derivation.source)
            if type(value) is not str:
                if type(value) is not int and type(value) is not float and type(value) is not bool:
                    continue
                value = canonical(value)
            made = _derived(derivation, table, value)
            if made is not None:
                if seen is values:
                    seen = dict(values)
                seen[derivation.path] = made
        return seen


def derivations_read(derivations: Iterable[Derivation], paths: Iterable[str]) -> list[Derivation]:
    """Those derivations that make a property at one of the paths."""
    read = set(paths)
    return [derivation for derivation in derivations if derivation.path in read]


def stored_paths(derivations: Iterable[Derivation], paths: Iterable[str]) -> set[str]:
    """The paths at which events hold what is read at these: derived ones are replaced by what they are made of."""
    source_by_path = {derivation.path: derivation.source for derivation in derivations}
    return {source_by_path.get(path, path) for path in paths}


def _derived(derivation: Derivation, table: Mapping[str, Any] | None, text: str) -> Any:
    """What is made of the text; None: nothing."""
    made: str | None = text
    if derivation.takes_host:
        made = _host_of(text)
    if made and derivation.extract is not None:
        made = derivation.extract(made)
    if not made:
        return None
    if derivation.lowers:
        made = made.lower()
    return made if table is None else table.get(made)


def _host_of(url: str) -> str | None:
    """The host of a URL, in small letters and without its port; None: there is none."""
    try:
        return urlsplit(url).hostname
    except ValueError:  # such as a bracket that is never closed
        return None
