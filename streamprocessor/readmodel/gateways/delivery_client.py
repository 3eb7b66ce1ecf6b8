"""What the delivery process answers over its own HTTP API."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import quote

import aiohttp
import orjson
from yarl import URL

from streamprocessor.readmodel.problem import Problem

_PATIENCE_SECONDS = 5.0
_TEST_PATIENCE_SECONDS = 15.0  # longer than delivery gives a receiver for a test
_AGAIN = {"Retry-After": "5"}


class NewSecret(NamedTuple):
    """A secret that delivery made. reference: what its subscription says instead."""

    reference: str
    secret: str


class DeliveryClient:
    """The delivery process that answers at an address, to who has its token."""

    def __init__(self, address: str, token: str) -> None:
        """Ask the delivery process at this address: http://host:port, without a path."""
        self._address = address.rstrip("/")
        self._session = aiohttp.ClientSession(
            headers={"authorization": f"Bearer {token}"},
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def subscriptions(self) -> dict[str, dict[str, Any]]:
        """All that it knows of, by their names; raises Problem where it is away."""
        rows = (await self._asked("GET", "subscriptions"))["subscriptions"]
        return {row["name"]: row for row in rows}

    async def subscription(self, name: str) -> dict[str, Any]:
        """State, newest and undeliverable ones of one; raises Problem where it has none of that name, or is away."""
        answer: dict[str, Any] = await self._asked("GET", f"subscriptions/{quote(name, safe='')}")
        return answer

    async def tell(self, name: str, word: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """What it answers to the word (ping, enable, resend) for a subscription; raises Problem as `subscription`."""
        answer: dict[str, Any] = await self._asked("POST", f"subscriptions/{quote(name, safe='')}/{word}", body)
        return answer

    async def templates(self) -> list[str]:
        """The names of its templates; raises Problem where it is away, or of a release that does not tell them."""
        names: list[str] = (await self._asked("GET", "templates"))["templates"]
        return names

    async def preview(self, name: str, subscription: dict[str, Any], lead: dict[str, Any] | None) -> dict[str, Any]:
        """The message of a lead, None: of a made-up one; raises Problem where it refuses the subscription, or is away.

        lead: event, id, data, attributes and suppressed of an announcement.
        """
        said = {"name": name, "subscription": subscription, "lead": lead}
        answer: dict[str, Any] = await self._asked_lately("preview", said)
        return answer

    async def test(self, name: str, subscription: dict[str, Any]) -> dict[str, Any]:
        """What came of one attempt with a made-up lead; raises Problem as `preview`."""
        said = {"name": name, "subscription": subscription}
        answer: dict[str, Any] = await self._asked_lately("test", said, _TEST_PATIENCE_SECONDS)
        return answer

    async def make_secret(self, name: str) -> NewSecret:
        """A new secret for the subscription, which delivery keeps; raises Problem as `preview`."""
        answer = await self._asked_lately(f"subscriptions/{quote(name, safe='')}/secrets")
        return NewSecret(answer["reference"], answer["secret"])

    async def _asked_lately(
        self, path: str, body: dict[str, Any] | None = None, patience_seconds: float = _PATIENCE_SECONDS
    ) -> Any:
        """What it answers to a word that releases before this one do not know: one of those counts as away."""
        try:
            return await self._asked("POST", path, body, patience_seconds)
        except Problem as problem:
            if problem.status_code != 404:
                raise
            got = "it is of an earlier release, which can't do this"
            raise self._problem(got) from problem

    async def _asked(
        self, method: str, path: str, body: dict[str, Any] | None = None, patience_seconds: float = _PATIENCE_SECONDS
    ) -> Any:
        url = URL(f"{self._address}/api/{path}", encoded=True)
        content = None if body is None else orjson.dumps(body)
        timeout = aiohttp.ClientTimeout(total=patience_seconds)
        try:
            async with self._session.request(
                method, url, data=content, allow_redirects=False, timeout=timeout
            ) as response:
                answer = await response.read()
        except (aiohttp.ClientError, OSError) as error:
            got = f"none answers ({type(error).__name__})"
            raise self._problem(got) from error
        if response.status == 404:
            raise Problem(404, "no-such-subscription", "subscription: wanted one that delivery has; got another name")
        if response.status == 401:
            got = "it does not know our token: give both STREAMPROCESSOR_DELIVERY_SECRET or one data folder"
            raise self._problem(got)
        if response.status == 400 and (refusal := _refusal_in(answer)) is not None:
            raise Problem(400, "bad-body", refusal)
        if response.status >= 400:
            got = f"it answered {response.status}"
            raise self._problem(got)
        try:
            return orjson.loads(answer)
        except orjson.JSONDecodeError as error:
            got = "it answered no JSON"
            raise self._problem(got) from error

    def _problem(self, got: str) -> Problem:
        detail = (
            f"delivery at {self._address}: {got}; wanted a running `streamprocessor delivery`: start it, or say where "
            "it is with STREAMPROCESSOR_DELIVERY_URL"
        )
        return Problem(503, "delivery-away", detail, _AGAIN)


def _refusal_in(answer: bytes) -> str | None:
    """Why delivery refuses what was sent; None: it does not say."""
    try:
        said = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return None
    message = said.get("message") if isinstance(said, dict) else None
    return message if isinstance(message, str) else None
