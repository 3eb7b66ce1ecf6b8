"""The endpoint of the model in force: its scores and rules as the file says them, and what each rule gives."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Query

from streamprocessor.contract.messages.announcements import number
from streamprocessor.contract.model_file.read_model import json_of_model
from streamprocessor.readmodel.requests.parameters import NoParameters
from streamprocessor.readmodel.responses.active_model import ModelView, RuledScore, RuleView, SampleSize
from streamprocessor.readmodel.responses.overview import ModelName
from streamprocessor.readmodel.routing.access import READER
from streamprocessor.readmodel.routing.context import ApiContext, Context
from streamprocessor.readmodel.routing.route import ApiRoute
from streamprocessor.readmodel.store import queries
from streamprocessor.readmodel.store.figures.rule_shares import RuleShare, shares_of
from streamprocessor.readmodel.store.rows import NewerRevisionError, record_under
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer

SAMPLE_SIZE = 100
_HOW = "contacts whose presented scores changed last"

router = APIRouter(prefix="/api/model", route_class=ApiRoute)


class ModelSample(NamedTuple):
    """What the model's file says of its scores, and what its rules give to so many contacts."""

    scores: dict[str, Any]
    contacts: int
    shares: dict[str, dict[str, RuleShare]]


@router.get("", dependencies=[READER])
def get_model(context: Context, _: Annotated[NoParameters, Query()]) -> ModelView:
    """The model in force, and each rule's share of the points of 100 contacts whose presented scores changed last."""
    scorer, text = context.scorer(), context.model_text()
    model = scorer.model
    sample = context.figures.shares.of(model.revision, lambda: _sample(context, scorer, text))
    return ModelView(
        model=ModelName(name=model.name, version=model.version, revision=model.revision),
        scores=[_score(name, score, sample.shares.get(name, {})) for name, score in sample.scores.items()],
        sample=SampleSize(contacts=sample.contacts, how=_HOW),
    )


def _sample(context: ApiContext, scorer: Scorer, text: str) -> ModelSample:
    at_ms = context.clock_ms()
    with context.reading() as connection:
        stored = queries.records_changed_last(connection, SAMPLE_SIZE)
    records = [record for each in stored if (record := _record(scorer, each, at_ms)) is not None]
    return ModelSample(json_of_model(text)["scores"], len(records), shares_of(scorer, records, at_ms))


def _record(scorer: Scorer, stored: bytes, at_ms: int) -> Record | None:
    """The record; None where a model made it that is on the way still."""
    try:
        return record_under(scorer, stored, at_ms)
    except NewerRevisionError:
        return None


def _score(name: str, score: dict[str, Any], shares: dict[str, RuleShare]) -> RuledScore:
    total_nano = sum(share.size_nano for share in shares.values())
    rules = {rule["id"]: rule for rule in score.get("rules", [])}
    return RuledScore(
        name=name,
        said={word: value for word, value in score.items() if word != "rules"},
        rules=[
            _rule(id_, rules.get(id_, {}), shares.get(id_, RuleShare(0, 0, 0)), total_nano)
            for id_ in dict.fromkeys([*rules, *shares])
        ],
    )


def _rule(id_: str, rule: dict[str, Any], share: RuleShare, total_nano: int) -> RuleView:
    return RuleView(
        id=id_,
        said=rule,
        contacts=share.contacts,
        points=number(share.points_nano),
        share=100 * share.size_nano / total_nano if total_nano else None,
    )
