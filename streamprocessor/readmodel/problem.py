"""Refusals as RFC 9457 has them."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from streamprocessor.errors import ModelError

PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""Headers of every answer about a contact: it is kept nowhere, and read as what it is."""

_CODES = {400: "bad-body", 404: "not-found", 405: "no-such-method", 413: "too-large"}


class Problem(HTTPException):
    """A refusal. code: for programs; detail: for people: where, wanted, got; members: what else it tells."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        headers: dict[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(status, detail, headers)
        self.code = code
        self.members = dict(members or {})


def problems_of(error: ModelError) -> dict[str, Any]:
    """What a refusal tells of a text that is no model: each of what is wrong, with its line."""
    return {"problems": [{"line": line, "sentence": sentence} for line, sentence in error.notes]}


class ProblemBody(BaseModel):
    """A refusal as RFC 9457 has it."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    """For programs."""
    detail: str
    """For people: where, wanted, got."""


def problem_response(error: HTTPException) -> Response:
    """The refusal, ours or the framework's, as application/problem+json."""
    status = error.status_code
    code = error.code if isinstance(error, Problem) else _CODES.get(status, "refused")
    body = ProblemBody(title=HTTPStatus(status).phrase, status=status, code=code, detail=error.detail)
    headers = PRIVATE | dict(error.headers or {})
    members = error.members if isinstance(error, Problem) else {}
    return Response(orjson.dumps(members | body.model_dump()), status, headers, "application/problem+json")
