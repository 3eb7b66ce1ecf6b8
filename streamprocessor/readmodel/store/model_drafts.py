"""Drafts of models that people keep under names, and who approved of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, delete, func, insert, select, update

from streamprocessor.readmodel.store.tables import model_drafts

MOST_DRAFTS = 200


class Approval(NamedTuple):
    """Who approved of a draft, and when."""

    by: str
    at_ms: int


class Draft(NamedTuple):
    """A model in the making.

    text: of the model's file; it need not be a model yet.
    based_on: the label of the revision that it began with.
    author: who edited it last. changed_ms: when; it rises with each edit.
    approvals: of this very text and base, in their order; an edit takes them away.
    """

    name: str
    text: str
    based_on: str
    note: str
    author: str
    changed_ms: int
    approvals: tuple[Approval, ...] = ()


class TooManyDraftsError(Exception):
    """There are as many drafts as may be."""


def drafts_of(connection: Connection) -> list[Draft]:
    """All drafts, by their names."""
    return [_draft(row) for row in connection.execute(select(model_drafts).order_by(model_drafts.c.name))]


def draft_of(connection: Connection, name: str) -> Draft | None:
    """The draft of that name; None: there is none."""
    row = connection.execute(select(model_drafts).where(model_drafts.c.name == name)).one_or_none()
    return None if row is None else _draft(row)


def keep_draft(connection: Connection, draft: Draft) -> None:
    """Keep the draft in place of one of its name; raises TooManyDraftsError."""
    values = draft._asdict() | {"approvals": orjson.dumps([each._asdict() for each in draft.approvals]).decode()}
    changed = connection.execute(update(model_drafts).where(model_drafts.c.name == draft.name).values(values))
    if changed.rowcount:
        return
    if connection.execute(select(func.count()).select_from(model_drafts)).scalar_one() >= MOST_DRAFTS:
        raise TooManyDraftsError
    connection.execute(insert(model_drafts).values(values))


def drop_draft(connection: Connection, draft: Draft) -> None:
    """Delete the draft, unless somebody edited it since."""
    is_same = (model_drafts.c.name == draft.name) & (model_drafts.c.changed_ms == draft.changed_ms)
    connection.execute(delete(model_drafts).where(is_same))


def _draft(row: Any) -> Draft:
    approvals = tuple(Approval(**each) for each in orjson.loads(row.approvals))
    return Draft(row.name, row.text, row.based_on, row.note, row.author, row.changed_ms, approvals)
