"""Where a request came from: the connection's peer, or whom our own proxies name."""

from __future__ import annotations

import logging
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from streamprocessor.errors import OperatorError

Network: TypeAlias = IPv4Network | IPv6Network
Address: TypeAlias = IPv4Address | IPv6Address

log = logging.getLogger(__name__)

MAX_HOPS = 20
NETWORK_BITS = {4: 24, 6: 48}  # what is left of an address of that version, where no person may be told by it
MAX_ADDRESS_CHARS = 64  # with brackets and port; what is cached stays small by it


def networks_of(text: str, setting: str = "STREAMPROCESSOR_TRUSTED_PROXIES") -> tuple[Network, ...]:
    """The networks of `10.0.0.0/8,192.0.2.7`; raises OperatorError, which names the setting, where one is none."""
    try:
        return tuple(ip_network(item.strip()) for item in text.split(",") if item.strip())
    except ValueError as error:
        message = f"{setting}: wanted addresses or networks, as 10.0.0.0/8,192.0.2.7; got: {error}"
        raise OperatorError(message) from error


class ClientAddresses:
    """The addresses of clients. proxies: whose X-Forwarded-For is believed."""

    def __init__(self, proxies: tuple[Network, ...]) -> None:
        self._proxies = proxies
        self._has_warned = False

    def address_of(self, peer: str | None, forwarded_for: str | None) -> Address | None:
        """The client's address; None where none is known. What a client makes up itself is not believed.

        Read from the right: each of our proxies adds whom it heard from, so the first that is not ours is the client.
        """
        address = parse_address(peer)
        if address is None or not forwarded_for:
            return address
        if not self._is_ours(address):
            self._warn_of_proxy(address)
            return address
        for hop in reversed(forwarded_for.split(",")[-MAX_HOPS:]):
            forwarded = parse_address(hop)
            if forwarded is None:
                break
            address = forwarded
            if not self._is_ours(forwarded):
                break
        return address

    def _warn_of_proxy(self, address: Address) -> None:
        """Say once that a proxy inside is not believed: all that comes through it is one sender's."""
        if address.is_private and not self._has_warned:
            self._has_warned = True
            log.warning(
                "X-Forwarded-For of %s is not believed, so all that it passes on shares one sender's limits: "
                "name it in STREAMPROCESSOR_TRUSTED_PROXIES if it is a proxy of yours",
                address,
            )

    def _is_ours(self, address: Address) -> bool:
        return any(address in network for network in self._proxies)


def parse_address(text: str | None) -> Address | None:
    """The address, without brackets and port; None: the text is none."""
    return _address_of(text) if text and len(text) <= MAX_ADDRESS_CHARS else None


def sender_network(address: Address | None) -> str:
    """What one sender can't change at will: an IPv4 address, the /64 of an IPv6 one; empty where none is known."""
    if address is None:
        return ""
    return str(address) if address.version == 4 else str(IPv6Network((int(address), 64), strict=False))


def network_part(address: Address) -> Network:
    """The network of an address, in which it is one of many."""
    return ip_network((address, NETWORK_BITS[address.version]), strict=False)


@lru_cache(maxsize=4096)
def _address_of(text: str) -> Address | None:
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
