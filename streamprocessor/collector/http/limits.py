"""How much each key may send from one address: events, contacts that it names for the first time, their identities.

Each key has a bucket for each address, so nobody uses up what is another's. A request that is too large for its
bucket takes nothing out of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from streamprocessor.collector.http.keys import KeyHolder
from streamprocessor.collector.http.token_bucket import TokenBucket
from streamprocessor.collector.http.wire_format import DecodedEvents, RefusalError, RefusedItem, TopicEntry
from streamprocessor.contract.access_policy import KeyKind
from streamprocessor.process.lru_map import LruMap

BURST_SECONDS = 2.0
MINUTE_SECONDS = 60.0
DAY_SECONDS = 86_400.0
MAX_SENDERS = 20_000  # keys with addresses that are remembered
MAX_MEMORIES = 100_000  # contacts, and identities of contacts, that senders were seen to name
TOO_MANY_IDENTITIES = "too-many-identities"

_LINKING = {"identify": "anonymous_id", "merge": "from"}


class SenderLimits(NamedTuple):
    """What one key may send from one address; None: as much as it likes.

    events_per_second: two seconds' worth at once.
    new_contacts_per_minute: contacts that it names and has not named lately, a minute's worth at once.
    identities_per_contact: new ones a day for each contact.
    """

    events_per_second: int | None = None
    new_contacts_per_minute: int | None = None
    identities_per_contact: int | None = None

    def or_else(self, default: SenderLimits) -> SenderLimits:
        """These limits, those of the default where one is None; 0 is no limit here, and is None in what is returned."""
        return SenderLimits(*(_or_none(own, other) for own, other in zip(self, default, strict=True)))


#: Of browser keys: far above what the people behind one address do, far below what fills the workers' memory.
DEFAULT_LIMITS = SenderLimits(events_per_second=100, new_contacts_per_minute=120, identities_per_contact=20)


class LimitPolicy(NamedTuple):
    """Which limits hold for which kind of key.

    chosen: for all keys; None where nothing was chosen, 0 where no limit was.
    """

    chosen: SenderLimits

    def of(self, kind: KeyKind) -> SenderLimits:
        """The limits of keys of the kind; where nothing was chosen, none for those that only servers have."""
        return self.chosen.or_else(DEFAULT_LIMITS if kind is KeyKind.BROWSER else SenderLimits())


class SenderLimiter:
    """Holds senders to their limits, in memory that is bounded by MAX_SENDERS and MAX_MEMORIES.

    The sender that was silent longest is forgotten first, and begins anew when it comes back. clock: seconds that only
    rise.
    """

    def __init__(self, policy: LimitPolicy, clock: Callable[[], float]) -> None:
        self._limits = {kind: policy.of(kind) for kind in KeyKind}
        self._clock = clock
        self._senders: LruMap[_Sender] = LruMap(MAX_SENDERS)
        self._contacts: LruMap[None] = LruMap(MAX_MEMORIES)
        self._identities: LruMap[None] = LruMap(MAX_MEMORIES)
        self._identity_buckets: LruMap[TokenBucket] = LruMap(MAX_MEMORIES)

    def refuse_too_many(self, holder: KeyHolder, network: str, item_count: int) -> None:
        """Raise RefusalError as `admit` does where so many items are too many, before anything is done with them."""
        limits = self._limits[holder.kind]
        if limits.events_per_second is not None:
            now_seconds = self._clock()
            sender = self._sender(_key_of(holder, network), limits, now_seconds)
            sender.demand_of_events(item_count, limits).refuse_unless_there(now_seconds)

    def admit(
        self, holder: KeyHolder, network: str, decoded: DecodedEvents
    ) -> tuple[list[TopicEntry], list[RefusedItem]]:
        """The entries that may be taken from the sender, and the items that may not be.

        network: of the client's address. What came counts as items, however many entries each became; those
        that are no good count too, for to look at them is work.
        Raises RefusalError 429 where the same request may be taken later, 413 where it is too large for ever; then
        nothing of it counts.
        """
        entries, limits = decoded.entries, self._limits[holder.kind]
        if not any(limits):
            return entries, []
        now_seconds = self._clock()
        key = _key_of(holder, network)
        sender = self._sender(key, limits, now_seconds)
        new_contacts = []
        if sender.contacts is not None:
            named = {hash((key, contact)) for entry in entries for contact in _contacts_of(entry)}
            new_contacts = [contact for contact in named if contact not in self._contacts]
        items = {entry.position for entry in entries} | {item.position for item in decoded.refused}
        demands = [
            sender.demand_of_events(len(items), limits),
            _Demand(sender.contacts, len(new_contacts), "new contacts", limits.new_contacts_per_minute, "minute"),
        ]
        for demand in demands:
            demand.refuse_unless_there(now_seconds)
        for demand in demands:
            demand.take(now_seconds)
        for contact in new_contacts:
            self._contacts.put(contact, None)
        return self._with_identities_bounded(key, entries, limits.identities_per_contact, now_seconds)

    @property
    def memory_entries(self) -> int:
        """How many things are remembered: at most MAX_SENDERS and three times MAX_MEMORIES."""
        return len(self._senders) + len(self._contacts) + len(self._identities) + len(self._identity_buckets)

    def _sender(self, key: int, limits: SenderLimits, now_seconds: float) -> _Sender:
        return self._senders.get_or_make(key, lambda: _Sender(limits, now_seconds))

    def _with_identities_bounded(
        self, key: int, entries: Sequence[TopicEntry], most: int | None, now_seconds: float
    ) -> tuple[list[TopicEntry], list[RefusedItem]]:
        taken: list[TopicEntry] = []
        refused: list[RefusedItem] = []
        for entry in entries:
            if most is None or self._may_link(key, entry, most, now_seconds):
                taken.append(entry)
            else:
                detail = f"{entry.value['update']}: wanted at most {most} identities of a contact a day; got more"
                refused.append(RefusedItem(entry.position, TOO_MANY_IDENTITIES, detail))
        return taken, refused

    def _may_link(self, key: int, entry: TopicEntry, most: int, now_seconds: float) -> bool:
        """Whether the entry links no contact, or two that were linked before, or one that has had few so far."""
        word = _linking_word(entry)
        if word is None:
            return True
        identity = hash((key, entry.contact_id, str(entry.value.get(word))))
        if identity in self._identities:
            return True
        bucket = self._identity_buckets.get_or_make(
            hash((key, entry.contact_id)), lambda: TokenBucket(most / DAY_SECONDS, most, now_seconds)
        )
        if bucket.wait_seconds(1, now_seconds) > 0:
            return False
        bucket.take(1, now_seconds)
        self._identities.put(identity, None)
        return True


class _Sender:
    """One key at one address."""

    __slots__ = ("contacts", "events")

    def __init__(self, limits: SenderLimits, now_seconds: float) -> None:
        rate, contacts = limits.events_per_second, limits.new_contacts_per_minute
        self.events = TokenBucket(rate, rate * BURST_SECONDS, now_seconds) if rate else None
        self.contacts = TokenBucket(contacts / MINUTE_SECONDS, contacts, now_seconds) if contacts else None

    def demand_of_events(self, items: int, limits: SenderLimits) -> _Demand:
        """What a request with so many items asks of the bucket of events: one that holds none is looked at, too."""
        return _Demand(self.events, max(1, items), "events", limits.events_per_second, "second")


class _Demand(NamedTuple):
    """What a request asks of one bucket; None: it is not limited."""

    bucket: TokenBucket | None
    tokens: int
    what: str
    limit: int | None
    per: str

    def refuse_unless_there(self, now_seconds: float) -> None:
        """Raise RefusalError where the bucket holds less."""
        if self.bucket is None:
            return
        wait_seconds = self.bucket.wait_seconds(self.tokens, now_seconds)
        if math.isinf(wait_seconds):
            at_once = f"wanted at most {self.bucket.capacity:.0f} {self.what} at once from one address"
            raise RefusalError(413, "too-many", f"body: {at_once}; got {self.tokens}: send smaller batches")
        if wait_seconds > 0:
            seconds = math.ceil(wait_seconds)
            message = f"wanted at most {self.limit} {self.what} a {self.per} from one address; got more"
            raise RefusalError(429, "too-many-requests", f"{message}; try again in {seconds} s", seconds)

    def take(self, now_seconds: float) -> None:
        """Take the tokens out of the bucket."""
        if self.bucket is not None:
            self.bucket.take(self.tokens, now_seconds)


def _key_of(holder: KeyHolder, network: str) -> int:
    return hash((holder.kind, holder.source, network))


def _or_none(own: int | None, default: int | None) -> int | None:
    return (default if own is None else own) or None


def _linking_word(entry: TopicEntry) -> str | None:
    """The field in which an update names another contact; None where it names none."""
    update = entry.value.get("update")
    return _LINKING.get(update) if isinstance(update, str) else None


def _contacts_of(entry: TopicEntry) -> Iterator[str]:
    """The contacts that an entry makes where they are not there yet."""
    yield entry.contact_id
    word = _linking_word(entry)
    if word is not None:
        yield str(entry.value.get(word))
