"""A route of the API: who asks is looked at first, then what for; refusals are problems, all is counted and audited."""

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
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException

from streamprocessor.errors import place_of
from streamprocessor.readmodel.audit import AuditEntry
from streamprocessor.readmodel.problem import PRIVATE, Problem, problem_response
from streamprocessor.readmodel.requests.attempts import TooManyAttempts
from streamprocessor.readmodel.requests.bodies import MAX_BODY_BYTES, MAX_MODEL_BODY_BYTES, BoundedRequest
from streamprocessor.readmodel.requests.parameters import refusal_of
from streamprocessor.readmodel.routing.access import SESSION, TOKEN, Asker, address_of, authorize, grant_of
from streamprocessor.readmodel.routing.context import ApiContext

log = logging.getLogger(__name__)

CONTACT_ID = "contact_id"
"""The parameter that names a contact, in the path or in the query."""


class _WrittenName(Convertor[str]):
    """A name as people write it, slashes and all: clients spell them %2F, and paths are read once they are plain."""

    regex = r"[\s\S]+"

    def convert(self, value: str) -> str:
        """The name."""
        return value

    def to_string(self, value: str) -> str:
        """The name."""
        return value


register_url_convertor("written_name", _WrittenName())


class ApiRoute(APIRoute):
    """An operation of the API, named after its endpoint and described by the endpoint's docstring.

    The scope that it wants is that of its dependency on `grant_of`; without one it is open to all.
    """

    most_body_bytes = MAX_BODY_BYTES

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
            context: ApiContext = request.app.state.context
            metrics = context.metrics
            try:
                await self._let_in(context, request)
                response = await answer(BoundedRequest(request, self.most_body_bytes))
            except Exception as error:  # noqa: BLE001 - it may have words in it that a person sent: no traceback
                if isinstance(error, TooManyAttempts):
                    request.state.is_new_failure = error.is_news
                response = problem_response(_problem_of(error, self.name))
            self._audit(context, request, response.status_code)
            for name, value in PRIVATE.items():
                response.headers.setdefault(name, value)
            metrics.requests.labels(self.name, str(response.status_code)).inc()
            metrics.request_duration.labels(self.name).observe(time.perf_counter() - began_seconds)
            return response

        return handle

    async def _let_in(self, context: ApiContext, request: Request) -> None:
        # Not in the dependency: FastAPI reads a body before it asks those.
        if self.scope is not None:
            await authorize(context, request, self.scope)
        named = [text for name, text in request.query_params.multi_items() if name != CONTACT_ID]
        if any("\0" in text for text in (*request.path_params.values(), *named)):
            raise Problem(400, "bad-parameter", "parameters: wanted texts without zero bytes; got one")

    def _audit(self, context: ApiContext, request: Request, status: int) -> None:
        """Note the request, unless nobody that is known showed nothing new: who does so for ever would push all out."""
        asker: Asker | None = getattr(request.state, "asker", None)
        if asker is None and not getattr(request.state, "is_new_failure", False):
            return
        parameters = request.path_params
        try:
            context.audit.write(
                AuditEntry(
                    at_ms=context.clock_ms(),
                    who=None if asker is None else asker.grant.name,
                    by=None if asker is None else TOKEN if asker.session is None else SESSION,
                    address=address_of(context, request),
                    operation=self.name,
                    object=getattr(request.state, "made", parameters.get("name", parameters.get("id"))),
                    contact_id=getattr(request.state, CONTACT_ID, None)
                    or parameters.get(CONTACT_ID, request.query_params.get(CONTACT_ID)),
                    status=status,
                )
            )
        except OSError as error:
            # The request is done: all that is left is to tell whoever looks after the machine.
            context.metrics.audit_failures.inc()
            log.error("the audit of %s could not be kept: %s; wanted room for it", self.name, error.strerror)


class ModelRoute(ApiRoute):
    """A route whose body may hold a model's text."""

    most_body_bytes = MAX_MODEL_BODY_BYTES


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
