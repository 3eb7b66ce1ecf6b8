"""One subscription at work over hours and days of injected time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from streamprocessor.contract.subscriptions.email import MailTarget
from streamprocessor.contract.subscriptions.subscription_file import parse_subscription
from streamprocessor.contract.subscriptions.webhook_targets import Target
from streamprocessor.delivery.contacts import ContactContext
from streamprocessor.delivery.deliveries import Delivery
from streamprocessor.delivery.dispatch import dispatcher as outlet_module
from streamprocessor.delivery.dispatch.answer import Answer
from streamprocessor.delivery.dispatch.attempt_stream import AttemptStream
from streamprocessor.delivery.dispatch.circuit_breaker import LONGEST_PAUSE_MS
from streamprocessor.delivery.dispatch.dispatcher import DispatchContext, Dispatcher
from streamprocessor.delivery.dispatch.mail_sender import MailAnswer
from streamprocessor.delivery.dispatch.retry_schedule import GIVE_UP_AFTER_MS, AttemptResult
from streamprocessor.delivery.dispatch.sender import WebhookAnswer
from streamprocessor.delivery.metrics import Metrics
from streamprocessor.delivery.store.database import Database
from streamprocessor.delivery.store.store import Store
from streamprocessor.delivery.store.store_thread import StoreThread
from streamprocessor.delivery.store.tables import DELIVERED, UNDELIVERABLE
from streamprocessor.delivery.subscriptions.payload_templates import read_template
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.delivery.subscriptions.plan import DeliveryPlan
from streamprocessor.process.telemetry.spans import TRACING_OFF, Tracing
from streamprocessor.process.telemetry.tracing import open_tracing
from tests.delivery.leads import FRIDAY_MS, Lead
from tests.delivery.warp import run_warped
from tests.harness.otlp import otlp_receiver

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
OK, FAILED = WebhookAnswer(200, "status-200"), WebhookAnswer(500, "status-500")


@dataclass
class Bench:
    """An outlet on a real store, whose receiver is a function of the time since the start and the contact."""

    folder: Path
    receiver: Callable[[int, str], Answer]
    tries: list[tuple[int, str]] = field(default_factory=list)
    taken: list[tuple[int, str]] = field(default_factory=list)
    metrics: Metrics = field(default_factory=Metrics)

    async def deliver(self, leads: Sequence[Lead], until_ms: int) -> Dispatcher:
        """The outlet after so much time with these leads."""
        loop = asyncio.get_running_loop()
        start_seconds = loop.time()

        def passed_ms() -> int:
            return int((loop.time() - start_seconds) * 1000)

        async def post(_: Target | MailTarget, headers: Mapping[str, str], __: bytes) -> Answer:
            _kind, contact_id, _score, episode = headers["webhook-id"].partition("/")[0].split(":")
            await asyncio.sleep(0.02)
            self.tries.append((passed_ms(), f"{contact_id}{episode}"))
            answer = self.receiver(passed_ms(), contact_id)
            if answer.result is AttemptResult.DELIVERED:
                self.taken.append(self.tries[-1])
            return answer

        subscription = parse_subscription("crm", "{url: https://a, events: [became-hot-lead], signed: false}", "test")
        plan = DeliveryPlan(subscription, Target("https://a", False), read_template("flat", self.folder), Phrases(), ())
        journal = StoreThread(Store(Database(f"sqlite:///{self.folder / 'd.sqlite'}")))
        world = DispatchContext(
            post, journal, self.metrics, AttemptStream().tell, lambda: FRIDAY_MS + passed_ms(), lambda: 0.5
        )
        outlet = Dispatcher(plan, world, "crm" in journal.store.disabled(), journal.store.last_number)
        wanted = [plan.delivery_of(lead.announcement(), ContactContext(), FRIDAY_MS) for lead in leads]
        queued = [delivery for delivery in wanted if delivery is not None]
        running = [asyncio.ensure_future(outlet.run()), asyncio.ensure_future(journal.run())]
        outlet.add(await journal.ask(lambda store: store.queue(queued, {})))
        await asyncio.wait(running, timeout=until_ms / 1000, return_when=asyncio.FIRST_COMPLETED)
        for task in running:
            assert not task.done(), task.result()
            task.cancel()
        await asyncio.wait(running)
        self.undeliverable = journal.store.undeliverable("crm", 1_000)
        await journal.close()
        return outlet

    def counted(self, result: str) -> float | None:
        labels = {"subscription": "crm", "result": result}
        return self.metrics.registry.get_sample_value("leadscore_webhook_endpoint_deliveries_total", labels)

    @property
    def order(self) -> list[str]:
        return [name for _, name in self.taken]


def names_of(contact_id: str, count: int) -> list[str]:
    return [f"{contact_id}{episode}" for episode in range(1, count + 1)]


def leads_of(contacts: str, count: int) -> list[Lead]:
    return [Lead(contact_id, episode) for episode in range(1, count + 1) for contact_id in contacts]


def test_a_receiver_that_is_down_for_ten_minutes_gets_all_in_order_within_the_schedule(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lambda at_ms, _: FAILED if at_ms < 10 * MINUTE_MS else OK)
    run_warped(bench.deliver(leads_of("abcdefghijklmnopqrstuvwxyz", 4), HOUR_MS))

    for contact_id in "abcdefghijklmnopqrstuvwxyz":
        assert [name for name in bench.order if name.startswith(contact_id)] == names_of(contact_id, 4)
    assert len(bench.taken) == 4 * 26
    assert bench.taken[0][0] < 10 * MINUTE_MS + LONGEST_PAUSE_MS + 33 * MINUTE_MS
    # The circuit broke: far fewer tries than 26 contacts at three attempts each.
    assert len(bench.tries) - len(bench.taken) < 60
    assert bench.undeliverable == []
    assert bench.counted(DELIVERED) == 4 * 26
    assert bench.counted("failed") == len(bench.tries) - len(bench.taken)


def test_mails_that_are_refused_for_good_are_given_up_at_once_and_hold_up_nothing_and_those_for_now_are_tried_again(
    tmp_path: Path,
) -> None:
    never, later = (
        MailAnswer(code, f"mail-{code}", AttemptResult(what)) for code, what in ((554, "refused"), (451, "failed"))
    )
    taken = MailAnswer(250, "reply-250", AttemptResult.DELIVERED)

    def server(at_ms: int, contact_id: str) -> MailAnswer:
        if contact_id == "b":
            return never
        return later if contact_id == "c" and at_ms < MINUTE_MS else taken

    bench = Bench(tmp_path, server)
    outlet = run_warped(bench.deliver(leads_of("abc", 12), HOUR_MS))

    assert [name for name in bench.order if name.startswith("a")] == names_of("a", 12)
    assert bench.order[-12:] == names_of("c", 12)
    assert [(row.webhook_id.split(":")[1], row.attempts, row.reason) for row in bench.undeliverable] == [
        ("b", 1, "mail-554")
    ] * 12
    assert not outlet.circuit_breaker.is_open
    assert bench.counted(UNDELIVERABLE) == 12


def test_a_contact_whose_webhooks_are_refused_holds_up_no_other_and_is_given_up_after_75_hours(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lambda _, contact_id: WebhookAnswer(400, "status-400") if contact_id == "b" else OK)
    run_warped(bench.deliver(leads_of("ab", 3), 90 * HOUR_MS))

    assert bench.order == names_of("a", 3)
    assert bench.taken[-1][0] < 1_000
    tried = [name for _, name in bench.tries if name.startswith("b")]
    # The second and third had waited as long: one attempt each.
    assert tried == ["b1"] * 10 + ["b2", "b3"]
    assert [(row.attempts, row.reason) for row in bench.undeliverable] == [(10, "status-400")] + [(1, "status-400")] * 2
    given_up_ms = bench.undeliverable[0].ended_ms - FRIDAY_MS
    assert GIVE_UP_AFTER_MS <= given_up_ms <= GIVE_UP_AFTER_MS * 1.1


def test_nothing_is_sent_to_an_endpoint_that_is_gone_not_even_after_a_restart(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lambda _, __: OK if len(bench.tries) == 1 else WebhookAnswer(410, "status-410"))
    run_warped(bench.deliver(leads_of("a", 5), HOUR_MS))
    assert [name for _, name in bench.tries] == ["a1", "a2"]
    assert [row.reason for row in bench.undeliverable] == ["status-410", "gone", "gone", "gone"]
    assert [bench.counted(result) for result in (DELIVERED, UNDELIVERABLE, "failed")] == [1, 4, None]

    again = Bench(tmp_path, lambda _, __: OK)
    run_warped(again.deliver([Lead("z", 1)], 100 * HOUR_MS))
    assert again.tries == []


def test_a_receiver_that_asks_for_time_gets_it_and_fewer_at_once_then(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lambda _, __: WebhookAnswer(503, "status-503", "60") if len(bench.tries) <= 26 else OK)
    run_warped(bench.deliver(leads_of("abcdefghijklmnopqrstuvwxyz", 1), HOUR_MS))
    assert len(bench.taken) == 26
    first_ms = bench.tries[0][0]
    assert all(at_ms - first_ms >= MINUTE_MS for at_ms, _ in bench.taken)
    assert bench.taken[-1][0] - first_ms < 2 * MINUTE_MS
    # One at a time at first, then two, then three: 26 need a round for each.
    assert len({at_ms // 10 for at_ms, _ in bench.taken}) >= 4


def test_what_does_not_fit_into_memory_waits_in_the_store_and_goes_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlet_module, "WINDOW", 10)
    bench = Bench(tmp_path, lambda _, __: OK)
    run_warped(bench.deliver(leads_of("abc", 40), HOUR_MS))
    assert len(bench.taken) == 120
    for contact_id in "abc":
        assert [name for name in bench.order if name.startswith(contact_id)] == names_of(contact_id, 40)


def test_a_restart_goes_on_with_what_was_left_at_the_time_that_was_planned(tmp_path: Path) -> None:
    before = Bench(tmp_path, lambda _, __: FAILED)
    run_warped(before.deliver(leads_of("ab", 2), 2_000))
    assert sorted(name for _, name in before.tries) == ["a1", "b1"]

    after = Bench(tmp_path, lambda _, __: OK)
    run_warped(after.deliver([], HOUR_MS))
    assert sorted(after.order) == ["a1", "a2", "b1", "b2"]
    assert after.taken[0][0] >= 5_000


def test_deliveries_that_are_found_in_the_store_before_they_are_handed_over_are_sent_once(tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        sent: list[str] = []

        async def post(_: Target | MailTarget, headers: Mapping[str, str], __: bytes) -> WebhookAnswer:
            sent.append(headers["webhook-id"])
            return OK

        store = Store(Database(f"sqlite:///{tmp_path / 'd.sqlite'}"))
        queued = [Delivery(0, f"w{n}", "crm", f"c{n}", b"{}", 0, FRIDAY_MS) for n in range(5)]
        fresh = store.queue(queued, {})
        journal = StoreThread(store)
        subscription = parse_subscription("crm", "{url: https://a, events: [became-hot-lead], signed: false}", "test")
        plan = DeliveryPlan(subscription, Target("https://a", False), read_template("flat", tmp_path), Phrases(), ())
        world = DispatchContext(post, journal, Metrics(), AttemptStream().tell, lambda: FRIDAY_MS, lambda: 0.0)
        outlet = Dispatcher(plan, world, False, store.last_number)
        running = asyncio.ensure_future(outlet.run())
        await asyncio.wait([running], timeout=1)
        outlet.add(fresh)
        await asyncio.wait([running], timeout=1)
        running.cancel()
        await asyncio.wait([running])
        await journal.close()
        return sent

    assert run_warped(scenario()) == [f"w{n}" for n in range(5)]


def test_a_webhook_is_in_the_trace_of_its_announcement_and_below_its_span_where_tracing_is_on(tmp_path: Path) -> None:
    traces = {"w1": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "w2": None}

    async def sent_with(tracing: Tracing, folder: Path) -> dict[str, str | None]:
        sent: dict[str, str | None] = {}

        async def post(_: Target | MailTarget, headers: Mapping[str, str], __: bytes) -> WebhookAnswer:
            sent[headers["webhook-id"]] = headers.get("traceparent")
            return OK

        folder.mkdir()
        store = Store(Database(f"sqlite:///{folder / 'd.sqlite'}"))
        queued = [Delivery(0, name, "crm", name, b"{}", 0, FRIDAY_MS, traceparent=of) for name, of in traces.items()]
        fresh = store.queue(queued, {})
        journal = StoreThread(store)
        subscription = parse_subscription("crm", "{url: https://a, events: [became-hot-lead], signed: false}", "test")
        plan = DeliveryPlan(subscription, Target("https://a", False), read_template("flat", folder), Phrases(), ())
        world = DispatchContext(post, journal, Metrics(), AttemptStream().tell, lambda: FRIDAY_MS, lambda: 0.0, tracing)
        outlet = Dispatcher(plan, world, False, 0)
        outlet.add(fresh)
        running = asyncio.ensure_future(outlet.run())
        await asyncio.wait([running], timeout=1)
        running.cancel()
        await asyncio.wait([running])
        await journal.close()
        return sent

    assert run_warped(sent_with(TRACING_OFF, tmp_path / "off")) == traces

    with otlp_receiver() as receiver:
        tracing = open_tracing(receiver.endpoint, "delivery")
        sent = run_warped(sent_with(tracing, tmp_path / "on"))
        tracing.close()
        spans = {span.trace_id: span for span in receiver.wait_for("webhook")}
    assert sorted(f"{span.context}-01" for span in spans.values()) == sorted(filter(None, sent.values()))
    span = spans["4bf92f3577b34da6a3ce929d0e0e4736"]
    assert (span.parent_id, span.attributes) == (
        "00f067aa0ba902b7",
        {"http.response.status_code": 200, "subscription": "crm"},
    )


@pytest.mark.parametrize("turns", range(6))
async def test_a_dispatcher_that_is_told_to_stop_just_as_something_changes_stops(tmp_path: Path, turns: int) -> None:
    """However many turns of the event loop lie between both: asyncio.wait_for would swallow some of the orders."""

    async def post(_: Target | MailTarget, __: Mapping[str, str], ___: bytes) -> WebhookAnswer:
        pytest.fail("nothing is due")

    store_thread = StoreThread(Store(Database(f"sqlite:///{tmp_path / 'd.sqlite'}")))
    subscription = parse_subscription("crm", "{url: https://a, events: [became-hot-lead], signed: false}", "test")
    plan = DeliveryPlan(subscription, Target("https://a", False), read_template("flat", tmp_path), Phrases(), ())
    context = DispatchContext(post, store_thread, Metrics(), AttemptStream().tell, lambda: FRIDAY_MS, lambda: 0.0)
    dispatcher = Dispatcher(plan, context, False, store_thread.store.last_number)
    dispatcher.add([Delivery(1, "w1", "crm", "c1", b"{}", 0, FRIDAY_MS, attempts=1, due_ms=FRIDAY_MS + HOUR_MS)])
    running = asyncio.ensure_future(dispatcher.run())
    for _ in range(3):  # now it waits for what will be due
        await asyncio.sleep(0)

    dispatcher.add_again([])
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait([running], timeout=5)
    stopped = running.done()
    running.cancel()
    await asyncio.wait([running])
    await store_thread.close()
    assert stopped


async def test_told_to_finish_a_dispatcher_waits_for_what_is_under_way_and_begins_nothing(tmp_path: Path) -> None:
    begun, answered = asyncio.Event(), asyncio.Event()
    posted: list[str] = []

    async def post(_: Target | MailTarget, headers: Mapping[str, str], __: bytes) -> WebhookAnswer:
        posted.append(headers["webhook-id"])
        begun.set()
        await answered.wait()
        return OK

    subscription = parse_subscription("crm", "{url: https://a, events: [became-hot-lead], signed: false}", "test")
    plan = DeliveryPlan(subscription, Target("https://a", False), read_template("flat", tmp_path), Phrases(), ())
    journal = StoreThread(Store(Database(f"sqlite:///{tmp_path / 'd.sqlite'}")))
    context = DispatchContext(post, journal, Metrics(), AttemptStream().tell, lambda: FRIDAY_MS, lambda: 0.5)
    dispatcher = Dispatcher(plan, context, False, 0)
    offered = [plan.delivery_of(lead.announcement(), ContactContext(), FRIDAY_MS) for lead in leads_of("ab", 2)]
    fresh = await journal.ask(lambda store: store.queue([each for each in offered if each is not None], {}))
    running = asyncio.ensure_future(dispatcher.run())
    dispatcher.add(fresh)
    await begun.wait()

    finishing = asyncio.ensure_future(dispatcher.finish())
    await asyncio.sleep(0)
    assert not finishing.done()
    answered.set()
    async with asyncio.timeout(10):
        await finishing

    assert len(posted) == 2  # the first of each contact: its second would have been begun now
    running.cancel()
    await asyncio.wait([running])
    waiting = await journal.ask(lambda store: store.waiting("crm", 0, 10))
    assert len(waiting) == 2
    await journal.close()
