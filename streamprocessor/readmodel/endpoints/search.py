"""Endpoint of the search. What is typed is a person's, so it comes in the body: addresses stand in logs of proxies."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query

from streamprocessor.readmodel.endpoints.contact_lookup import titles_of
from streamprocessor.readmodel.requests.parameters import NoParameters, SearchBody
from streamprocessor.readmodel.responses.lists.search import FoundContact, FoundContacts
from streamprocessor.readmodel.routing.access import READER
from streamprocessor.readmodel.routing.context import Context
from streamprocessor.readmodel.routing.route import ApiRoute
from streamprocessor.readmodel.search.finding import find

router = APIRouter(prefix="/api/search", route_class=ApiRoute)


@router.post("", dependencies=[READER])
def search_contacts(
    context: Context, body: Annotated[SearchBody, Body()], _: Annotated[NoParameters, Query()]
) -> FoundContacts:
    """Contacts by name, address, company or id.

    Words and their beginnings are found in any case and with any accents, and where nobody has them, those that are
    spelled alike.
    """
    with context.reading() as connection:
        matches = find(connection, body.q, body.limit)
        titles = titles_of(context, connection, [match.contact_id for match in matches])
    found = [
        FoundContact(contact_id=match.contact_id, matched=match.matched, **titles[match.contact_id])
        for match in matches
    ]
    return FoundContacts(contacts=found)
