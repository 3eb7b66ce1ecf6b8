"""The tables of access. Kafka has nothing of it: they are kept apart from what may be deleted and read anew."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, Text

access = MetaData()

# A token is 256 random bits, which nobody finds by trying: a plain SHA-256 of it is as good as a slow hash would be,
# and lets each request look it up. What a password needs, salt and many rounds, makes up for how few there are of it.
api_tokens = Table(
    "api_tokens",
    access,
    Column("token_id", Text, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),  # between them a plus
    Column("made_ms", BigInteger, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("expires_ms", BigInteger),  # null: never
    Column("last_used_ms", BigInteger),  # to the minute; null: it was not used yet
)

api_sessions = Table(
    "api_sessions",
    access,
    Column("cookie_hash", LargeBinary, primary_key=True),
    Column("token_id", Text, nullable=False, index=True),
    Column("until_ms", BigInteger, nullable=False),
)
