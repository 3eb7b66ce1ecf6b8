"""Steps into the bytes that subscribers get: CloudEvents 1.0 in binary mode, the same bytes for the same step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from streamprocessor.contract.display import Display, display_name
from streamprocessor.contract.messages.message import Message
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.contract.topic_names import BECAME_HOT_LEAD, SCORE_UPDATED
from streamprocessor.scoring.canonical import unchecked
from streamprocessor.scoring.model.model import NANO
from streamprocessor.scoring.steps.steps import ExplanationPart, HotLeadStep, ScoreStep, Step

_SCORE_UPDATED_TYPE = ("ce_type", b"contact.score-updated.v1")
_BECAME_HOT_TYPE = ("ce_type", b"lead.became-hot.v1")
_SPECVERSION = ("ce_specversion", b"1.0")
_CONTENT_TYPE = ("content-type", b"application/json")


class AnnouncerIdentity(NamedTuple):
    """The identity under which announcements are made.

    source: the CloudEvents source.
    incarnation: the table's, so that ids of a rebuilt one differ.
    model_name, model_version: of the model that made the scores.
    display: of that model, by which hot leads are called whose attributes it includes.
    """

    source: str
    incarnation: str
    model_name: str
    model_version: str
    display: Display = Display()


class Announcer:
    """Turns steps into messages under one identity; what is the same in all of them is made once."""

    def __init__(self, identity: AnnouncerIdentity) -> None:
        model = {"name": identity.model_name, "version": identity.model_version}
        self._model = orjson.Fragment(orjson.dumps(model))
        self._incarnation = identity.incarnation
        self._display = identity.display
        self._source = ("ce_source", identity.source.encode())

    def encode(self, contact_id: str, steps: Sequence[Step], erased_at_ms: int = 0) -> list[Message]:
        """The messages of a contact's steps in their order: each score-updated, then its hot leads.

        erased_at_ms: when the contact was erased and began anew, so that no id comes twice; 0: never.
        """
        key = contact_id.encode()
        subject = ("ce_subject", key)
        life = f".{erased_at_ms}" if erased_at_ms else ""
        id_of_contact = f"{self._incarnation}{life}:{contact_id}"
        messages = []
        for step in steps:
            at = format_rfc3339(step.at_ms)
            common = [_SPECVERSION, _CONTENT_TYPE, self._source, subject, ("ce_time", at.encode())]
            event_id = ("ce_id", f"{id_of_contact}:{step.sequence}".encode())
            value = orjson.dumps(self._score_updated(contact_id, at, step))
            messages.append(unchecked(Message, (SCORE_UPDATED, key, value, [event_id, _SCORE_UPDATED_TYPE, *common])))
            for hot_lead in step.hot_leads:
                event_id = ("ce_id", f"{id_of_contact}:{hot_lead.score}:{hot_lead.episode}".encode())
                value = orjson.dumps(self._became_hot_lead(contact_id, at, hot_lead, step.strongest))
                messages.append(Message(BECAME_HOT_LEAD, key, value, [event_id, _BECAME_HOT_TYPE, *common]))
        return messages

    def _score_updated(self, contact_id: str, at: str, step: Step) -> dict[str, Any]:
        scores = {score.name: _score_object(score) for score in step.scores}
        changed = [score.name for score in step.scores if score.changed or step.is_first]
        value = {
            "contact_id": contact_id,
            "at": at,
            "cause": step.cause,
            "sequence": step.sequence,
            "changed": changed or list(step.former_scores),
            "scores": scores,
            "because": [part_object(part) for part in step.because],
            "model": self._model,
        }
        if step.merged_into is not None:
            value["merged_into"] = step.merged_into
        if step.is_first:
            value["first"] = True
        return value

    def _became_hot_lead(
        self, contact_id: str, at: str, hot_lead: HotLeadStep, strongest: Sequence[ExplanationPart]
    ) -> dict[str, Any]:
        value = {
            "contact_id": contact_id,
            "at": at,
            "score_name": hot_lead.score,
            "episode": hot_lead.episode,
            "score": None if hot_lead.presented_nano is None else number(hot_lead.presented_nano),
            "previous_stage": hot_lead.previous_stage,
            "stage": hot_lead.stage,
            "because": [part_object(part) for part in strongest],
            "model": self._model,
        }
        if hot_lead.attributes is not None:  # by these alone: a name may be what the model keeps to itself
            value["display_name"] = display_name(self._display, hot_lead.attributes)
            value["attributes"] = hot_lead.attributes
        return value


def tombstone(contact_id: str) -> Message:
    """The tombstone that takes the last score-updated of an erased contact out of the compacted topic."""
    return Message(SCORE_UPDATED, contact_id.encode(), None, [])


def _score_object(score: ScoreStep) -> dict[str, Any] | None:
    """A score, or one value of a `by` score, as a step tells it; None where it is null. A matrix has a stage alone."""
    _, presented_nano, unrounded_nano, stage, has_changed, previous_nano, previous_stage, until_ms, values = score
    if values is not None:
        return {"values": {value.name: _score_object(value) for value in values}}
    if presented_nano is None and stage is None:
        return None
    shown: dict[str, Any] = {"score": None if presented_nano is None else number(presented_nano)}
    if unrounded_nano is not None:
        shown["unrounded"] = unrounded_nano / NANO
    if stage is not None:
        shown["stage"] = stage
    if has_changed and presented_nano is not None:
        shown["previous"] = None if previous_nano is None else number(previous_nano)
    if has_changed and previous_stage is not None:
        shown["previous_stage"] = previous_stage
    if until_ms is not None:
        shown["holds_until"] = format_rfc3339(until_ms)
    return shown


def number(nano: int) -> int | float:
    """An integer of 10⁻⁹ as JSON shows it: whole without a point, else the shortest decimal that is exactly it."""
    return nano / NANO if nano % NANO else nano // NANO


def part_object(part: ExplanationPart) -> dict[str, Any]:
    """A part of an explanation as JSON shows it; what it does not have is left out."""
    rule, points_nano, kind, event_id, occurred_at_ms, _, _, _, group, count = part
    if kind == "event" and event_id is not None and occurred_at_ms is not None and count is None:
        occurred_at = format_rfc3339(occurred_at_ms)
        return {"rule": rule, "points": number(points_nano), "event_id": event_id, "occurred_at": occurred_at}
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
