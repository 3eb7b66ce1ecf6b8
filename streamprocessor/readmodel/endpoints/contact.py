"""Endpoints about one contact, whatever its id is: it stands in the query, where no path takes a part of it.

Each answers as its namesake does under /api/contacts/ID, which takes the ids that are one part of a path.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from streamprocessor.readmodel.endpoints.contacts import (
    contact_history,
    erase_contact,
    explain_contact,
    export_contact,
    get_contact,
)
from streamprocessor.readmodel.endpoints.forecast import forecast_contact
from streamprocessor.readmodel.endpoints.timeline import contact_events
from streamprocessor.readmodel.requests.parameters import (
    ContactQuery,
    ExplanationQuery,
    ForecastQuery,
    InstantQuery,
    PageQuery,
)
from streamprocessor.readmodel.responses.announcements import History
from streamprocessor.readmodel.responses.contacts import (
    AcceptedErasure,
    ContactExport,
    ContactView,
    Explanation,
    Forecast,
    Timeline,
)
from streamprocessor.readmodel.routing.access import ERASER, READER
from streamprocessor.readmodel.routing.context import Context
from streamprocessor.readmodel.routing.route import ApiRoute

router = APIRouter(prefix="/api/contact", route_class=ApiRoute)


class ContactInstantQuery(ContactQuery, InstantQuery):
    """Which contact is asked about, and at which instant."""


class ContactExplanationQuery(ContactQuery, ExplanationQuery):
    """Which contact's scores are explained."""


class ContactForecastQuery(ContactQuery, ForecastQuery):
    """Which contact's score is forecast."""


class ContactPageQuery(ContactQuery, PageQuery):
    """Which contact is asked about, and which part of the list is shown."""


@router.get("/explanation", dependencies=[READER])
def explain_contact_by_query(context: Context, query: Annotated[ContactExplanationQuery, Query()]) -> Explanation:
    """The parts that add up to a contact's scores, at any instant."""
    return explain_contact(context, query.contact_id, query)


@router.get("/history", dependencies=[READER], response_model=History)
def contact_history_by_query(context: Context, query: Annotated[ContactPageQuery, Query()]) -> Response:
    """A contact's announced steps."""
    return contact_history(context, query.contact_id, query)


@router.get("/events", dependencies=[READER])
def contact_events_by_query(context: Context, query: Annotated[ContactPageQuery, Query()]) -> Timeline:
    """What a contact did, the newest first: events kept one by one, with what rules may ask of them."""
    return contact_events(context, query.contact_id, query)


@router.get("/forecast", dependencies=[READER])
def forecast_contact_by_query(context: Context, query: Annotated[ContactForecastQuery, Query()]) -> Forecast:
    """How a score goes on by itself: samples of the unrounded one, and each step to come with its exact instant."""
    return forecast_contact(context, query.contact_id, query)


@router.get("/export", dependencies=[READER])
def export_contact_by_query(context: Context, query: Annotated[ContactQuery, Query()]) -> ContactExport:
    """All that is kept of a contact."""
    return export_contact(context, query.contact_id, query)


@router.get("", dependencies=[READER])
def get_contact_by_query(context: Context, query: Annotated[ContactInstantQuery, Query()]) -> ContactView:
    """A contact's scores at any instant."""
    return get_contact(context, query.contact_id, query)


@router.delete("", dependencies=[ERASER], status_code=202)
async def erase_contact_by_query(context: Context, query: Annotated[ContactQuery, Query()]) -> AcceptedErasure:
    """Erase a contact for good, also one with an id that is not let in any more."""
    return await erase_contact(context, query.contact_id, query)
