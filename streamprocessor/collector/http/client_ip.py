"""Where a request came from: the connection's peer, or whom our own proxies say, cut short where that is wanted."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from streamprocessor.collector.http.wire_format import TopicEntry
from streamprocessor.errors import OperatorError

Network: TypeAlias = IPv4Network | IPv6Network
Address: TypeAlias = IPv4Address | IPv6Address

KEPT_BITS = {4: 24, 6: 48}
MOST_HOPS = 20
LONGEST = 64  # characters of an address with brackets and port; what is remembered stays small by it


def networks_of(said: str) -> tuple[Network, ...]:
    """The networks of `10.0.0.0/8,192.0.2.7`; raises OperatorError where one is none."""
    try:
        return tuple(ip_network(item.strip()) for item in said.split(",") if item.strip())
    except ValueError as error:
        message = (
            f"STREAMPROCESSOR_TRUSTED_PROXIES: wanted addresses or networks, as 10.0.0.0/8,192.0.2.7; got: {error}"
        )
        raise OperatorError(message) from error


class ClientIps:
    """Tells clients' addresses. proxies: whose X-Forwarded-For is believed; truncate: keep the network's part only."""

    def __init__(self, proxies: tuple[Network, ...], truncate: bool) -> None:
        self._proxies = proxies
        self._truncate = truncate

    def ip_of(self, peer: str | None, forwarded_for: str | None) -> str | None:
        """The client's address; None where none is known. What a client makes up itself is not believed.

        Read from the right: each of our proxies adds whom it heard from, so the first that is not ours is the client.
        """
        address = _parsed(peer)
        if address is None:
            return None
        if forwarded_for and self._is_ours(address):
            for hop in reversed(forwarded_for.split(",")[-MOST_HOPS:]):
                said = _parsed(hop)
                if said is None:
                    break
                address = said
                if not self._is_ours(said):
                    break
        if not self._truncate:
            return str(address)
        return _network_part(address)

    def truncate_in(self, entries: Iterable[TopicEntry]) -> None:
        """Cut the addresses in records' `context` too, as they came in a body; what is no address is taken out."""
        if not self._truncate:
            return
        for entry in entries:
            context = entry.value.get("context")
            if isinstance(context, dict) and "ip" in context:
                said = context.pop("ip")
                address = _parsed(said) if isinstance(said, str) else None
                if address is not None:
                    context["ip"] = _network_part(address)

    def _is_ours(self, address: Address) -> bool:
        return any(address in network for network in self._proxies)


def _network_part(address: Address) -> str:
    return str(ip_network((address, KEPT_BITS[address.version]), strict=False).network_address)


def _parsed(said: str | None) -> Address | None:
    return _address_of(said) if said and len(said) <= LONGEST else None


@lru_cache(maxsize=4096)
def _address_of(said: str) -> Address | None:
    text = said.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
