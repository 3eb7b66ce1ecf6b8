"""The endpoint of the model in force: its scores and rules as the file says them, and what each rule gives."""

from __future__ import annotations

from typing import Any, NamedTuple

from streamprocessor.contract.messages.announcements import number
from streamprocessor.contract.model_file.read_model import json_of_model
from streamprocessor.readmodel.endpoints.context import ApiContext
from streamprocessor.readmodel.endpoints.endpoint import ApiRequest, Endpoint
from streamprocessor.readmodel.requests.parameters import Nothing
from streamprocessor.readmodel.requests.tokens import READ
from streamprocessor.readmodel.responses.active_model import ModelInForce
from streamprocessor.readmodel.store import queries
from streamprocessor.readmodel.store.rows import NewerRevision, record_under
from streamprocessor.readmodel.store.rule_shares import RuleShare, shares_of
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer

SAMPLED = 100
_HOW = "contacts whose presented scores changed last"


class Sampled(NamedTuple):
    """What the model's file says, and what its rules give to so many contacts."""

    said: dict[str, Any]
    contacts: int
    shares: dict[str, dict[str, RuleShare]]


def _model(house: ApiContext, _: ApiRequest) -> dict[str, Any]:
    scorer, text = house.scorer(), house.model_text()
    model = scorer.model
    sampled = house.figures.shares.of(model.revision, lambda: _sampled(house, scorer, text))
    return {
        "model": {"name": model.name, "version": model.version, "revision": model.revision},
        "scores": [_score(name, said, sampled.shares.get(name, {})) for name, said in sampled.said.items()],
        "sample": {"contacts": sampled.contacts, "how": _HOW},
    }


def _sampled(house: ApiContext, scorer: Scorer, text: str) -> Sampled:
    at_ms = house.clock_ms()
    with house.reading() as connection:
        stored = queries.records_changed_last(connection, SAMPLED)
    records = [record for each in stored if (record := _record(scorer, each, at_ms)) is not None]
    return Sampled(json_of_model(text)["scores"], len(records), shares_of(scorer, records, at_ms))


def _record(scorer: Scorer, stored: bytes, at_ms: int) -> Record | None:
    """The record; None where a model made it that is on the way still."""
    try:
        return record_under(scorer, stored, at_ms)
    except NewerRevision:
        return None


def _score(name: str, said: dict[str, Any], shares: dict[str, RuleShare]) -> dict[str, Any]:
    total_nano = sum(share.size_nano for share in shares.values())
    said_rules = {rule["id"]: rule for rule in said.get("rules", [])}
    return {
        "name": name,
        "said": {word: value for word, value in said.items() if word != "rules"},
        "rules": [
            _rule(id_, said_rules.get(id_, {}), shares.get(id_, RuleShare(0, 0, 0)), total_nano)
            for id_ in dict.fromkeys([*said_rules, *shares])
        ],
    }


def _rule(id_: str, said: dict[str, Any], share: RuleShare, total_nano: int) -> dict[str, Any]:
    return {
        "id": id_,
        "said": said,
        "contacts": share.contacts,
        "points": number(share.points_nano),
        "share": 100 * share.size_nano / total_nano if total_nano else None,
    }


MODEL = (
    Endpoint(
        "GET",
        "/api/model",
        "get_model",
        f"The model in force, and each rule's share of the points of up to {SAMPLED} {_HOW}.",
        READ,
        ModelInForce,
        _model,
        Nothing,
    ),
)
