"""Endpoints about imports: files of events and contact updates."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from streamprocessor.errors import OperatorError
from streamprocessor.readmodel.endpoints.context import ApiContext
from streamprocessor.readmodel.endpoints.endpoint import ApiRequest, Endpoint, RawBody
from streamprocessor.readmodel.gateways.import_jobs import ImportJob, ImportOrder
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.answer_json import instant
from streamprocessor.readmodel.requests.parameters import CSV, Imported, Nothing
from streamprocessor.readmodel.requests.tokens import READ, WRITE
from streamprocessor.readmodel.responses.imports import Import, Imports

OWN = "own"


def _list(house: ApiContext, _: ApiRequest) -> dict[str, Any]:
    return {
        "imports": [_shown(job) for job in house.errands.imports.all()],
        "mappings": sorted(file.stem for file in house.errands.mappings.glob("*.yaml")),
        "max_bytes": house.errands.imports.most_bytes,
    }


def _one(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    job = house.errands.imports.get(call.path["id"])
    if job is None:
        raise Problem(404, "no-such-import", "import: wanted one of the latest of this process; got another id")
    return _shown(job)


async def _begin(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    asked = call.query
    text = await asyncio.to_thread(_mapping_text, asked, house.errands.mappings)
    if text is not None:
        try:
            await asyncio.to_thread(house.errands.imports.importing.check_mapping, text)
        except OperatorError as error:
            raise Problem(400, "bad-parameter", str(error)) from error
    mapping = asked.mapping if asked.mapping_text is None else OWN
    return _shown(await house.errands.imports.begin(ImportOrder(asked.format, mapping, text), call.body))


def _mapping_text(asked: Imported, folder: Path) -> str | None:
    """The YAML of the mapping; None where there is none; raises Problem where it is not as the format wants it."""
    said = [name for name in ("mapping", "mapping_text") if getattr(asked, name) is not None]
    if len(said) != (asked.format == CSV):
        wanted = "mapping or mapping_text" if asked.format == CSV else "no mapping"
        detail = f"format {asked.format}: wanted {wanted}; got {' and '.join(said) or 'none'}"
        raise Problem(400, "bad-parameter", detail)
    if asked.mapping is None:
        return asked.mapping_text
    try:
        return (folder / f"{asked.mapping}.yaml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(404, "no-such-mapping", "mapping: wanted one of GET /api/imports; got another name") from error


def _shown(job: ImportJob) -> dict[str, Any]:
    return {
        "id": job.id,
        "state": job.state,
        "format": job.order and job.order.format,
        "mapping": job.order and job.order.mapping,
        "bytes": job.bytes,
        "bytes_read": job.bytes_read,
        "lines_read": job.lines_read,
        "sent": dict(job.sent),
        "refused": dict(job.refused),
        "first_refused": [{"line": line, "reason": reason, "detail": said} for line, reason, said in job.first_refused],
        "error": job.error,
        "began_at": instant(job.began_ms),
        "ended_at": instant(job.ended_ms),
    }


_TEXT = {"type": "string"}

IMPORTS = (
    Endpoint(
        "GET",
        "/api/imports",
        "list_imports",
        "The latest imports of this process, and what mappings there are.",
        READ,
        Imports,
        _list,
        Nothing,
    ),
    Endpoint(
        "POST",
        "/api/imports",
        "begin_import",
        "Send a file's events and updates to Kafka, one file at a time. Importing a file again changes nothing.",
        WRITE,
        Import,
        _begin,
        Imported,
        body=RawBody({"text/csv": _TEXT, "application/x-ndjson": _TEXT, "text/plain": _TEXT}),
        status=202,
    ),
    Endpoint("GET", "/api/imports/{id}", "get_import", "How far an import got.", READ, Import, _one, Nothing),
)
