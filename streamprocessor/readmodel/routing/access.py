"""Who asks, and whether the token or the session allows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from fastapi import Request, Security
from starlette.concurrency import run_in_threadpool

from streamprocessor.process.http.client_address import Address, sender_network
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.attempts import WRONG_COOKIE, WRONG_TOKEN
from streamprocessor.readmodel.requests.sessions import COOKIE, Session, refuse_forged
from streamprocessor.readmodel.requests.tokens import ERASE, MODEL, READ, TOKENS, WRITE, Grant
from streamprocessor.readmodel.routing.context import ApiContext
from streamprocessor.readmodel.store.access.access_store import COOKIE_PREFIX, TOKEN_PREFIX

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


def asker_of(request: Request) -> Asker:
    """Who was let in."""
    asker: Asker = request.state.asker
    return asker


def session_of(request: Request) -> Session | None:
    """The session of who was let in; None: a token was shown."""
    return asker_of(request).session


READER, WRITER, ERASER, MODELLER, TOKEN_MAKER = (
    Security(grant_of, scopes=[scope]) for scope in (READ, WRITE, ERASE, MODEL, TOKENS)
)
"""Dependencies of endpoints that want a token, or a session, with that scope."""
ReadGrant = Annotated[Grant, READER]
WriteGrant = Annotated[Grant, WRITER]
ModelGrant = Annotated[Grant, MODELLER]
TokenMakerGrant = Annotated[Grant, TOKEN_MAKER]


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
        shown = (token.strip(),) if kind.lower() == "bearer" else ()
        known = await known_token(context, request, shown)
        asker = None if known is None else Asker(known.grant)
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


class KnownToken(NamedTuple):
    """A token that lets in, and what it allows."""

    token: str
    grant: Grant


async def known_token(context: ApiContext, request: Request, spellings: Sequence[str]) -> KnownToken | None:
    """The first of the spellings of what was shown that is a token; None: none is.

    Raises Problem where its sender guesses.
    """
    if not spellings:
        return None
    sender = sender_of(context, request)
    context.attempts.refuse_guesses(sender, spellings[0])
    for token in spellings:
        grant = context.tokens.grant_of(token)
        # Others are judged before anybody else's turn comes: of many guesses at once no more are looked at.
        if grant is None and token.startswith(TOKEN_PREFIX):
            grant = await run_in_threadpool(context.made_grant_of, token)
        if grant is not None:
            context.attempts.note_right(sender, spellings[0])
            return KnownToken(token, grant)
    request.state.is_new_failure = context.attempts.note_wrong(sender, spellings[0], WRONG_TOKEN)
    return None


def may_go_on(context: ApiContext, asker: Asker, cookie: str) -> bool:
    """Whether who was let in would be let in again, but for a session that was ended. cookie: of a session."""
    token_id = asker.grant.token_id
    if asker.session is None:
        return token_id is None or context.access.is_active(token_id)
    return (context.sessions.of(cookie) if token_id is None else context.access.of_cookie(cookie)) is not None


def note_signed_in(context: ApiContext, request: Request, cookie: str) -> None:
    """The cookie lets its sender in also while somebody guesses from there."""
    context.attempts.note_right(sender_of(context, request), cookie)


async def _session_of_cookie(context: ApiContext, request: Request) -> Session | None:
    """The session whose cookie was sent, None where there is none; raises Problem where the sender guesses."""
    cookie = request.cookies.get(COOKIE, "")
    if not cookie:
        return None
    sender = sender_of(context, request)
    context.attempts.refuse_guesses(sender, cookie)
    session = context.sessions.of(cookie)
    if session is None and cookie.startswith(COOKIE_PREFIX):
        session = await run_in_threadpool(context.made_session_of, cookie)
    if session is None:
        request.state.is_new_failure = context.attempts.note_wrong(sender, cookie, WRONG_COOKIE)
        return None
    context.attempts.note_right(sender, cookie)
    if session.grant.token_id is not None:
        return session
    return None if await run_in_threadpool(context.has_ended, session) else session


def address_of(context: ApiContext, request: Request) -> str | None:
    """Where the request came from, by what our own proxies say; None: that is not known."""
    address = _address(context, request)
    return None if address is None else str(address)


def sender_of(context: ApiContext, request: Request) -> str:
    """The network from which the request came: what one sender can't change at will."""
    return sender_network(_address(context, request))


def _address(context: ApiContext, request: Request) -> Address | None:
    peer = None if request.client is None else request.client.host
    forwarded_for = ",".join(request.headers.getlist("x-forwarded-for"))
    return context.client_addresses.address_of(peer, forwarded_for)
