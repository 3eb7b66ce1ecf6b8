"""Who wants to hear of what: subscriptions as values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from streamprocessor.scoring.model.contact_filter import AttributeCondition

NAME_FROM = (("name",), ("first_name", "last_name"), ("company",))
"""Attributes that a contact is called by: the first of these that it has one of."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which announcements of the wanted kinds are delivered: those for which all that is given holds.

    score: the name of the score. value: one value of a `by` score. from_stages, to_stages: the stages before and after
    a change of stage, empty: any. change_at_least: the size of a score's change. score_at_least: the score after it.
    attributes: what the contact is like. entered, left: a segment of the model that the announcement takes it into, or
    out of.
    """

    score: str | None = None
    value: str | None = None
    from_stages: frozenset[str] = frozenset()
    to_stages: frozenset[str] = frozenset()
    change_at_least: Decimal | None = None
    score_at_least: Decimal | None = None
    attributes: tuple[AttributeCondition, ...] = ()
    entered: str | None = None
    left: str | None = None

    @property
    def asks_about_a_change(self) -> bool:
        """Whether it asks how one score changed."""
        about_contact = Filter(attributes=self.attributes, entered=self.entered, left=self.left)
        return self != about_contact

    @property
    def segments(self) -> frozenset[str]:
        """The segments that it names."""
        return frozenset(name for name in (self.entered, self.left) if name is not None)


@dataclass(frozen=True, slots=True)
class Subscription:
    """One endpoint and what it gets.

    url and secrets may be references, env:NAME or file:PATH, and a secret always is one. events: topics by their short
    names. template: a built-in one's name, or a file. secrets: the first is the newest; none: not signed, on purpose.
    gets_suppressed: whether score-updated is delivered of suppressed contacts too; hot leads are never said of them.
    """

    name: str
    url: str
    events: tuple[str, ...]
    filter: Filter
    template: str
    secrets: tuple[str, ...]
    gets_suppressed: bool = False
