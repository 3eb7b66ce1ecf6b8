"""Which sites are ours: there forms may lead, and clicks in mails may carry who clicked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult

from streamprocessor.collector.urls import DEFAULT_PORTS, port_of, web_address
from streamprocessor.contract.foreign_text import shown_value
from streamprocessor.errors import OperatorError

_SITE = re.compile(r"(?:(https?)://)?(\*\.)?([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?/?")


# Clients differ on what they make of other characters: %2f may end a host for some, so where it leads is not known.
_HOST = re.compile(r"[A-Za-z0-9.:-]+")


@dataclass(frozen=True, slots=True)
class Site:
    """Hosts under one name.

    scheme: None means http and https.
    port: None means the scheme's own.
    below: whether it is the names under the host, instead of the host itself.
    """

    host: str
    scheme: str | None
    port: int | None
    below: bool

    def holds(self, parts: SplitResult) -> bool:
        """Whether the address is on this site."""
        host = parts.hostname or ""
        has_name = host.endswith("." + self.host) if self.below else host == self.host
        port = DEFAULT_PORTS[parts.scheme] if self.port is None else self.port
        return has_name and self.scheme in (None, parts.scheme) and port_of(parts) == port


@dataclass(frozen=True, slots=True)
class Sites:
    """All our sites."""

    sites: tuple[Site, ...] = ()

    def hold(self, url: str) -> bool:
        """Whether the URL leads to one of these sites."""
        parts = web_address(url)
        if parts is None or not _HOST.fullmatch(parts.hostname or ""):
            return False
        return any(site.holds(parts) for site in self.sites)


def read_sites(text: str) -> Sites:
    """The sites that `www.example.com,*.example.org,http://localhost:8080` spells. Raises OperatorError."""
    return Sites(tuple(_site(item) for item in filter(None, (part.strip().lower() for part in text.split(",")))))


def _site(text: str) -> Site:
    match = _SITE.fullmatch(text)
    if match is None:
        message = (
            f"STREAMPROCESSOR_ALLOWED_SITES: wanted names as www.example.com or *.example.com; got {shown_value(text)}"
        )
        raise OperatorError(message)
    scheme, below, host, port = match.groups()
    return Site(host.strip("[]"), scheme, int(port) if port else None, below is not None)
