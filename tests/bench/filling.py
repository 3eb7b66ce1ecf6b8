"""A crowd straight into the tables, by the projector's own writing: what Kafka brings at the pace of a rebuild."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Engine

from streamprocessor.readmodel.projection.changes import Changes
from streamprocessor.readmodel.projection.writes import write
from streamprocessor.readmodel.store.database import epoch_of, reading
from streamprocessor.readmodel.store.rows import ContactRows, history_row, rows_of
from streamprocessor.scoring.scorer import Scorer
from tests.bench.crowd import NOBODY, Life, name_of

AT_ONCE = 4_000


class Rows(NamedTuple):
    """What the tables hold of one life: its contact, and its one step, about a contact named NOBODY."""

    contact: ContactRows
    said: bytes


def fill(engine: Engine, scorer: Scorer, of: Sequence[Life], numbers: range, now_ms: int) -> None:
    """Write the contacts of these numbers, each living one of the lives."""
    with reading(engine) as connection:
        epoch = epoch_of(connection)
    templates = [Rows(rows_of(scorer, NOBODY, life.record), life.said) for life in of]
    for first in range(numbers.start, numbers.stop, AT_ONCE):
        some = range(first, min(first + AT_ONCE, numbers.stop))
        write(engine, epoch, _changes(templates, some), now_ms)


def _changes(templates: Sequence[Rows], numbers: range) -> Changes:
    changes = Changes()
    for number in numbers:
        name, life = name_of(number), templates[number % len(templates)]
        rows = life.contact
        assert rows.contact is not None
        changes.contacts[name] = ContactRows(
            name,
            rows.former_ms,
            rows.contact | {"contact_id": name},
            _named(rows.scores, name),
            _named(rows.attributes, name),
        )
        if life.said:
            step = history_row(life.said.replace(NOBODY.encode(), name.encode()))
            changes.history[name, step["sequence"]] = step
    return changes


def _named(rows: Sequence[dict[str, object]], name: str) -> list[dict[str, object]]:
    return [row | {"contact_id": name} for row in rows]
