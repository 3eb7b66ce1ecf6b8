"""Who asks, and whether the token or the session allows it."""

from __future__ import annotations

import logging
from typing import Annotated

from fastapi import Request, Security

from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.sessions import COOKIE, refuse_forged
from streamprocessor.readmodel.requests.tokens import ERASE, READ, WRITE, Grant
from streamprocessor.readmodel.routing.context import ApiContext

log = logging.getLogger("streamprocessor.audit")

_HARMLESS = ("GET", "HEAD")


async def grant_of(request: Request) -> Grant:
    """What who asks is allowed, as the route found out before it read anything else."""
    grant: Grant = request.state.grant
    return grant


READER, WRITER, ERASER = (Security(grant_of, scopes=[scope]) for scope in (READ, WRITE, ERASE))
"""Dependencies of endpoints that want a token, or a session, with that scope."""
ReadGrant = Annotated[Grant, READER]
WriteGrant = Annotated[Grant, WRITER]


def authorize(context: ApiContext, request: Request, scope: str) -> Grant:
    """What who asks is allowed; raises Problem where it is nobody that is known, or the scope is missing."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind:
        grant = context.tokens.grant_of(token.strip()) if kind.lower() == "bearer" else None
    else:
        grant = _grant_of_session(context, request)
    if grant is None:
        detail = "Authorization: wanted Bearer and a token that is known, or the cookie of a session; got none"
        raise Problem(401, "no-token", detail, {"WWW-Authenticate": "Bearer"})
    if scope not in grant.scopes:
        log.info("%s request by %s: refused, its token has no scope %s", request.method, grant.name, scope)
        raise Problem(403, "no-scope", f"token: wanted one with scope {scope}; got one without")
    return grant


def _grant_of_session(context: ApiContext, request: Request) -> Grant | None:
    session = context.sessions.of(request.cookies.get(COOKIE, ""))
    if session is not None and request.method not in _HARMLESS:
        refuse_forged(session, request.headers)
    return None if session is None else session.grant
