"""One attempt over HTTP: bounded in time and size, without redirects, to addresses that were looked at."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from streamprocessor.contract.subscriptions.webhook_targets import Target, is_public
from streamprocessor.delivery.dispatch.retry_schedule import AttemptResult, result_of

MOST_ANSWER_BYTES = 64 * 1024
MOST_CONNECTIONS = 512


class RefusedAddressError(OSError):
    """The host's name led to an address inside."""


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What came back. status: 0 where no whole answer came, and `reason` says why, in a word without personal data."""

    status: int
    reason: str
    retry_after: str | None = None

    @property
    def result(self) -> AttemptResult:
        """What the status means."""
        return result_of(self.status) if self.status else AttemptResult.FAILED

    @property
    def span_attributes(self) -> dict[str, int]:
        """The status, in OpenTelemetry's word."""
        return {"http.response.status_code": self.status}


class Sender:
    """HTTP clients: one for hosts that are allowed by name, one that refuses to connect to any address inside."""

    def __init__(self, timeout_seconds: float) -> None:
        timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._strict = _session(timeout, aiohttp.TCPConnector(limit=MOST_CONNECTIONS, socket_factory=_public_socket))
        self._trusting = _session(timeout, aiohttp.TCPConnector(limit=MOST_CONNECTIONS))

    async def post(self, target: Target, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        """The answer to the body posted there; never raises for what a receiver or the network does."""
        session = self._trusting if target.is_trusted else self._strict
        try:
            async with session.post(target.url, data=body, headers=headers, allow_redirects=False) as response:
                # Read to its end, so that half an answer is none and the connection can be used again.
                async for _ in response.content.iter_chunked(MOST_ANSWER_BYTES):
                    if response.content.total_bytes > MOST_ANSWER_BYTES:
                        response.close()
                        break
                return WebhookAnswer(response.status, f"status-{response.status}", response.headers.get("retry-after"))
        except TimeoutError:
            return WebhookAnswer(0, "time-out")
        except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: a Location or header that is none
            return WebhookAnswer(0, _word_of(error))

    async def close(self) -> None:
        """Close all connections."""
        await self._strict.close()
        await self._trusting.close()


def _session(timeout: aiohttp.ClientTimeout, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        timeout=timeout,
        headers={"user-agent": "streamprocessor-delivery"},
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    )


def _public_socket(address_info: tuple[Any, ...]) -> socket.socket:
    """A socket for the very address that will be connected to: a name can't lead elsewhere after the look."""
    family, kind, protocol, _, address = address_info
    if not is_public(address[0]):
        raise RefusedAddressError
    public = socket.socket(family, kind, protocol)
    public.setblocking(False)
    return public


def _word_of(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, RefusedAddressError):
        return "refused-address"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "unknown-host"
    if isinstance(error, (aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError)):
        return "tls"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "no-connection"
    return "broken-answer"
