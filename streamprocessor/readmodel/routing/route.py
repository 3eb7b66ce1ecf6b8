"""A route of the API: who asks is looked at first, then what for; refusals are problems, all is counted and timed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Coroutine
from functools import wraps
from inspect import cleandoc, iscoroutinefunction
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from streamprocessor.errors import place_of
from streamprocessor.readmodel.problem import PRIVATE, Problem, problem_response
from streamprocessor.readmodel.requests.bodies import BoundedRequest
from streamprocessor.readmodel.requests.parameters import refusal_of
from streamprocessor.readmodel.requests.tokens import READ
from streamprocessor.readmodel.routing.access import authorize, grant_of

log = logging.getLogger(__name__)
audit = logging.getLogger("streamprocessor.audit")


class ApiRoute(APIRoute):
    """An operation of the API, named after its endpoint and described by the endpoint's docstring.

    The scope that it wants is that of its dependency on `grant_of`; without one it is open to all.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        summary, _, more = cleandoc(endpoint.__doc__ or "").partition("\n")
        options |= {
            "name": endpoint.__name__,
            "operation_id": endpoint.__name__,
            "summary": summary,
            "response_description": "Done.",
            "strict_content_type": False,
        }
        super().__init__(path, _writing_json(endpoint, options["status_code"] or 200), **options)
        grants = [each for each in self.dependant.dependencies if each.call is grant_of]
        scopes = [scope for each in grants for scope in each.own_oauth_scopes or ()]
        self.scope = scopes[0] if scopes else None
        access_words = "Open to all." if self.scope is None else f"Wants a token with scope {self.scope}."
        self.description = " ".join([*more.split(), access_words])

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers; an error becomes the problem that it is."""
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            began_seconds = time.perf_counter()
            metrics = request.app.state.context.metrics
            try:
                self._let_in(request)
                response = await answer(BoundedRequest(request.scope, request.receive))
                if self.scope not in (READ, None):
                    audit.info("%s by %s: done", self.name, request.state.grant.name)
            except Exception as error:  # noqa: BLE001 - it may have words in it that a person sent: no traceback
                response = problem_response(_problem_of(error, self.name))
            for name, value in PRIVATE.items():
                response.headers.setdefault(name, value)
            metrics.requests.labels(self.name, str(response.status_code)).inc()
            metrics.request_duration.labels(self.name).observe(time.perf_counter() - began_seconds)
            return response

        return handle

    def _let_in(self, request: Request) -> None:
        # Not in the dependency: FastAPI reads a body before it asks those.
        if self.scope is not None:
            request.state.grant = authorize(request.app.state.context, request, self.scope)
        if any("\0" in text for text in (*request.path_params.values(), *request.query_params.values())):
            raise Problem(400, "bad-parameter", "parameters: wanted texts without zero bytes; got one")


def _writing_json(endpoint: Callable[..., Any], status: int) -> Callable[..., Any]:
    """The endpoint; one that blocks writes its JSON in the thread that it has, which saves a second change of it."""
    if iscoroutinefunction(endpoint):
        return endpoint

    @wraps(endpoint)
    def written(*values: Any, **named: Any) -> Any:
        answer = endpoint(*values, **named)
        if not isinstance(answer, BaseModel):
            return answer
        return Response(answer.model_dump_json(by_alias=True), status, media_type="application/json")

    return written


def _problem_of(error: Exception, name: str) -> HTTPException:
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        what = "body" if first["loc"][0] == "body" else "parameters"
        if first["type"] == "json_invalid":
            return refusal_of((), f"wanted JSON; got none: {first['ctx']['error']}", what)
        if (first["type"], first["loc"]) == ("missing", ("body",)):
            return refusal_of((), "wanted JSON; got nothing", what)
        return refusal_of(first["loc"][1:], first["msg"], what)
    if isinstance(error, HTTPException):
        return Problem(400, "bad-body", "body: wanted JSON; got none") if error.status_code == 400 else error
    if isinstance(error, DBAPIError | PoolTimeout):
        log.warning("%s: the database is away (%s)", name, type(error).__name__)
        return Problem(503, "database-away", "the database does not answer; try again", {"Retry-After": "2"})
    log.error("%s: %s", name, place_of(error))
    return Problem(500, "our-fault", "something went wrong here; the log says where")
