"""Endpoint of the search. What is typed is a person's, so it comes in the body: addresses stand in logs of proxies."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Body, Query

from streamprocessor.contract.display import display_name, subtitle
from streamprocessor.readmodel.requests.parameters import NoParameters, SearchBody
from streamprocessor.readmodel.responses.search import FoundContact, FoundContacts
from streamprocessor.readmodel.routing.access import READER
from streamprocessor.readmodel.routing.context import Context
from streamprocessor.readmodel.routing.route import ApiRoute
from streamprocessor.readmodel.search.finding import find
from streamprocessor.readmodel.search.index import naming_of
from streamprocessor.readmodel.store import queries

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
        display = naming_of(connection).display
        matches = find(connection, body.q, body.limit)
        attributes = queries.attributes_of(connection, [match.contact_id for match in matches])
    known = {contact_id: orjson.loads(text) for contact_id, text in attributes.items()}
    return FoundContacts(
        contacts=[
            FoundContact(
                contact_id=match.contact_id,
                display_name=display_name(display, known[match.contact_id]),
                subtitle=subtitle(display, known[match.contact_id]),
                matched=match.matched,
            )
            for match in matches
        ]
    )
