"""Endpoints about files that somebody gave to be imported: what would become of them."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request

from streamprocessor.errors import OperatorError
from streamprocessor.readmodel.endpoints.import_files.choosing import (
    MappingChoice,
    chosen_before,
    file_view,
    known_file,
    may_see,
    named,
    proposed,
    recognised,
    written_text,
)
from streamprocessor.readmodel.gateways.import_files import FileName, KeptFile
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.bodies import parts_of
from streamprocessor.readmodel.requests.imports import ChosenMappingBody, KeptFileQuery
from streamprocessor.readmodel.requests.parameters import NoParameters
from streamprocessor.readmodel.requests.tokens import Grant
from streamprocessor.readmodel.responses.import_files import FileProposalView, KeptFileList, KeptFileView
from streamprocessor.readmodel.routing.access import WriteGrant
from streamprocessor.readmodel.routing.context import ApiContext, Context
from streamprocessor.readmodel.routing.route import ApiRoute

_TEXT = {"schema": {"type": "string"}}
_FILE = {"requestBody": {"required": True, "content": {"application/octet-stream": _TEXT, "text/plain": _TEXT}}}

router = APIRouter(prefix="/api/import-files", route_class=ApiRoute)


@router.get("")
async def list_import_files(context: Context, grant: WriteGrant, _: Annotated[NoParameters, Query()]) -> KeptFileList:
    """The files that were given and not imported yet; those of others with scope read alone."""
    files = context.gateways.import_files
    shown = [file_view(file) for file in files.all() if may_see(grant, file)]
    return KeptFileList(files=shown, max_bytes=files.most_bytes)


@router.post("", status_code=201, openapi_extra=_FILE)
async def keep_import_file(
    context: Context, grant: WriteGrant, request: Request, query: Annotated[KeptFileQuery, Query()]
) -> FileProposalView:
    """Keep a file, and tell what an import of it would do; nothing is sent yet. It is recognised by its columns.

    It is deleted once its import succeeded, after 7 days, or when ten newer ones were given.
    """
    files = context.gateways.import_files
    file = await files.keep(FileName(query.name, grant.name), query.format, parts_of(request))
    request.state.made = file.id  # what the audit names
    try:
        async with files.looking():
            choice = await asyncio.to_thread(recognised, context, file)
    except OperatorError as error:
        files.delete(file.id)
        raise Problem(400, "bad-file", str(error)) from error
    return await _told(context, grant, file, choice)


@router.get("/{id}")
async def get_import_file(
    context: Context, grant: WriteGrant, id: str, _: Annotated[NoParameters, Query()]
) -> FileProposalView:
    """What an import of the file would do, by the mapping that was chosen last."""
    file = known_file(context, grant, id)
    async with context.gateways.import_files.looking():
        choice = await asyncio.to_thread(chosen_before, context, file)
    return await _told(context, grant, file, choice)


@router.post("/{id}/proposal")
async def propose_import(
    context: Context,
    grant: WriteGrant,
    id: str,
    body: Annotated[ChosenMappingBody, Body()],
    _: Annotated[NoParameters, Query()],
) -> FileProposalView:
    """What an import of the file by this mapping would do; it is kept beside the file. Empty: as it is recognised."""
    file = known_file(context, grant, id)
    async with context.gateways.import_files.looking():
        choice = await asyncio.to_thread(_asked_for, context, file, body)
    return await _told(context, grant, file, choice)


@router.delete("/{id}")
async def delete_import_file(
    context: Context, grant: WriteGrant, id: str, _: Annotated[NoParameters, Query()]
) -> KeptFileView:
    """Delete a file that was given; an import of it that is under way goes on."""
    file = known_file(context, grant, id)
    context.gateways.import_files.delete(id)
    return file_view(file)


def _asked_for(context: ApiContext, file: KeptFile, body: ChosenMappingBody) -> MappingChoice:
    text = written_text(body)
    if body.name is not None:
        return named(context, body.name)
    return recognised(context, file) if text is None else MappingChoice(None, text)


async def _told(context: ApiContext, grant: Grant, file: KeptFile, choice: MappingChoice) -> FileProposalView:
    """The proposal, once it stands beside the file by which mapping it is made."""
    files = context.gateways.import_files
    name = None if choice.recognised is None else choice.recognised.name
    file = files.choose(file, name, choice.text)
    async with files.looking():
        return await asyncio.to_thread(proposed, context, grant, file, choice)
