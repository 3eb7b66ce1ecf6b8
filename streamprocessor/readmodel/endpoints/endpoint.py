"""An endpoint of the API, and a request to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import BaseModel

from streamprocessor.readmodel.endpoints.context import ApiContext
from streamprocessor.readmodel.requests.tokens import Grant


class ApiRequest(NamedTuple):
    """One request: names in its path, its query and body as the endpoint's models have them, and who asks.

    A raw body is its parts as they come, as an async iterator of bytes. headers: by small names. cookie: of a session,
    "" where there is none.
    """

    path: dict[str, str]
    query: Any
    body: Any
    grant: Grant
    headers: Mapping[str, str]
    cookie: str


class RawBody(NamedTuple):
    """A body that the endpoint reads by itself. kinds: the JSON Schema of each media type that it may be."""

    kinds: Mapping[str, dict[str, Any]]


@dataclass(frozen=True)
class Endpoint:
    """One thing that can be asked for.

    query, body: models of what comes; body None: nothing. answer: the model of what goes, media: where it is no JSON.
    scope None: no token is wanted.
    """

    method: str
    path: str
    name: str
    summary: str
    scope: str | None
    answer: type[BaseModel] | None
    handle: Callable[[ApiContext, ApiRequest], Any]
    query: type[BaseModel]
    body: type[BaseModel] | RawBody | None = None
    status: int = 200
    media: tuple[str, ...] = ("application/json",)
