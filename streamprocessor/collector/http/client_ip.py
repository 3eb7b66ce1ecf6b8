"""The client's address as it is kept with events: whole, or truncated where that is set."""

from __future__ import annotations

from streamprocessor.collector.http.wire_format import TopicEntry
from streamprocessor.process.http.client_address import (
    Address,
    ClientAddresses,
    Network,
    network_part,
    parse_address,
)


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
        return str(network_part(address).network_address) if self._truncate else str(address)

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
        truncated["ip"] = str(network_part(address).network_address)
    return entry._replace(value={**entry.value, "context": truncated})
