"""Lives of a delivery's inbox on one database, each of which may be killed beside any transaction, under one clock."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NamedTuple, cast

import orjson
from sqlalchemy import Connection, select

from streamprocessor.delivery.announcements import Announcement
from streamprocessor.delivery.contacts import ContactFacts
from streamprocessor.delivery.deliveries import Delivery
from streamprocessor.delivery.enrichment.enricher import Enricher
from streamprocessor.delivery.inbox.consumer import LeadNews
from streamprocessor.delivery.inbox.desk import ActNews, InboxDesk
from streamprocessor.delivery.inbox.inbox import HotLeadInbox
from streamprocessor.delivery.inbox.payloads import AlertWording
from streamprocessor.delivery.inbox.publisher import LeadEventPublisher
from streamprocessor.delivery.store.contact_rows import write_contacts
from streamprocessor.delivery.store.database import Database
from streamprocessor.delivery.store.store import Store
from streamprocessor.delivery.store.store_thread import StoreThread
from streamprocessor.delivery.store.tables import deliveries
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.delivery.subscriptions.segments import Segments
from streamprocessor.inbox.acts import event_of, read_act
from streamprocessor.inbox.episode import LeadAct
from streamprocessor.inbox.rules import InboxRules

HOT_LEADS, ACTIVITIES = ("inbox:hot-leads", 0), ("inbox:activities", 0)
AT_ONCE = 3
ATTRIBUTES = frozenset({"country", "name"})


class Killed(BaseException):
    """The process is no more."""


class Death(NamedTuple):
    """When a process dies: beside its transaction of this number in all. after: once it is committed."""

    transaction: int
    after: bool


@dataclass
class Fate:
    """Which transactions are the last of their process."""

    deaths: Collection[Death] = ()
    transactions: int = 0

    def strikes(self, after: bool) -> bool:
        return Death(self.transactions, after) in self.deaths


class MortalDatabase(Database):
    """A database whose user may die just before a commit, or just after it."""

    def __init__(self, url: str, fate: Fate) -> None:
        super().__init__(url)
        self._fate = fate

    def begin(self) -> Any:
        return _MortalTransaction(super().begin(), self._fate)


class _MortalTransaction:
    def __init__(self, inner: Any, fate: Fate) -> None:
        self._inner, self._fate = inner, fate

    def __enter__(self) -> Connection:
        return cast("Connection", self._inner.__enter__())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._fate.transactions += 1
        if error is None and self._fate.strikes(after=False):
            self._inner.__exit__(Killed, Killed(), None)
            raise Killed
        self._inner.__exit__(kind, error, trace)
        if error is None and self._fate.strikes(after=True):
            raise Killed


class StoredActivity(NamedTuple):
    """A record of the activities topic."""

    contact_id: str
    value: bytes
    arrival_ms: int


@dataclass
class World:
    """Kafka and the clock, which outlive every process.

    script: what becomes of leads, by instants: hot leads, and acts of people once the lead is known to Kafka.
    """

    url: str
    rules: InboxRules
    clock_ms: int
    end_ms: int
    hot: list[tuple[int, Announcement]]
    attributes: Mapping[str, Mapping[str, Any]]
    acts: list[tuple[int, str, LeadAct]] = field(default_factory=list)
    fate: Fate = field(default_factory=Fate)
    hot_leads: list[Announcement] = field(default_factory=list)
    activities: list[StoredActivity] = field(default_factory=list)
    lives: int = 0

    def run(self) -> None:
        """As many processes as it takes to come to the end."""
        self._pass_to(self.clock_ms)
        while True:
            self.lives += 1
            try:
                asyncio.run(self._live())
            except Killed:
                continue
            return

    def deliveries(self) -> list[Delivery]:
        """All that was queued, in its order."""
        store = Store(Database(self.url))
        columns = [deliveries.c[name] for name in Delivery.__dataclass_fields__]
        query = select(*columns).order_by(deliveries.c.number)
        queued = [Delivery(*row) for row in store.within(lambda rows: rows.execute(query).all())]
        store.close()
        return queued

    def told(self) -> Counter[tuple[str, str, str]]:
        """(person, kind, lead's id) of all that people were told, each as often as it was in a message."""
        found: Counter[tuple[str, str, str]] = Counter()
        for delivery in self.deliveries():
            body, person = orjson.loads(delivery.body), delivery.subscription.removeprefix("inbox.")
            if "lead" in body:
                found[person, body["event"], body["lead"]["id"]] += 1
            else:
                found.update((person, "gathered", lead_id) for lead_id in body["lead_ids"])
        return found

    def acts_in_kafka(self) -> list[LeadAct]:
        found = [read_act(each.contact_id, each.value, [], each.arrival_ms) for each in self.activities]
        return [act for act in found if act is not None]

    async def send(self, _: str, value: bytes, *, key: bytes) -> asyncio.Future[None]:
        """As a producer does, whose Kafka acknowledges at once."""
        self.activities.append(StoredActivity(key.decode(), value, self.clock_ms))
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def next_ms(self) -> int:
        """When something comes to Kafka next."""
        return min([self.end_ms, *(at for at, _ in self.hot), *(at for at, *_ in self.acts)])

    def _pass_to(self, at_ms: int) -> None:
        self.clock_ms = at_ms
        self.hot_leads += [announcement for due, announcement in self.hot if due <= at_ms]
        self.hot = [each for each in self.hot if each[0] > at_ms]
        for due, contact_id, act in self.acts:
            if due <= at_ms:
                self.activities.append(StoredActivity(contact_id, event_of(contact_id, act), at_ms))
        self.acts = [each for each in self.acts if each[0] > at_ms]

    async def _live(self) -> None:
        database = MortalDatabase(self.url, self.fate)
        try:
            thread = StoreThread(Store(database))
        except Killed:
            database.close()
            raise
        facts = {contact: ContactFacts(known) for contact, known in self.attributes.items()}
        receivers = {name: f"inbox.{name}" for name, person in self.rules.people.items() if person.webhook}
        desk = InboxDesk(self.rules, AlertWording(self.rules, Phrases()), receivers)
        try:
            await thread.ask(lambda store: store.within(lambda rows: write_contacts(rows, facts)))
            enricher = Enricher(thread, _Follower(), cast("Segments", _NoSegments()), lambda: ATTRIBUTES)
            inbox = HotLeadInbox(desk, enricher, thread, lambda: self.clock_ms)
            reader = _Reader(self, thread, LeadEventPublisher(self, "activities", thread), inbox)
            await inbox.begin()
            await reader.start()
            await inbox.run(reader, _Queue(thread))
        except _EndError:
            return
        finally:
            thread._thread.shutdown()
            database.close()


class _EndError(Exception):
    """The world's end."""


class _Queue:
    def __init__(self, thread: StoreThread) -> None:
        self._thread = thread

    async def queue_of(self, work: Callable[[Connection], Sequence[Delivery]]) -> None:
        await self._thread.ask(lambda store: store.queue_of(work))


class _Follower:
    def want(self, attributes: frozenset[str] | None) -> None: ...

    async def caught_up(self, attributes: frozenset[str], partitions: Collection[int]) -> None: ...


class _NoSegments:
    known: Mapping[str, Any] = {}


class _Reader:
    """Reads the world from where the store was; where nothing is left, time passes."""

    def __init__(self, world: World, thread: StoreThread, publisher: LeadEventPublisher, inbox: HotLeadInbox) -> None:
        self._world, self._thread, self._publisher, self._inbox = world, thread, publisher, inbox
        self._next = {HOT_LEADS: 0, ACTIVITIES: 0}

    async def start(self) -> None:
        self._next |= await self._thread.ask(lambda store: store.positions())

    async def poll(self) -> LeadNews:
        world = self._world
        await self._publisher.send_kept()
        if await self.is_current():
            again_ms = self._inbox.again_ms
            if again_ms is None or again_ms > world.clock_ms:
                if world.clock_ms >= world.end_ms:
                    raise _EndError
                world._pass_to(min(world.next_ms(), again_ms or world.end_ms))
        news = LeadNews()
        hot, acts = self._next[HOT_LEADS], self._next[ACTIVITIES]
        news.hot_leads = world.hot_leads[hot : hot + AT_ONCE]
        some = world.activities[acts : acts + AT_ONCE]
        news.acts = [
            ActNews(each.contact_id, act, each.arrival_ms)
            for each in some
            if (act := read_act(each.contact_id, each.value, [], each.arrival_ms)) is not None
        ]
        if news.hot_leads or some:
            self._next = {HOT_LEADS: hot + len(news.hot_leads), ACTIVITIES: acts + len(some)}
            news.partitions, news.read_to = {0}, dict(self._next)
        return news

    async def is_current(self) -> bool:
        ends = {HOT_LEADS: len(self._world.hot_leads), ACTIVITIES: len(self._world.activities)}
        return self._next == ends
