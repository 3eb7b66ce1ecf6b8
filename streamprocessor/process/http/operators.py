"""Who is told how a process is: its operators, and not everybody whom a proxy lets through to a public port."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from streamprocessor.process.http.client_address import ClientAddresses, Network, networks_of, parse_address

_FOR_OPERATORS = frozenset({"/metrics", "/status"})
_WITH_REASONS = frozenset({"/readyz", "/startupz"})
_OF_PROXIES = ("x-forwarded-for", "forwarded", "via")


class Operators:
    """Those who ask from the networks; where there are none, those who ask directly, through no proxy.

    addresses: finds out who asks through which proxy.
    """

    def __init__(self, networks: Sequence[Network] = (), addresses: ClientAddresses | None = None) -> None:
        self._networks = networks
        self._addresses = addresses or ClientAddresses(())

    def include(self, scope: Scope) -> bool:
        """Whether the request is of one of them."""
        headers = Headers(scope=scope)
        came_through = any(name in headers for name in _OF_PROXIES)
        if not self._networks:
            return not came_through
        peer = scope["client"][0] if scope.get("client") else None
        address = self._addresses.address_of(peer, headers.get("x-forwarded-for"))
        if came_through and address == parse_address(peer):  # a proxy that is not believed, or that does not say
            return False
        return any(address in network for network in self._networks if address is not None)


def operators_of(networks: str, proxies: str) -> Operators:
    """The operators by the settings of the two; raises OperatorError where one has something else in it."""
    found = networks_of(networks, "STREAMPROCESSOR_OPERATOR_NETWORKS")
    return Operators(found, ClientAddresses(networks_of(proxies)))


class ForOperators:
    """An application whose figures are for its operators alone; to others it tells no more than whether it is well.

    They get 404 of /metrics and /status, and of /readyz and /startupz the status without the reasons.
    """

    def __init__(self, app: ASGIApp, operators: Operators) -> None:
        self._app = app
        self._operators = operators

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        path = scope.get("path")
        if path in _FOR_OPERATORS and not self._operators.include(scope):
            await PlainTextResponse("Not Found", 404)(scope, receive, send)
        elif path in _WITH_REASONS and not self._operators.include(scope):
            await self._without_reasons(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _without_reasons(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = 500

        async def keep(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]

        await self._app(scope, receive, keep)
        await PlainTextResponse("well\n" if status == 200 else "not well\n", status)(scope, receive, send)
