"""The tables of delivery's database."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table

SCHEMA_VERSION = 1

WAITING, DELIVERED, UNDELIVERABLE = "waiting", "delivered", "undeliverable"

metadata = MetaData()

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
    Column("contact_id", String, nullable=False),
    Column("body", LargeBinary, nullable=False),  # empty once it is delivered
    Column("at_ms", BigInteger, nullable=False),
    Column("queued_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False),  # of the last failure
    Column("ended_ms", BigInteger, nullable=False),  # 0 while it waits
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
