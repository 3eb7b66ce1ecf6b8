"""Who wants to hear of what: subscriptions as values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Filter:
    """Which announcements of the wanted kinds are delivered: those for which all that is given holds.

    score: the name of the score. value: one value of a `by` score. from_stages, to_stages: the stages before and after
    a change of stage, empty: any. change_at_least: the size of a score's change. score_at_least: the score after it.
    """

    score: str | None = None
    value: str | None = None
    from_stages: frozenset[str] = frozenset()
    to_stages: frozenset[str] = frozenset()
    change_at_least: Decimal | None = None
    score_at_least: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """One endpoint and what it gets.

    url and secrets may be references, env:NAME or file:PATH, and a secret always is one. events: topics by their short
    names. template: a built-in one's name, or a file. secrets: the first is the newest; none: not signed, on purpose.
    """

    name: str
    url: str
    events: tuple[str, ...]
    filter: Filter
    template: str
    secrets: tuple[str, ...]
