"""The endpoint of who stands in a row: the strongest reasons, what changed last, and when the contact cools."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query

from streamprocessor.contract.messages.announcements import number
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.contract.subscriptions.model_names import stage_names
from streamprocessor.readmodel.endpoints.contact_lookup import (
    ContactId,
    StoredContact,
    check_score,
    load_contact,
    no_such_contact,
)
from streamprocessor.readmodel.endpoints.forecast import steps_to_come
from streamprocessor.readmodel.requests.parameters import ContactQuery, SummaryQuery
from streamprocessor.readmodel.responses.lists.summary import ContactSummary, Cooling, LastChange, StrongReason
from streamprocessor.readmodel.responses.scores import instant, presented
from streamprocessor.readmodel.routing.access import READER
from streamprocessor.readmodel.routing.context import Context
from streamprocessor.readmodel.routing.route import ApiRoute
from streamprocessor.readmodel.store.figures.trends import last_change
from streamprocessor.readmodel.store.queries import last_steps_of
from streamprocessor.scoring.identity.erasure import is_hidden
from streamprocessor.scoring.model.model import DAY_MS, Matrix, Model
from streamprocessor.scoring.steps.steps import ExplanationPart, ScoreAt

MOST_REASONS = 3
_YEAR_MS = 365 * DAY_MS
_LAST_STEPS = 64

router = APIRouter(route_class=ApiRoute)


class ContactSummaryQuery(ContactQuery, SummaryQuery):
    """Which contact is told of in short, and by which score."""


@router.get("/api/contact/summary", dependencies=[READER])
def summarize_contact_by_query(context: Context, query: Annotated[ContactSummaryQuery, Query()]) -> ContactSummary:
    """A contact in short: the strongest reasons for its score, what changed last, and when it cools."""
    return summarize_contact(context, query.contact_id, query)


@router.get("/api/contacts/{contact_id:path}/summary", dependencies=[READER])
def summarize_contact(
    context: Context, contact_id: ContactId, query: Annotated[SummaryQuery, Query()]
) -> ContactSummary:
    """A contact in short: the strongest reasons for its score, what changed last, and when it cools."""
    name = query.score or context.scorer().model.scores[0].name
    check_score(context, name, query.value)
    at_ms = context.clock_ms()
    with context.reading() as connection:
        stored = load_contact(context, connection, contact_id, at_ms)
        announcements = last_steps_of(connection, [contact_id], _LAST_STEPS)[contact_id]
    if is_hidden(stored.record):
        raise no_such_contact()
    score = _shown(stored, name, query.value, at_ms)
    return ContactSummary(
        contact_id=contact_id,
        at=format_rfc3339(at_ms),
        score_name=name,
        value=query.value,
        score=None if score is None else presented(score),
        stage=None if score is None else score.stage,
        reasons=[] if score is None else _reasons(_parts(stored, name, query.value, at_ms)),
        changed=_last_change(announcements, name, query.value),
        # Walking the steps moves the record on, so it comes last.
        cools=None if score is None else _cooling(stored, name, query.value, at_ms),
    )


def _shown(stored: StoredContact, name: str, value: str, at_ms: int) -> ScoreAt | None:
    """The score at at_ms; None: it does not apply, or has no such value."""
    score = stored.scorer.scores_at(stored.record, at_ms)[name]
    if value:
        return next((each for each in score.values or () if each.name == value), None)
    return None if score.presented_nano is None and score.stage is None else score


def _parts(stored: StoredContact, name: str, value: str, at_ms: int) -> list[ExplanationPart]:
    """What the score is made of; of a label what the two scores are made of that it is made of."""
    return [
        part
        for each in _numbers_of(stored.scorer.model, name)
        for part in stored.scorer.explain(stored.record, each, at_ms, value or None)
    ]


def _numbers_of(model: Model, name: str) -> list[str]:
    (score,) = (each for each in model.scores if each.name == name)
    if not isinstance(score.combine, Matrix):
        return [name]
    return [each for part in (score.combine.rows, score.combine.columns) for each in _numbers_of(model, part)]


def _reasons(parts: Iterable[ExplanationPart]) -> list[StrongReason]:
    """The strongest rules, with what their limits take off taken off; what a group's takes off belongs to none."""
    of_rule: dict[str, list[ExplanationPart]] = {}
    for part in parts:
        if part.rule is not None:
            of_rule.setdefault(part.rule, []).append(part)
    points = {rule: sum(part.points_nano for part in of) for rule, of in of_rule.items()}
    strongest = sorted((rule for rule in points if points[rule]), key=lambda rule: (-abs(points[rule]), rule))
    return [_reason(rule, points[rule], of_rule[rule]) for rule in strongest[:MOST_REASONS]]


def _reason(rule: str, points_nano: int, parts: Iterable[ExplanationPart]) -> StrongReason:
    meeting = [part for part in parts if part.kind != "cut"]
    last_ms = max((part.occurred_at_ms for part in meeting if part.occurred_at_ms is not None), default=None)
    return StrongReason(
        rule=rule,
        points=number(points_nano),
        count=sum(1 if part.count is None else part.count for part in meeting),
        last_at=instant(last_ms),
    )


def _last_change(announcements: Iterable[str], name: str, value: str) -> LastChange | None:
    found = last_change(announcements, name, value)
    if found is None:
        return None
    step, score = found
    rules = [part["rule"] for part in step["because"] if "rule" in part]
    return LastChange(
        at=step["at"],
        cause=step["cause"],
        score=score.get("score"),
        stage=score.get("stage"),
        previous=score.get("previous"),
        previous_stage=score.get("previous_stage"),
        because=list(dict.fromkeys(rules)),
    )


def _cooling(stored: StoredContact, name: str, value: str, from_ms: int) -> Cooling | None:
    model = stored.scorer.model
    (score,) = (each for each in model.scores if each.name == name)
    stages = stage_names(model, score)
    for at_ms, step in steps_to_come(stored, name, value, from_ms + _YEAR_MS):
        was, is_now = step.previous_stage, step.stage
        if at_ms > from_ms and was in stages and is_now in stages and stages.index(is_now) < stages.index(was):
            return Cooling(at=format_rfc3339(at_ms), stage=is_now, previous_stage=was)
    return None
