"""What the shadow process answers over its own HTTP API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aiohttp
import orjson

from streamprocessor.process.http.address_note import local_url, noted_addresses
from streamprocessor.readmodel.problem import Problem
from streamprocessor.settings import Settings

_PATIENCE_SECONDS = 5.0
_START = "start one with `streamprocessor shadow`, or say where it is with STREAMPROCESSOR_SHADOW_URL"


class ShadowClient:
    """The shadow process, wherever it answers by now, to who has its token."""

    def __init__(self, address: Callable[[], str], token: str) -> None:
        """address: where it answers, http://host:port without a path; asked anew each time, for it comes and goes."""
        self._address = address
        self._session = aiohttp.ClientSession(
            headers={"authorization": f"Bearer {token}"},
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def comparison(self) -> dict[str, Any]:
        """How the candidate compares with the model in force; raises Problem 404 where none is scored."""
        found = await self._asked("GET")
        if found is None or found["candidate"] is None:
            detail = f"shadow: wanted a candidate that is scored beside the model in force; got none: {_START}"
            raise Problem(404, "no-shadow", detail)
        answer: dict[str, Any] = found
        return answer

    async def begin(self, text: str) -> dict[str, Any]:
        """The candidate that the text spells, which is scored from now on.

        Raises Problem: 409 where no shadow process runs, 422 where the text is no model.
        """
        return await self._told("PUT", {"text": text})

    async def end(self) -> dict[str, Any]:
        """The candidate that is scored no more, and of which all is deleted; raises Problem as `begin`."""
        return await self._told("DELETE")

    async def _told(self, method: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer: dict[str, Any] | None = await self._asked(method, body)
        if answer is None:
            detail = f"shadow: wanted a process that scores candidates; got none: {_START}"
            raise Problem(409, "no-shadow-process", detail)
        return answer

    async def _asked(self, method: str, body: dict[str, Any] | None = None) -> Any:
        """What it answers; None where no process does."""
        content = None if body is None else orjson.dumps(body)
        timeout = aiohttp.ClientTimeout(total=_PATIENCE_SECONDS)
        try:
            async with self._session.request(
                method, f"{self._address()}/api/shadow", data=content, allow_redirects=False, timeout=timeout
            ) as response:
                answer = await response.read()
        except (aiohttp.ClientError, OSError):
            return None
        if response.status == 422:
            raise Problem(422, "bad-model", _message_in(answer))
        if response.status >= 400:
            got = "it does not know our token: give both STREAMPROCESSOR_DELIVERY_SECRET or one data folder"
            detail = f"shadow: {got if response.status == 401 else f'it answered {response.status}'}"
            raise Problem(503, "shadow-away", detail, {"Retry-After": "5"})
        try:
            return orjson.loads(answer)
        except orjson.JSONDecodeError as error:
            raise Problem(503, "shadow-away", "shadow: wanted JSON; got none", {"Retry-After": "5"}) from error


def _message_in(answer: bytes) -> str:
    """Why it refuses what was sent."""
    try:
        refusal = orjson.loads(answer)
    except orjson.JSONDecodeError:
        refusal = None
    message = refusal.get("message") if isinstance(refusal, dict) else None
    return message if isinstance(message, str) else "text: wanted a model; got none"


def shadow_address(settings: Settings) -> str:
    """Where the shadow process is asked: on one machine with us it may have started after us, on any free port."""
    if settings.shadow_url:
        return settings.shadow_url.rstrip("/")
    noted = (note.url for note in noted_addresses(settings.data_path, settings.group) if note.process == "shadow")
    return next(noted, local_url(settings.shadow_host, settings.shadow_port))
