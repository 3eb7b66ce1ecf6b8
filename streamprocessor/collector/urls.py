"""Web addresses: parsed, compared, and changed by a parameter."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit, urlunsplit

MAX_URL_CHARS = 4000
DEFAULT_PORTS = {"http": 80, "https": 443}

_ASCII = "".join(map(chr, range(0x21, 0x7F)))
# Browsers read a backslash as a slash and drop control characters, so a text with either has two readings.
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]")


def web_address(url: str) -> SplitResult | None:
    """The parts of an absolute http or https URL, None of anything else: other schemes, names and passwords in it."""
    if len(url) > MAX_URL_CHARS or _AMBIGUOUS.search(url):
        return None
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in DEFAULT_PORTS and bool(parts.hostname) and port_of(parts) is not None
    except ValueError:
        return None
    return parts if is_whole and "@" not in parts.netloc else None


def location_of(url: str) -> str:
    """The URL as a Location header can hold it: what is beyond ASCII percent-encoded, the rest as it is."""
    return quote(url, safe=_ASCII)


def path_of(url: object) -> str | None:
    """The path of a web address or of a relative one, at least `/`; None where there is none."""
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:  # such as a bracket that is not closed
        return None
    return parts.path or "/" if parts.netloc or url.startswith("/") else None


def parameter_of(url: str, name: str) -> str | None:
    """The first value of a query parameter that is not empty, None where the URL has none."""
    parts = web_address(url)
    return next((value for key, value in parse_qsl(parts.query) if key == name), None) if parts else None


def with_parameter(url: str, name: str, value: str) -> str:
    """The URL with that query parameter once; nothing else of it changes."""
    parts = urlsplit(without_parameter(url, name))
    pair = f"{name}={quote(value, safe='')}"
    return urlunsplit(parts._replace(query=f"{parts.query}&{pair}" if parts.query else pair))


def without_parameter(url: str, name: str) -> str:
    """The URL without that query parameter; one that does not have it stays as it is."""
    parts = urlsplit(url)
    pairs = parts.query.split("&")
    others = [pair for pair in pairs if pair.partition("=")[0] != name]
    return url if len(others) == len(pairs) else urlunsplit(parts._replace(query="&".join(others)))


def port_of(parts: SplitResult) -> int | None:
    """The port that an http or https URL names or implies; raises ValueError where it is out of range."""
    return DEFAULT_PORTS.get(parts.scheme) if parts.port is None else parts.port
