"""Who asks for parts of a model by name, as far as this process knows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, select

from streamprocessor.contract.model_file.editing.renames import renames
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.model_file.revisions import ModelRevision, model_of
from streamprocessor.contract.subscriptions.silences import (
    Dependent,
    ModelReplacement,
    NamedPart,
    names_of_filter,
    names_of_subscription,
    silences,
)
from streamprocessor.contract.subscriptions.subscription_file import parse_subscription
from streamprocessor.errors import OperatorError
from streamprocessor.readmodel.endpoints.known_segments import API, all_known
from streamprocessor.readmodel.endpoints.lists.columns import ATTRIBUTE
from streamprocessor.readmodel.responses.model.publication import SilenceView
from streamprocessor.readmodel.routing.context import ApiContext
from streamprocessor.readmodel.store.tables import views
from streamprocessor.scoring.model.model import Model


def silenced(context: ApiContext, before: ModelRevision, text: str) -> list[SilenceView]:
    """Whom a model that can be read, in place of a revision, silences."""
    replacement = ModelReplacement(model_of(before), parse_model(text, "the text"), renames(before.text, text))
    return [SilenceView(**each._asdict()) for each in silences(_dependents(context, replacement.old), replacement)]


def _dependents(context: ApiContext, model: Model) -> list[Dependent]:
    """The subscriptions of the topic, the segments that were put here, and saved views."""
    with context.reading() as connection:
        segments = [each for each in all_known(connection, model) if each.origin == API]
        of_views = list(_views(connection))
    return [
        *_subscriptions(context.gateways.subscriptions.known),
        *(Dependent("segment", each.name, names_of_filter(each.filter)) for each in segments),
        *of_views,
    ]


def _subscriptions(known: Mapping[str, dict[str, Any] | None]) -> Iterator[Dependent]:
    for name, value in known.items():
        try:
            subscription = parse_subscription(name, orjson.dumps(value).decode(), "subscription")
        except OperatorError:
            continue  # it gets nothing as it is, and delivery says why
        yield Dependent("subscription", name, names_of_subscription(subscription.filter))


def _views(connection: Connection) -> Iterator[Dependent]:
    for row in connection.execute(select(views).order_by(views.c.name)):
        yield Dependent("view", row.name, tuple(_names_of_view(orjson.loads(row.view))))


def _names_of_view(view: Mapping[str, Any]) -> Iterator[NamedPart]:
    score = view.get("score")
    if score is not None:
        yield NamedPart(score)
    yield from (NamedPart(score, stage) for stage in view.get("stage", ()))
    if score is not None and view.get("value"):
        yield NamedPart(score, by_value=True)
    if view.get("segment") is not None:
        yield NamedPart(segment=view["segment"])
    for word in view.get("columns", ()):
        kind, _, rest = word.partition(":")
        name, _, value = rest.partition(":")
        if name and kind != ATTRIBUTE:
            yield NamedPart(name, by_value=bool(value)) if value else NamedPart(name)
