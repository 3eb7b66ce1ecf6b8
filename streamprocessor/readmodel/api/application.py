"""The API as one application: its operations, health and metrics, what describes it, and the page for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from streamprocessor.process.http.health import health_routes, status_route
from streamprocessor.readmodel.api.static_page import page_routes
from streamprocessor.readmodel.endpoints import (
    access,
    active_model,
    catalogue,
    contact,
    contacts,
    forecast,
    imports,
    overview,
    search,
    segments,
    sign_in,
    subscriptions,
    timeline,
)
from streamprocessor.readmodel.endpoints.drafts import choices, drafts
from streamprocessor.readmodel.endpoints.editing import model_text
from streamprocessor.readmodel.endpoints.import_files import files, mappings
from streamprocessor.readmodel.endpoints.leads import hot_leads, inbox
from streamprocessor.readmodel.endpoints.lists import columns, export, summary, views
from streamprocessor.readmodel.endpoints.publication import model_drafts, publishing, revisions
from streamprocessor.readmodel.endpoints.shadow import shadow
from streamprocessor.readmodel.endpoints.trial import previews, replays
from streamprocessor.readmodel.problem import problem_response
from streamprocessor.readmodel.routing.context import ApiContext
from streamprocessor.readmodel.routing.route import ApiRoute

ROUTES: tuple[ApiRoute, ...] = tuple(
    route
    for subject in (
        summary,
        contact,
        forecast,
        timeline,
        contacts,  # behind those whose paths go on after the contact's id
        overview,
        search,
        hot_leads,
        inbox,
        active_model,
        model_text,
        revisions,
        model_drafts,
        publishing,
        previews,
        replays,
        catalogue,
        segments,
        columns,
        views,
        export,
        subscriptions,
        drafts,
        choices,
        shadow,
        imports,
        files,
        mappings,
        sign_in,
        access,
    )
    for route in subject.router.routes
    if isinstance(route, ApiRoute)
)
"""The operations of the API. They stand here one by one: FastAPI matches routers that are included twice."""

_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}


class HeadAsGet:
    """Asks for HEAD what GET answers; the server leaves the content away."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        if scope.get("method") == "HEAD":
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)


def application(context: ApiContext, not_ready: Callable[[], list[str]], description: dict[str, Any]) -> FastAPI:
    """The application. not_ready: why answers would be wrong at the moment, nothing where they are right."""
    routes: list[BaseRoute] = [
        *ROUTES,
        *health_routes(context.metrics.registry, not_ready),
        status_route("api", not_ready),
        _openapi_route(orjson.dumps(description)),
        *page_routes(),
    ]
    app = FastAPI(
        routes=routes,
        exception_handlers={HTTPException: _refuse},
        middleware=[Middleware(HeadAsGet)],
        openapi_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
    )
    app.state.context = context
    return app


def _openapi_route(description: bytes) -> Route:
    async def openapi(_: Request) -> Response:
        return Response(description, media_type="application/json")

    return Route("/openapi.json", openapi)


async def _refuse(_: Request, error: Exception) -> Response:
    """The refusal where no route answers."""
    assert isinstance(error, HTTPException)
    return problem_response(error)
