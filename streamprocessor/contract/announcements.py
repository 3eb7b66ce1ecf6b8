"""Steps into the bytes that subscribers get: CloudEvents 1.0 in binary mode, the same bytes for the same step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from streamprocessor.contract.outbox import Message
from streamprocessor.contract.times import format_rfc3339
from streamprocessor.scoring.steps import HotLeadStep, Part, ScoreStep, Step

NANO = 10**9

SCORE_UPDATED = "score-updated"
BECAME_HOT_LEAD = "became-hot-lead"

_SCORE_UPDATED_TYPE = ("ce_type", b"contact.score-updated.v1")
_BECAME_HOT_TYPE = ("ce_type", b"lead.became-hot.v1")
_SPECVERSION = ("ce_specversion", b"1.0")
_CONTENT_TYPE = ("content-type", b"application/json")


class Identity(NamedTuple):
    """Who announces: the CloudEvents source, the table's incarnation, and the model that made the scores."""

    source: str
    incarnation: str
    model_name: str
    model_version: str


def encode_steps(identity: Identity, contact_id: str, steps: Sequence[Step]) -> list[Message]:
    """The messages of a contact's steps in their order: each score-updated, then its hot leads."""
    model = {"name": identity.model_name, "version": identity.model_version}
    key = contact_id.encode()
    source = ("ce_source", identity.source.encode())
    id_of_contact = f"{identity.incarnation}:{contact_id}"
    messages = []
    for step in steps:
        at = format_rfc3339(step.at_ms)
        common = [_SPECVERSION, _CONTENT_TYPE, source, ("ce_subject", key), ("ce_time", at.encode())]
        value = orjson.dumps(_score_updated(contact_id, at, step, model))
        event_id = ("ce_id", f"{id_of_contact}:{step.sequence}".encode())
        messages.append(Message(SCORE_UPDATED, key, value, [event_id, _SCORE_UPDATED_TYPE, *common]))
        for hot_lead in step.hot_leads:
            value = orjson.dumps(_became_hot_lead(contact_id, at, hot_lead, step.strongest, model))
            event_id = ("ce_id", f"{id_of_contact}:{hot_lead.score}:{hot_lead.episode}".encode())
            messages.append(Message(BECAME_HOT_LEAD, key, value, [event_id, _BECAME_HOT_TYPE, *common]))
    return messages


def number(nano: int) -> int | float:
    """An integer of 10⁻⁹ as JSON shows it: whole without a point, else the shortest decimal that is exactly it."""
    return nano / NANO if nano % NANO else nano // NANO


def part_object(part: Part) -> dict[str, Any]:
    """A part of an explanation as JSON shows it; what it does not have is left out."""
    rule, points_nano, kind, event_id, occurred_at_ms, _, _, _, group, count = part
    shown: dict[str, Any] = {"group": group} if rule is None else {"rule": rule}
    shown["points"] = number(points_nano)
    if event_id is not None:
        shown["event_id"] = event_id
    if occurred_at_ms is not None:
        shown["occurred_at"] = format_rfc3339(occurred_at_ms)
    if count is not None:
        shown["count"] = count
    if kind == "cut" or kind == "earlier":
        shown[kind] = True
    return shown


def _score_updated(contact_id: str, at: str, step: Step, model: dict[str, str]) -> dict[str, Any]:
    return {
        "contact_id": contact_id,
        "at": at,
        "cause": step.cause,
        "sequence": step.sequence,
        "changed": [score.name for score in step.scores if score.changed],
        "scores": {score.name: _score_object(score) for score in step.scores},
        "because": [part_object(part) for part in step.because],
        "model": model,
    }


def _score_object(score: ScoreStep) -> dict[str, Any]:
    _, presented_nano, unrounded_nano, stage, changed, previous_nano, previous_stage, holds_until_ms = score
    shown: dict[str, Any] = {"score": number(presented_nano), "unrounded": unrounded_nano / NANO}
    if stage is not None:
        shown["stage"] = stage
    if changed:
        shown["previous"] = number(previous_nano)
        if previous_stage is not None:
            shown["previous_stage"] = previous_stage
    if holds_until_ms is not None:
        shown["holds_until"] = format_rfc3339(holds_until_ms)
    return shown


def _became_hot_lead(
    contact_id: str, at: str, hot_lead: HotLeadStep, strongest: Sequence[Part], model: dict[str, str]
) -> dict[str, Any]:
    return {
        "contact_id": contact_id,
        "at": at,
        "score_name": hot_lead.score,
        "episode": hot_lead.episode,
        "score": number(hot_lead.presented_nano),
        "previous_stage": hot_lead.previous_stage,
        "stage": hot_lead.stage,
        "because": [part_object(part) for part in strongest],
        "model": model,
    }
