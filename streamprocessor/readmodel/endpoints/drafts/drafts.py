"""Endpoints about a subscription before it is in force: its message on a real lead, and one attempt at sending it."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Body, Query, Request

from streamprocessor.contract.display import display_name
from streamprocessor.contract.subscriptions.subscriptions import Subscription
from streamprocessor.contract.topic_names import BECAME_HOT_LEAD, SCORE_UPDATED
from streamprocessor.readmodel.endpoints.drafts.written import WrittenSubscription, read_written, refuse_missing
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.drafts import PreviewBody, SubscriptionDraft
from streamprocessor.readmodel.requests.parameters import NoParameters
from streamprocessor.readmodel.requests.tokens import READ
from streamprocessor.readmodel.responses.drafts import PreviewedMessage, TriedSubscription
from streamprocessor.readmodel.routing.access import WRITER, WriteGrant, refuse_without
from streamprocessor.readmodel.routing.context import ApiContext, Context
from streamprocessor.readmodel.routing.route import ApiRoute
from streamprocessor.readmodel.store import queries
from streamprocessor.readmodel.store.latest_announcements import (
    LatestAnnouncement,
    latest_hot_lead,
    latest_step,
)

_ANY_URL = "https://hooks.example.com/"  # a message is the same wherever it goes

router = APIRouter(prefix="/api/subscriptions", route_class=ApiRoute)


@router.post("/preview")
async def preview_subscription(
    context: Context,
    grant: WriteGrant,
    request: Request,
    body: Annotated[PreviewBody, Body()],
    _: Annotated[NoParameters, Query()],
) -> PreviewedMessage:
    """The message that a subscription would send of a contact's last announcement, or of the newest hot lead.

    Nothing is sent and the signature is blanked. It tells of people, so it wants scope read besides.
    """
    refuse_without(grant, READ)
    said = body.subscription if body.subscription.get("url") != "" else body.subscription | {"url": _ANY_URL}
    written = await asyncio.to_thread(read_written, body.name, said, context.gateways)
    await refuse_missing(written.subscription, context)
    found = await asyncio.to_thread(_lead, context, written.subscription, body.contact_id)
    if found is not None:
        request.state.contact_id = found["data"]["contact_id"]  # for the audit
    previewed = await context.gateways.delivery.preview(body.name, _signed_as_written(written), found)
    return PreviewedMessage(
        contact_id=None if found is None else found["data"]["contact_id"],
        display_name=None if found is None else display_name(context.display, found["attributes"]),
        event=BECAME_HOT_LEAD if found is None else found["event"],
        at=None if found is None else found["data"]["at"],
        method=previewed["method"],
        headers=previewed["headers"],
        body=previewed["body"],
        matches=previewed["matches"],
    )


@router.post("/test", dependencies=[WRITER])
async def try_subscription(
    context: Context, body: Annotated[SubscriptionDraft, Body()], _: Annotated[NoParameters, Query()]
) -> TriedSubscription:
    """Send a made-up hot lead once, at once, and tell what came of it; a secret that is still to be made signs not."""
    written = await asyncio.to_thread(read_written, body.name, body.subscription, context.gateways)
    await refuse_missing(written.subscription, context)
    value = written.value | ({"signed": False} if written.wants_secret else {})
    outcome = await context.gateways.delivery.test(body.name, value)
    return TriedSubscription(
        delivered=outcome["is_delivered"],
        status=outcome["status"] or None,
        reason=outcome["reason"],
        milliseconds=outcome["milliseconds"],
        answer=outcome["opening"],
        signed=outcome["is_signed"],
    )


def _signed_as_written(written: WrittenSubscription) -> dict[str, Any]:
    """The value, of which a secret that is still to be made is one that is blanked anyhow."""
    stand_in = {"secrets": list(written.subscription.secrets)} if written.wants_secret else {}
    return written.value | stand_in


def _lead(context: ApiContext, subscription: Subscription, contact_id: str | None) -> dict[str, Any] | None:
    """The last announcement of the kinds that it asks for, hot leads first, of the contact or of anybody; None: none.

    Raises Problem where there is none of the contact that was asked for.
    """
    with context.reading() as connection:
        found: LatestAnnouncement | None = None
        for event, latest in ((BECAME_HOT_LEAD, latest_hot_lead), (SCORE_UPDATED, latest_step)):
            if event in subscription.events and found is None:
                found = latest(connection, contact_id)
        if found is None:
            if contact_id is None:
                return None
            events = ", ".join(subscription.events)
            raise Problem(404, "no-announcement", f"contact: wanted one of whom {events} was announced; got another")
        row = queries.contact_row(connection, found.contact_id)
    attributes = {} if row is None else orjson.loads(row.attributes)
    return {
        "event": found.event,
        "id": found.id,
        "data": orjson.loads(found.said),
        "attributes": attributes,
        "suppressed": row is not None and row.suppressed,
    }
