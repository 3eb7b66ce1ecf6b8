"""What delivery keeps: positions in Kafka and deliveries, written together, so that a restart loses and repeats nothing
under a new id."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from streamprocessor.delivery.contacts import SegmentMember
from streamprocessor.delivery.deliveries import Delivery
from streamprocessor.delivery.store.contact_rows import forget_members, write_members
from streamprocessor.delivery.store.database import Database
from streamprocessor.delivery.store.digest_rows import (
    DueDigest,
    end_collecting,
    end_digest,
    forget_bodies,
    make_digests,
    read_bodies,
    waits_or_is_collected,
)
from streamprocessor.delivery.store.lead_rows import forget_leads
from streamprocessor.delivery.store.tables import (
    COLLECTED,
    DELIVERED,
    UNDELIVERABLE,
    WAITING,
    deliveries,
    disabled,
    positions,
)
from streamprocessor.process.databases import portions

T = TypeVar("T")

Positions: TypeAlias = Mapping[tuple[str, int], int]
"""The next offset to read, by topic and partition."""

DELIVERED_KEPT_MS = 3_600_000  # so long an announcement that comes from Kafka again is known
SHOWN_KEPT_MS = 30 * 86_400_000  # the undeliverable ones, and the newest that arrived
MOST_SHOWN = 50  # of a subscription's that arrived
_COLUMNS = [deliveries.c[name] for name in Delivery.__dataclass_fields__]


class StoredOutcome(NamedTuple):
    """What became of a delivery: its state, and in it the attempts that failed and the last reason.

    digest: its webhook id where it is a digest; None: it is none.
    """

    number: int
    state: str
    attempts: int
    due_ms: int
    reason: str
    ended_ms: int
    digest: str | None = None


class Store:
    """The deliveries, for one writer and one thread. Raises MustRestartError where the database can't be used."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.checkpoint = database.checkpoint
        with database.begin() as connection:
            self._number: int = connection.scalar(select(func.max(deliveries.c.number))) or 0

    @property
    def last_number(self) -> int:
        """The number of the newest delivery; 0: there was none."""
        return self._number

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def within(self, work: Callable[[Connection], T]) -> T:
        """What the work answers, all of it in one transaction."""
        with self._database.begin() as connection:
            return work(connection)

    def positions(self) -> dict[tuple[str, int], int]:
        """Where to read on."""
        return self.within(read_positions)

    def queue(
        self,
        queued: Sequence[Delivery],
        read_to: Positions,
        erased: Collection[str] = (),
        moved: Collection[SegmentMember] = (),
    ) -> list[Delivery]:
        """The deliveries that are new, numbered in their order, once they, the positions and the members are kept.

        One whose webhook id is known is none. All of an erased contact's go first.
        """

        def work(connection: Connection) -> Sequence[Delivery]:
            for contact_id in erased:
                connection.execute(delete(deliveries).where(deliveries.c.contact_id == contact_id))
            forget_members(connection, erased)
            forget_leads(connection, erased)
            write_members(connection, moved)
            write_positions(connection, read_to)
            return queued

        return self.queue_of(work)

    def queue_of(self, work: Callable[[Connection], Sequence[Delivery]]) -> list[Delivery]:
        """Those of the work's deliveries that are new, numbered in their order, once all that it did is kept."""
        with self._database.begin() as connection:
            queued = work(connection)
            known = _known(connection, [delivery.webhook_id for delivery in queued])
            fresh: list[Delivery] = []
            for delivery in queued:
                if delivery.webhook_id not in known:
                    known.add(delivery.webhook_id)
                    fresh.append(replace(delivery, number=self._number + len(fresh) + 1))
            if fresh:
                connection.execute(insert(deliveries), [_row(delivery) for delivery in fresh])
        self._number += len(fresh)
        return fresh

    def waiting(self, subscription: str, after_number: int, limit: int) -> list[Delivery]:
        """The next deliveries that wait, in the order of queueing."""
        query = (
            select(*_COLUMNS)
            .where(deliveries.c.subscription == subscription, deliveries.c.state == WAITING)
            .where(deliveries.c.number > after_number)
            .order_by(deliveries.c.number)
            .limit(limit)
        )
        with self._database.begin() as connection:
            return [Delivery(*row) for row in connection.execute(query)]

    def record(self, outcomes: Sequence[StoredOutcome]) -> None:
        """Keep what became of deliveries; a delivered one's body goes."""
        ended = [(outcome.number, outcome.ended_ms) for outcome in outcomes if outcome.state == DELIVERED]
        others = [outcome for outcome in outcomes if outcome.state != DELIVERED]
        with self._database.begin() as connection:
            for some in portions(ended):
                values = {"state": DELIVERED, "ended_ms": some[-1][1], "body": b"", "reason": ""}
                numbers = [number for number, _ in some]
                connection.execute(update(deliveries).where(deliveries.c.number.in_(numbers)).values(values))
            for outcome in outcomes:
                if outcome.state == DELIVERED and outcome.digest is not None:
                    end_digest(connection, outcome.digest, outcome.ended_ms)
            for outcome in others:
                values = outcome._asdict()
                del values["digest"]
                connection.execute(update(deliveries).where(deliveries.c.number == values.pop("number")).values(values))

    def make_digests(self, due: DueDigest, now_ms: int) -> list[Delivery]:
        """The subscription's digests of the day, new and numbered, of what was announced before they were due.

        None where the day had some, or where there is nothing to say. Several where they would be too large.
        """
        with self._database.begin() as connection:
            made = make_digests(connection, due, now_ms)
            numbered = [replace(digest, number=self._number + place) for place, digest in enumerate(made, 1)]
            if numbered:
                connection.execute(insert(deliveries), [_row(digest) for digest in numbered])
        self._number += len(numbered)
        return numbered

    def digest_bodies(self, digest: Delivery) -> list[bytes]:
        """The bodies of what is kept for the digest, in their order."""
        return self.within(lambda connection: read_bodies(connection, digest))

    def release(self, subscription: str) -> None:
        """Have what the subscription collected sent by itself."""
        self.within(lambda connection: end_collecting(connection, subscription))

    def drop(self, delivery: Delivery) -> None:
        """Forget the delivery."""
        with self._database.begin() as connection:
            connection.execute(delete(deliveries).where(deliveries.c.number == delivery.number))

    def give_up(self, subscription: str, reason: str, now_ms: int) -> int:
        """How many of the subscription's waiting deliveries are undeliverable from now on."""
        return self._give_up(deliveries.c.subscription == subscription, reason, now_ms)

    def give_up_others(self, subscriptions: Iterable[str], reason: str, now_ms: int) -> int:
        """How many waiting deliveries of other subscriptions than these are undeliverable from now on."""
        return self._give_up(deliveries.c.subscription.not_in(list(subscriptions)), reason, now_ms)

    def _give_up(self, whose: ColumnElement[bool], reason: str, now_ms: int) -> int:
        values = {"state": UNDELIVERABLE, "reason": reason, "ended_ms": now_ms, "digest": None}
        with self._database.begin() as connection:
            return connection.execute(update(deliveries).where(whose, waits_or_is_collected()).values(values)).rowcount

    def undeliverable(self, subscription: str | None, limit: int) -> list[Row[Any]]:
        """Those that could not be delivered, without their bodies, the oldest first; subscription None: of all."""
        columns = [deliveries.c[name] for name in ("webhook_id", "subscription", "at_ms", "attempts", "reason")]
        query = select(*columns, deliveries.c.ended_ms, deliveries.c.contact_id)
        query = query.where(deliveries.c.state == UNDELIVERABLE)
        if subscription is not None:
            query = query.where(deliveries.c.subscription == subscription)
        with self._database.begin() as connection:
            return list(connection.execute(query.order_by(deliveries.c.number).limit(limit)))

    def recent(self, subscription: str, limit: int) -> list[Row[Any]]:
        """The newest of its deliveries that wait or have arrived, without their bodies, the newest first."""
        columns = [deliveries.c[name] for name in ("number", "webhook_id", "state", "at_ms", "attempts", "due_ms")]
        query = select(*columns, deliveries.c.reason, deliveries.c.ended_ms, deliveries.c.contact_id)
        rows: list[Row[Any]] = []
        with self._database.begin() as connection:
            for state in (WAITING, DELIVERED):  # each by itself, as the index has them
                here = (deliveries.c.subscription == subscription, deliveries.c.state == state)
                newest_first = query.where(*here).order_by(deliveries.c.number.desc()).limit(limit)
                rows.extend(connection.execute(newest_first))
        return sorted(rows, key=lambda row: row.number, reverse=True)[:limit]

    def resend(self, subscription: str, webhook_ids: Sequence[str] | None, now_ms: int) -> list[Delivery]:
        """The subscription's undeliverable ones of these ids (None: all), which wait from now on, as if new."""
        conditions = [deliveries.c.state == UNDELIVERABLE, deliveries.c.subscription == subscription]
        if webhook_ids is not None:
            conditions.append(deliveries.c.webhook_id.in_(webhook_ids))
        with self._database.begin() as connection:
            rows = connection.execute(select(*_COLUMNS).where(*conditions).order_by(deliveries.c.number))
            again = [replace(Delivery(*row), attempts=0, due_ms=0, queued_ms=now_ms) for row in rows]
            values = {"state": WAITING, "attempts": 0, "due_ms": 0, "queued_ms": now_ms, "ended_ms": 0}
            connection.execute(update(deliveries).where(*conditions).values(values))
        return again

    def disabled(self) -> dict[str, str]:
        """The subscriptions whose endpoint is gone, with the hash of its address."""
        with self._database.begin() as connection:
            return {row.subscription: row.url_hash for row in connection.execute(select(disabled))}

    def disable(self, subscription: str, url_hash: str, now_ms: int) -> None:
        """Keep that the endpoint is gone."""
        self.enable(subscription)
        with self._database.begin() as connection:
            values = {"subscription": subscription, "url_hash": url_hash, "at_ms": now_ms}
            connection.execute(insert(disabled).values(values))

    def enable(self, subscription: str) -> None:
        """Forget that the endpoint is gone."""
        with self._database.begin() as connection:
            connection.execute(delete(disabled).where(disabled.c.subscription == subscription))

    def prune(self, now_ms: int) -> None:
        """Drop what was kept for long enough; the newest that arrived are kept longer, for people to see."""
        state, ended_ms, number = deliveries.c.state, deliveries.c.ended_ms, deliveries.c.number
        old = (state == DELIVERED, ended_ms < now_ms - DELIVERED_KEPT_MS)
        with self._database.begin() as connection:
            ended = (state.in_((DELIVERED, UNDELIVERABLE)), ended_ms < now_ms - SHOWN_KEPT_MS)
            connection.execute(delete(deliveries).where(*ended))
            forget_bodies(connection)
            for name in connection.scalars(select(deliveries.c.subscription).where(*old).distinct()).all():
                here = deliveries.c.subscription == name
                newest = select(number).where(here, state == DELIVERED).order_by(number.desc())
                shown_from = connection.scalar(newest.offset(MOST_SHOWN - 1).limit(1)) or 0
                connection.execute(delete(deliveries).where(here, *old, number < shown_from))


def _known(connection: Connection, webhook_ids: Sequence[str]) -> set[str]:
    known: set[str] = set()
    for some in portions(webhook_ids):
        known.update(connection.scalars(select(deliveries.c.webhook_id).where(deliveries.c.webhook_id.in_(some))))
    return known


def read_positions(connection: Connection) -> dict[tuple[str, int], int]:
    """Where to read on, of all topics."""
    return {(row.topic, row.partition): row.next_offset for row in connection.execute(select(positions))}


def write_positions(connection: Connection, read_to: Positions) -> None:
    """Keep where to read on."""
    for (topic, partition), next_offset in read_to.items():
        here = (positions.c.topic == topic, positions.c.partition == partition)
        if not connection.execute(update(positions).where(*here).values(next_offset=next_offset)).rowcount:
            values = {"topic": topic, "partition": partition, "next_offset": next_offset}
            connection.execute(insert(positions).values(values))


def _row(delivery: Delivery) -> dict[str, Any]:
    values = {name: getattr(delivery, name) for name in Delivery.__dataclass_fields__}
    state = WAITING if delivery.digest is None else COLLECTED
    return values | {"state": state, "reason": "", "ended_ms": 0}
