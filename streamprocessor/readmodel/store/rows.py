"""A contact's record and its announcements as rows of the tables. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from streamprocessor.contract.changelog.record_codec import decode_record
from streamprocessor.contract.rfc3339 import parse_rfc3339
from streamprocessor.contract.segment_membership import each_shown, stored
from streamprocessor.scoring.evidence.union import attributes_of, is_suppressed
from streamprocessor.scoring.identity.erasure import is_hidden, nothing_left
from streamprocessor.scoring.record.attribute_writes import present_values
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps.steps import ScoreAt


class ContactRows(NamedTuple):
    """What the tables hold of one contact."""

    contact_id: str
    former_ms: int
    """What was announced up to then is none of it; 0: all is."""
    contact: dict[str, Any] | None
    """None: nothing is held, for it was erased, merged or objects."""
    scores: list[dict[str, Any]]
    attributes: list[dict[str, Any]]


class NewerRevisionError(Exception):
    """A record was written under a revision of the model that is not known yet."""

    def __init__(self, revision: int) -> None:
        super().__init__(revision)
        self.revision = revision


def record_under(scorer: Scorer, stored: bytes, at_ms: int = 0) -> Record:
    """The stored record, brought to the scorer's model; at_ms: the instant that is asked for, where there is one.

    Raises NewerRevisionError where the record knows a newer model than the scorer.
    """
    record = decode_record(stored)
    if record.revision > scorer.model.revision:
        raise NewerRevisionError(record.revision)
    if record.revision != scorer.model.revision:
        scorer.migrate_in_place(record, max(at_ms, record.at_ms))
    return record


def no_rows(contact_id: str, former_ms: int = 0) -> ContactRows:
    """The rows of a contact of whom nothing is kept."""
    return ContactRows(contact_id, former_ms, None, [], [])


def rows_of(scorer: Scorer, contact_id: str, stored: bytes) -> ContactRows:
    """The rows of a record, scores as they are at its clock: what is shown holds until its next step.

    Raises NewerRevisionError as record_under does.
    """
    record = record_under(scorer, stored)
    born_ms = record.links.erased_at_ms if record.links is not None else 0
    if is_hidden(record):
        return no_rows(contact_id, record.at_ms)
    if nothing_left(record):
        return no_rows(contact_id, born_ms)
    shown = present_values(attributes_of(record))
    now = scorer.scores_at(record, record.at_ms)
    contact = {
        "contact_id": contact_id,
        "record": stored,
        "updated_at_ms": record.at_ms,
        "last_seen_ms": record.derived.newest_ms or None,
        "holds_until_ms": record.holds_until_ms,
        "hot_since_ms": _hot_since_ms(scorer, record, now),
        "born_ms": born_ms,
        "suppressed": is_suppressed(record),
        "attributes": orjson.dumps(shown).decode(),
    }
    score_rows = [_score_row(contact_id, place, score) for place, score in each_shown(now.values())]
    attribute_rows = [_attribute_row(contact_id, name, value) for name, value in shown.items() if "\0" not in name]
    return ContactRows(contact_id, born_ms, contact, score_rows, attribute_rows)


def history_row(value: bytes) -> dict[str, Any]:
    """The row of a score-updated message."""
    announcement = orjson.loads(value)
    return {
        "contact_id": announcement["contact_id"],
        "sequence": announcement["sequence"],
        "at_ms": parse_rfc3339(announcement["at"]),
        "said": value.decode(),
    }


def hides_contact(value: bytes) -> bool:
    """Whether a score-updated message is a contact's last one: it was merged into another, or objects."""
    return not orjson.loads(value)["scores"]


def hot_lead_row(event_id: str, value: bytes) -> dict[str, Any]:
    """The row of a became-hot-lead message."""
    announcement = orjson.loads(value)
    at_ms = parse_rfc3339(announcement["at"])
    return {"event_id": event_id, "contact_id": announcement["contact_id"], "at_ms": at_ms, "said": value.decode()}


def _score_row(contact_id: str, place: tuple[str, str], score: ScoreAt) -> dict[str, Any]:
    name, value = place
    return {
        "contact_id": contact_id,
        "name": name,
        "value": value,
        "unrounded_nano": score.unrounded_nano or 0,
        "presented_nano": score.presented_nano,
        "stage": score.stage,
    }


def _attribute_row(contact_id: str, name: str, value: Any) -> dict[str, Any]:
    return {"contact_id": contact_id, "name": name} | stored(value)._asdict()


def _hot_since_ms(scorer: Scorer, record: Record, now: dict[str, ScoreAt]) -> int | None:
    """When the oldest of the present hot episodes was announced; None: not hot, or never announced."""
    announced = [
        record.episodes[name][1]
        for name, stages in scorer.model.hot_stages().items()
        if name in now and now[name].stage in stages and name in record.episodes
    ]
    return min((instant for instant in announced if instant is not None), default=None)
