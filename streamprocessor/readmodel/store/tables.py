"""The tables. All but the permanent ones are made from Kafka, and may be made anew from it at any time."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects import postgresql

SCHEMA_VERSION = 4
"""Rises with each change of the derived tables; a database of an older one is rebuilt from Kafka."""

derived = MetaData()
permanent = MetaData()

contacts = Table(
    "contacts",
    derived,
    Column("contact_id", Text, primary_key=True),
    Column("record", LargeBinary, nullable=False),  # as in the changelog: any instant can be asked for
    Column("updated_at_ms", BigInteger, nullable=False),
    Column("last_seen_ms", BigInteger),  # the newest event; none: it did nothing yet
    Column("holds_until_ms", BigInteger),
    Column("hot_since_ms", BigInteger),
    Column("born_ms", BigInteger, nullable=False),  # when the contact was erased and began anew; 0: never
    Column("suppressed", Boolean, nullable=False),
    Column("attributes", Text, nullable=False),  # JSON
)

Index("contacts_suppressed", contacts.c.contact_id, contacts.c.suppressed)  # counts need not pass all the records

scores = Table(
    "scores",
    derived,
    Column("contact_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, primary_key=True),  # of a `by` score, "" of any other
    Column("unrounded_nano", BigInteger, nullable=False),  # 0 where the score is a label alone
    Column("presented_nano", BigInteger),
    Column("stage", Text),
    sqlite_with_rowid=False,
)
PLACE = (scores.c.presented_nano, scores.c.unrounded_nano, scores.c.contact_id)
"""What contacts are sorted by: as presented first, so that a range of presented scores is a range of the index."""

Index("scores_sorted", scores.c.name, scores.c.value, *PLACE)
Index("scores_staged", scores.c.name, scores.c.value, scores.c.stage, *PLACE)

# How many contacts are shown alike: kept beside the scores, so that nobody has to count a million of them.
tallies = Table(
    "tallies",
    derived,
    Column("name", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("presented_nano", Text, primary_key=True),  # "" where the score is a label alone
    Column("stage", Text, primary_key=True),  # "" where it has none
    Column("contacts", BigInteger, nullable=False),
)

attributes = Table(
    "attributes",
    derived,
    Column("contact_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("text", Text, nullable=False),  # a string, anything else as JSON; folded, and long ones are cut
    Column("number", Float),  # where it is one, or a string that spells one
    Column("is_text", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
Index("attributes_by_text", attributes.c.name, attributes.c.text, attributes.c.contact_id)
Index(
    "attributes_by_number",
    attributes.c.name,
    attributes.c.number,
    attributes.c.contact_id,
    sqlite_where=attributes.c.number.is_not(None),
    postgresql_where=attributes.c.number.is_not(None),
)

history = Table(
    "history",
    derived,
    Column("contact_id", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("said", Text, nullable=False),  # the announcement's JSON
)
Index("history_by_time", history.c.at_ms)

hot_leads = Table(
    "hot_leads",
    derived,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("event_id", Text, nullable=False, unique=True),
    Column("contact_id", Text, nullable=False, index=True),
    Column("at_ms", BigInteger, nullable=False, index=True),
    Column("said", Text, nullable=False),
)

# Compared by code points in either database: what begins alike stands together.
_IN_ORDER = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

searched = Table(
    "searched",
    derived,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("contact_id", Text, nullable=False, unique=True),
    Column("lines", Text, nullable=False),  # all its keys
    Column("made_from", LargeBinary, nullable=False),
)

search_keys = Table(
    "search_keys",
    derived,
    Column("rank", SmallInteger, primary_key=True),
    Column("text", _IN_ORDER, primary_key=True),
    Column("number", BigInteger, primary_key=True),  # of the contact in `searched`
    sqlite_with_rowid=False,
)

# One row: by which model's names contacts are searched.
search_naming = Table(
    "search_naming",
    derived,
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("said", Text, nullable=False),
    Column("reached", Text),  # contacts behind this one are to follow yet; null: none is
)

search_spellings = Table(
    "search_spellings",
    derived,
    Column("spelling", Text, primary_key=True),
    Column("word", Text, primary_key=True),  # one that a key begins with
    sqlite_with_rowid=False,
)
# The inbox: what became of each hot lead, by what people did with it.
leads = Table(
    "leads",
    derived,
    Column("lead_id", Text, primary_key=True),
    Column("episode", Text, nullable=False),  # the id of its became-hot-lead message
    Column("contact_id", Text, nullable=False, index=True),
    Column("at_ms", BigInteger, nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("owner", Text, nullable=False),  # "" where it has none
    Column("due_ms", BigInteger),
    Column("place_ms", BigInteger, nullable=False),  # the first in a list has the lowest
    Column("acts", Text, nullable=False),  # JSON, in Kafka's order
)
Index("leads_placed", leads.c.closed, leads.c.place_ms, leads.c.lead_id)
Index("leads_in_state", leads.c.state, leads.c.place_ms, leads.c.lead_id)
Index("leads_of_owner", leads.c.owner, leads.c.closed, leads.c.place_ms, leads.c.lead_id)

projected = Table(
    "projected",
    derived,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
)

state = Table(
    "state",
    permanent,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

segments = Table(
    "segments",
    permanent,
    Column("name", Text, primary_key=True),
    Column("filter", Text, nullable=False),
)

# Lists of contacts under a name: whom they show, in which order, with which columns.
views = Table(
    "views",
    permanent,
    Column("name", Text, primary_key=True),
    Column("view", Text, nullable=False),  # JSON
)

# Models in the making.
model_drafts = Table(
    "model_drafts",
    permanent,
    Column("name", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("based_on", Text, nullable=False),  # the label of a revision
    Column("note", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    Column("approvals", Text, nullable=False),  # JSON: by whom, and when
)

ended_sessions = Table(
    "ended_sessions",
    permanent,
    Column("session_id", Text, primary_key=True),
    Column("until_ms", BigInteger, nullable=False),
)

catalogue = Table(
    "catalogue",
    permanent,
    Column("name", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),  # rises with each writing
    Column("written_at_ms", BigInteger, nullable=False),
    Column("snapshot", LargeBinary, nullable=False),
)

# Events of a contact of which no rule asks for anything, so that its record does not have them.
unscored = Table(
    "unscored",
    permanent,
    Column("contact_id", Text, primary_key=True),
    Column("type", Text, primary_key=True),
    Column("events", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
)
