"""The endpoint of what becomes of a contact's score if nothing more happens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.readmodel.endpoints.contact_lookup import (
    ContactId,
    StoredContact,
    check_score,
    load_contact,
    no_such_contact,
)
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.parameters import ForecastQuery, instant_ms
from streamprocessor.readmodel.responses.contacts import ComingStep, Forecast, Sample
from streamprocessor.readmodel.responses.scores import presented, unrounded
from streamprocessor.readmodel.routing.access import READER
from streamprocessor.readmodel.routing.context import Context
from streamprocessor.readmodel.routing.route import ApiRoute
from streamprocessor.scoring.identity.erasure import is_hidden
from streamprocessor.scoring.model.model import DAY_MS, NANO
from streamprocessor.scoring.steps.steps import ScoreAt, ScoreStep

MOST_STEPS = 1_000
_FAR_MS = 30 * DAY_MS

AnyScore = TypeVar("AnyScore", ScoreAt, ScoreStep)

router = APIRouter(prefix="/api/contacts", route_class=ApiRoute)


@router.get("/{contact_id:path}/forecast", dependencies=[READER])
def forecast_contact(context: Context, contact_id: ContactId, query: Annotated[ForecastQuery, Query()]) -> Forecast:
    """How a score goes on by itself: samples of the unrounded one, and each step to come with its exact instant."""
    name = query.score or context.scorer().model.scores[0].name
    check_score(context, name, query.value)
    from_ms = context.clock_ms()
    until_ms = from_ms + _FAR_MS if query.until is None else instant_ms(query.until) or 0
    if until_ms <= from_ms:
        raise Problem(400, "bad-parameter", "until: wanted an instant to come; got one that has passed")
    with context.reading() as connection:
        stored = load_contact(context, connection, contact_id, from_ms)
    if is_hidden(stored.record):
        raise no_such_contact()
    # Samples first: walking the steps moves the record on.
    samples = [_sample(stored, name, query.value, at_ms) for at_ms in _instants(from_ms, until_ms, query.samples)]
    steps = list(steps_to_come(stored, name, query.value, until_ms))
    due_ms = stored.record.holds_until_ms
    return Forecast(
        contact_id=contact_id,
        score=name,
        value=query.value,
        from_=format_rfc3339(from_ms),
        until=format_rfc3339(until_ms),
        samples=samples,
        steps=[_coming_step(at_ms, score) for at_ms, score in steps if at_ms > from_ms],
        complete=due_ms is None or due_ms > until_ms,
    )


def _instants(from_ms: int, until_ms: int, count: int) -> Iterable[int]:
    """The instants of so many samples, evenly; the first and the last are the ends, none comes twice."""
    return dict.fromkeys(from_ms + (until_ms - from_ms) * n // (count - 1) for n in range(count))


def _sample(stored: StoredContact, name: str, value: str, at_ms: int) -> Sample:
    score = stored.scorer.scores_at(stored.record, at_ms)[name]
    shown = _chosen([score] if score.values is None else score.values, value or name)
    unrounded_nano = None if shown is None else shown.unrounded_nano
    return Sample(at=format_rfc3339(at_ms), unrounded=None if unrounded_nano is None else unrounded_nano / NANO)


def steps_to_come(stored: StoredContact, name: str, value: str, until_ms: int) -> Iterable[tuple[int, ScoreStep]]:
    """The instants at which the score changes up to until_ms, with what it becomes."""
    for step in stored.scorer.advance_in_place(stored.record, until_ms, at_most=MOST_STEPS):
        score = _chosen(step.scores, name)
        shown = score if score is None or score.values is None else _chosen(score.values, value)
        if shown is not None and shown.changed:
            yield step.at_ms, shown


def _coming_step(at_ms: int, score: ScoreStep) -> ComingStep:
    return ComingStep(
        at=format_rfc3339(at_ms),
        score=presented(score),
        unrounded=unrounded(score),
        stage=score.stage,
        previous_stage=score.previous_stage,
    )


def _chosen(scores: Iterable[AnyScore], name: str) -> AnyScore | None:
    return next((score for score in scores if score.name == name), None)
