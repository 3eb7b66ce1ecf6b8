"""Who asks, and whether the token or the session allows it."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import Request, Security
from starlette.concurrency import run_in_threadpool

from streamprocessor.process.http.client_address import Address, sender_network
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.attempts import WRONG_COOKIE, WRONG_TOKEN
from streamprocessor.readmodel.requests.sessions import COOKIE, Session, refuse_forged
from streamprocessor.readmodel.requests.tokens import ERASE, READ, WRITE, Grant
from streamprocessor.readmodel.routing.context import ApiContext

TOKEN, SESSION = "token", "session"
_HARMLESS = ("GET", "HEAD")


class Asker(NamedTuple):
    """Somebody who was let in. session: None where a token was shown."""

    grant: Grant
    session: Session | None = None


async def grant_of(request: Request) -> Grant:
    """What who asks is allowed, as the route found out before it read anything else."""
    asker: Asker = request.state.asker
    return asker.grant


def session_of(request: Request) -> Session | None:
    """The session of who was let in; None: a token was shown."""
    asker: Asker = request.state.asker
    return asker.session


READER, WRITER, ERASER = (Security(grant_of, scopes=[scope]) for scope in (READ, WRITE, ERASE))
"""Dependencies of endpoints that want a token, or a session, with that scope."""
ReadGrant = Annotated[Grant, READER]
WriteGrant = Annotated[Grant, WRITER]


def refuse_without(grant: Grant, scope: str) -> None:
    """Raise Problem where the grant lacks a scope that is wanted beside the one of the endpoint."""
    if scope not in grant.scopes:
        raise Problem(403, "no-scope", f"token: wanted one with scope {scope}, too; got one without")


async def authorize(context: ApiContext, request: Request, scope: str) -> Asker:
    """Who asks; raises Problem where it is nobody that is known, or the scope is missing.

    request.state.asker says who it is as soon as that is known.
    """
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind:
        grant = grant_of_token(context, request, token.strip()) if kind.lower() == "bearer" else None
        asker = None if grant is None else Asker(grant)
    else:
        session = await _session_of_cookie(context, request)
        asker = None if session is None else Asker(session.grant, session)
    if asker is None:
        detail = "Authorization: wanted Bearer and a token that is known, or the cookie of a session; got none"
        raise Problem(401, "no-token", detail, {"WWW-Authenticate": "Bearer"})
    request.state.asker = asker
    if asker.session is not None and request.method not in _HARMLESS:
        refuse_forged(asker.session, request.headers)
    if scope not in asker.grant.scopes:
        raise Problem(403, "no-scope", f"token: wanted one with scope {scope}; got one without")
    return asker


def grant_of_token(context: ApiContext, request: Request, token: str) -> Grant | None:
    """What the token allows, None where it is nobody's; raises Problem where its sender guesses."""
    sender = _sender(context, request)
    context.attempts.refuse_guesses(sender, token)
    grant = context.tokens.grant_of(token)
    if grant is None:
        request.state.is_new_failure = context.attempts.note_wrong(sender, token, WRONG_TOKEN)
    else:
        context.attempts.note_right(sender, token)
    return grant


def note_signed_in(context: ApiContext, request: Request, cookie: str) -> None:
    """The cookie lets its sender in also while somebody guesses from there."""
    context.attempts.note_right(_sender(context, request), cookie)


async def _session_of_cookie(context: ApiContext, request: Request) -> Session | None:
    """The session whose cookie was sent, None where there is none; raises Problem where the sender guesses."""
    cookie = request.cookies.get(COOKIE, "")
    if not cookie:
        return None
    sender = _sender(context, request)
    context.attempts.refuse_guesses(sender, cookie)
    session = context.sessions.of(cookie)
    if session is None:
        request.state.is_new_failure = context.attempts.note_wrong(sender, cookie, WRONG_COOKIE)
        return None
    context.attempts.note_right(sender, cookie)
    return None if await run_in_threadpool(context.has_ended, session) else session


def address_of(context: ApiContext, request: Request) -> str | None:
    """Where the request came from, by what our own proxies say; None: that is not known."""
    address = _address(context, request)
    return None if address is None else str(address)


def _sender(context: ApiContext, request: Request) -> str:
    return sender_network(_address(context, request))


def _address(context: ApiContext, request: Request) -> Address | None:
    peer = None if request.client is None else request.client.host
    forwarded_for = ",".join(request.headers.getlist("x-forwarded-for"))
    return context.client_addresses.address_of(peer, forwarded_for)
