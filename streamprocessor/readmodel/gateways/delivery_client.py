"""What the delivery process answers over its own HTTP API."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
from yarl import URL

from streamprocessor.readmodel.problem import Problem

_PATIENCE_SECONDS = 5.0
_AGAIN = {"Retry-After": "5"}


class DeliveryClient:
    """The delivery process that answers at an address, to who has its token."""

    def __init__(self, address: str, token: str) -> None:
        """Ask the delivery process at this address: http://host:port, without a path."""
        self._address = address.rstrip("/")
        self._session = aiohttp.ClientSession(
            headers={"authorization": f"Bearer {token}"},
            timeout=aiohttp.ClientTimeout(total=_PATIENCE_SECONDS),
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

    async def _asked(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        url = URL(f"{self._address}/api/{path}", encoded=True)
        content = None if body is None else orjson.dumps(body)
        try:
            async with self._session.request(method, url, data=content, allow_redirects=False) as response:
                answer = await response.read()
        except (aiohttp.ClientError, OSError) as error:
            got = f"none answers ({type(error).__name__})"
            raise self._problem(got) from error
        if response.status == 404:
            raise Problem(404, "no-such-subscription", "subscription: wanted one that delivery has; got another name")
        if response.status == 401:
            got = "it does not know our token: give both STREAMPROCESSOR_DELIVERY_SECRET or one data folder"
            raise self._problem(got)
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
