"""Endpoints by which people at a browser sign in and out."""

from __future__ import annotations

import logging
from typing import Any

import orjson
from starlette.responses import Response

from streamprocessor.readmodel.endpoints.context import ApiContext
from streamprocessor.readmodel.endpoints.endpoint import ApiRequest, Endpoint
from streamprocessor.readmodel.requests.parameters import Nothing
from streamprocessor.readmodel.requests.sessions import refuse_other_sites, set_cookie
from streamprocessor.readmodel.requests.tokens import READ, Grant
from streamprocessor.readmodel.responses.sign_in import SignedIn, SignedOut, SignIn

audit = logging.getLogger("streamprocessor.audit")


def _open(house: ApiContext, call: ApiRequest) -> Response:
    if "sec-fetch-site" in call.headers or "origin" in call.headers:  # programs have neither
        refuse_other_sites(call.headers)
    cookie, session = house.sessions.open(call.body.token)
    audit.info("open_session by %s: done", session.grant.name)
    return _with_cookie(call, _told(session.grant, session.csrf_token), cookie)


def _look(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    session = None if "authorization" in call.headers else house.sessions.of(call.cookie)
    return _told(call.grant, None if session is None else session.csrf_token)


def _end(house: ApiContext, call: ApiRequest) -> Response:
    house.sessions.end(call.cookie)
    return _with_cookie(call, {"status": "signed out"}, "")


def _told(grant: Grant, csrf_token: str | None) -> dict[str, Any]:
    return {"name": grant.name, "scopes": sorted(grant.scopes), "csrf_token": csrf_token}


def _with_cookie(call: ApiRequest, told: dict[str, Any], cookie: str) -> Response:
    # Said by the proxy that speaks TLS; who makes it up gets a cookie that comes back less often.
    is_secure = call.headers.get("x-forwarded-proto") == "https"
    headers = {"Set-Cookie": set_cookie(cookie, is_secure=is_secure), "Cache-Control": "no-store"}
    return Response(orjson.dumps(told), 200, headers, "application/json")


_PATH = "/api/session"

SIGNING_IN = (
    Endpoint("POST", _PATH, "sign_in", "Sign in at a browser.", None, SignedIn, _open, Nothing, body=SignIn),
    Endpoint("GET", _PATH, "who_asks", "Who asks, and what for.", READ, SignedIn, _look, Nothing),
    Endpoint("DELETE", _PATH, "sign_out", "End the session.", READ, SignedOut, _end, Nothing),
)
