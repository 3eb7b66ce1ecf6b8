"""One subscription at work: deliveries that are due leave its queues, are sent, and their answers are learned from."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from streamprocessor.contract.subscriptions.email import MailTarget
from streamprocessor.contract.subscriptions.webhook_targets import Target
from streamprocessor.contract.traceparents import TRACEPARENT
from streamprocessor.delivery.deliveries import Delivery
from streamprocessor.delivery.dispatch.answer import Answer
from streamprocessor.delivery.dispatch.attempt_stream import Attempt
from streamprocessor.delivery.dispatch.circuit_breaker import CircuitBreaker
from streamprocessor.delivery.dispatch.contact_queues import ContactQueues
from streamprocessor.delivery.dispatch.retry_schedule import AttemptResult, next_attempt_ms, retry_after_ms
from streamprocessor.delivery.metrics import Metrics
from streamprocessor.delivery.store.store import Store, StoredOutcome
from streamprocessor.delivery.store.store_thread import StoreThread
from streamprocessor.delivery.store.tables import DELIVERED, UNDELIVERABLE, WAITING
from streamprocessor.delivery.subscriptions.mail_parts import digest_body
from streamprocessor.delivery.subscriptions.plan import DeliveryPlan
from streamprocessor.delivery.subscriptions.signing import signed_headers
from streamprocessor.process.telemetry.spans import TRACING_OFF, SpanKind, Tracing

log = logging.getLogger(__name__)

WINDOW = 20_000
"""Deliveries that a dispatcher holds in memory; more wait in the store, in their order."""


@dataclass(frozen=True)
class DispatchContext:
    """What all dispatchers share.

    post: makes one attempt and answers what came of it.
    tell: publishes an attempt to those who watch.
    clock_ms: now, in milliseconds since 1970.
    jitter: a random number from 0 to 1.
    tracing: of attempts.
    """

    post: Callable[[Target | MailTarget, Mapping[str, str], bytes], Awaitable[Answer]]
    store_thread: StoreThread
    metrics: Metrics
    tell: Callable[[Attempt], None]
    clock_ms: Callable[[], int]
    jitter: Callable[[], float]
    tracing: Tracing = TRACING_OFF


class Dispatcher:
    """Delivers what it is given until it is cancelled."""

    def __init__(self, plan: DeliveryPlan, context: DispatchContext, is_disabled: bool, last_number: int) -> None:
        """Begin with what waits in the store, whose deliveries have numbers up to last_number."""
        self.plan = plan
        self.circuit_breaker = CircuitBreaker(disabled=is_disabled)
        self._context = context
        self._queues = ContactQueues()
        self._under_way: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._begins_no_more = False
        self._loaded_up_to = 0
        self._stored_up_to = last_number

    def __len__(self) -> int:
        """How many wait in memory or are under way."""
        return len(self._queues)

    @property
    def oldest_queued_ms(self) -> int | None:
        """When the delivery was queued that waits the longest; None: none waits."""
        return self._queues.oldest_queued_ms()

    def add(self, fresh: Sequence[Delivery]) -> None:
        """Take deliveries, in the order of their numbers; while there are too many they wait in the store."""
        for delivery in fresh:
            if delivery.number <= self._loaded_up_to:  # found in the store before it came here
                continue
            if self._is_behind or len(self._queues) >= WINDOW:
                self._stored_up_to = delivery.number
            else:
                self._queues.add(delivery)
                self._loaded_up_to = self._stored_up_to = delivery.number
        self._changed.set()

    def add_again(self, old: Sequence[Delivery]) -> None:
        """Take deliveries that had been given up."""
        for delivery in old:
            self._queues.add(delivery)
        self._changed.set()

    def forget(self, contact_id: str) -> None:
        """Drop all of a contact's, who was erased."""
        self._queues.forget(contact_id)

    def enable(self) -> None:
        """Send again, to an endpoint that was gone."""
        self.circuit_breaker = CircuitBreaker()
        self._changed.set()

    async def finish(self) -> None:
        """Begin no more attempts, and return once those under way have been answered."""
        self._begins_no_more = True
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def run(self) -> None:
        """Deliver for ever; raises MustRestartError where the store fails."""
        try:
            while True:
                self._changed.clear()
                if self.circuit_breaker.disabled:
                    await self._give_up()
                elif self._is_behind and len(self._queues) < WINDOW // 2:
                    await self._load()
                self._send_what_is_due()
                await self._wait()
                for task in [task for task in self._under_way if task.done()]:
                    self._under_way.discard(task)
                    task.result()
        finally:
            for task in self._under_way:
                task.cancel()

    @property
    def _is_behind(self) -> bool:
        return self._loaded_up_to < self._stored_up_to

    async def _load(self) -> None:
        name, up_to = self.plan.subscription.name, self._stored_up_to
        deliveries = await self._context.store_thread.ask(lambda store: store.waiting(name, self._loaded_up_to, WINDOW))
        for delivery in deliveries:
            self._queues.add(delivery)
        newest = deliveries[-1].number if deliveries else 0
        self._loaded_up_to = newest if len(deliveries) == WINDOW else max(up_to, newest)
        self._stored_up_to = max(self._stored_up_to, self._loaded_up_to)

    def _send_what_is_due(self) -> None:
        now_ms = self._context.clock_ms()
        while not self._begins_no_more and self.circuit_breaker.may_send(len(self._under_way), now_ms):
            delivery = self._queues.take(now_ms)
            if delivery is None:
                return
            task = asyncio.ensure_future(self._attempt(delivery))
            self._under_way.add(task)
            task.add_done_callback(lambda _: self._changed.set())

    async def _wait(self) -> None:
        """Return when something changed, or when the next one may be sent."""
        due_ms = self._queues.next_due_ms()
        now_ms = self._context.clock_ms()
        if due_ms is None or self.circuit_breaker.disabled or self._begins_no_more:
            await self._changed.wait()
            return
        wait_ms = max(due_ms, self.circuit_breaker.quiet_until_ms) - now_ms
        if wait_ms <= 0 and self._under_way:  # as many as may be are being sent
            await self._changed.wait()
            return
        try:
            async with asyncio.timeout(max(wait_ms, 1) / 1000):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _attempt(self, delivery: Delivery) -> None:
        context, plan = self._context, self.plan
        body = delivery.body
        if delivery.is_digest:
            bodies = await context.store_thread.ask(lambda store: store.digest_bodies(delivery))
            if not bodies:  # all of its contacts were erased
                await self._drop(delivery)
                return
            body = digest_body(bodies)
        headers = signed_headers(delivery.webhook_id, body, plan.signers, context.clock_ms())
        headers["content-type"] = plan.template.content_type
        span = context.tracing.start(SpanKind.CLIENT, plan.kind, delivery.traceparent)
        if span.traceparent is not None:
            headers[TRACEPARENT] = span.traceparent
        answer = await context.post(plan.target, headers, body)
        span.end({**answer.span_attributes, "subscription": delivery.subscription})
        now_ms = context.clock_ms()
        verdict = answer.result
        asked_ms = retry_after_ms(answer.retry_after, now_ms)
        self._learn(verdict, asked_ms, now_ms, answer.reason)
        if verdict is AttemptResult.DELIVERED:
            context.metrics.age.observe(max(now_ms - delivery.at_ms, 0) / 1000)
            self._end(delivery, DELIVERED, "", now_ms)
            return
        attempts = delivery.attempts + 1
        due_ms = None
        if verdict is not AttemptResult.REFUSED:
            due_ms = next_attempt_ms(attempts, delivery.queued_ms, now_ms, asked_ms, context.jitter())
        failed = replace(delivery, attempts=attempts, due_ms=due_ms or 0)
        if due_ms is None or self.circuit_breaker.disabled:
            log.warning("%s: undeliverable after %d attempts: %s", delivery.subscription, attempts, answer.reason)
            self._end(failed, UNDELIVERABLE, answer.reason, now_ms)
            return
        self._tell(failed, "failed", answer.reason, now_ms)
        self._queues.put_back(failed)
        context.store_thread.note(StoredOutcome(failed.number, WAITING, attempts, failed.due_ms, answer.reason, 0))

    def _learn(self, verdict: AttemptResult, asked_ms: int, now_ms: int, reason: str) -> None:
        before, name = self.circuit_breaker, self.plan.subscription.name
        self.circuit_breaker = before.after(verdict, asked_ms, now_ms)
        if self.circuit_breaker.disabled and not before.disabled:
            log.error("%s: the endpoint is gone (410): disabled, what waits is kept as undeliverable", name)
        elif self.circuit_breaker.is_open and not before.is_open:
            log.warning("%s: the endpoint fails (%s): one request at a time until it is well", name, reason)
        elif before.is_open and not self.circuit_breaker.is_open:
            log.info("%s: the endpoint is well again", name)

    async def _drop(self, delivery: Delivery) -> None:
        """Nothing is left of it to send."""
        self._queues.finish(delivery)
        await self._context.store_thread.ask(lambda store: store.drop(delivery))

    def _end(self, delivery: Delivery, state: str, reason: str, now_ms: int) -> None:
        self._tell(delivery, state, reason, now_ms)
        self._queues.finish(delivery)
        attempts = delivery.attempts
        digest = delivery.webhook_id if delivery.is_digest else None
        self._context.store_thread.note(
            StoredOutcome(delivery.number, state, attempts, delivery.due_ms, reason, now_ms, digest)
        )

    def _tell(self, delivery: Delivery, result: str, reason: str, now_ms: int) -> None:
        self._context.metrics.count(delivery.subscription, result)
        number = delivery.attempts + (result == DELIVERED)
        age_ms = max(now_ms - delivery.at_ms, 0)
        self._context.tell(Attempt(now_ms, delivery.subscription, delivery.webhook_id, result, reason, number, age_ms))

    async def _give_up(self) -> None:
        """All that waits for a disabled endpoint is undeliverable; what is under way may still arrive."""
        now_ms, name = self._context.clock_ms(), self.plan.subscription.name
        self._queues = ContactQueues()
        url_hash = self.plan.url_hash
        self._loaded_up_to = self._stored_up_to

        def write(store: Store) -> int:
            store.disable(name, url_hash, now_ms)
            return store.give_up(name, "gone", now_ms)

        count = await self._context.store_thread.ask(write)
        if count:
            self._context.metrics.count(name, UNDELIVERABLE, count)
