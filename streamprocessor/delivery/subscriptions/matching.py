"""Which announcements a subscription gets."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from streamprocessor.contract.segment_membership import holds
from streamprocessor.contract.subscriptions.subscriptions import Subscription, SubscriptionFilter
from streamprocessor.contract.topic_names import BECAME_HOT_LEAD, SCORE_UPDATED
from streamprocessor.delivery.announcements import Announcement
from streamprocessor.delivery.contacts import ContactContext
from streamprocessor.scoring.model.contact_filter import ContactFilter


class _Change(NamedTuple):
    """One score, or one value of a `by` score, as a step changed it; None where it is null or not told.

    is_first: whether the contact begins with it, so that there is no stage before.
    """

    score_name: str
    value: str | None
    score: Decimal | None
    previous: Decimal | None
    stage: str | None
    previous_stage: str | None
    is_first: bool


def wants(subscription: Subscription, announcement: Announcement, context: ContactContext) -> bool:
    """Whether the announcement is of a wanted kind, of a wanted contact, and one of its changes is as wanted.

    A suppressed contact's score-updated is delivered only where that is said; its hot leads are not announced at all.
    """
    condition = subscription.filter
    if announcement.event not in subscription.events or not _is_of(condition, context):
        return False
    if announcement.event == SCORE_UPDATED and context.facts.is_suppressed and not subscription.gets_suppressed:
        return False
    return not condition.asks_about_a_change or any(_satisfies(condition, change) for change in _changes(announcement))


def _is_of(condition: SubscriptionFilter, context: ContactContext) -> bool:
    if condition.entered is not None and condition.entered not in context.entered:
        return False
    if condition.left is not None and condition.left not in context.left:
        return False
    return holds(
        ContactFilter(attributes=condition.attributes), {}, context.facts.attributes, context.facts.is_suppressed
    )


def _satisfies(condition: SubscriptionFilter, change: _Change) -> bool:
    if condition.score is not None and change.score_name != condition.score:
        return False
    if condition.value is not None and change.value != condition.value:
        return False
    if (condition.from_stages or condition.to_stages) and not _moves(condition, change):
        return False
    if condition.change_at_least is not None and not _size_of(change) >= condition.change_at_least:
        return False
    return condition.score_at_least is None or (change.score is not None and change.score >= condition.score_at_least)


def _moves(condition: SubscriptionFilter, change: _Change) -> bool:
    if change.stage is None or change.stage == change.previous_stage:
        return False
    if change.previous_stage is None and (condition.from_stages or not change.is_first):
        return False
    return (not condition.from_stages or change.previous_stage in condition.from_stages) and (
        not condition.to_stages or change.stage in condition.to_stages
    )


def _size_of(change: _Change) -> Decimal:
    return abs((change.score or Decimal(0)) - (change.previous or Decimal(0)))


def _changes(announcement: Announcement) -> Iterator[_Change]:
    data = announcement.data
    if announcement.event == BECAME_HOT_LEAD:
        yield _change(str(data.get("score_name")), None, data)
        return
    is_first = data.get("first") is True
    for name in data.get("changed") or ():
        shown = (data.get("scores") or {}).get(name) or {}
        values = shown.get("values")
        if values is None:
            yield _change(name, None, shown, is_first)
            continue
        for value, inner in values.items():
            if inner and ("previous" in inner or "previous_stage" in inner):
                yield _change(name, value, inner)


def _change(name: str, value: str | None, shown: dict[str, Any], is_first: bool = False) -> _Change:
    score, previous = _decimal(shown.get("score")), _decimal(shown.get("previous"))
    return _Change(name, value, score, previous, shown.get("stage"), shown.get("previous_stage"), is_first)


def _decimal(number: int | float | None) -> Decimal | None:
    return None if number is None else Decimal(repr(number))
