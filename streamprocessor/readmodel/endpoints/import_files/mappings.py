"""Endpoints about what the columns of files mean, under names."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query

from streamprocessor.readmodel.endpoints.import_files.choosing import mappings, readable_text, saved_view
from streamprocessor.readmodel.gateways.import_mappings import SavedMapping
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.imports import NamedMappingBody
from streamprocessor.readmodel.requests.parameters import NoParameters, PathName, check_new_name
from streamprocessor.readmodel.responses.import_files import MappingList, MappingView
from streamprocessor.readmodel.routing.access import READER, WRITER
from streamprocessor.readmodel.routing.context import ApiContext, Context
from streamprocessor.readmodel.routing.route import ApiRoute

_ONE = "/{name:written_name}"

router = APIRouter(prefix="/api/import-mappings", route_class=ApiRoute)


@router.get("", dependencies=[READER])
def list_import_mappings(context: Context, _: Annotated[NoParameters, Query()]) -> MappingList:
    """What files can be read by: mappings that came with the installation, and those that people saved."""
    return MappingList(mappings=mappings(context))


@router.get(_ONE, dependencies=[READER])
def get_import_mapping(context: Context, name: PathName, _: Annotated[NoParameters, Query()]) -> MappingView:
    """One mapping."""
    view = next((each for each in mappings(context) if each.name == name), None)
    if view is None:
        raise _no_such_mapping()
    return view


@router.put(_ONE, dependencies=[WRITER])
def put_import_mapping(
    context: Context, name: PathName, body: Annotated[NamedMappingBody, Body()], _: Annotated[NoParameters, Query()]
) -> MappingView:
    """Save a mapping. A file with the columns of the header is recognised by it from now on."""
    check_new_name(name)
    text = readable_text(body)
    if text is None:
        raise Problem(400, "bad-body", "body: wanted mapping or mapping_text; got neither")
    saved = SavedMapping(name, text, body.header)
    context.gateways.saved_mappings.save(saved)
    return saved_view(saved)


@router.delete(_ONE, dependencies=[WRITER])
def delete_import_mapping(context: Context, name: PathName, _: Annotated[NoParameters, Query()]) -> MappingView:
    """Drop a mapping that somebody saved; what was imported by it stays."""
    saved = _saved(context, name)
    context.gateways.saved_mappings.drop(name)
    return saved_view(saved)


def _saved(context: ApiContext, name: str) -> SavedMapping:
    saved = context.gateways.saved_mappings.get(name)
    if saved is None:
        raise _no_such_mapping()
    return saved


def _no_such_mapping() -> Problem:
    return Problem(404, "no-such-mapping", "mapping: wanted one of GET /api/import-mappings; got another name")
