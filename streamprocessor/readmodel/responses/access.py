"""Who may sign in."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.readmodel.store.access.access_store import MadeToken


class TokenView(BaseModel):
    """A token, without itself."""

    id: str | None = Field(description="By which it is revoked; null: the settings have it, and it stays.")
    name: str
    scopes: list[str]
    from_: Literal["settings", "api"] = Field(serialization_alias="from", description="Where it was put.")
    made_at: str | None = Field(description="null: not known.")
    made_by: str | None = Field(description="The name of the token by which it was made.")
    expires_at: str | None = Field(description="null: never.")
    last_used_at: str | None = Field(description="To the minute; null: it was not used yet, or is of the settings.")
    is_mine: bool = Field(description="Whether it is the one that asks.")


class TokenList(BaseModel):
    """All tokens: first those of the settings, then those that were made, the newest first."""

    tokens: list[TokenView]


class NewToken(TokenView):
    """A token that was made just now."""

    token: str = Field(description="Told once: nobody can tell it again.")


def settings_token(name: str, scopes: frozenset[str], *, is_mine: bool) -> TokenView:
    """A token of the settings. is_mine: whether it is the one that asks."""
    return TokenView(
        id=None,
        name=name,
        scopes=sorted(scopes),
        from_="settings",
        made_at=None,
        made_by=None,
        expires_at=None,
        last_used_at=None,
        is_mine=is_mine,
    )


def made_token(made: MadeToken, *, is_mine: bool) -> TokenView:
    """A token that somebody made. is_mine: whether it is the one that asks."""
    return TokenView.model_validate(_words(made) | {"is_mine": is_mine})


def new_token(made: MadeToken, secret: str) -> NewToken:
    """The same with itself, for once."""
    return NewToken.model_validate(_words(made) | {"is_mine": False, "token": secret})


def _words(made: MadeToken) -> dict[str, object]:
    return {
        "id": made.id,
        "name": made.name,
        "scopes": sorted(made.scopes),
        "from_": "api",
        "made_at": format_rfc3339(made.made_ms),
        "made_by": made.made_by,
        "expires_at": None if made.expires_ms is None else format_rfc3339(made.expires_ms),
        "last_used_at": None if made.last_used_ms is None else format_rfc3339(made.last_used_ms),
    }
