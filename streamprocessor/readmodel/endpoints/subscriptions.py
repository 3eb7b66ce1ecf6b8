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
from streamprocessor.contract.subscriptions.references import REFERENCE
from streamprocessor.contract.subscriptions.subscription_file import MAX_CHARS, NAME
from streamprocessor.errors import RecordError
from streamprocessor.readmodel.endpoints.contact_lookup import titles_of
from streamprocessor.readmodel.endpoints.drafts.written import (
    GENERATE,
    WrittenSubscription,
    missing_of,
    read_written,
    refuse_missing,
)
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
from streamprocessor.readmodel.routing.context import ApiContext, Context
from streamprocessor.readmodel.routing.route import ApiRoute
from streamprocessor.scoring.model.model import Model

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
    model = context.scorer().model
    return SubscriptionList(
        subscriptions=await asyncio.to_thread(
            lambda: [_marked(_view(name, known.get(name), states, grant), known.get(name), model) for name in names]
        ),
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
    return _marked(_view(name, known.get(name), states, grant), known.get(name), context.scorer().model)


@router.put("/{name}", openapi_extra=_WRITTEN)
async def put_subscription(
    context: Context, grant: WriteGrant, name: PathName, request: Request, _: Annotated[NoParameters, Query()]
) -> SubscriptionView:
    """Have a subscription in force, in the words of topics/schemas/subscription.json.

    Secrets are references; with `secrets: generate` delivery makes one and keeps it, and the answer tells it once.
    """
    try:
        said = read_object(await whole_body(request, MAX_CHARS))
    except RecordError as error:
        raise Problem(400, "bad-body", error.detail.replace("value: ", "body: ", 1)) from error
    written = await asyncio.to_thread(read_written, name, said, context.gateways)
    await refuse_missing(written.subscription, context)
    return await _put(context, grant, name, written)


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


@router.post("/{name}/secret")
async def replace_secret(
    context: Context, grant: WriteGrant, name: PathName, _: Annotated[NoParameters, Query()]
) -> SubscriptionView:
    """Make another secret for a subscription, told here once; the one before signs beside it for a day."""
    subscription = context.gateways.subscriptions.known.get(name)
    if subscription is None:
        raise _no_such_subscription()
    said = {word: value for word, value in subscription.items() if word != "signed"}
    signed = said | {"secrets": GENERATE}
    return await _put(context, grant, name, await asyncio.to_thread(read_written, name, signed, context.gateways))


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


async def _put(context: ApiContext, grant: Grant, name: str, written: WrittenSubscription) -> SubscriptionView:
    """The subscription, in force; raises Problem where it can't be."""
    states = await _states(context)
    if states is not None and states.get(name, {}).get("source") == "file":
        detail = "name: wanted one that the subscriptions' file does not hold; got one of it: change it there"
        raise Problem(409, "held-by-file", detail)
    value, secret = written.value, None
    if written.wants_secret:
        made = await context.gateways.delivery.make_secret(name)
        secret, former = made.secret, _newest_secret(context.gateways.subscriptions.known.get(name))
        value = value | {"secrets": [made.reference, *(each for each in former if each != made.reference)]}
    await context.gateways.subscriptions.put(name, orjson.dumps(value))
    return _view(name, value, None, grant).model_copy(update={"secret": secret})


def _newest_secret(subscription: dict[str, Any] | None) -> list[str]:
    """The reference that the subscription signs with until now, if it does."""
    secrets = (subscription or {}).get("secrets")
    return [each for each in secrets[:1] if isinstance(each, str)] if isinstance(secrets, list) else []


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
        missing=state.get("missing", []),
    )


def _marked(view: SubscriptionView, subscription: dict[str, Any] | None, model: Model) -> SubscriptionView:
    """The view with what a topic's subscription names that the model does not have; delivery tells of its own."""
    if subscription is None:
        return view
    return view.model_copy(update={"missing": missing_of(view.name, subscription, model)})


def _without_path(subscription: dict[str, Any]) -> dict[str, Any]:
    """The subscription for those who may only read: paths of addresses may be secrets, mail goes to people."""
    if isinstance(email := subscription.get("email"), dict):
        return subscription | {"email": email | {"to": [f"...@{domain_of(to)}" for to in email["to"]]}}
    url = str(subscription.get("url"))
    if REFERENCE.fullmatch(url):
        return subscription
    origin = _ORIGIN.match(url)
    return subscription | {"url": f"{origin[0] if origin else ''}..."}


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
