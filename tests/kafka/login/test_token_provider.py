"""Tokens are asked for when needed, once for all who ask, and anew before they expire."""

from __future__ import annotations

import asyncio

import pytest

from streamprocessor.kafka.login.token import Token
from streamprocessor.kafka.login.token_error import TokenError
from streamprocessor.kafka.login.token_provider import TokenProvider


class Source:
    """Hands out token-1, token-2 and so on, each for 100 seconds of its own clock."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.asked = 0
        self.is_away = False

    async def fetch(self) -> Token:
        self.asked += 1
        await asyncio.sleep(0)
        if self.is_away:
            message = "the endpoint is away"
            raise TokenError(message, is_transient=True)
        return Token(f"token-{self.asked}", self.now, self.now + 100)


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def provider(source: Source) -> TokenProvider:
    return TokenProvider(source, {"logicalCluster": "lkc-1"}, lambda: source.now)


async def test_all_that_ask_at_once_get_one_token(source: Source, provider: TokenProvider) -> None:
    assert await asyncio.gather(*(provider.token() for _ in range(5))) == ["token-1"] * 5
    assert source.asked == 1


async def test_a_token_is_renewed_before_it_expires(source: Source, provider: TokenProvider) -> None:
    got = []
    for source.now in (1_000, 1_079, 1_080, 1_159):
        got.append(await provider.token())

    assert got == ["token-1", "token-1", "token-2", "token-2"]


async def test_a_token_that_is_still_good_bridges_an_endpoint_that_is_away(
    source: Source, provider: TokenProvider
) -> None:
    await provider.token()
    source.is_away = True
    source.now = 1_090

    assert await provider.token() == "token-1"

    source.now = 1_100
    with pytest.raises(TokenError, match="the endpoint is away"):
        await provider.token()


async def test_who_gives_up_waiting_takes_nothing_from_the_others(source: Source, provider: TokenProvider) -> None:
    impatient, patient = (asyncio.ensure_future(provider.token()) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()

    assert await patient == "token-1"
    assert source.asked == 1


def test_a_provider_outlives_an_event_loop(source: Source, provider: TokenProvider) -> None:
    async def ask_and_leave() -> None:
        asyncio.ensure_future(provider.token())  # noqa: RUF006 - left behind on purpose
        await asyncio.sleep(0)

    asyncio.run(ask_and_leave())

    assert asyncio.run(provider.token()) == "token-2"


def test_extensions_go_with_each_token(provider: TokenProvider) -> None:
    assert provider.extensions() == {"logicalCluster": "lkc-1"}
