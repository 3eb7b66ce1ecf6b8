"""The shadow's own HTTP: health, metrics, and under a bearer token the comparison, another candidate, and its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from streamprocessor.errors import ModelError
from streamprocessor.process.http.bearer_token import BearerToken
from streamprocessor.process.http.bodies import body_of, json_answer
from streamprocessor.process.http.health import health_routes, status_route
from streamprocessor.shadow.candidate import Candidate, candidate_of
from streamprocessor.shadow.metrics import Metrics

MOST_MODEL_BYTES = 4 * 1024 * 1024


class Candidates(Protocol):
    """What scores one candidate after the other."""

    @property
    def candidate(self) -> Candidate | None:
        """The one that is scored, or is to be; None: there is none."""

    def want(self, candidate: Candidate | None) -> None:
        """Have this one scored instead of the former; None: none any more."""

    def answer(self) -> dict[str, Any]:
        """How it compares, as far as is known by now; `candidate` None: there is none."""

    def not_ready(self) -> list[str]:
        """Why there is no comparison yet, in words; nothing where there is one, or none is wanted."""


class ShadowRoutes:
    """The application's paths."""

    def __init__(self, candidates: Candidates, metrics: Metrics, refresh: Callable[[], None]) -> None:
        """refresh: sets the metrics before they are told."""
        self._candidates, self._metrics, self._refresh = candidates, metrics, refresh

    def application(self, token: str) -> Starlette:
        """The application. token: what requests to /api/ must bring."""
        api = [Route("/shadow", self._get), Route("/shadow", self._put, methods=["PUT"])]
        api.append(Route("/shadow", self._delete, methods=["DELETE"]))
        not_ready = self._candidates.not_ready
        return Starlette(
            routes=[
                *health_routes(self._metrics.registry, not_ready, self._refresh),
                status_route("shadow", not_ready),
                Mount("/api", routes=api, middleware=[Middleware(BearerToken, token=token)]),
            ]
        )

    async def _get(self, _: Request) -> Response:
        return json_answer(self._candidates.answer())

    async def _put(self, request: Request) -> Response:
        try:
            body = orjson.loads(await body_of(request, MOST_MODEL_BYTES))
            candidate = candidate_of(body["text"], "text")
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return json_answer({"code": "bad-body", "message": 'body: wanted {"text": ...}; got another'}, 400)
        except ModelError as error:
            return json_answer({"code": "bad-model", "message": str(error)}, 422)
        self._candidates.want(candidate)
        return json_answer({"name": candidate.name, "version": candidate.version}, 202)

    async def _delete(self, _: Request) -> Response:
        former = self._candidates.candidate
        self._candidates.want(None)
        ended = None if former is None else {"name": former.name, "version": former.version}
        return json_answer({"candidate": ended}, 202)
