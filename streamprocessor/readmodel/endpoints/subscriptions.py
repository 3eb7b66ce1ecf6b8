"""Endpoints about subscriptions: who gets webhooks of what, and what became of them."""

from __future__ import annotations

import asyncio
import re
from pathlib import PurePath
from typing import Any

import orjson

from streamprocessor.contract.subscriptions.subscription_file import NAME, REFERENCE, parse_subscription
from streamprocessor.contract.subscriptions.webhook_targets import target_of
from streamprocessor.errors import OperatorError
from streamprocessor.readmodel.endpoints.context import ApiContext
from streamprocessor.readmodel.endpoints.endpoint import ApiRequest, Endpoint, RawBody
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.parameters import Nothing, Resend, collected
from streamprocessor.readmodel.requests.tokens import READ, WRITE, Grant
from streamprocessor.readmodel.responses.subscriptions import (
    Deliveries,
    Enabled,
    Pinged,
    SentAgain,
    Subscription,
    Subscriptions,
)

MAX_BYTES = 64 * 1024
_ORIGIN = re.compile(r"https?://[^/?#@\s]+/")
_UNKNOWN: dict[str, Any] = {"state": None, "waiting": None, "refused": None}
_NOT_YET: dict[str, Any] = {"state": "new", "waiting": 0, "refused": None}


async def _list(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    known, states = house.errands.subscriptions.known, await _states(house)
    names = sorted({*known, *(states or {})})
    found = [_shown(name, known.get(name), states, call.grant) for name in names]
    return {"subscriptions": found, "delivery": "away" if states is None else "there"}


async def _one(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    name = call.path["name"]
    known, states = house.errands.subscriptions.known, await _states(house)
    if name not in known and name not in (states or {}):
        raise _no_such()
    return _shown(name, known.get(name), states, call.grant)


async def _put(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    name = call.path["name"]
    value = await asyncio.to_thread(_checked, name, await collected(call.body, MAX_BYTES), house.errands.allowed_hosts)
    states = await _states(house)
    if states is not None and states.get(name, {}).get("source") == "file":
        detail = "name: wanted one that the subscriptions' file does not hold; got one of it: change it there"
        raise Problem(409, "held-by-file", detail)
    await house.errands.subscriptions.put(name, value)
    return _shown(name, orjson.loads(value), None, call.grant)


async def _delete(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    name, known = call.path["name"], house.errands.subscriptions.known
    if name not in known:
        raise _no_such()
    await house.errands.subscriptions.put(name, None)
    return _shown(name, known[name], None, call.grant)


async def _deliveries(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    return await house.errands.delivery.subscription(_name_in(call))


async def _ping(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    return await house.errands.delivery.tell(_name_in(call), "ping")


async def _enable(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    return await house.errands.delivery.tell(_name_in(call), "enable")


async def _resend(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    ids = call.body.webhook_ids
    return await house.errands.delivery.tell(_name_in(call), "resend", None if ids is None else {"webhook_ids": ids})


async def _states(house: ApiContext) -> dict[str, dict[str, Any]] | None:
    """What delivery says of all subscriptions; None: it is away."""
    try:
        return await house.errands.delivery.subscriptions()
    except Problem:
        return None


def _shown(
    name: str, subscription: dict[str, Any] | None, states: dict[str, dict[str, Any]] | None, grant: Grant
) -> dict[str, Any]:
    state = _UNKNOWN if states is None else states.get(name, _NOT_YET)
    may_write = WRITE in grant.scopes
    return {
        "name": name,
        "source": state.get("source", "topic"),
        "subscription": subscription if may_write or subscription is None else _without_path(subscription),
        **{word: state[word] for word in _UNKNOWN},
    }


def _without_path(subscription: dict[str, Any]) -> dict[str, Any]:
    """The subscription for those who may only read: the paths of some addresses are secrets."""
    url = str(subscription.get("url"))
    if REFERENCE.fullmatch(url):
        return subscription
    origin = _ORIGIN.match(url)
    return subscription | {"url": f"{origin[0] if origin else ''}..."}


def _checked(name: str, body: bytes, allowed_hosts: frozenset[str]) -> bytes:
    """The value for the topic; raises Problem with a line for each thing that is wrong."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(400, "bad-body", f"body: wanted JSON; got none: {error}") from error
    written = orjson.dumps(value)  # one line, of which delivery reads just what is checked here
    try:
        subscription = parse_subscription(name, written.decode(), "body")
        if not REFERENCE.fullmatch(subscription.url):
            target_of(subscription.url, allowed_hosts, "the subscription")
    except OperatorError as error:
        raise Problem(400, "bad-body", str(error).replace("body:1: ", "")) from error
    template = PurePath(subscription.template)
    if template.is_absolute() or ".." in template.parts:
        detail = (
            "the subscription: template: wanted a built-in one's name or a file below delivery's folder; got a way out"
        )
        raise Problem(400, "bad-body", detail)
    return written


def _name_in(call: ApiRequest) -> str:
    if not NAME.fullmatch(call.path["name"]):
        raise _no_such()
    return call.path["name"]


def _no_such() -> Problem:
    return Problem(404, "no-such-subscription", "subscription: wanted one that was put before; got another name")


_ONE = "/api/subscriptions/{name}"
_AS_WRITTEN = RawBody({"application/json": {"$ref": "#/components/schemas/SubscriptionWritten"}})

SUBSCRIPTIONS = (
    Endpoint(
        "GET",
        "/api/subscriptions",
        "list_subscriptions",
        "All subscriptions, those of delivery's file too, and how they are; without write scope no address in full.",
        READ,
        Subscriptions,
        _list,
        Nothing,
    ),
    Endpoint("GET", _ONE, "get_subscription", "A subscription, and how it is.", READ, Subscription, _one, Nothing),
    Endpoint(
        "PUT",
        _ONE,
        "put_subscription",
        "Have a subscription in force, in the words of topics/schemas/subscription.json. Secrets are references.",
        WRITE,
        Subscription,
        _put,
        Nothing,
        body=_AS_WRITTEN,
    ),
    Endpoint(
        "DELETE",
        _ONE,
        "delete_subscription",
        "End a subscription; what waits for it is kept as undeliverable.",
        WRITE,
        Subscription,
        _delete,
        Nothing,
    ),
    Endpoint(
        "GET",
        f"{_ONE}/deliveries",
        "list_deliveries",
        "What a subscription got lately, what waits, and what could not be delivered.",
        READ,
        Deliveries,
        _deliveries,
        Nothing,
    ),
    Endpoint(
        "POST",
        f"{_ONE}/ping",
        "ping_subscription",
        "Send a made-up hot lead on the usual way.",
        WRITE,
        Pinged,
        _ping,
        Nothing,
        status=202,
    ),
    Endpoint(
        "POST",
        f"{_ONE}/enable",
        "enable_subscription",
        "Send again to an endpoint that had said it is gone.",
        WRITE,
        Enabled,
        _enable,
        Nothing,
    ),
    Endpoint(
        "POST",
        f"{_ONE}/resend",
        "resend_webhooks",
        "Send undeliverable webhooks again, under their ids.",
        WRITE,
        SentAgain,
        _resend,
        Nothing,
        body=Resend,
        status=202,
    ),
)
