"""Where webhooks may be sent to: public addresses, and what settings allow by name."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from streamprocessor.errors import OperatorError

# Not all of them in the tables of every Python that we run on.
_UNICAST = ipaddress.ip_network("2000::/3")  # what of IPv6 is given out for the whole world
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocols' own, and 192.0.0.192, where a cloud has its metadata
        "168.63.129.16/32",  # another cloud's machines ask it who they are
        "192.88.99.0/24",  # relays of 6to4
        "3fff::/20",  # documentation
    )
)
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


@dataclass(frozen=True, slots=True)
class Target:
    """An address that was looked at. is_trusted: allowed by name, so it may be inside, and plain http."""

    url: str
    is_trusted: bool


def target_of(url: str, allowed_hosts: frozenset[str], where: str) -> Target:
    """The target; raises OperatorError, which never shows the URL, as some are secrets, where it may not be one.

    allowed_hosts: host names, in lower case, that may be anywhere. Others are reached by https at public addresses;
    what a name resolves to is looked at when it is connected to.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise _wrong(where, "a URL", "a text that is none") from error
    if not host or parts.scheme not in ("http", "https") or port == 0 or not url.isprintable() or " " in url:
        raise _wrong(where, "a URL that begins with https://", "another")
    if parts.username is not None or parts.password is not None:
        raise _wrong(where, "a URL without user and password", "one with them")
    if host in allowed_hosts:
        return Target(url, True)
    if parts.scheme != "https":
        raise _wrong(where, "https, or a host of STREAMPROCESSOR_DELIVERY_ALLOWED_HOSTS", "http")
    if is_ip_address(host) and not is_public(host):
        raise _wrong(where, "a public address, or one of STREAMPROCESSOR_DELIVERY_ALLOWED_HOSTS", "a private one")
    return Target(url, False)


def hosts_of(setting: str) -> frozenset[str]:
    """The host names of a setting, in lower case."""
    return frozenset(host.strip().lower() for host in setting.split(",") if host.strip())


def is_public(address: str) -> bool:
    """Whether the IP address is one that the whole world may reach; one inside another is looked at too."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and any(ip in network for network in _NAT64):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _UNICAST:
            return False
    if any(ip in network for network in _NOT_PUBLIC):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, by its name or address alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_ip_address(host: str) -> bool:
    """Whether the host is an IP address, not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _wrong(where: str, expected: str, got: str) -> OperatorError:
    return OperatorError(f"{where}: url: wanted {expected}; got {got}")
