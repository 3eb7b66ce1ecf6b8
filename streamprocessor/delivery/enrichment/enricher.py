"""What is known of contacts around their announcements, as far as plans ask for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

from sqlalchemy import Connection

from streamprocessor.contract.topic_names import SCORE_UPDATED
from streamprocessor.delivery.announcements import Announcement
from streamprocessor.delivery.contacts import (
    UNKNOWN_CONTACT,
    ContactContext,
    ContactFacts,
    SegmentFilter,
    SegmentMember,
)
from streamprocessor.delivery.enrichment.contact_context import moves
from streamprocessor.delivery.store.contact_rows import keep_segments, read_contacts, read_members
from streamprocessor.delivery.store.store_thread import StoreThread
from streamprocessor.delivery.subscriptions.plan import DeliveryPlan
from streamprocessor.delivery.subscriptions.segments import Segments


class ContactFollower(Protocol):
    """What keeps contacts up to date in the database: delivery's ContactProjection."""

    def want(self, attributes: frozenset[str] | None) -> None:
        """Keep these attributes; None: nothing of anybody."""

    async def caught_up(self, attributes: frozenset[str], partitions: Collection[int]) -> None:
        """Return once all that was said in these partitions until now is kept."""


class Enricher:
    """Answers what is known of contacts and of the segments of the model in force at the time."""

    def __init__(
        self,
        store_thread: StoreThread,
        projection: ContactFollower,
        segments: Segments,
        always: Callable[[], frozenset[str]] | None = None,
    ) -> None:
        """Have these attributes known always, whatever plans ask for; None: none of them, and of nobody."""
        self._store_thread = store_thread
        self._projection = projection
        self._segments = segments
        self._always = always
        self._stored_keys: frozenset[str] | None = None

    def want(self, plans: Iterable[DeliveryPlan]) -> None:
        """Have known what these plans ask for."""
        self._projection.want(self._attributes(plans))

    async def context_of(
        self, announcements: Sequence[Announcement], plans: Sequence[DeliveryPlan], partitions: Collection[int]
    ) -> tuple[list[ContactContext], list[SegmentMember]]:
        """The context of each announcement, and who is in which segment after all of them.

        partitions: those from which the announcements came.
        """
        attributes = self._attributes(plans)
        if attributes is None or not announcements:
            return [ContactContext()] * len(announcements), []
        await self._projection.caught_up(attributes, partitions)
        segments = self._named(plans)
        contacts, members = await self._store_thread.ask(
            lambda store: store.within(
                lambda rows: self._read(rows, {announcement.contact_id for announcement in announcements}, segments)
            )
        )
        contexts, moved = [], []
        for announcement in announcements:
            contact_facts = contacts.get(announcement.contact_id, UNKNOWN_CONTACT)
            context, after = moves(announcement, contact_facts, segments, members)
            members.update({(member.segment, member.contact_id): member for member in after})
            contexts.append(context)
            moved += after
        return contexts, moved

    async def facts_of(self, announcements: Sequence[Announcement], partitions: Collection[int]) -> list[ContactFacts]:
        """What is known of each announcement's contact, as far as attributes are known always.

        partitions: those from which the announcements came.
        """
        if self._always is None or not announcements:
            return [UNKNOWN_CONTACT] * len(announcements)
        await self._projection.caught_up(self._always(), partitions)
        contact_ids = {announcement.contact_id for announcement in announcements}
        contacts = await self._store_thread.ask(
            lambda store: store.within(lambda rows: read_contacts(rows, contact_ids))
        )
        return [contacts.get(announcement.contact_id, UNKNOWN_CONTACT) for announcement in announcements]

    def _read(
        self, rows: Connection, contact_ids: Collection[str], segments: Mapping[str, SegmentFilter]
    ) -> tuple[dict[str, ContactFacts], dict[tuple[str, str], SegmentMember]]:
        keys = frozenset(segment.key for segment in segments.values())
        if keys != self._stored_keys:
            keep_segments(rows, keys)
            self._stored_keys = keys
        return read_contacts(rows, contact_ids), read_members(rows, contact_ids) if keys else {}

    def _named(self, plans: Iterable[DeliveryPlan]) -> dict[str, SegmentFilter]:
        """The segments that the plans name, but for those that the model does not have any more."""
        names = {name for plan in plans for name in plan.subscription.filter.segments}
        known = self._segments.known
        return {name: known[name] for name in sorted(names) if name in known}

    def _attributes(self, plans: Iterable[DeliveryPlan]) -> frozenset[str] | None:
        """The attributes that the plans ask for; None: nothing, not even whether contacts are suppressed."""
        plans = list(plans)
        conditions = [condition for plan in plans for condition in plan.subscription.filter.attributes]
        conditions += [each for segment in self._named(plans).values() for each in segment.filter.attributes]
        names = {condition.attribute for condition in conditions}
        if self._always is not None:
            names |= self._always()
        for plan in plans:
            names |= plan.told_attributes
        asks = self._always is not None or any(_asks_about_people(plan) for plan in plans)
        return frozenset(names) if names or asks else None


def _asks_about_people(plan: DeliveryPlan) -> bool:
    subscription = plan.subscription
    skips = SCORE_UPDATED in subscription.events and not subscription.gets_suppressed
    return skips or bool(subscription.filter.segments)
