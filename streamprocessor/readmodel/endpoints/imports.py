"""Endpoints about imports: files of events and contact updates."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.errors import OperatorError
from streamprocessor.imports.csv_mapping import parse_mapping
from streamprocessor.imports.rows import CSV
from streamprocessor.readmodel.endpoints.import_files.choosing import kind_of_token, known_file, readable_text
from streamprocessor.readmodel.gateways.import_job import ImportJob
from streamprocessor.readmodel.gateways.import_order import ImportOrder
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.bodies import MAX_BODY_BYTES, parts_of, whole_body
from streamprocessor.readmodel.requests.imports import KeptImportBody
from streamprocessor.readmodel.requests.parameters import ImportQuery, NoParameters, refusal_of
from streamprocessor.readmodel.requests.tokens import Grant
from streamprocessor.readmodel.responses.imports import FileRowCounts, ImportList, ImportView, RefusedRow
from streamprocessor.readmodel.responses.scores import instant
from streamprocessor.readmodel.routing.access import READER, WRITER, WriteGrant
from streamprocessor.readmodel.routing.context import ApiContext, Context
from streamprocessor.readmodel.routing.route import ApiRoute

OWN = "own"
_TEXT = {"schema": {"type": "string"}}
_JSON = "application/json"
_FILE = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": _TEXT,
            "application/x-ndjson": _TEXT,
            "text/plain": _TEXT,
            _JSON: {"schema": KeptImportBody.model_json_schema()},
        },
    }
}

router = APIRouter(prefix="/api/imports", route_class=ApiRoute)


@router.get("", dependencies=[READER])
def list_imports(context: Context, _: Annotated[NoParameters, Query()]) -> ImportList:
    """The latest imports since this process began, those that it goes on with too, and what mappings there are."""
    imports = context.gateways.imports
    return ImportList(
        imports=[_view(context, job) for job in imports.all()],
        mappings=sorted(file.stem for file in context.gateways.mappings.glob("*.yaml")),
        max_bytes=imports.most_bytes,
    )


@router.post("", status_code=202, openapi_extra=_FILE)
async def begin_import(
    context: Context, grant: WriteGrant, request: Request, query: Annotated[ImportQuery, Query()]
) -> ImportView:
    """Send a file's events and updates to Kafka, one file at a time. Importing a file again changes nothing, but that
    attributes without a time are written anew.

    Lines that `erase` or say `do_not_score` are refused, each by itself, unless the token has scope erase as well.

    The body is the file; or, as application/json and without parameters, what to import of the kept files, and by which
    mapping. Hot leads of the past are announced to nobody.
    """
    if _asks_for_kept_file(request):
        body = await whole_body(request, MAX_BODY_BYTES)
        job = await _begin_kept(context, grant, body)
        request.state.made = job.id
        return _view(context, job)
    mapping_text = await asyncio.to_thread(_mapping_text, query, context.gateways.mappings)
    if mapping_text is not None:
        try:
            await asyncio.to_thread(parse_mapping, mapping_text, "mapping")
        except OperatorError as error:
            raise Problem(400, "bad-parameter", str(error)) from error
    mapping = query.mapping if query.mapping_text is None else OWN
    order = ImportOrder(query.format, mapping, mapping_text, kind_of_token(grant))
    job = await context.gateways.imports.begin(order, parts_of(request))
    request.state.made = job.id  # what the audit names
    return _view(context, job)


@router.get("/{id}", dependencies=[READER])
def get_import(context: Context, id: str, _: Annotated[NoParameters, Query()]) -> ImportView:
    """How far an import got."""
    return _view(context, _known_job(context, id))


@router.delete("/{id}", dependencies=[WRITER])
def cancel_import(context: Context, id: str, _: Annotated[NoParameters, Query()]) -> ImportView:
    """End an import that is running: no more of its file is sent. What was sent stays, and counts once if the file is
    imported again.
    """
    job = _known_job(context, id)
    context.gateways.imports.cancel(job)
    return _view(context, job)


def _known_job(context: ApiContext, id: str) -> ImportJob:
    job = context.gateways.imports.get(id)
    if job is None:
        raise Problem(404, "no-such-import", "import: wanted one of the latest of this process; got another id")
    return job


def _asks_for_kept_file(request: Request) -> bool:
    """Whether the body names a kept file: a body of JSON Lines says its format, by its media type or by a parameter."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == _JSON and not request.query_params


async def _begin_kept(context: ApiContext, grant: Grant, body: bytes) -> ImportJob:
    """The import of a kept file, by the mapping in the body, or by what was chosen for it last."""
    try:
        asked = KeptImportBody.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise refusal_of(first["loc"], first["msg"], "body") from error
    files, file = context.gateways.import_files, known_file(context, grant, asked.file)
    text = await asyncio.to_thread(readable_text, asked)
    if text is not None and file.mapping_text != text:
        file = files.choose(file, None, text)
    mapping = None if file.mapping_text is None else file.mapping_name or OWN
    order = ImportOrder(file.format, mapping, file.mapping_text, kind_of_token(grant))
    job = await context.gateways.imports.begin(order, files.content(file))
    files.begin(file, job.id)
    return job


def _mapping_text(query: ImportQuery, folder: Path) -> str | None:
    """The YAML of the mapping; None where there is none; raises Problem where it is not as the format wants it."""
    given = [name for name in ("mapping", "mapping_text") if getattr(query, name) is not None]
    if len(given) != (query.format == CSV):
        wanted = "mapping or mapping_text" if query.format == CSV else "no mapping"
        detail = f"format {query.format}: wanted {wanted}; got {' and '.join(given) or 'none'}"
        raise Problem(400, "bad-parameter", detail)
    if query.mapping is None:
        return query.mapping_text
    try:
        return (folder / f"{query.mapping}.yaml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(404, "no-such-mapping", "mapping: wanted one of GET /api/imports; got another name") from error


def _view(context: ApiContext, job: ImportJob) -> ImportView:
    file = context.gateways.import_files.of_import(job.id)
    return ImportView(
        id=job.id,
        state=job.state,
        format=None if job.order is None else job.order.format,
        mapping=None if job.order is None else job.order.mapping,
        bytes=job.bytes,
        bytes_read=job.bytes_read,
        lines_read=job.lines_read,
        rows=FileRowCounts(
            read=job.file_rows,
            accepted=max(0, job.file_rows - job.refused_file_rows - job.skipped),
            refused=job.refused_file_rows,
            skipped=job.skipped,
        ),
        rows_per_second=None if job.pace is None else job.pace.rows_per_second,
        remaining_seconds=None if job.pace is None or not job.is_under_way else job.pace.remaining_seconds,
        sent=dict(job.sent),
        refused=dict(job.refused),
        skipped=job.skipped,
        first_refused=[
            RefusedRow(line=line, reason=reason, detail=detail) for line, reason, detail in job.first_refused
        ],
        contacts=list(job.contacts),
        read_as=job.read_as,
        error=job.error,
        began_at=format_rfc3339(job.began_ms),
        ended_at=instant(job.ended_ms),
        resumed_at=instant(job.resumed_ms),
        file=None if file is None else file.id,
    )
