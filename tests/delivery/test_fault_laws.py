"""Whatever a receiver does, and however often delivery is killed: hours of injected time, on a real store."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from hypothesis import example, given
from hypothesis import strategies as st

from streamprocessor.contract.subscriptions.email import MailTarget
from streamprocessor.contract.subscriptions.subscription_file import parse_subscription
from streamprocessor.contract.subscriptions.webhook_targets import Target
from streamprocessor.delivery.contacts import ContactContext
from streamprocessor.delivery.dispatch.attempt_stream import AttemptStream
from streamprocessor.delivery.dispatch.dispatcher import DispatchContext, Dispatcher
from streamprocessor.delivery.dispatch.sender import WebhookAnswer
from streamprocessor.delivery.metrics import Metrics
from streamprocessor.delivery.store.database import Database
from streamprocessor.delivery.store.store import Store
from streamprocessor.delivery.store.store_thread import StoreThread
from streamprocessor.delivery.subscriptions.payload_templates import read_template
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.delivery.subscriptions.plan import DeliveryPlan
from tests.delivery.leads import FRIDAY_MS, Lead
from tests.delivery.warp import run_warped
from tests.harness.example_share import share

QUICKLY_SECONDS = 0.02
A_MOMENT_MS = 1_000
LAST_LIFE_SECONDS = 200 * 3_600.0
TAKES = "takes"
ANSWERS: dict[str, tuple[float, WebhookAnswer]] = {
    TAKES: (QUICKLY_SECONDS, WebhookAnswer(200, "status-200")),
    "fails": (QUICKLY_SECONDS, WebhookAnswer(500, "status-500")),
    "redirects": (QUICKLY_SECONDS, WebhookAnswer(307, "status-307")),
    "closes half-way": (QUICKLY_SECONDS, WebhookAnswer(0, "broken-answer")),
    "hangs": (20.0, WebhookAnswer(0, "time-out")),
    "asks for time": (QUICKLY_SECONDS, WebhookAnswer(429, "status-429", "30")),
    "is busy": (QUICKLY_SECONDS, WebhookAnswer(503, "status-503")),
    "is gone": (QUICKLY_SECONDS, WebhookAnswer(410, "status-410")),
}


class Try(NamedTuple):
    """One request. life: the how-manieth process of delivery sent it."""

    life: int
    webhook_id: str
    body: bytes
    answer: WebhookAnswer

    @property
    def contact_id(self) -> str:
        return self.webhook_id.split(":")[1]

    @property
    def episode(self) -> int:
        return int(self.webhook_id.partition("/")[0].rpartition(":")[2])


class MortalJournal(StoreThread):
    """A journal that can be killed: what it was only told is lost."""

    def kill(self) -> None:
        self._pending = []
        self._thread.shutdown()
        self.store.close()


@dataclass
class Story:
    """Lives of delivery on one store. script: what the receiver does, try by try, then it takes all."""

    url: str
    script: list[str]
    clock_ms: int = FRIDAY_MS
    began: int = 0
    gone_ms: int | None = None
    tries: list[Try] = field(default_factory=list)
    knew_that_it_is_gone: list[bool] = field(default_factory=list)

    async def live(self, leads: list[Lead], seconds: float) -> None:
        """One process, which queues these leads and is killed after so much time."""
        loop = asyncio.get_running_loop()
        life, start_ms, start_seconds = len(self.knew_that_it_is_gone), self.clock_ms, loop.time()

        async def post(_: Target | MailTarget, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
            what = self.script[self.began] if self.began < len(self.script) else TAKES
            self.began += 1
            delay_seconds, answer = ANSWERS[what if self.gone_ms is None else "is gone"]
            place = len(self.tries)
            self.tries.append(Try(life, headers["webhook-id"], body, WebhookAnswer(0, "killed")))
            await asyncio.sleep(delay_seconds)
            if answer.status == 410 and self.gone_ms is None:
                self.gone_ms = passing()
            self.tries[place] = self.tries[place]._replace(answer=answer)
            return answer

        subscription = parse_subscription("crm", "{url: https://a, events: [became-hot-lead], signed: false}", "test")
        plan = DeliveryPlan(subscription, Target("https://a", False), read_template("flat", Path()), Phrases(), ())
        journal = MortalJournal(Store(Database(self.url)))
        disabled = "crm" in journal.store.disabled()
        self.knew_that_it_is_gone.append(disabled)
        assert disabled or self.gone_ms is None or self.clock_ms - self.gone_ms < A_MOMENT_MS
        queued = [plan.delivery_of(lead.announcement(), ContactContext(), self.clock_ms) for lead in leads]

        def passing() -> int:
            return start_ms + int((loop.time() - start_seconds) * 1000)

        world = DispatchContext(post, journal, Metrics(), AttemptStream().tell, passing, lambda: 0.5)
        outlet = Dispatcher(plan, world, disabled, journal.store.last_number)
        running = [asyncio.ensure_future(outlet.run()), asyncio.ensure_future(journal.run())]
        outlet.add(await journal.ask(lambda store: store.queue([each for each in queued if each is not None], {})))
        await asyncio.wait(running, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in running:
            assert not task.done(), task.result()
            task.cancel()
        await asyncio.wait(running)
        self.clock_ms = passing()
        journal.kill()

    def given_up(self) -> dict[str, str]:
        store = Store(Database(self.url))
        found = {row.webhook_id: row.reason for row in store.undeliverable("crm", 1_000)}
        assert store.waiting("crm", 0, 1) == []
        store.close()
        return found


SCRIPT = st.lists(st.sampled_from([what for what in ANSWERS if what != "is gone"] + [TAKES] * 4), max_size=30)
KILLED_AFTER_SECONDS = st.sampled_from([0.001, 0.015, 0.021, 0.05, 1.0, 5.5, 21.0, 400.0, 4_000.0])
LIVES = st.lists(st.tuples(KILLED_AFTER_SECONDS, st.lists(st.sampled_from("abc"), max_size=6)), max_size=4)


@share(25)
@example(["fails"] * 40, [(0.05, list("aab")), (700.0, list("bca"))], None)
@example(["hangs", TAKES, "closes half-way"] * 9, [(21.0, list("aaabc")), (0.015, list("abc"))], None)
@example([TAKES] * 3, [(0.021, list("aaabbb")), (0.021, list("abc"))], 2)
@given(SCRIPT, LIVES, st.none() | st.integers(0, 12))
def test_whatever_a_receiver_does_each_announcement_arrives_under_one_id_in_order_or_is_kept(
    script: list[str], lives: list[tuple[float, list[str]]], gone_at: int | None
) -> None:
    if gone_at is not None:
        script = [*script[:gone_at], *[TAKES] * (gone_at - len(script)), "is gone"]
    episodes = dict.fromkeys("abc", 0)
    announced: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        story = Story(f"sqlite:///{folder}/d.sqlite", script)
        for seconds, contacts in [*lives, (LAST_LIFE_SECONDS, list("abc"))]:
            leads = []
            for contact_id in contacts:
                episodes[contact_id] += 1
                leads.append(Lead(contact_id, episodes[contact_id]))
                announced.append(f"inc:{contact_id}:engagement:{episodes[contact_id]}/crm")
            run_warped(story.live(leads, seconds))
        given_up = story.given_up()
    check_arrivals(story, announced, given_up)
    check_order(story)
    check_silence_after_gone(story)


def check_arrivals(story: Story, announced: list[str], given_up: dict[str, str]) -> None:
    taken = {each.webhook_id for each in story.tries if each.answer.status == 200}
    tried = {each.webhook_id for each in story.tries}
    assert taken | given_up.keys() == set(announced)
    assert tried <= set(announced)
    if story.gone_ms is None:
        assert given_up.keys() <= tried
    bodies: dict[str, bytes] = {}
    assert all(bodies.setdefault(each.webhook_id, each.body) == each.body for each in story.tries)


def check_order(story: Story) -> None:
    for contact_id in "abc":
        mine = [each for each in story.tries if each.contact_id == contact_id]
        firsts = list(dict.fromkeys(each.episode for each in mine if each.answer.status == 200))
        assert firsts == sorted(firsts)
        for life in range(len(story.knew_that_it_is_gone)):
            tried = [each.episode for each in mine if each.life == life]
            assert tried == sorted(tried)


def check_silence_after_gone(story: Story) -> None:
    for each in story.tries:
        assert not story.knew_that_it_is_gone[each.life]
    answers = [each.answer.status for each in story.tries]
    if 410 in answers:
        life = story.tries[answers.index(410)].life
        here = [each for each in story.tries if each.life == life]
        first = next(place for place, each in enumerate(here) if each.answer.status == 410)
        # Those that were under way already: one a contact.
        assert len({each.contact_id for each in here[first + 1 :]}) == len(here[first + 1 :])
