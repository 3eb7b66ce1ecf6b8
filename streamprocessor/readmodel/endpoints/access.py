"""Endpoints about who may sign in: tokens made and revoked by who has the right to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.new_tokens import NewTokenBody
from streamprocessor.readmodel.requests.parameters import NoParameters, PathName, instant_ms
from streamprocessor.readmodel.requests.token_names import check_token_name
from streamprocessor.readmodel.requests.tokens import TOKENS, Grant
from streamprocessor.readmodel.responses.access import (
    NewToken,
    TokenList,
    TokenView,
    made_token,
    new_token,
    settings_token,
)
from streamprocessor.readmodel.routing.access import TokenMakerGrant
from streamprocessor.readmodel.routing.context import ApiContext, Context
from streamprocessor.readmodel.routing.route import ApiRoute
from streamprocessor.readmodel.store.access.access_store import (
    MOST_TOKENS,
    LastMakerError,
    MadeToken,
    TooManyTokensError,
)

router = APIRouter(prefix="/api/tokens", route_class=ApiRoute)


@router.get("")
def list_tokens(context: Context, grant: TokenMakerGrant, _: Annotated[NoParameters, Query()]) -> TokenList:
    """All tokens by which one signs in, without themselves: those of the settings, and those that were made."""
    of_settings = [
        settings_token(each.name, each.scopes, is_mine=each == grant) for each in dict.fromkeys(context.tokens.grants)
    ]
    made = [made_token(each, is_mine=each.id == grant.token_id) for each in context.access.tokens()]
    return TokenList(tokens=[*of_settings, *made])


@router.post("", status_code=201)
def make_token(
    context: Context,
    request: Request,
    grant: TokenMakerGrant,
    body: Annotated[NewTokenBody, Body()],
    _: Annotated[NoParameters, Query()],
) -> NewToken:
    """Make a token: it is told in this answer alone.

    It may do no more, and lets in no longer, than the token by which it is made.
    """
    name, scopes = body.name.strip(), frozenset[str](body.scopes)
    of_settings = {each.name for each in context.tokens.grants}
    check_token_name(name, of_settings, {*context.inbox.people, *(each.name for each in context.access.tokens())})
    _check_scopes(grant, scopes)
    expires_ms = None if body.expires_at is None else instant_ms(body.expires_at)
    _check_expiry(context, grant, expires_ms)
    try:
        made, secret = context.access.make(name, scopes, grant.name, expires_ms)
    except TooManyTokensError as error:
        detail = f"tokens: wanted at most {MOST_TOKENS}; there are as many: revoke one first"
        raise Problem(409, "too-many-tokens", detail) from error
    request.state.made = _audited(made)
    return new_token(made, secret)


@router.delete("/{id}")
def revoke_token(
    context: Context, request: Request, grant: TokenMakerGrant, id: PathName, _: Annotated[NoParameters, Query()]
) -> TokenView:
    """Revoke a token that was made: nobody gets in by it any more, nor goes on in a session of it."""
    is_in_settings = any(TOKENS in each.scopes for each in context.tokens.grants)
    try:
        revoked = context.access.revoke(id, None if is_in_settings else TOKENS)
    except LastMakerError as error:
        detail = f"token: wanted one without which another has scope {TOKENS} yet; got the last: make another one first"
        raise Problem(409, "last-token", detail) from error
    if revoked is None:
        raise Problem(404, "no-such-token", "token: wanted the id of one that was made; got another")
    request.state.made = _audited(revoked)
    context.hot_lead_streams.wake()
    return made_token(revoked, is_mine=revoked.id == grant.token_id)


def _audited(made: MadeToken) -> str:
    """What the audit calls it: whose it is, and which one of that person."""
    return f"{made.name} {made.id}"


def _check_scopes(grant: Grant, scopes: frozenset[str]) -> None:
    lacking = sorted(scopes - grant.scopes)
    if lacking:
        may_give = ", ".join(sorted(grant.scopes))
        detail = f"scopes: wanted of those of the token that makes it ({may_give}); got {', '.join(lacking)}"
        raise Problem(403, "no-scope", detail)


def _check_expiry(context: ApiContext, grant: Grant, expires_ms: int | None) -> None:
    if expires_ms is not None and expires_ms <= context.clock_ms():
        raise Problem(400, "bad-body", "expires_at: wanted an instant to come; got one that is over")
    if grant.expires_ms is not None and (expires_ms is None or expires_ms > grant.expires_ms):
        latest = format_rfc3339(grant.expires_ms)
        got = "none" if expires_ms is None else "a later one"
        detail = f"expires_at: wanted at the latest {latest}, when the token that makes it expires; got {got}"
        raise Problem(403, "outlives-maker", detail)
