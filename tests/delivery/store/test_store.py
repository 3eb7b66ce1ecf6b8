"""What delivery keeps, in SQLite and in PostgreSQL."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from streamprocessor.contract.subscriptions.digests import DigestInstant
from streamprocessor.delivery.contacts import MERGED_CONTACT, UNKNOWN_CONTACT, ContactFacts
from streamprocessor.delivery.deliveries import NEXT_DIGEST, Delivery
from streamprocessor.delivery.store.contact_rows import (
    ProjectionState,
    begin_anew,
    read_contacts,
    read_projection_state,
    write_contacts,
)
from streamprocessor.delivery.store.database import Database
from streamprocessor.delivery.store.digest_rows import DueDigest
from streamprocessor.delivery.store.lead_rows import leads_due, write_counter
from streamprocessor.delivery.store.secret_rows import read_secrets
from streamprocessor.delivery.store.store import DELIVERED_KEPT_MS, MOST_SHOWN, SHOWN_KEPT_MS, Store, StoredOutcome
from streamprocessor.delivery.store.tables import DELIVERED, UNDELIVERABLE, WAITING
from streamprocessor.errors import OperatorError
from tests.harness.postgres import PostgresServer

NOW_MS = 1_795_161_600_000
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def postgresql(postgres: PostgresServer) -> str:
    """An empty database of PostgreSQL's."""
    return postgres.url(f"d{os.urandom(4).hex()}").replace("postgresql:", "postgresql+psycopg:")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'delivery.sqlite'}"
    return str(request.getfixturevalue("postgresql"))


def queued(*ids: str, contact_id: str = "jane", subscription: str = "crm") -> list[Delivery]:
    return [Delivery(0, webhook_id, subscription, contact_id, b"{}", NOW_MS, NOW_MS) for webhook_id in ids]


def ids(deliveries: list[Delivery]) -> list[str]:
    return [delivery.webhook_id for delivery in deliveries]


def test_positions_and_deliveries_outlive_a_restart_together(url: str) -> None:
    store = Store(Database(url))
    assert ids(store.queue(queued("a", "b"), {("t", 0): 5, ("t", 1): 7})) == ["a", "b"]
    store.queue(queued("c"), {("t", 0): 6})
    store.close()

    again = Store(Database(url))
    assert again.positions() == {("t", 0): 6, ("t", 1): 7}
    waiting = again.waiting("crm", 0, 10)
    assert ids(waiting) == ["a", "b", "c"]
    assert waiting[0] == replace(queued("a")[0], number=1)
    assert [delivery.number for delivery in again.queue(queued("d"), {})] == [4]
    again.close()


def test_what_comes_from_kafka_again_is_queued_once_even_when_it_was_delivered(url: str) -> None:
    store = Store(Database(url))
    [first, _] = store.queue(queued("a", "b"), {})
    store.record([StoredOutcome(first.number, DELIVERED, 0, 0, "", NOW_MS)])
    assert ids(store.queue(queued("a", "b", "c", "c"), {})) == ["c"]
    assert ids(store.waiting("crm", 0, 10)) == ["b", "c"]
    store.close()


def test_failed_attempts_are_kept_and_given_up_ones_can_be_sent_again(url: str) -> None:
    store = Store(Database(url))
    a, b = store.queue(queued("a", "b"), {})
    store.record(
        [
            StoredOutcome(a.number, WAITING, 3, NOW_MS + 9, "status-500", 0),
            StoredOutcome(b.number, UNDELIVERABLE, 10, 0, "time-out", NOW_MS),
        ]
    )
    [waiting] = store.waiting("crm", 0, 10)
    assert (waiting.attempts, waiting.due_ms) == (3, NOW_MS + 9)
    [row] = store.undeliverable("crm", 10)
    assert (row.webhook_id, row.attempts, row.reason) == ("b", 10, "time-out")
    assert store.undeliverable("other", 10) == []

    assert store.give_up("crm", "gone", NOW_MS) == 1
    assert store.resend("crm", ["nothing"], NOW_MS) == []
    [again] = store.resend("crm", ["b"], NOW_MS + 1)
    assert (again.number, again.attempts, again.queued_ms, again.body) == (b.number, 0, NOW_MS + 1, b"{}")
    assert ids(store.resend("crm", None, NOW_MS)) == ["a"]
    assert ids(store.waiting("crm", 0, 10)) == ["a", "b"]
    assert ids(store.waiting("crm", a.number, 10)) == ["b"]
    store.close()


def test_a_delivery_keeps_the_trace_context_of_its_announcement(url: str) -> None:
    store = Store(Database(url))
    in_a_trace, in_none = queued("a", "b")
    store.queue([replace(in_a_trace, traceparent=TRACE), in_none], {})
    store.close()

    again = Store(Database(url))
    assert [delivery.traceparent for delivery in again.waiting("crm", 0, 10)] == [TRACE, None]
    again.close()


def test_a_database_of_a_release_before_traces_is_gone_on_with_and_goes_back_to_it(url: str) -> None:
    store = Store(Database(url))
    store.queue(queued("a"), {})
    store.within(lambda connection: connection.execute(text("ALTER TABLE deliveries DROP COLUMN traceparent")))
    store.close()

    newer = Store(Database(url))
    newer.queue([replace(queued("b")[0], traceparent=TRACE)], {})
    others = "subscription, contact_id, body, at_ms, queued_ms, attempts, due_ms, state, reason, ended_ms"
    as_it_was = text(
        f"INSERT INTO deliveries (number, webhook_id, {others}) "
        f"SELECT 3, 'c', {others} FROM deliveries WHERE number = 1"
    )
    newer.within(lambda connection: connection.execute(as_it_was))

    assert [delivery.traceparent for delivery in newer.waiting("crm", 0, 10)] == [None, TRACE, None]
    newer.close()


def test_a_database_of_a_release_before_digests_and_the_inbox_has_all_that_they_need(url: str) -> None:
    store = Store(Database(url))
    store.queue(queued("a"), {})
    older = [f"DROP TABLE {name}" for name in ("digests", "kept_secrets", "leads", "lead_events", "lead_alerts")]
    older += ["DROP TABLE lead_counters", "ALTER TABLE deliveries DROP COLUMN digest"]
    older += ["ALTER TABLE people DROP COLUMN merged", "ALTER TABLE people DROP COLUMN erased_ms"]
    older += ["ALTER TABLE following DROP COLUMN everybody"]
    followed = ProjectionState(frozenset(), "id", NOW_MS, everybody=True)
    store.within(lambda rows: begin_anew(rows, "changelog", followed))
    store.within(lambda connection: [connection.execute(text(each)) for each in older])
    store.close()

    newer = Store(Database(url))
    newer.queue(daily("b"), {})
    assert [delivery.webhook_id for delivery in newer.waiting("crm", 0, 10)] == ["a"]
    [digest] = newer.make_digests(due(), NOW_MS + 2)
    assert len(newer.digest_bodies(digest)) == 1
    assert newer.within(read_projection_state) == followed._replace(everybody=False)  # so people are read anew
    anew = {"jane": MERGED_CONTACT, "joe": ContactFacts(erased_ms=7)}
    newer.within(lambda rows: write_contacts(rows, {**anew, "eve": UNKNOWN_CONTACT}))
    assert newer.within(lambda rows: read_contacts(rows, ["jane", "joe", "eve"])) == anew
    newer.within(lambda rows: write_counter(rows, "turns", 1))
    assert newer.within(lambda rows: leads_due(rows, ["new"], 0, NOW_MS)) == []
    assert newer.within(read_secrets) == []
    newer.close()


def daily(*ids: str, at_ms: int = NOW_MS) -> list[Delivery]:
    return [replace(each, at_ms=at_ms, digest=NEXT_DIGEST) for each in queued(*ids, subscription="daily")]


def due(day: int = 20) -> DueDigest:
    return DueDigest("daily", DigestInstant(date(2026, 11, day), NOW_MS + 1), lambda part: f"{part}/daily")


def test_what_is_collected_waits_for_its_digest_alone_and_arrives_with_it_also_over_a_restart(url: str) -> None:
    store = Store(Database(url))
    store.queue([*daily("a", "b"), *queued("c"), *daily("later", at_ms=NOW_MS + 1)], {})
    assert store.waiting("daily", 0, 10) == []
    [digest] = store.make_digests(due(), NOW_MS + 2)
    assert (digest.number, digest.webhook_id, digest.is_digest) == (5, "digest:2026-11-20/daily", True)
    store.close()

    again = Store(Database(url))
    assert again.waiting("daily", 0, 10) == [digest]
    assert again.digest_bodies(digest) == [b"{}", b"{}"]
    again.queue(daily("late"), {})
    assert again.make_digests(due(), NOW_MS + 3) == []
    again.record([StoredOutcome(digest.number, DELIVERED, 0, 0, "", NOW_MS + 4, digest.webhook_id)])
    assert again.digest_bodies(digest) == []
    shown = [(row.webhook_id, row.state) for row in again.recent("daily", 10)]
    assert shown == [(digest.webhook_id, DELIVERED), ("b", DELIVERED), ("a", DELIVERED)]
    assert again.queue(daily("a", "late"), {}) == []  # they come from Kafka again
    [tomorrow] = again.make_digests(due(day=21), NOW_MS + 5)
    assert len(again.digest_bodies(tomorrow)) == 1
    again.close()


def test_the_leads_of_a_digest_that_was_given_up_are_kept_as_long_as_it_is(url: str) -> None:
    store = Store(Database(url))
    store.queue(daily("a"), {})
    [digest] = store.make_digests(due(), NOW_MS)
    store.queue(daily("b", at_ms=NOW_MS + 9), {})
    store.record([StoredOutcome(digest.number, UNDELIVERABLE, 1, 0, "mail-554", NOW_MS, digest.webhook_id)])
    store.prune(NOW_MS + DELIVERED_KEPT_MS + 1)
    assert ids(store.resend("daily", None, NOW_MS)) == [digest.webhook_id]
    assert len(store.digest_bodies(digest)) == 1

    assert store.give_up("daily", "unsubscribed", NOW_MS) == 2
    assert {row.webhook_id for row in store.undeliverable("daily", 10)} == {digest.webhook_id, "b"}
    assert len(store.digest_bodies(digest)) == 1
    store.prune(NOW_MS + SHOWN_KEPT_MS + 1)
    assert store.undeliverable("daily", 10) == []
    assert store.digest_bodies(digest) == []
    store.close()


def test_nothing_of_an_erased_contact_is_left(url: str) -> None:
    store = Store(Database(url))
    store.queue(queued("a"), {})
    store.queue(queued("b", contact_id="joe"), {("t", 0): 1}, ["jane"])
    assert ids(store.waiting("crm", 0, 10)) == ["b"]
    store.close()


@pytest.mark.parametrize("contact_id", ["a\x00b", "%00", "100%", "Jäne 🦉", "'; drop table deliveries; --"])
def test_any_contact_id_can_be_kept_found_and_erased(url: str, contact_id: str) -> None:
    store = Store(Database(url))
    store.queue(queued("a", contact_id=contact_id), {})
    assert [delivery.contact_id for delivery in store.waiting("crm", 0, 10)] == [contact_id]
    store.queue([], {}, [contact_id])
    assert store.waiting("crm", 0, 10) == []
    store.close()


def test_what_waits_for_a_subscription_that_ended_is_kept_as_undeliverable(url: str) -> None:
    store = Store(Database(url))
    store.queue([*queued("a"), *queued("b", subscription="old")], {})
    assert store.give_up_others(["crm"], "unsubscribed", NOW_MS) == 1
    assert ids(store.waiting("crm", 0, 10)) == ["a"]
    assert [row.webhook_id for row in store.undeliverable(None, 10)] == ["b"]
    store.close()


def test_what_ended_long_ago_is_dropped_and_what_waits_is_not(url: str) -> None:
    store = Store(Database(url))
    arrived = store.queue(queued(*(f"a{n}" for n in range(MOST_SHOWN + 1))), {})
    b, _ = store.queue(queued("b", "c"), {})
    store.record([StoredOutcome(delivery.number, DELIVERED, 0, 0, "", NOW_MS) for delivery in arrived])
    store.record([StoredOutcome(b.number, UNDELIVERABLE, 1, 0, "gone", NOW_MS)])
    store.prune(NOW_MS + DELIVERED_KEPT_MS + 1)
    shown = [row.webhook_id for row in store.recent("crm", MOST_SHOWN + 1)]
    assert shown == ["c", *(f"a{n}" for n in range(MOST_SHOWN, 0, -1))]
    assert ids(store.queue(queued("a0"), {})) == ["a0"]
    assert len(store.undeliverable(None, 10)) == 1
    store.prune(NOW_MS + SHOWN_KEPT_MS + 1)
    assert store.undeliverable(None, 10) == []
    assert [row.webhook_id for row in store.recent("crm", 10)] == ["a0", "c"]
    assert ids(store.waiting("crm", 0, 10)) == ["c", "a0"]
    store.close()


def test_a_gone_endpoint_stays_gone_over_a_restart_until_it_is_enabled(url: str) -> None:
    store = Store(Database(url))
    store.disable("crm", "h1", NOW_MS)
    store.disable("crm", "h2", NOW_MS)
    store.close()
    again = Store(Database(url))
    assert again.disabled() == {"crm": "h2"}
    again.enable("crm")
    assert again.disabled() == {}
    again.close()


def test_a_database_of_newer_code_is_refused(url: str) -> None:
    Store(Database(url)).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("update layout set version = 99"))
    engine.dispose()
    with pytest.raises(OperatorError, match="got 99"):
        Store(Database(url))


def test_two_deliveries_can_not_share_a_postgresql_database(postgresql: str) -> None:
    first = Store(Database(postgresql))
    with pytest.raises(OperatorError, match="another delivery"):
        Store(Database(postgresql))
    first.close()
    Store(Database(postgresql)).close()


def test_a_database_is_given_back_before_the_server_notices_that_its_connection_is_gone(
    postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Database(postgresql)
    with monkeypatch.context() as patched:
        patched.setattr(Engine, "dispose", lambda _: None)
        first.close()
    Database(postgresql).close()
    first.close()


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("postgresql+psycopg://me:hunter2@127.0.0.1:1/x", "127.0.0.1:1/x"),
        ("postgresql://me:hunter2@127.0.0.1:1/x", "127.0.0.1:1/x"),
        ("postgresql+nothing://me:hunter2@127.0.0.1:1/x", "127.0.0.1:1/x"),
        ("me:hunter2@127.0.0.1", "got another text"),
        ("sqlite:////nowhere/hunter3.sqlite", "/nowhere"),
    ],
)
def test_a_database_that_can_not_be_opened_is_named_without_its_password(url: str, named: str) -> None:
    with pytest.raises(OperatorError, match=named) as refused:
        Store(Database(url))
    assert "hunter2" not in str(refused.value)


def test_what_is_brought_out_of_the_log_meanwhile_is_there_after_a_restart(url: str) -> None:
    store = Store(Database(url))
    store.checkpoint()
    store.queue(queued("a"), {("t", 0): 1})
    store.checkpoint()
    store.queue(queued("b"), {("t", 0): 2})
    store.close()
    again = Store(Database(url))
    assert ids(again.waiting("crm", 0, 10)) == ["a", "b"]
    again.close()


def test_the_log_of_sqlite_is_brought_in_by_checkpoints_alone(tmp_path: Path) -> None:
    store = Store(Database(f"sqlite:///{tmp_path / 'd.sqlite'}"))
    log = tmp_path / "d.sqlite-wal"
    for number in range(600):
        store.queue(queued(f"w{number}"), {("t", 0): number})
    grown_bytes = log.stat().st_size
    assert grown_bytes > 1_000 * 4_096
    store.checkpoint()
    for number in range(600, 700):
        store.queue(queued(f"w{number}"), {("t", 0): number})
    assert log.stat().st_size == grown_bytes
    store.close()
