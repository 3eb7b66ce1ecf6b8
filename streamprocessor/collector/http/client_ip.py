"""The client's address as it is kept with events: whole, or truncated where that is set."""

from __future__ import annotations

from ipaddress import ip_network

from streamprocessor.collector.http.wire_format import TopicEntry
from streamprocessor.process.http.client_address import Address, ClientAddresses, Network, parse_address

NETWORK_BITS = {4: 24, 6: 48}  # what is left of an address of that version


class ClientIps(ClientAddresses):
    """The addresses of clients.

    proxies: whose X-Forwarded-For is believed.
    truncate: whether only the network's part of an address is left.
    """

    def __init__(self, proxies: tuple[Network, ...], truncate: bool) -> None:
        super().__init__(proxies)
        self._truncate = truncate

    def stored(self, address: Address | None) -> str | None:
        """The address as it is stored with events; None where none is known."""
        if address is None:
            return None
        return _network_part(address) if self._truncate else str(address)

    def truncated(self, entries: list[TopicEntry]) -> list[TopicEntry]:
        """The entries with the addresses in their `context` truncated too, as they came in a body.

        What stands for an address and is none is left out. Where nothing is truncated, the entries as they are.
        """
        return [_with_network_part(entry) for entry in entries] if self._truncate else entries


def _with_network_part(entry: TopicEntry) -> TopicEntry:
    context = entry.value.get("context")
    if not isinstance(context, dict) or "ip" not in context:
        return entry
    ip = context["ip"]
    address = parse_address(ip) if isinstance(ip, str) else None
    truncated = {name: value for name, value in context.items() if name != "ip"}
    if address is not None:
        truncated["ip"] = _network_part(address)
    return entry._replace(value={**entry.value, "context": truncated})


def _network_part(address: Address) -> str:
    return str(ip_network((address, NETWORK_BITS[address.version]), strict=False).network_address)
