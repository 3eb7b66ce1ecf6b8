"""The endpoint of what becomes of a contact's score if nothing more happens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.readmodel.endpoints.contacts import StoredContact, check_score, load_contact
from streamprocessor.readmodel.endpoints.context import ApiContext
from streamprocessor.readmodel.endpoints.endpoint import ApiRequest, Endpoint
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests import answer_json
from streamprocessor.readmodel.requests.parameters import Forecasted, instant_ms
from streamprocessor.readmodel.requests.tokens import READ
from streamprocessor.readmodel.responses.contacts import Forecast
from streamprocessor.scoring.identity.erasure import is_hidden
from streamprocessor.scoring.model.model import DAY_MS, NANO
from streamprocessor.scoring.steps.steps import ScoreAt, ScoreStep

MOST_STEPS = 1_000
_FAR_MS = 30 * DAY_MS

AScore = TypeVar("AScore", ScoreAt, ScoreStep)


def _forecast(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    asked, contact_id = call.query, call.path["contact_id"]
    name = asked.score or house.scorer().model.scores[0].name
    check_score(house, name, asked.value)
    from_ms = house.clock_ms()
    until_ms = from_ms + _FAR_MS if asked.until is None else instant_ms(asked.until) or 0
    if until_ms <= from_ms:
        raise Problem(400, "bad-parameter", "until: wanted an instant to come; got one that has passed")
    kept = load_contact(house, contact_id, from_ms)
    if is_hidden(kept.record):
        raise Problem(404, "no-such-contact", "contact: wanted one that is scored; got one that is not")
    # Samples first: walking the steps moves the record on.
    samples = [_sample(kept, name, asked.value, at_ms) for at_ms in _instants(from_ms, until_ms, asked.samples)]
    steps, is_complete = _steps(kept, name, asked.value, (from_ms, until_ms))
    return {
        "contact_id": contact_id,
        "score": name,
        "value": asked.value,
        "from": format_rfc3339(from_ms),
        "until": format_rfc3339(until_ms),
        "samples": samples,
        "steps": steps,
        "complete": is_complete,
    }


def _instants(from_ms: int, until_ms: int, count: int) -> Iterable[int]:
    """So many instants, evenly; the first and the last are the ends, none comes twice."""
    return dict.fromkeys(from_ms + (until_ms - from_ms) * n // (count - 1) for n in range(count))


def _sample(kept: StoredContact, name: str, value: str, at_ms: int) -> dict[str, Any]:
    score = kept.scorer.scores_at(kept.record, at_ms)[name]
    shown = _chosen([score] if score.values is None else score.values, value or name)
    unrounded_nano = None if shown is None else shown.unrounded_nano
    return {"at": format_rfc3339(at_ms), "unrounded": None if unrounded_nano is None else unrounded_nano / NANO}


def _steps(kept: StoredContact, name: str, value: str, span_ms: tuple[int, int]) -> tuple[list[dict[str, Any]], bool]:
    """The score's steps after the span's begin, and whether all up to its end are among them."""
    from_ms, until_ms = span_ms
    found = []
    for step in kept.scorer.advance_in_place(kept.record, until_ms, at_most=MOST_STEPS):
        score = _chosen(step.scores, name)
        shown = score if score is None or score.values is None else _chosen(score.values, value)
        if step.at_ms > from_ms and shown is not None and shown.changed:
            found.append(
                {"at": format_rfc3339(step.at_ms), **answer_json.shown(shown), "previous_stage": shown.previous_stage}
            )
    due_ms = kept.record.holds_until_ms
    return found, due_ms is None or due_ms > until_ms


def _chosen(scores: Iterable[AScore], name: str) -> AScore | None:
    return next((score for score in scores if score.name == name), None)


FORECAST = (
    Endpoint(
        "GET",
        "/api/contacts/{contact_id:path}/forecast",
        "forecast_contact",
        "How a score goes on by itself: samples of the unrounded one, and each step to come with its exact instant.",
        READ,
        Forecast,
        _forecast,
        Forecasted,
    ),
)
