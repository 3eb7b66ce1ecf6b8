"""Properties that the model derives of others of the same event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

Extract: TypeAlias = Callable[[str], "str | None"]


@dataclass(frozen=True, slots=True)
class Derivation:
    """How one property is made of the text (or the number, as JSON writes it) at another path, step after step.

    path: the property that is made; where nothing comes of it, the event's own of that name counts.
    source: the path that it is made of; no derivation makes that one.
    takes_host: first, whether the host is taken of a text that is a URL.
    pattern: then, what is searched for; its group is taken, or the whole match where it has none; None: nothing is.
    extract: the compiled linear-time search that takes it, None where nothing is found; None: there is no pattern.
    lowers: then, whether it is written in small letters.
    table: at last, (text, value) of each text that something comes of; None: the text itself is the value.
    """

    path: str
    source: str
    takes_host: bool = False
    pattern: str | None = None
    extract: Extract | None = field(default=None, compare=False, repr=False)
    lowers: bool = False
    table: tuple[tuple[str, str | int | float | bool], ...] | None = None
