"""A mail a day, whatever its server does and however often delivery is killed: days of injected time, a real store."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from hypothesis import example, given
from hypothesis import strategies as st

from streamprocessor.contract.subscriptions.business_days import Calendar
from streamprocessor.contract.subscriptions.email import MailTarget
from streamprocessor.contract.subscriptions.subscription_file import parse_subscription
from streamprocessor.contract.subscriptions.webhook_targets import Target
from streamprocessor.delivery.dispatch.attempt_stream import AttemptStream
from streamprocessor.delivery.dispatch.digest_clock import send_digests_when_due
from streamprocessor.delivery.dispatch.dispatcher import DispatchContext
from streamprocessor.delivery.dispatch.dispatchers import Dispatchers
from streamprocessor.delivery.dispatch.mail_sender import MailAnswer
from streamprocessor.delivery.dispatch.retry_schedule import AttemptResult
from streamprocessor.delivery.enrichment.enricher import Enricher
from streamprocessor.delivery.metrics import Metrics
from streamprocessor.delivery.store.database import Database
from streamprocessor.delivery.store.digest_rows import MOST_IN_DIGEST
from streamprocessor.delivery.store.store import Store
from streamprocessor.delivery.store.store_thread import StoreThread
from streamprocessor.delivery.subscriptions.mail_parts import mail_parts_of
from streamprocessor.delivery.subscriptions.payload_templates import read_template
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.delivery.subscriptions.plan import DeliveryPlan
from streamprocessor.delivery.subscriptions.segments import Segments
from streamprocessor.kafka.clients import ClientSettings
from tests.delivery.leads import Lead
from tests.delivery.test_fault_laws import MortalJournal
from tests.delivery.warp import run_warped
from tests.harness.example_share import share

HOUR_SECONDS = 3_600.0
DAY_SECONDS = 24 * HOUR_SECONDS
PAUSE_SECONDS = 6 * HOUR_SECONDS
DAILY = "digest: {at: '08:00', time_zone: Europe/Berlin}"
AT_WORK = "digest: {at: '08:00', time_zone: Europe/Berlin, business_days: true}"
TAKEN = MailAnswer(250, "reply-250", AttemptResult.DELIVERED)
LATER = MailAnswer(451, "mail-451", AttemptResult.FAILED)
NEVER = MailAnswer(554, "mail-554", AttemptResult.REFUSED)


class Mail(NamedTuple):
    """One attempt. contacts: those that it is about."""

    at: str
    webhook_id: str
    contacts: list[str]
    answer: MailAnswer


class NobodyAsked:
    """A projection of contacts of whom nothing is known."""

    def want(self, attributes: frozenset[str] | None) -> None:
        pass

    async def caught_up(self, attributes: frozenset[str], partitions: Collection[int]) -> None:
        pass


@dataclass
class Story:
    """Lives of delivery on one store.

    script: what the server answers, mail by mail; then it takes all. late_ms: how late announcements are read.
    """

    folder: Path
    begins: str
    email: str = DAILY
    script: list[MailAnswer] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)
    late_ms: int = 0

    def __post_init__(self) -> None:
        self.clock_ms = int(datetime.fromisoformat(self.begins).replace(tzinfo=UTC).timestamp() * 1000)

    async def live(
        self, contacts: Sequence[str], seconds: float, erased: Sequence[str] = (), email: str | None = None
    ) -> None:
        """One process, which reads of these hot leads, and of contacts that are erased, and is killed after so long."""
        loop = asyncio.get_running_loop()
        start_ms, start_seconds = self.clock_ms, loop.time()

        def passing() -> int:
            return start_ms + int((loop.time() - start_seconds) * 1000)

        async def post(_: Target | MailTarget, headers: Mapping[str, str], body: bytes) -> MailAnswer:
            answer = self.script.pop(0) if self.script else TAKEN
            at = datetime.fromtimestamp(passing() / 1000, UTC).isoformat(timespec="minutes").removesuffix("+00:00")
            parts = mail_parts_of(body) or ()
            about = [str(each.subject).split()[0] for each in parts]
            self.mails.append(Mail(at, headers["webhook-id"], about, answer))
            await asyncio.sleep(0.02)
            return answer

        journal = MortalJournal(Store(Database(f"sqlite:///{self.folder / 'd.sqlite'}")))
        context = DispatchContext(post, journal, Metrics(), AttemptStream().tell, passing, lambda: 0.5)
        enricher = Enricher(journal, NobodyAsked(), Segments(ClientSettings("localhost:1"), "models"))
        dispatchers = Dispatchers(context, enricher, frozenset())
        if email != "ended":
            await dispatchers.put(self._plan(email or self.email))
        await dispatchers.give_up_the_rest()
        running = [
            asyncio.ensure_future(journal.run()),
            asyncio.ensure_future(send_digests_when_due(dispatchers, passing, PAUSE_SECONDS)),
        ]
        announced = [Lead(contact_id, 1, self.clock_ms - self.late_ms).announcement() for contact_id in contacts]
        await dispatchers.offer(announced, erased, {})
        await asyncio.wait([*running, dispatchers.failed], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in running:
            assert not task.done(), task.result()
            task.cancel()
        await asyncio.wait(running)
        assert not dispatchers.failed.done(), dispatchers.failed.result()
        await dispatchers.close()
        self.clock_ms = passing()
        journal.kill()

    def _plan(self, email: str) -> DeliveryPlan:
        text = f"{{email: {{to: [sales@example.com], {email}}}, events: [became-hot-lead]}}"
        subscription = parse_subscription("sales", text, "test")
        phrases = Phrases(Calendar(holidays=frozenset({date(2026, 11, 30)})))
        target = MailTarget("leads@example.com", ("sales@example.com",))
        return DeliveryPlan(subscription, target, read_template("mail", Path()), phrases, ())

    @property
    def taken(self) -> list[tuple[str, list[str]]]:
        """When which contacts were told of."""
        return [(mail.at, mail.contacts) for mail in self.mails if mail.answer == TAKEN]

    async def ask(self) -> dict[str, str]:
        """What is undeliverable, by its id, with why."""
        journal = StoreThread(Store(Database(f"sqlite:///{self.folder / 'd.sqlite'}")))
        rows = await journal.ask(lambda store: store.undeliverable("sales", 100))
        await journal.close()
        return {row.webhook_id: row.reason for row in rows}

    async def send_again(self) -> None:
        """Have what is undeliverable sent again."""
        journal = StoreThread(Store(Database(f"sqlite:///{self.folder / 'd.sqlite'}")))
        await journal.ask(lambda store: store.resend("sales", None, self.clock_ms))
        await journal.close()


def test_the_days_hot_leads_are_one_mail_at_eight_there_before_and_after_the_clocks_change(tmp_path: Path) -> None:
    story = Story(tmp_path, "2026-10-23T12:00")
    run_warped(story.live(["ann", "bob"], 2 * HOUR_SECONDS))
    run_warped(story.live(["cid"], DAY_SECONDS))
    run_warped(story.live(["dan"], 2 * DAY_SECONDS))

    # Berlin's clocks go back on 25 October: 08:00 is 06:00 UTC the day before, and 07:00 from then on.
    assert story.taken == [("2026-10-24T06:00", ["ann", "bob", "cid"]), ("2026-10-25T07:00", ["dan"])]
    assert [mail.webhook_id for mail in story.mails] == ["digest:2026-10-24/sales", "digest:2026-10-25/sales"]


def test_on_weekends_and_holidays_nobody_is_written_to_who_works_on_business_days(tmp_path: Path) -> None:
    story = Story(tmp_path, "2026-11-27T12:00", AT_WORK)  # a Friday; the Monday is a holiday
    for contact_id in ("fri", "sat", "sun", "mon", "tue"):
        run_warped(story.live([contact_id], DAY_SECONDS))

    assert story.taken == [("2026-12-01T07:00", ["fri", "sat", "sun", "mon"]), ("2026-12-02T07:00", ["tue"])]


def test_a_digest_that_came_due_while_delivery_was_away_is_sent_at_its_start_and_the_days_later_ones_tomorrow(
    tmp_path: Path,
) -> None:
    story = Story(tmp_path, "2026-11-23T06:00")
    run_warped(story.live(["ann"], 60.0))
    story.clock_ms += 3 * 3_600_000
    run_warped(story.live(["bob"], HOUR_SECONDS))
    run_warped(story.live([], DAY_SECONDS))

    assert story.taken == [("2026-11-23T09:01", ["ann"]), ("2026-11-24T07:00", ["bob"])]


def test_a_lead_that_is_read_after_its_days_mail_was_made_is_in_the_next_ones_and_in_this_ones_where_there_was_none(
    tmp_path: Path,
) -> None:
    story = Story(tmp_path, "2026-11-23T06:30")
    run_warped(story.live(["ann"], HOUR_SECONDS))
    story.late_ms = 3_600_000
    run_warped(story.live(["bob"], DAY_SECONDS))
    assert story.taken == [("2026-11-23T07:00", ["ann"]), ("2026-11-24T07:00", ["bob"])]

    run_warped(story.live([], DAY_SECONDS))
    run_warped(story.live(["cid"], 60.0))
    assert story.taken[2:] == [("2026-11-25T07:30", ["cid"])]


def test_an_erased_contact_is_in_no_mail_that_is_sent_later_and_a_mail_about_nobody_is_not_sent(tmp_path: Path) -> None:
    story = Story(tmp_path, "2026-11-23T05:00", script=[LATER])
    run_warped(story.live(["ann", "bob", "cid"], 60.0))
    run_warped(story.live([], HOUR_SECONDS, erased=["ann"]))
    run_warped(story.live([], HOUR_SECONDS - 58.0))  # it is due, and fails
    assert [mail.contacts for mail in story.mails] == [["bob", "cid"]]
    run_warped(story.live([], DAY_SECONDS, erased=["bob"]))
    assert [contacts for _, contacts in story.taken] == [["cid"]]

    story.script = [LATER]
    run_warped(story.live(["dan"], DAY_SECONDS))
    assert story.mails[-1].contacts == ["dan"]
    before = len(story.mails)
    run_warped(story.live([], DAY_SECONDS, erased=["dan"]))
    assert len(story.mails) == before
    assert run_warped(story.ask()) == {}


def test_a_digest_that_is_refused_for_good_is_kept_and_sent_again_with_all_its_leads(tmp_path: Path) -> None:
    story = Story(tmp_path, "2026-11-23T05:00", script=[NEVER])
    run_warped(story.live(["ann", "bob"], DAY_SECONDS))
    assert run_warped(story.ask()) == {"digest:2026-11-23/sales": "mail-554"}
    assert story.taken == []

    run_warped(story.send_again())
    run_warped(story.live(["cid"], 60.0))
    assert [contacts for _, contacts in story.taken] == [["ann", "bob"]]
    assert run_warped(story.ask()) == {}


def test_what_was_collected_goes_out_by_itself_once_a_subscription_has_no_digest_and_is_kept_once_it_ends(
    tmp_path: Path,
) -> None:
    story = Story(tmp_path, "2026-11-23T12:00")
    run_warped(story.live(["ann", "bob"], 60.0))
    run_warped(story.live(["cid"], 60.0, email="from: leads@example.com"))
    assert Counter(contact for _, contacts in story.taken for contact in contacts) == Counter(["ann", "bob", "cid"])
    assert all(len(contacts) == 1 for _, contacts in story.taken)

    run_warped(story.live(["dan"], 60.0))
    run_warped(story.live([], DAY_SECONDS, email="ended"))
    assert run_warped(story.ask()) == {"inc:dan:engagement:1/sales": "unsubscribed"}


def test_more_leads_than_one_mail_should_hold_make_several_of_their_own_ids(tmp_path: Path) -> None:
    story = Story(tmp_path, "2026-11-23T12:00")
    names = [f"c{number:04}" for number in range(2 * MOST_IN_DIGEST + 1)]
    run_warped(story.live(names, DAY_SECONDS))

    assert [len(contacts) for _, contacts in story.taken] == [MOST_IN_DIGEST, MOST_IN_DIGEST, 1]
    assert [contact for _, contacts in story.taken for contact in contacts] == names
    ids = [mail.webhook_id for mail in story.mails]
    assert ids == [f"digest:2026-11-24{part}/sales" for part in ("", ":2", ":3")]


LIVES = st.lists(
    st.tuples(
        st.sampled_from([0.001, 0.01, 0.021, 0.05, 5.5, 3_600.0, 11 * HOUR_SECONDS, DAY_SECONDS]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=5,
)
SCRIPT = st.lists(st.sampled_from([TAKEN, TAKEN, LATER, NEVER]), max_size=12)


@share(12)
@example([(18 * HOUR_SECONDS - 0.001, 2), (0.01, 1), (0.015, 1), (0.03, 1)], [TAKEN])  # killed around the instant
@given(LIVES, SCRIPT)
def test_however_often_delivery_is_killed_each_lead_is_in_one_days_mail_or_in_one_that_is_kept(
    lives: list[tuple[float, int]], script: list[MailAnswer]
) -> None:
    announced: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        story = Story(Path(folder), "2026-10-22T12:00", script=script)
        for seconds, count in lives:
            fresh = [f"c{len(announced) + number}" for number in range(count)]
            announced += fresh
            run_warped(story.live(fresh, seconds))
        run_warped(story.live([], 4 * DAY_SECONDS))
        kept = run_warped(story.ask())

    told_in: dict[str, set[str]] = {}
    for mail in story.mails:
        for contact_id in mail.contacts:
            told_in.setdefault(contact_id, set()).add(mail.webhook_id)
    assert told_in.keys() == set(announced)
    assert all(len(mails) == 1 for mails in told_in.values())
    arrived = {mail.webhook_id for mail in story.mails if mail.answer == TAKEN}
    assert arrived | kept.keys() == {mail.webhook_id for mail in story.mails}
    contents: dict[str, list[str]] = {}
    assert all(contents.setdefault(mail.webhook_id, mail.contacts) == mail.contacts for mail in story.mails)
