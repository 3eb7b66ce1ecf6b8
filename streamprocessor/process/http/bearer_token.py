"""The token by which one process of ours lets another one in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from streamprocessor.process.http.bodies import json_answer
from streamprocessor.process.secret_lookup import SecretLookup


class BearerToken:
    """ASGI middleware that answers 401 to requests without the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._tokens = SecretLookup({"us": token})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what brings the token."""
        scheme, _, offered = Request(scope).headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or self._tokens.name_of(offered) is None:
            refusal = json_answer({"code": "no-token", "message": "wanted Authorization: Bearer and the token"}, 401)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)
