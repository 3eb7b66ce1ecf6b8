"""Endpoints by which people at a browser sign in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.parameters import NoParameters, SignInBody
from streamprocessor.readmodel.requests.sessions import refuse_other_sites, set_cookie
from streamprocessor.readmodel.requests.tokens import Grant
from streamprocessor.readmodel.responses.sign_in import SignedIn, SignedOut
from streamprocessor.readmodel.routing.access import (
    READER,
    Asker,
    ReadGrant,
    grant_of_token,
    note_signed_in,
    session_of,
)
from streamprocessor.readmodel.routing.context import ApiContext, Context
from streamprocessor.readmodel.routing.route import ApiRoute

router = APIRouter(prefix="/api/session", route_class=ApiRoute)


@router.post("")
async def sign_in(
    context: Context,
    request: Request,
    response: Response,
    body: Annotated[SignInBody, Body()],
    _: Annotated[NoParameters, Query()],
) -> SignedIn:
    """Sign in at a browser."""
    if "sec-fetch-site" in request.headers or "origin" in request.headers:  # programs have neither
        refuse_other_sites(request.headers)
    grant = grant_of_token(context, request, body.token)
    if grant is None:
        raise Problem(401, "no-token", "token: wanted one that is known; got another")
    cookie, session = context.sessions.open(body.token, grant)
    note_signed_in(context, request, cookie)
    request.state.asker = Asker(grant, session)
    _set_cookie(request, response, cookie)
    return _signed_in(context, grant, session.csrf_token)


@router.get("")
async def who_asks(
    context: Context, request: Request, grant: ReadGrant, _: Annotated[NoParameters, Query()]
) -> SignedIn:
    """Who asks, and what for."""
    session = session_of(request)
    return _signed_in(context, grant, None if session is None else session.csrf_token)


@router.delete("", dependencies=[READER])
async def sign_out(
    context: Context, request: Request, response: Response, _: Annotated[NoParameters, Query()]
) -> SignedOut:
    """End the session for good, and the streams of hot leads that it follows."""
    session = session_of(request)
    if session is not None:
        await run_in_threadpool(context.end, session)
    _set_cookie(request, response, "")
    return SignedOut()


def _signed_in(context: ApiContext, grant: Grant, csrf_token: str | None) -> SignedIn:
    takes_leads = grant.name in context.inbox.people
    return SignedIn(name=grant.name, scopes=sorted(grant.scopes), takes_leads=takes_leads, csrf_token=csrf_token)


def _set_cookie(request: Request, response: Response, cookie: str) -> None:
    # The proxy that speaks TLS says so; who makes it up gets a cookie that comes back less often.
    is_secure = request.headers.get("x-forwarded-proto") == "https"
    response.headers["Set-Cookie"] = set_cookie(cookie, is_secure=is_secure)
