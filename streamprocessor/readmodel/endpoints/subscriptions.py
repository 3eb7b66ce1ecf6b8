"""Endpoints about subscriptions: who gets webhooks of what, and what became of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Body, Query, Request
from starlette.concurrency import run_in_threadpool

from streamprocessor.contract.strict_json import read_object
from streamprocessor.contract.subscriptions.email import domain_of
from streamprocessor.contract.subscriptions.references import REFERENCE, refuse_foreign_references
from streamprocessor.contract.subscriptions.subscription_file import MAX_CHARS, NAME, parse_subscription
from streamprocessor.contract.subscriptions.webhook_targets import target_of
from streamprocessor.errors import OperatorError, RecordError
from streamprocessor.readmodel.endpoints.contact_lookup import titles_of
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.bodies import whole_body
from streamprocessor.readmodel.requests.parameters import NoParameters, PathName, ResendBody
from streamprocessor.readmodel.requests.tokens import WRITE, Grant
from streamprocessor.readmodel.responses.subscriptions import (
    Deliveries,
    Enabled,
    Pinged,
    SentAgain,
    SubscriptionList,
    SubscriptionView,
)
from streamprocessor.readmodel.routing.access import READER, WRITER, ReadGrant, WriteGrant
from streamprocessor.readmodel.routing.context import ApiContext, Context, Gateways
from streamprocessor.readmodel.routing.route import ApiRoute

_LISTS = ("recent", "undeliverable")
_ORIGIN = re.compile(r"https?://[^/?#@\s]+/")
_UNKNOWN: dict[str, Any] = {"state": None, "waiting": None, "refused": None}
_NOT_YET: dict[str, Any] = {"state": "new", "waiting": 0, "refused": None}
_WRITTEN = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SubscriptionWritten"}}},
    }
}

router = APIRouter(prefix="/api/subscriptions", route_class=ApiRoute)


@router.get("")
async def list_subscriptions(
    context: Context, grant: ReadGrant, _: Annotated[NoParameters, Query()]
) -> SubscriptionList:
    """All subscriptions, those of delivery's file too, and how they are; without write scope no address in full."""
    known, states = context.gateways.subscriptions.known, await _states(context)
    names = sorted({*known, *(states or {})})
    return SubscriptionList(
        subscriptions=[_view(name, known.get(name), states, grant) for name in names],
        delivery="away" if states is None else "there",
    )


@router.get("/{name}")
async def get_subscription(
    context: Context, grant: ReadGrant, name: PathName, _: Annotated[NoParameters, Query()]
) -> SubscriptionView:
    """A subscription, and how it is."""
    known, states = context.gateways.subscriptions.known, await _states(context)
    if name not in known and name not in (states or {}):
        raise _no_such_subscription()
    return _view(name, known.get(name), states, grant)


@router.put("/{name}", openapi_extra=_WRITTEN)
async def put_subscription(
    context: Context, grant: WriteGrant, name: PathName, request: Request, _: Annotated[NoParameters, Query()]
) -> SubscriptionView:
    """Have a subscription in force, in the words of topics/schemas/subscription.json. Secrets are references."""
    body = await whole_body(request, MAX_CHARS)
    value = await asyncio.to_thread(_checked, name, body, context.gateways)
    states = await _states(context)
    if states is not None and states.get(name, {}).get("source") == "file":
        detail = "name: wanted one that the subscriptions' file does not hold; got one of it: change it there"
        raise Problem(409, "held-by-file", detail)
    await context.gateways.subscriptions.put(name, value)
    return _view(name, orjson.loads(value), None, grant)


@router.delete("/{name}")
async def delete_subscription(
    context: Context, grant: WriteGrant, name: PathName, _: Annotated[NoParameters, Query()]
) -> SubscriptionView:
    """End a subscription; what waits for it is kept as undeliverable."""
    subscriptions = context.gateways.subscriptions
    known = subscriptions.known
    if name not in known:
        raise _no_such_subscription()
    await subscriptions.put(name, None)
    return _view(name, known[name], None, grant)


@router.get("/{name}/deliveries", dependencies=[READER])
async def list_deliveries(context: Context, name: PathName, _: Annotated[NoParameters, Query()]) -> Deliveries:
    """What a subscription got lately, what waits, and what could not be delivered."""
    answer = await context.gateways.delivery.subscription(_checked_name(name))
    return Deliveries.model_validate(await run_in_threadpool(_with_titles, context, answer))


@router.post("/{name}/ping", dependencies=[WRITER], status_code=202)
async def ping_subscription(context: Context, name: PathName, _: Annotated[NoParameters, Query()]) -> Pinged:
    """Send a made-up hot lead on the usual way."""
    return Pinged.model_validate(await context.gateways.delivery.tell(_checked_name(name), "ping"))


@router.post("/{name}/enable", dependencies=[WRITER])
async def enable_subscription(context: Context, name: PathName, _: Annotated[NoParameters, Query()]) -> Enabled:
    """Send again to an endpoint that had said it is gone."""
    return Enabled.model_validate(await context.gateways.delivery.tell(_checked_name(name), "enable"))


@router.post("/{name}/resend", dependencies=[WRITER], status_code=202)
async def resend_webhooks(
    context: Context, name: PathName, body: Annotated[ResendBody, Body()], _: Annotated[NoParameters, Query()]
) -> SentAgain:
    """Send undeliverable webhooks again, under their ids."""
    chosen = None if body.webhook_ids is None else {"webhook_ids": body.webhook_ids}
    return SentAgain.model_validate(await context.gateways.delivery.tell(_checked_name(name), "resend", chosen))


async def _states(context: ApiContext) -> dict[str, dict[str, Any]] | None:
    """What delivery says of all subscriptions; None: it is away."""
    try:
        return await context.gateways.delivery.subscriptions()
    except Problem:
        return None


def _view(
    name: str, subscription: dict[str, Any] | None, states: Mapping[str, dict[str, Any]] | None, grant: Grant
) -> SubscriptionView:
    state = _UNKNOWN if states is None else states.get(name, _NOT_YET)
    if subscription is not None and WRITE not in grant.scopes:
        subscription = _without_path(subscription)
    return SubscriptionView(
        name=name,
        source=state.get("source", "topic"),
        subscription=subscription,
        state=state["state"],
        waiting=state["waiting"],
        refused=state["refused"],
    )


def _without_path(subscription: dict[str, Any]) -> dict[str, Any]:
    """The subscription for those who may only read: paths of addresses may be secrets, mail goes to people."""
    if isinstance(email := subscription.get("email"), dict):
        return subscription | {"email": email | {"to": [f"...@{domain_of(to)}" for to in email["to"]]}}
    url = str(subscription.get("url"))
    if REFERENCE.fullmatch(url):
        return subscription
    origin = _ORIGIN.match(url)
    return subscription | {"url": f"{origin[0] if origin else ''}..."}


def _checked(name: str, body: bytes, gateways: Gateways) -> bytes:
    """The value for the topic; raises Problem with a line for each thing that is wrong."""
    try:
        value = read_object(body)
    except RecordError as error:
        raise Problem(400, "bad-body", error.detail.replace("value: ", "body: ", 1)) from error
    written = orjson.dumps(value)  # one line, of which delivery reads just what is checked here
    try:
        subscription = parse_subscription(name, written.decode(), "body")
        refuse_foreign_references(subscription, gateways.secrets_env_prefix, "the subscription")
        if subscription.url is not None and not REFERENCE.fullmatch(subscription.url):
            target_of(subscription.url, gateways.allowed_hosts, "the subscription")
    except OperatorError as error:
        raise Problem(400, "bad-body", str(error).replace("body:1: ", "")) from error
    return written


def _with_titles(context: ApiContext, answer: dict[str, Any]) -> dict[str, Any]:
    """What delivery says of a subscription, with whom each webhook is about, which an older release does not say."""
    lists = {word: [{"contact_id": None} | delivery for delivery in answer[word]] for word in _LISTS}
    ids = {delivery["contact_id"] for deliveries in lists.values() for delivery in deliveries} - {None}
    with context.reading() as connection:
        titles = titles_of(context, connection, ids)
    nobody: dict[str, str | None] = {"display_name": None, "subtitle": None}
    return answer | {
        word: [delivery | titles.get(delivery["contact_id"], nobody) for delivery in deliveries]
        for word, deliveries in lists.items()
    }


def _checked_name(name: str) -> str:
    """The name; raises Problem where no subscription can have it."""
    if not NAME.fullmatch(name):
        raise _no_such_subscription()
    return name


def _no_such_subscription() -> Problem:
    return Problem(404, "no-such-subscription", "subscription: wanted one that was put before; got another name")
