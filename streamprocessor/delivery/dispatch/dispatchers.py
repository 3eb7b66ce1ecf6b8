"""All subscriptions at work, which may come, change and go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from sqlalchemy import Connection

from streamprocessor.contract.subscriptions.digests import last_instant, next_instant
from streamprocessor.delivery.announcements import Announcement
from streamprocessor.delivery.deliveries import Delivery
from streamprocessor.delivery.dispatch.dispatcher import DispatchContext, Dispatcher
from streamprocessor.delivery.dispatch.made_up_lead import made_up_lead
from streamprocessor.delivery.enrichment.enricher import Enricher
from streamprocessor.delivery.store.digest_rows import DueDigest
from streamprocessor.delivery.store.store import Positions, Store
from streamprocessor.delivery.subscriptions.plan import DeliveryPlan
from streamprocessor.delivery.subscriptions.signing import webhook_id_of

log = logging.getLogger(__name__)

UNSUBSCRIBED = "unsubscribed"


class Dispatchers:
    """The dispatchers by the names of their subscriptions.

    failed: done with the error that ended one of them.
    fixed: names that the subscriptions' file holds.
    """

    def __init__(self, context: DispatchContext, enricher: Enricher, fixed: frozenset[str]) -> None:
        self.fixed = fixed
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._refused: dict[str, str] = {}
        self._context = context
        self._enricher = enricher
        self._dispatchers: dict[str, Dispatcher] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._one_at_a_time = asyncio.Lock()  # so that no announcement passes while a subscription is exchanged

    def __iter__(self) -> Iterator[Dispatcher]:
        """All dispatchers, in order of their names."""
        return iter([self._dispatchers[name] for name in sorted(self._dispatchers)])

    def get(self, name: str) -> Dispatcher | None:
        """The dispatcher of that subscription; None: it has none."""
        return self._dispatchers.get(name)

    @property
    def refused(self) -> Mapping[str, str]:
        """Why what the topic says under a name is not in force, by name."""
        return self._refused

    def refuse(self, name: str, reason: str) -> None:
        """Note why what the topic says under the name is not in force; what was in force before stays."""
        self._refused[name] = reason

    async def put(self, plan: DeliveryPlan) -> None:
        """Have the plan in force; what waited under its name goes on under it."""
        self._refused.pop(plan.subscription.name, None)
        async with self._one_at_a_time:
            await self._exchange(plan)

    async def remove(self, name: str) -> None:
        """End the subscription; what waits for it is kept as undeliverable."""
        self._refused.pop(name, None)
        now_ms = self._context.clock_ms()
        async with self._one_at_a_time:
            await self._end(name)
            self._context.metrics.forget(name)
            self._enricher.want(self._plans())
            await self._context.store_thread.ask(lambda store: store.give_up(name, UNSUBSCRIBED, now_ms))

    async def give_up_the_rest(self) -> None:
        """Keep as undeliverable what waits for subscriptions that ended while delivery was away."""
        names, now_ms = list(self._dispatchers), self._context.clock_ms()
        await self._context.store_thread.ask(lambda store: store.give_up_others(names, UNSUBSCRIBED, now_ms))

    async def offer(self, announcements: Sequence[Announcement], erased: Sequence[str], read_to: Positions) -> None:
        """Queue what is wanted of the announcements, once it is kept with the positions after them."""
        async with self._one_at_a_time:
            await self._queue(announcements, erased, read_to)

    async def queue_of(self, work: Callable[[Connection], Sequence[Delivery]]) -> None:
        """Send the work's deliveries, once they are kept with all that it did."""
        self._hand_out(await self._context.store_thread.ask(lambda store: store.queue_of(work)))

    async def send_digests(self) -> None:
        """Send the digests that are due and were not made yet."""
        now_ms = self._context.clock_ms()
        async with self._one_at_a_time:
            for plan in self._plans():
                if plan.digest is None:
                    continue
                name = plan.subscription.name
                instant = last_instant(plan.digest, plan.phrases.calendar, now_ms)
                due = DueDigest(name, instant, partial(webhook_id_of, subscription=name))
                self._hand_out(
                    await self._context.store_thread.ask(partial(Store.make_digests, due=due, now_ms=now_ms))
                )

    def next_digest_ms(self) -> int | None:
        """When the next digest is due; None: no subscription has any."""
        now_ms = self._context.clock_ms()
        instants = [
            next_instant(plan.digest, plan.phrases.calendar, now_ms).at_ms for plan in self._plans() if plan.digest
        ]
        return min(instants, default=None)

    async def resend(self, name: str, webhook_ids: Sequence[str] | None) -> int:
        """How many of the subscription's undeliverable deliveries are sent again; webhook_ids None: all of them."""
        now_ms = self._context.clock_ms()
        again = await self._context.store_thread.ask(lambda store: store.resend(name, webhook_ids, now_ms))
        dispatcher = self._dispatchers.get(name)
        if dispatcher is not None:
            dispatcher.add_again(again)
        return len(again)

    async def enable(self, dispatcher: Dispatcher) -> None:
        """Send again, though the endpoint had said that it is gone."""
        await self._context.store_thread.ask(lambda store: store.enable(dispatcher.plan.subscription.name))
        dispatcher.enable()

    async def ping(self, dispatcher: Dispatcher) -> str:
        """The webhook id of a made-up hot lead of the contact `ping` that is sent on the usual way."""
        plan, now_ms = dispatcher.plan, self._context.clock_ms()
        announcement = made_up_lead(now_ms)
        name = plan.subscription.name
        delivery = Delivery(
            number=0,
            webhook_id=webhook_id_of(announcement.id, name),
            subscription=name,
            contact_id=announcement.contact_id,
            body=plan.template.fill(announcement, name, plan.phrases, {}),
            at_ms=now_ms,
            queued_ms=now_ms,
        )
        self._hand_out(await self._context.store_thread.ask(lambda store: store.queue([delivery], {})))
        return delivery.webhook_id

    async def finish(self, timeout_seconds: float) -> None:
        """Begin no more attempts, and return once those under way have been answered or the time is over."""
        finishing = [asyncio.ensure_future(dispatcher.finish()) for dispatcher in self]
        if finishing:
            _, late = await asyncio.wait(finishing, timeout=timeout_seconds)
            for task in late:
                task.cancel()

    async def close(self) -> None:
        """End all of them."""
        for name in list(self._tasks):
            await self._end(name)

    async def _exchange(self, plan: DeliveryPlan) -> None:
        name = plan.subscription.name
        await self._end(name)
        if plan.digest is None:
            await self._context.store_thread.ask(lambda store: store.release(name))
        gone_url_hash, last_number = await self._context.store_thread.ask(
            lambda store: (store.disabled().get(name), store.last_number)
        )
        dispatcher = Dispatcher(plan, self._context, gone_url_hash == plan.url_hash, last_number)
        self._dispatchers[name] = dispatcher
        task = asyncio.ensure_future(dispatcher.run())
        task.add_done_callback(self._note_failure)
        self._tasks[name] = task
        self._enricher.want(self._plans())

    def _plans(self) -> list[DeliveryPlan]:
        """Those in force whose endpoint is not gone."""
        return [dispatcher.plan for dispatcher in self._dispatchers.values() if not dispatcher.circuit_breaker.disabled]

    async def _queue(self, announcements: Sequence[Announcement], erased: Sequence[str], read_to: Positions) -> None:
        now_ms, plans = self._context.clock_ms(), self._plans()
        contexts, moved = await self._enricher.context_of(announcements, plans, {number for _, number in read_to})
        offered = [
            plan.delivery_of(announcement, contact_context, now_ms)
            for announcement, contact_context in zip(announcements, contexts, strict=True)
            for plan in plans
        ]
        queued = [delivery for delivery in offered if delivery is not None]
        fresh = await self._context.store_thread.ask(lambda store: store.queue(queued, read_to, erased, moved))
        for contact_id in erased:
            for dispatcher in self._dispatchers.values():
                dispatcher.forget(contact_id)
        self._hand_out(fresh)

    def _hand_out(self, fresh: Sequence[Delivery]) -> None:
        by_name: dict[str, list[Delivery]] = {}
        for delivery in fresh:
            if delivery.digest is not None:  # it is kept until its digest is due
                continue
            by_name.setdefault(delivery.subscription, []).append(delivery)
        for name, some in by_name.items():
            dispatcher = self._dispatchers.get(name)
            if dispatcher is not None:
                dispatcher.add(some)

    async def _end(self, name: str) -> None:
        task = self._tasks.pop(name, None)
        self._dispatchers.pop(name, None)
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    def _note_failure(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or self.failed.done():
            return
        error = task.exception()
        if error is not None:
            self.failed.set_exception(error)
