"""Which announcements a subscription gets."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from streamprocessor.contract.messages.announcements import BECAME_HOT_LEAD, SCORE_UPDATED
from streamprocessor.contract.segment_membership import holds
from streamprocessor.contract.subscriptions.subscriptions import Filter, Subscription
from streamprocessor.delivery.announcements import Announcement
from streamprocessor.delivery.contacts import ContactContext
from streamprocessor.scoring.model.contact_filter import ContactFilter


class _Change(NamedTuple):
    """One score, or one value of a `by` score, as a step changed it; None where it is null or not told."""

    score_name: str
    value: str | None
    score: Decimal | None
    previous: Decimal | None
    stage: str | None
    previous_stage: str | None


def wants(subscription: Subscription, announcement: Announcement, around: ContactContext) -> bool:
    """Whether the announcement is of a wanted kind, of a wanted contact, and one of its changes is as wanted.

    A suppressed contact's score-updated is delivered only where that is said; its hot leads are not announced at all.
    """
    wanted = subscription.filter
    if announcement.event not in subscription.events or not _is_of(wanted, around):
        return False
    if announcement.event == SCORE_UPDATED and around.person.is_suppressed and not subscription.gets_suppressed:
        return False
    return not wanted.asks_about_a_change or any(_satisfies(wanted, change) for change in _changes(announcement))


def _is_of(wanted: Filter, around: ContactContext) -> bool:
    if wanted.entered is not None and wanted.entered not in around.entered:
        return False
    if wanted.left is not None and wanted.left not in around.left:
        return False
    return holds(ContactFilter(attributes=wanted.attributes), {}, around.person.attributes, around.person.is_suppressed)


def _satisfies(wanted: Filter, change: _Change) -> bool:
    if wanted.score is not None and change.score_name != wanted.score:
        return False
    if wanted.value is not None and change.value != wanted.value:
        return False
    if (wanted.from_stages or wanted.to_stages) and not _moves(wanted, change):
        return False
    if wanted.change_at_least is not None and not _size_of(change) >= wanted.change_at_least:
        return False
    return wanted.score_at_least is None or (change.score is not None and change.score >= wanted.score_at_least)


def _moves(wanted: Filter, change: _Change) -> bool:
    if change.stage is None or change.previous_stage is None or change.stage == change.previous_stage:
        return False
    return (not wanted.from_stages or change.previous_stage in wanted.from_stages) and (
        not wanted.to_stages or change.stage in wanted.to_stages
    )


def _size_of(change: _Change) -> Decimal:
    return abs((change.score or Decimal(0)) - (change.previous or Decimal(0)))


def _changes(announcement: Announcement) -> Iterator[_Change]:
    data = announcement.data
    if announcement.event == BECAME_HOT_LEAD:
        yield _change(str(data.get("score_name")), None, data)
        return
    for name in data.get("changed") or ():
        shown = (data.get("scores") or {}).get(name) or {}
        values = shown.get("values")
        if values is None:
            yield _change(name, None, shown)
            continue
        for value, inner in values.items():
            if inner and ("previous" in inner or "previous_stage" in inner):
                yield _change(name, value, inner)


def _change(name: str, value: str | None, shown: dict[str, Any]) -> _Change:
    score, previous = _decimal(shown.get("score")), _decimal(shown.get("previous"))
    return _Change(name, value, score, previous, shown.get("stage"), shown.get("previous_stage"))


def _decimal(number: int | float | None) -> Decimal | None:
    return None if number is None else Decimal(repr(number))
