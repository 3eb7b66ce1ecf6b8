"""The endpoint of the catalogue: which types and properties came, and which of them no rule asks for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from streamprocessor.catalogue.report import CatalogueReport, report
from streamprocessor.readmodel.requests.parameters import NoParameters
from streamprocessor.readmodel.routing.access import READER
from streamprocessor.readmodel.routing.context import Context
from streamprocessor.readmodel.routing.route import ApiRoute
from streamprocessor.readmodel.store.catalogue_rows import read_catalogue

router = APIRouter(prefix="/api/catalogue", route_class=ApiRoute)


@router.get("", dependencies=[READER])
def get_catalogue(context: Context, _: Annotated[NoParameters, Query()]) -> CatalogueReport:
    """Types and properties of the last weeks, by source, and the rules of the model in force that nothing met.

    Values that few contacts have are masked.
    """
    with context.reading() as connection:
        stored = read_catalogue(connection)
    return report(stored.catalogue, context.scorer().model, stored.written_at_ms or None)
