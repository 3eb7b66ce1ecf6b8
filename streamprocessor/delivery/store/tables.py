"""The tables of delivery's database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table
from sqlalchemy.types import TypeDecorator

SCHEMA_VERSION = 1

WAITING, DELIVERED, UNDELIVERABLE = "waiting", "delivered", "undeliverable"
COLLECTED = "collected"  # it is kept for a digest

metadata = MetaData()


class AnyText(TypeDecorator[str]):
    """Text that may hold zero bytes, which PostgreSQL takes in no text."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:  # noqa: ARG002
        """The text as it is stored."""
        return None if value is None else value.replace("%", "%25").replace("\x00", "%00")

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:  # noqa: ARG002
        """The text as it was before it was stored."""
        return None if value is None else value.replace("%00", "\x00").replace("%25", "%")


layout = Table("layout", metadata, Column("version", Integer, nullable=False))

positions = Table(
    "positions",
    metadata,
    Column("topic", String, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("webhook_id", String, nullable=False, unique=True),
    Column("subscription", String, nullable=False),
    Column("contact_id", AnyText, nullable=False),
    Column("body", LargeBinary, nullable=False),  # empty once it is delivered
    Column("at_ms", BigInteger, nullable=False),
    Column("queued_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False),  # of the last failure
    Column("ended_ms", BigInteger, nullable=False),  # 0 while it waits
    Column("traceparent", String),  # a release before traces neither reads nor writes it
    Column("digest", String),  # the webhook id of the digest that a collected one is kept for; empty: the next one
    Index("deliveries_of_subscription", "subscription", "state", "number"),
    Index("deliveries_of_contact", "contact_id"),
    Index("deliveries_ended", "state", "ended_ms"),
)

disabled = Table(
    "disabled",
    metadata,
    Column("subscription", String, primary_key=True),
    Column("url_hash", String, nullable=False),  # of the address that said it is gone: another one is tried anew
    Column("at_ms", BigInteger, nullable=False),
)

digests = Table(
    "digests",
    metadata,
    Column("subscription", String, primary_key=True),
    Column("day", String, nullable=False),  # of the newest digest that was made, such as 2026-11-30
)

people = Table(
    "people",
    metadata,
    Column("contact_id", AnyText, primary_key=True),
    Column("attributes", String, nullable=False),  # JSON of those that subscriptions and the wording ask for
    Column("suppressed", Boolean, nullable=False),
    Column("merged", Boolean),  # a release before the inbox neither reads nor writes it, nor what follows
    Column("erased_ms", BigInteger),
)

members = Table(
    "members",
    metadata,
    Column("segment", String, primary_key=True),  # with a hash of what it says: another one begins anew
    Column("contact_id", AnyText, primary_key=True),
    Column("is_in", Boolean, nullable=False),
    Column("sequence", BigInteger, nullable=False),  # of the contact's step after which it was so
    Index("members_of_contact", "contact_id"),
)

kept_secrets = Table(
    "kept_secrets",
    metadata,
    Column("subscription", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),  # with a key that lies beside the database, not in it
    Column("made_ms", BigInteger, nullable=False),
)

following = Table(
    "following",
    metadata,
    Column("attributes", String, nullable=False),
    Column("topic_id", String, nullable=False),
    Column("alive_ms", BigInteger, nullable=False),
    Column("everybody", Boolean),  # null: a release before the inbox made the rows
)

leads = Table(
    "leads",
    metadata,
    Column("episode", AnyText, primary_key=True),  # the id of its became-hot-lead message
    Column("contact_id", AnyText, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("said", String, nullable=False),  # that message as JSON; empty: it did not come yet
    Column("acts", String, nullable=False),  # JSON, in Kafka's order
    Column("state", String, nullable=False),
    Column("due_ms", BigInteger),
    Column("escalated_ms", BigInteger),  # the due instant after which others were told
    Index("leads_of_contact", "contact_id"),
    Index("leads_due", "state", "due_ms"),
    Index("leads_by_age", "at_ms"),
)

lead_events = Table(
    "lead_events",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("contact_id", AnyText, nullable=False),
    Column("value", LargeBinary, nullable=False),  # what Kafka is still to get
)

lead_alerts = Table(
    "lead_alerts",
    metadata,
    Column("alert_id", String, primary_key=True),
    Column("person", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("episode", AnyText, nullable=False),
    Column("contact_id", AnyText, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("sent_ms", BigInteger),  # empty while it waits
    Column("webhook_id", String),  # of the message that it went out in
    Index("lead_alerts_of_person", "person", "sent_ms"),
    Index("lead_alerts_of_contact", "contact_id"),
)

lead_counters = Table(
    "lead_counters",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
