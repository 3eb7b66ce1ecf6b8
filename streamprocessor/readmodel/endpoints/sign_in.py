"""Endpoints by which people at a browser sign in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.attempts import WRONG_TOKEN
from streamprocessor.readmodel.requests.new_tokens import LinkBody
from streamprocessor.readmodel.requests.parameters import NoParameters, SignInBody
from streamprocessor.readmodel.requests.sessions import COOKIE, refuse_other_sites, set_cookie
from streamprocessor.readmodel.requests.sign_in_links import LINK_LIFE_SECONDS
from streamprocessor.readmodel.requests.tokens import Grant, spellings_of
from streamprocessor.readmodel.responses.sign_in import SignedIn, SignedOut
from streamprocessor.readmodel.routing.access import (
    READER,
    Asker,
    KnownToken,
    ReadGrant,
    known_token,
    note_signed_in,
    sender_of,
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
    _refuse_pages_of_others(request)
    known = await known_token(context, request, spellings_of(body.token))
    if known is None:
        raise Problem(401, "no-token", "token: wanted one that is known; got another")
    return await _open_session(context, request, response, known)


@router.post("/link")
async def sign_in_by_link(
    context: Context,
    request: Request,
    response: Response,
    body: Annotated[LinkBody, Body()],
    _: Annotated[NoParameters, Query()],
) -> SignedIn:
    """Sign in by a link that is good once, as `streamprocessor sign-in` prints them.

    What is asked for stands behind the # of its address.
    """
    _refuse_pages_of_others(request)
    sender = sender_of(context, request)
    context.attempts.refuse_guesses(sender, body.link)
    links = context.sign_in_links
    token = None if links is None else await run_in_threadpool(links.take, body.link)
    grant = None if token is None else context.tokens.grant_of(token)
    if token is None or grant is None:
        request.state.is_new_failure = context.attempts.note_wrong(sender, body.link, WRONG_TOKEN)
        minutes = LINK_LIFE_SECONDS // 60
        detail = (
            f"link: wanted a new one, which is good once and for {minutes} minutes; got one that was used, is older or "
            "is of another machine: `streamprocessor sign-in` there prints a new one"
        )
        raise Problem(401, "link-over", detail)
    return await _open_session(context, request, response, KnownToken(token, grant))


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
        await run_in_threadpool(context.end, session, request.cookies.get(COOKIE, ""))
    _set_cookie(request, response, "")
    return SignedOut()


def _refuse_pages_of_others(request: Request) -> None:
    if "sec-fetch-site" in request.headers or "origin" in request.headers:  # programs have neither
        refuse_other_sites(request.headers)


async def _open_session(context: ApiContext, request: Request, response: Response, known: KnownToken) -> SignedIn:
    cookie, session = await run_in_threadpool(context.open_session, known.token, known.grant)
    note_signed_in(context, request, cookie)
    request.state.asker = Asker(known.grant, session)
    _set_cookie(request, response, cookie)
    return _signed_in(context, known.grant, session.csrf_token)


def _signed_in(context: ApiContext, grant: Grant, csrf_token: str | None) -> SignedIn:
    takes_leads = grant.name in context.inbox.people
    return SignedIn(name=grant.name, scopes=sorted(grant.scopes), takes_leads=takes_leads, csrf_token=csrf_token)


def _set_cookie(request: Request, response: Response, cookie: str) -> None:
    # The proxy that speaks TLS says so; who makes it up gets a cookie that comes back less often.
    is_secure = request.headers.get("x-forwarded-proto") == "https"
    response.headers["Set-Cookie"] = set_cookie(cookie, is_secure=is_secure)
