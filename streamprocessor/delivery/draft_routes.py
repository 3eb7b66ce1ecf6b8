"""Delivery's routes about subscriptions that somebody is writing: what there is to choose, previews, tests, secrets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from streamprocessor.contract.messages.announcements import TYPES
from streamprocessor.contract.rfc3339 import parse_rfc3339
from streamprocessor.contract.subscriptions.subscription_file import EVENTS, NAME, parse_subscription
from streamprocessor.contract.subscriptions.subscriptions import Subscription
from streamprocessor.delivery.announcements import Announcement
from streamprocessor.delivery.contacts import ContactFacts
from streamprocessor.delivery.dispatch.drafts import Drafts, KnownLead
from streamprocessor.delivery.secret_vault import SecretVault
from streamprocessor.delivery.subscriptions.template_folder import template_names
from streamprocessor.errors import OperatorError
from streamprocessor.process.http.bodies import body_of, json_answer


class DraftRoutes:
    """The paths, for who has delivery's token."""

    def __init__(self, drafts: Drafts, vault: SecretVault) -> None:
        self._drafts = drafts
        self._vault = vault

    def routes(self) -> list[Route]:
        """The routes, below /api."""
        return [
            Route("/templates", self._templates),
            Route("/preview", _refusing(self._preview), methods=["POST"]),
            Route("/test", _refusing(self._test), methods=["POST"]),
            Route("/subscriptions/{name}/secrets", _refusing(self._make_secret), methods=["POST"]),
        ]

    def missing_of(self, subscription: Subscription) -> list[str]:
        """What the subscription names that the model in force does not have, a sentence each."""
        return self._drafts.resolver.missing_of(subscription)

    async def _templates(self, _: Request) -> Response:
        folder: Path = self._drafts.resolver.templates
        return json_answer({"templates": await asyncio.to_thread(template_names, folder)})

    async def _preview(self, request: Request) -> Response:
        said = _object_in(await body_of(request))
        subscription, lead = _subscription_in(said), _lead_in(said)
        preview = await asyncio.to_thread(self._drafts.preview, subscription, lead)
        return json_answer(preview._asdict())

    async def _test(self, request: Request) -> Response:
        subscription = _subscription_in(_object_in(await body_of(request)))
        return json_answer((await self._drafts.tried(subscription))._asdict())

    async def _make_secret(self, request: Request) -> Response:
        name = request.path_params["name"]
        if not NAME.fullmatch(name):
            raise HTTPException(404, "no subscription can have this name\n")
        made = await self._vault.make(name)
        return json_answer(made._asdict(), 201)


def _refusing(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """The handler; what can't be used of a request is a 400 that says what."""

    async def handle(request: Request) -> Response:
        try:
            return await answer(request)
        except OperatorError as error:
            return json_answer({"code": "bad-subscription", "message": str(error)}, 400)

    return handle


def _object_in(body: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict):
        message = "body: wanted a JSON object; got something else"
        raise OperatorError(message)
    return said


def _subscription_in(said: dict[str, Any]) -> Subscription:
    return parse_subscription(str(said.get("name")), orjson.dumps(said.get("subscription")).decode(), "subscription")


def _lead_in(said: dict[str, Any]) -> KnownLead | None:
    """The lead that the api knows; None: it knows none. Raises OperatorError where it is none of ours."""
    lead = said.get("lead")
    if lead is None:
        return None
    try:
        event, data, attributes = lead["event"], lead["data"], lead["attributes"]
        at_ms = parse_rfc3339(data["at"])
        if event not in EVENTS or at_ms is None or not isinstance(attributes, dict):
            raise ValueError
        facts = ContactFacts(attributes, lead["suppressed"] is True)
        announcement = Announcement(
            event=event,
            id=str(lead["id"]),
            type=TYPES[event],
            source="",
            contact_id=str(data["contact_id"]),
            at=str(data["at"]),
            at_ms=at_ms,
            data=data,
        )
    except (KeyError, TypeError, ValueError) as error:
        message = "lead: wanted event, id, data, attributes and suppressed of an announcement; got another"
        raise OperatorError(message) from error
    return KnownLead(announcement, facts)
