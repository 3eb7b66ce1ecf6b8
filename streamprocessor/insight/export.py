"""Everything that is kept of one contact, as JSON shows it: what a person may demand to have."""

from __future__ import annotations

from typing import Any

from streamprocessor.contract.times import format_rfc3339
from streamprocessor.insight.answers import answer
from streamprocessor.scoring.record import Folded, Piece, Record
from streamprocessor.scoring.scorer import Scorer


def exported(scorer: Scorer, record: Record, contact_id: str, at_ms: int) -> dict[str, Any]:
    """All of the record, with the scores at at_ms and what they are made of in the shape of `score --json`.

    `evidence` holds single events, of each what rules could ask for; `earlier` what was summed up of older ones.
    """
    return answer(scorer, record, contact_id, at_ms) | {
        "attributes": {name: _written(write) for name, write in sorted(record.attributes.items())},
        "suppressed": record.suppressed[0],
        "evidence": [_event(piece) for piece in sorted(record.evidence.pieces(), key=_occurrence)],
        "earlier": [] if record.folded is None else [_earlier(record.folded)],
        "verdicts": [_verdict(event_id, said) for event_id, said in sorted(record.verdicts.items())],
        "episodes": {name: _episode(*episode) for name, episode in sorted(record.episodes.items())},
        "steps_announced": record.sequence,
        "model_revision": record.revision,
    }


def _written(write: list[Any]) -> dict[str, Any]:
    value, occurred_at_ms, id_ = write
    return {"value": value, "occurred_at": format_rfc3339(occurred_at_ms), "id": id_}


def _occurrence(piece: Piece) -> tuple[int, str]:
    return piece.occurred_at_ms, piece.id


def _event(piece: Piece) -> dict[str, Any]:
    return {
        "id": piece.id,
        "type": piece.type,
        "occurred_at": format_rfc3339(piece.occurred_at_ms),
        "arrival": format_rfc3339(piece.arrival_ms),
        "class": piece.actor,
        "kept": piece.kept,
    }


def _earlier(folded: Folded) -> dict[str, Any]:
    return {
        "newest": format_rfc3339(folded.newest_ms),
        "events": {rule: made.count for rule, made in sorted(folded.rules.items())},
        "last_of_type": {type_: format_rfc3339(last_ms) for type_, last_ms in sorted(folded.lasts.items())},
    }


def _verdict(event_id: str, said: tuple[int, str, str, int]) -> dict[str, Any]:
    occurred_at_ms, id_, actor, _ = said
    return {"event_id": event_id, "class": actor, "occurred_at": format_rfc3339(occurred_at_ms), "id": id_}


def _episode(number: int, announced_at_ms: int | None) -> dict[str, Any]:
    return {"episode": number, "announced_at": None if announced_at_ms is None else format_rfc3339(announced_at_ms)}
