"""Subscriptions, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from streamprocessor.contract.subscriptions.email import Email
from streamprocessor.scoring.model.contact_filter import AttributeCondition


@dataclass(frozen=True, slots=True)
class SubscriptionFilter:
    """The announcements that a subscription gets, of its kinds: those for which all that is given holds.

    score: the name of the score; None: any.
    value: one value of a `by` score; None: any.
    from_stages, to_stages: the stages before and after a change of stage; empty: any.
    change_at_least: the size of a score's change; None: any.
    score_at_least: the score after the change; None: any.
    attributes: conditions on the contact, all of which hold.
    entered, left: the segment of the model that the announcement takes the contact into, or out of; None: not asked.
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
        about_contact = SubscriptionFilter(attributes=self.attributes, entered=self.entered, left=self.left)
        return self != about_contact

    @property
    def segments(self) -> frozenset[str]:
        """The segments that it names."""
        return frozenset(name for name in (self.entered, self.left) if name is not None)


@dataclass(frozen=True, slots=True)
class Subscription:
    """One endpoint and the announcements that it gets.

    name: unique among subscriptions.
    url: where to; may be a reference, env:NAME or file:PATH; None: it goes by mail.
    email: to whom it goes by mail; None: it goes to the url.
    events: short names of output topics.
    filter: of their announcements.
    template: of the payload: a built-in one's name, or a file.
    secrets: references, env:NAME or file:PATH, the newest first; empty: not signed, on purpose.
    gets_suppressed: whether score-updated is delivered of suppressed contacts too; hot leads never are.
    """

    name: str
    url: str | None
    events: tuple[str, ...]
    filter: SubscriptionFilter
    template: str
    secrets: tuple[str, ...]
    gets_suppressed: bool = False
    email: Email | None = None
