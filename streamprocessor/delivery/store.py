"""What delivery keeps: positions in Kafka and deliveries, written together, so that a restart loses and repeats nothing
under a new id. SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, Row, create_engine, delete, event, func, insert, inspect, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from streamprocessor.delivery.lanes import Delivery
from streamprocessor.delivery.tables import (
    DELIVERED,
    SCHEMA_VERSION,
    UNDELIVERABLE,
    WAITING,
    deliveries,
    disabled,
    layout,
    metadata,
    positions,
)
from streamprocessor.errors import MustRestart, OperatorError
from streamprocessor.process.databases import read_database_url

Positions: TypeAlias = Mapping[tuple[str, int], int]
"""The next offset to read, by topic and partition."""

DELIVERED_KEPT_MS = 3_600_000  # so long an announcement that comes from Kafka again is known
SHOWN_KEPT_MS = 30 * 86_400_000  # the undeliverable ones, and the newest that arrived
MOST_SHOWN = 50  # of a subscription's that arrived
_AT_ONCE = 500  # SQLite takes so many values in one statement and more
_LOCK = 7_461_927_115_301  # any number, the same in all processes
_COLUMNS = [deliveries.c[name] for name in Delivery.__dataclass_fields__]


class Outcome(NamedTuple):
    """What became of a delivery: its state, and in it the attempts that failed and the last reason."""

    number: int
    state: str
    attempts: int
    due_ms: int
    reason: str
    ended_ms: int


class Store:
    """The database; for one writer, called from one thread. Raises MustRestart where it can't be used any more."""

    def __init__(self, url: str) -> None:
        """url: of SQLite or PostgreSQL.

        Raises OperatorError where it can't be opened, is in use, or was made by newer code.
        """
        at = read_database_url(url, "delivery")
        try:
            self._engine = create_engine(at)
            if self._engine.dialect.name == "sqlite":
                event.listen(self._engine, "connect", _set_up_sqlite)
            self._lock = self._claim()
            with self._engine.begin() as connection:
                _make_tables(connection)
                self._number: int = connection.scalar(select(func.max(deliveries.c.number))) or 0
        except (SQLAlchemyError, ImportError) as error:  # ImportError: the database's driver is not installed
            message = (
                f"delivery's database {at.render_as_string()}: can't be opened: {type(error).__name__}: {_said(error)}"
            )
            raise OperatorError(message) from error

    @property
    def last_number(self) -> int:
        """The number of the newest delivery; 0: there was none."""
        return self._number

    def close(self) -> None:
        """Let go of the database."""
        if self._lock is not None:
            self._lock.close()
        self._engine.dispose()

    def positions(self) -> dict[tuple[str, int], int]:
        """Where to read on."""
        with self._begin() as connection:
            return {(row.topic, row.partition): row.next_offset for row in connection.execute(select(positions))}

    def queue(self, queued: Sequence[Delivery], read_to: Positions, erased: Iterable[str] = ()) -> list[Delivery]:
        """The deliveries that are new, numbered in their order, once they and the positions are kept.

        One whose webhook id is known is none. All of an erased contact's go first.
        """
        with self._begin() as connection:
            for contact_id in erased:
                connection.execute(delete(deliveries).where(deliveries.c.contact_id == contact_id))
            known = _known(connection, [delivery.webhook_id for delivery in queued])
            fresh: list[Delivery] = []
            for delivery in queued:
                if delivery.webhook_id not in known:
                    known.add(delivery.webhook_id)
                    fresh.append(replace(delivery, number=self._number + len(fresh) + 1))
            if fresh:
                connection.execute(insert(deliveries), [_row(delivery) for delivery in fresh])
            for (topic, partition), next_offset in read_to.items():
                here = (positions.c.topic == topic, positions.c.partition == partition)
                if not connection.execute(update(positions).where(*here).values(next_offset=next_offset)).rowcount:
                    values = {"topic": topic, "partition": partition, "next_offset": next_offset}
                    connection.execute(insert(positions).values(values))
        self._number += len(fresh)
        return fresh

    def waiting(self, subscription: str, after_number: int, limit: int) -> list[Delivery]:
        """The next deliveries that wait, in the order of queueing."""
        wanted = (
            select(*_COLUMNS)
            .where(deliveries.c.subscription == subscription, deliveries.c.state == WAITING)
            .where(deliveries.c.number > after_number)
            .order_by(deliveries.c.number)
            .limit(limit)
        )
        with self._begin() as connection:
            return [Delivery(*row) for row in connection.execute(wanted)]

    def record(self, outcomes: Sequence[Outcome]) -> None:
        """Keep what became of deliveries; a delivered one's body goes."""
        ended = [(outcome.number, outcome.ended_ms) for outcome in outcomes if outcome.state == DELIVERED]
        others = [outcome for outcome in outcomes if outcome.state != DELIVERED]
        with self._begin() as connection:
            for start in range(0, len(ended), _AT_ONCE):
                some = ended[start : start + _AT_ONCE]
                values = {"state": DELIVERED, "ended_ms": some[-1][1], "body": b"", "reason": ""}
                numbers = [number for number, _ in some]
                connection.execute(update(deliveries).where(deliveries.c.number.in_(numbers)).values(values))
            for outcome in others:
                values = outcome._asdict()
                connection.execute(update(deliveries).where(deliveries.c.number == values.pop("number")).values(values))

    def give_up(self, subscription: str, reason: str, now_ms: int) -> int:
        """How many of the subscription's waiting deliveries are undeliverable from now on."""
        waiting = (deliveries.c.subscription == subscription, deliveries.c.state == WAITING)
        values = {"state": UNDELIVERABLE, "reason": reason, "ended_ms": now_ms}
        with self._begin() as connection:
            return connection.execute(update(deliveries).where(*waiting).values(values)).rowcount

    def give_up_others(self, subscriptions: Iterable[str], reason: str, now_ms: int) -> int:
        """How many waiting deliveries of other subscriptions than these are undeliverable from now on."""
        waiting = (deliveries.c.subscription.not_in(list(subscriptions)), deliveries.c.state == WAITING)
        values = {"state": UNDELIVERABLE, "reason": reason, "ended_ms": now_ms}
        with self._begin() as connection:
            return connection.execute(update(deliveries).where(*waiting).values(values)).rowcount

    def undeliverable(self, subscription: str | None, limit: int) -> list[Row[Any]]:
        """Those that could not be delivered, without their bodies, the oldest first; subscription None: of all."""
        columns = [deliveries.c[name] for name in ("webhook_id", "subscription", "at_ms", "attempts", "reason")]
        wanted = select(*columns, deliveries.c.ended_ms).where(deliveries.c.state == UNDELIVERABLE)
        if subscription is not None:
            wanted = wanted.where(deliveries.c.subscription == subscription)
        with self._begin() as connection:
            return list(connection.execute(wanted.order_by(deliveries.c.number).limit(limit)))

    def recent(self, subscription: str, limit: int) -> list[Row[Any]]:
        """The newest of its deliveries that wait or have arrived, without their bodies, the newest first."""
        columns = [deliveries.c[name] for name in ("number", "webhook_id", "state", "at_ms", "attempts", "due_ms")]
        wanted = select(*columns, deliveries.c.reason, deliveries.c.ended_ms)
        found: list[Row[Any]] = []
        with self._begin() as connection:
            for state in (WAITING, DELIVERED):  # each by itself, as the index has them
                here = (deliveries.c.subscription == subscription, deliveries.c.state == state)
                newest_first = wanted.where(*here).order_by(deliveries.c.number.desc()).limit(limit)
                found.extend(connection.execute(newest_first))
        return sorted(found, key=lambda row: row.number, reverse=True)[:limit]

    def resend(self, subscription: str, webhook_ids: Sequence[str] | None, now_ms: int) -> list[Delivery]:
        """The subscription's undeliverable ones of these ids (None: all), which wait from now on, as if new."""
        wanted = [deliveries.c.state == UNDELIVERABLE, deliveries.c.subscription == subscription]
        if webhook_ids is not None:
            wanted.append(deliveries.c.webhook_id.in_(webhook_ids))
        with self._begin() as connection:
            rows = connection.execute(select(*_COLUMNS).where(*wanted).order_by(deliveries.c.number))
            found = [replace(Delivery(*row), attempts=0, due_ms=0, queued_ms=now_ms) for row in rows]
            values = {"state": WAITING, "attempts": 0, "due_ms": 0, "queued_ms": now_ms, "ended_ms": 0}
            connection.execute(update(deliveries).where(*wanted).values(values))
        return found

    def disabled(self) -> dict[str, str]:
        """The subscriptions whose endpoint is gone, with the hash of its address."""
        with self._begin() as connection:
            return {row.subscription: row.url_hash for row in connection.execute(select(disabled))}

    def disable(self, subscription: str, url_hash: str, now_ms: int) -> None:
        """Keep that the endpoint is gone."""
        self.enable(subscription)
        with self._begin() as connection:
            values = {"subscription": subscription, "url_hash": url_hash, "at_ms": now_ms}
            connection.execute(insert(disabled).values(values))

    def enable(self, subscription: str) -> None:
        """Forget that the endpoint is gone."""
        with self._begin() as connection:
            connection.execute(delete(disabled).where(disabled.c.subscription == subscription))

    def prune(self, now_ms: int) -> None:
        """Drop what was kept for long enough; the newest that arrived are kept longer, for people to see."""
        state, ended_ms, number = deliveries.c.state, deliveries.c.ended_ms, deliveries.c.number
        old = (state == DELIVERED, ended_ms < now_ms - DELIVERED_KEPT_MS)
        with self._begin() as connection:
            ended = (state.in_((DELIVERED, UNDELIVERABLE)), ended_ms < now_ms - SHOWN_KEPT_MS)
            connection.execute(delete(deliveries).where(*ended))
            for name in connection.scalars(select(deliveries.c.subscription).where(*old).distinct()).all():
                here = deliveries.c.subscription == name
                newest = select(number).where(here, state == DELIVERED).order_by(number.desc())
                shown_from = connection.scalar(newest.offset(MOST_SHOWN - 1).limit(1)) or 0
                connection.execute(delete(deliveries).where(here, *old, number < shown_from))

    def _begin(self) -> _Transaction:
        return _Transaction(self._engine.begin())

    def _claim(self) -> Connection | None:
        """PostgreSQL's lock of this database, held as long as the connection; SQLite has the folder's file lock."""
        if self._engine.dialect.name != "postgresql":
            return None
        connection = self._engine.connect()
        if not connection.scalar(text(f"select pg_try_advisory_lock({_LOCK})")):
            connection.close()
            message = "delivery's database: wanted it for this process alone; got one that another delivery is using"
            raise OperatorError(message)
        connection.commit()
        return connection


class _Transaction:
    """A transaction whose errors ask for a restart: what was written is not known any more."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __enter__(self) -> Connection:
        try:
            connection: Connection = self._inner.__enter__()
        except SQLAlchemyError as error:
            raise _broken(error) from error
        return connection

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        try:
            self._inner.__exit__(kind, error, trace)
        except SQLAlchemyError as broken:
            raise _broken(broken) from broken
        if isinstance(error, SQLAlchemyError):
            raise _broken(error) from error


def _broken(error: SQLAlchemyError) -> MustRestart:
    return MustRestart(f"delivery's database: can't be used any more: {_said(error)}")


def _said(error: Exception) -> str:
    """What the database said, without the statement, its values and PostgreSQL's details: they are personal."""
    return (str(getattr(error, "orig", None) or type(error).__name__).splitlines() or [""])[0]


def _known(connection: Connection, webhook_ids: Sequence[str]) -> set[str]:
    known: set[str] = set()
    for start in range(0, len(webhook_ids), _AT_ONCE):
        some = webhook_ids[start : start + _AT_ONCE]
        known.update(connection.scalars(select(deliveries.c.webhook_id).where(deliveries.c.webhook_id.in_(some))))
    return known


def _row(delivery: Delivery) -> dict[str, Any]:
    values = {name: getattr(delivery, name) for name in Delivery.__dataclass_fields__}
    return values | {"state": WAITING, "reason": "", "ended_ms": 0}


def _make_tables(connection: Connection) -> None:
    if not inspect(connection).has_table(layout.name):
        metadata.create_all(connection)
        connection.execute(insert(layout).values(version=SCHEMA_VERSION))
    version = connection.scalar(select(layout.c.version))
    if version != SCHEMA_VERSION:
        message = f"delivery's database: wanted layout {SCHEMA_VERSION}; got {version}: made by another version of it"
        raise OperatorError(message)


def _set_up_sqlite(connection: Any, _: Any) -> None:
    # Positions and deliveries go to disk together, so the last ones may be lost in a power cut: they are read again.
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 10000"):
        connection.execute(f"PRAGMA {pragma}")
