"""All subscriptions at work, which may come, change and go."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterator, Sequence

from streamprocessor.contract.messages.announcements import BECAME_HOT_LEAD
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.delivery.announcements import Announcement
from streamprocessor.delivery.deliveries import Delivery
from streamprocessor.delivery.dispatch.dispatcher import DispatchContext, Dispatcher
from streamprocessor.delivery.enrichment.enricher import Enricher
from streamprocessor.delivery.store.store import Positions
from streamprocessor.delivery.subscriptions.plan import DeliveryPlan
from streamprocessor.delivery.subscriptions.signing import webhook_id_of

log = logging.getLogger(__name__)

PING_CONTACT = "ping"
UNSUBSCRIBED = "unsubscribed"


class Dispatchers:
    """The outlets by their subscriptions' names.

    failed: done with the error that ended one of them. fixed: names that the subscriptions' file holds. refused: why
    what the topic says under a name is not in force, by name.
    """

    def __init__(self, world: DispatchContext, knowing: Enricher, fixed: frozenset[str]) -> None:
        self.fixed = fixed
        self.refused: dict[str, str] = {}
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._world = world
        self._knowing = knowing
        self._outlets: dict[str, Dispatcher] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._one_at_a_time = asyncio.Lock()  # so that no announcement passes while a subscription is exchanged

    def __iter__(self) -> Iterator[Dispatcher]:
        """The outlets, by name."""
        return iter([self._outlets[name] for name in sorted(self._outlets)])

    def get(self, name: str) -> Dispatcher | None:
        """The outlet of that subscription."""
        return self._outlets.get(name)

    async def put(self, plan: DeliveryPlan) -> None:
        """Have the plan in force; what waited under its name goes on under it."""
        async with self._one_at_a_time:
            await self._exchange(plan)

    async def remove(self, name: str) -> None:
        """End the subscription; what waits for it is kept as undeliverable."""
        now_ms = self._world.clock_ms()
        async with self._one_at_a_time:
            await self._end(name)
            self._knowing.want(self._plans())
            await self._world.journal.ask(lambda store: store.give_up(name, UNSUBSCRIBED, now_ms))

    async def give_up_the_rest(self) -> None:
        """Keep as undeliverable what waits for subscriptions that ended while delivery was away."""
        names, now_ms = list(self._outlets), self._world.clock_ms()
        await self._world.journal.ask(lambda store: store.give_up_others(names, UNSUBSCRIBED, now_ms))

    async def offer(self, announcements: Sequence[Announcement], erased: Sequence[str], read_to: Positions) -> None:
        """Queue what is wanted of the announcements, once it is kept with the positions after them."""
        async with self._one_at_a_time:
            await self._queue(announcements, erased, read_to)

    async def resend(self, name: str, webhook_ids: Sequence[str] | None) -> int:
        """How many of the subscription's undeliverable deliveries are sent again; webhook_ids None: all of them."""
        now_ms = self._world.clock_ms()
        again = await self._world.journal.ask(lambda store: store.resend(name, webhook_ids, now_ms))
        outlet = self._outlets.get(name)
        if outlet is not None:
            outlet.add_again(again)
        return len(again)

    async def enable(self, outlet: Dispatcher) -> None:
        """Send again, though the endpoint had said that it is gone."""
        await self._world.journal.ask(lambda store: store.enable(outlet.plan.subscription.name))
        outlet.enable()

    async def ping(self, outlet: Dispatcher) -> str:
        """The webhook id of a made-up hot lead of the contact `ping` that is sent on the usual way."""
        plan, now_ms = outlet.plan, self._world.clock_ms()
        announcement = _made_up(now_ms)
        name = plan.subscription.name
        delivery = Delivery(
            number=0,
            webhook_id=webhook_id_of(announcement.id, name),
            subscription=name,
            contact_id=announcement.contact_id,
            body=plan.template.fill(announcement, name, plan.wording, {}),
            at_ms=now_ms,
            queued_ms=now_ms,
        )
        self._hand_out(await self._world.journal.ask(lambda store: store.queue([delivery], {})))
        return delivery.webhook_id

    async def close(self) -> None:
        """End all of them."""
        for name in list(self._tasks):
            await self._end(name)

    async def _exchange(self, plan: DeliveryPlan) -> None:
        name = plan.subscription.name
        await self._end(name)
        gone, last_number = await self._world.journal.ask(lambda store: (store.disabled().get(name), store.last_number))
        outlet = Dispatcher(plan, self._world, gone == plan.url_hash, last_number)
        self._outlets[name] = outlet
        task = asyncio.ensure_future(outlet.run())
        task.add_done_callback(self._note_failure)
        self._tasks[name] = task
        self._knowing.want(self._plans())

    def _plans(self) -> list[DeliveryPlan]:
        """Those in force whose endpoint is not gone."""
        return [outlet.plan for outlet in self._outlets.values() if not outlet.endpoint.disabled]

    async def _queue(self, announcements: Sequence[Announcement], gone: Sequence[str], read_to: Positions) -> None:
        now_ms, plans = self._world.clock_ms(), self._plans()
        around, moved = await self._knowing.context_of(announcements, plans, {number for _, number in read_to})
        wanted = [
            plan.delivery_of(announcement, circumstances, now_ms)
            for announcement, circumstances in zip(announcements, around, strict=True)
            for plan in plans
        ]
        queued = [delivery for delivery in wanted if delivery is not None]
        fresh = await self._world.journal.ask(lambda store: store.queue(queued, read_to, gone, moved))
        for contact_id in gone:
            for outlet in self._outlets.values():
                outlet.forget(contact_id)
        self._hand_out(fresh)

    def _hand_out(self, fresh: Sequence[Delivery]) -> None:
        by_name: dict[str, list[Delivery]] = {}
        for delivery in fresh:
            by_name.setdefault(delivery.subscription, []).append(delivery)
        for name, some in by_name.items():
            outlet = self._outlets.get(name)
            if outlet is not None:
                outlet.add(some)

    async def _end(self, name: str) -> None:
        task = self._tasks.pop(name, None)
        self._outlets.pop(name, None)
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    def _note_failure(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or self.failed.done():
            return
        error = task.exception()
        if error is not None:
            self.failed.set_exception(error)


def _made_up(now_ms: int) -> Announcement:
    at = format_rfc3339(now_ms)
    data = {
        "contact_id": PING_CONTACT,
        "at": at,
        "score_name": "ping",
        "episode": 1,
        "score": 100,
        "previous_stage": "warm",
        "stage": "hot",
        "because": [{"rule": "a test of the subscription", "points": 100}],
        "model": {"name": "ping", "version": "ping"},
    }
    id_of_it = f"ping:{secrets.token_hex(8)}"
    return Announcement(BECAME_HOT_LEAD, id_of_it, "streamprocessor.ping.v1", "ping", PING_CONTACT, at, now_ms, data)
