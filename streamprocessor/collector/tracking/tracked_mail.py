"""For authors of mails: a message with a pixel and tracked links.

mail = TrackedMail(keys, "https://track.example.com", contact_id="c-42", message="m-9", campaign="q4")
html = tracked_message(html, mail, honeypot=True)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape, unescape
from html.parser import HTMLParser
from itertools import accumulate

from streamprocessor.collector.tracking.tokens import TokenKeys, Tracked
from streamprocessor.collector.urls import web_address
from streamprocessor.contract.foreign_text import shown_value

UNTRACKED = "data-untracked"

_LINK_TAGS = ("a", "area")
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""")


@dataclass(frozen=True, slots=True)
class TrackedMail:
    """One message to one contact. collector_url: where mails' readers reach the collector."""

    keys: TokenKeys
    collector_url: str
    contact_id: str
    message: str | None = None
    campaign: str | None = None

    def pixel_url(self) -> str:
        """The address of the picture that tells of an open. Raises ValueError as TokenKeys.sign does."""
        token = self.keys.sign("open", Tracked(self.contact_id, self.message, self.campaign))
        return f"{self.collector_url.rstrip('/')}/o/{token}.gif"

    def link(self, url: str, honeypot: bool = False) -> str:
        """The address that tells of a click and leads to the URL. honeypot: a link that no person sees.

        Raises ValueError where the URL is not an absolute http or https one, and as TokenKeys.sign does.
        """
        if web_address(url) is None:
            message = f"url: wanted an absolute http or https address; got {shown_value(url)}"
            raise ValueError(message)
        token = self.keys.sign("click", Tracked(self.contact_id, self.message, self.campaign, url, honeypot))
        return f"{self.collector_url.rstrip('/')}/c/{token}"


def tracked_message(html: str, mail: TrackedMail, honeypot: bool = False) -> str:
    """The message with its links tracked and a pixel at its end; the rest stays as it is, byte for byte.

    Links are <a> and <area> with an absolute http or https address; one with the attribute data-untracked is left
    alone, and so is what stands in comments. honeypot: also a link that no person sees, to where the first one leads.
    Raises ValueError as TrackedMail does.
    """
    places = _Places(html)
    parts: list[str] = []
    end = 0
    for start, tag in places.links:
        parts += html[end:start], _ATTRIBUTE.sub(lambda attribute: _tracked(attribute, mail), tag)
        end = start + len(tag)
    close = len(html) if places.body_end is None else max(places.body_end, end)
    trap = _trap(mail, places.first_url) if honeypot and places.first_url else ""
    picture = f'<img src="{escape(mail.pixel_url())}" width="1" height="1" alt="" style="border:0">'
    return "".join([*parts, html[end:close], trap, picture, html[close:]])


class _Places(HTMLParser):
    """Where a message holds links to track, and where its body ends."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[tuple[int, str]] = []
        self.first_url: str | None = None
        self.body_end: int | None = None
        self._line_starts = [0, *accumulate(len(line) + 1 for line in html.split("\n"))]
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _LINK_TAGS or UNTRACKED in dict(attrs):
            return
        url = next((value or "" for name, value in attrs if name == "href"), "").strip()
        if web_address(url):
            self.links.append((self._offset(), self.get_starttag_text() or ""))
            self.first_url = self.first_url or url

    def handle_endtag(self, tag: str) -> None:
        if tag == "body":
            self.body_end = self._offset()

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._line_starts[line - 1] + column


def _tracked(attribute: re.Match[str], mail: TrackedMail) -> str:
    name, value = attribute.groups()
    url = unescape(value.strip("\"'")).strip()
    if name.lower() != "href" or web_address(url) is None:
        return attribute.group()
    return f'{name}="{escape(mail.link(url))}"'


def _trap(mail: TrackedMail, url: str) -> str:
    return (
        f'<a href="{escape(mail.link(url, honeypot=True))}" style="display:none" tabindex="-1" aria-hidden="true"></a>'
    )
