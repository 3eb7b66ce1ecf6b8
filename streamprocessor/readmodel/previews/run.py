"""The process of one preview: an order comes in by its input, answers go out line by line, each better than the last.

First the contacts that were asked for, exactly; then a fair choice of all; then all of them.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from streamprocessor.contract.changelog.record_codec import decode_record
from streamprocessor.contract.model_file.revisions import model_of
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.errors import StreamprocessorError, place_of
from streamprocessor.readmodel.previews.effect import Effect
from streamprocessor.readmodel.previews.order import PreviewOrder, decode_order
from streamprocessor.readmodel.previews.stored_contacts import RecordRow, all_contacts, contacts_of, drawn_contacts
from streamprocessor.readmodel.store.database import opened_beside
from streamprocessor.readmodel.store.rows import NewerRevisionError, record_under
from streamprocessor.replay.deciding_rules import DecidingRules
from streamprocessor.replay.model_change import ModelChange
from streamprocessor.replay.sensitivity import deciding_json, sensitivity_of
from streamprocessor.replay.shown_scores import shown_scores
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer

MOST_DRAWN = 5_000
MOST_REPLAYED = 2_000
"""Of so many of them the events of the last weeks are applied again."""
TELL_SECONDS = 1.0
NICENESS = 10
"""Whoever asks the API comes first."""
_CHUNK = 200
_NO_DATABASE = "the database does not answer: begin the preview anew"
_OTHER_MODEL = "another model came into force meanwhile: begin the preview anew"


def main(order_line: bytes, output: BinaryIO) -> None:
    """Answer the order; what goes wrong is told by the last line."""
    order = decode_order(order_line)
    engine = opened_beside(order.database_url)
    try:
        for answer in answers(order, engine):
            _write(output, answer)
    except DBAPIError as error:
        _write(output, {"state": "failed", "error": _NO_DATABASE, "place": place_of(error)})
    except NewerRevisionError:
        _write(output, {"state": "failed", "error": _OTHER_MODEL})
    except StreamprocessorError as error:
        _write(output, {"state": "failed", "error": str(error)})
    except Exception as error:  # noqa: BLE001 - its words may be of a contact; the api's log says where
        _write(output, {"state": "failed", "error": "something went wrong here", "place": place_of(error)})
    finally:
        engine.dispose()


def answers(order: PreviewOrder, engine: Engine) -> Iterator[dict[str, Any]]:
    """Each answer in turn, every second or so; the last one is exact. Raises NewerRevisionError as Effect does."""
    old, new = Scorer(model_of(order.in_force)), Scorer(model_of(order.draft))
    answer: dict[str, Any] = {
        "state": "running",
        "at": format_rfc3339(order.at_ms),
        "is_sample": True,
        "contacts_read": 0,
    }
    answer["ten"] = list(_one_by_one(order, engine, old, new))
    yield dict(answer)
    drawn = drawn_contacts(engine, MOST_DRAWN)
    answer["contacts_all"] = drawn.contacts
    is_whole = drawn.contacts <= len(drawn.ids)
    replayed = frozenset(drawn.ids if is_whole else drawn.ids[:MOST_REPLAYED])
    effect, deciding = Effect(old, new, order.at_ms), DecidingRules(new.model)
    for _ in _counted(effect, _drawn_pages(engine, drawn.ids), replayed):
        answer |= {"contacts_read": effect.contacts, **effect.answer(drawn.contacts)}
        yield dict(answer)
    answer["sensitivity"] = sensitivity_of(new, _drafted(order, engine, drawn.ids), order.at_ms).as_json()
    yield dict(answer)
    if not is_whole:
        effect = Effect(old, new, order.at_ms)
        for _ in _counted(effect, all_contacts(engine), replayed, deciding):
            yield answer | {"contacts_done": effect.contacts}
        answer["sensitivity"] = answer["sensitivity"] | deciding_json(deciding)
    exact = {"contacts_read": effect.contacts, "contacts_all": effect.contacts, **effect.answer(effect.contacts)}
    yield answer | exact | {"contacts_done": effect.contacts, "is_sample": False, "state": "done"}


def _one_by_one(order: PreviewOrder, engine: Engine, old: Scorer, new: Scorer) -> Iterator[dict[str, Any]]:
    rows = contacts_of(engine, order.contacts)
    effect = Effect(old, new, order.at_ms)
    for contact_id in order.contacts:
        row = rows.get(contact_id)
        if row is None:
            continue
        former = record_under(old, row.record)
        old.advance_in_place(former, order.at_ms)
        before = shown_scores(old.model, former)
        after = shown_scores(new.model, effect.add(row, is_drawn=False))
        scores = {
            name: {"before": before.get(name), "after": after.get(name)} for name in dict.fromkeys([*before, *after])
        }
        yield {**effect.title(row), "scores": scores}


def _counted(
    effect: Effect, pages: Iterator[list[RecordRow]], replayed: frozenset[str], deciding: DecidingRules | None = None
) -> Iterator[None]:
    """Add all contacts of the pages, also to who decides; stops for an answer now and then, and once at the end."""
    told_seconds = time.monotonic()
    for page in pages:
        for row in page:
            record = effect.add(row, is_drawn=row.contact_id in replayed)
            if deciding is not None:
                deciding.add(record, max(record.at_ms, effect.at_ms))
        if time.monotonic() - told_seconds >= TELL_SECONDS:
            yield
            told_seconds = time.monotonic()
    yield


def _drawn_pages(engine: Engine, ids: list[str]) -> Iterator[list[RecordRow]]:
    """The contacts of these ids, in their order."""
    for first in range(0, len(ids), _CHUNK):
        some = ids[first : first + _CHUNK]
        rows = contacts_of(engine, some)
        yield [rows[contact_id] for contact_id in some if contact_id in rows]


def _drafted(order: PreviewOrder, engine: Engine, ids: list[str]) -> Iterator[Record]:
    """The records of these contacts under the draft, as ModelChange leaves them."""
    change = ModelChange(Scorer(model_of(order.in_force)), Scorer(model_of(order.draft)))
    for page in _drawn_pages(engine, ids):
        for row in page:
            record = decode_record(row.record)
            change.count(record, order.at_ms)
            yield record


def _write(output: BinaryIO, answer: dict[str, Any]) -> None:
    output.write(orjson.dumps(answer) + b"\n")
    output.flush()


if __name__ == "__main__":
    os.nice(NICENESS)
    main(sys.stdin.buffer.readline(), sys.stdout.buffer)
