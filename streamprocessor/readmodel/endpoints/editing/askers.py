"""Who asks for parts of a model by name, as far as this process knows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, select

from streamprocessor.contract.subscriptions.silences import Asker, ModelName, names_of_filter, names_of_subscription
from streamprocessor.contract.subscriptions.subscription_file import parse_subscription
from streamprocessor.errors import OperatorError
from streamprocessor.readmodel.endpoints.known_segments import API, all_known
from streamprocessor.readmodel.endpoints.lists.columns import ATTRIBUTE
from streamprocessor.readmodel.routing.context import ApiContext
from streamprocessor.readmodel.store.tables import views


def askers(context: ApiContext) -> list[Asker]:
    """The subscriptions of the topic, the segments that were put here, and saved views."""
    model = context.scorer().model
    with context.reading() as connection:
        segments = [each for each in all_known(connection, model) if each.origin == API]
        of_views = list(_views(connection))
    return [
        *_subscriptions(context.gateways.subscriptions.known),
        *(Asker("segment", each.name, names_of_filter(each.filter)) for each in segments),
        *of_views,
    ]


def _subscriptions(known: Mapping[str, dict[str, Any] | None]) -> Iterator[Asker]:
    for name, value in known.items():
        try:
            subscription = parse_subscription(name, orjson.dumps(value).decode(), "subscription")
        except OperatorError:
            continue  # it gets nothing as it is, and delivery says why
        yield Asker("subscription", name, names_of_subscription(subscription.filter))


def _views(connection: Connection) -> Iterator[Asker]:
    for row in connection.execute(select(views).order_by(views.c.name)):
        yield Asker("view", row.name, tuple(_names_of_view(orjson.loads(row.view))))


def _names_of_view(view: Mapping[str, Any]) -> Iterator[ModelName]:
    score = view.get("score")
    if score is not None:
        yield ModelName(score)
    yield from (ModelName(score, stage) for stage in view.get("stage", ()))
    if score is not None and view.get("value"):
        yield ModelName(score, by_value=True)
    if view.get("segment") is not None:
        yield ModelName(segment=view["segment"])
    for word in view.get("columns", ()):
        kind, _, rest = word.partition(":")
        name, _, value = rest.partition(":")
        if name and kind != ATTRIBUTE:
            yield ModelName(name, by_value=bool(value)) if value else ModelName(name)
