"""For authors of mails: a message with a pixel and tracked links.

mail = TrackedMail(keys, "https://track.example.com", contact_id="c-42", message="m-9", campaign="q4")
html = tracked_message(html, mail, honeypot=True)
message = track_message(html, mail)  # also tells of links that could not be tracked
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from streamprocessor.collector.tracking.markup.link_places import LinkPlace, link_places
from streamprocessor.collector.tracking.tokens import TokenKeys, Tracked
from streamprocessor.collector.urls import web_address
from streamprocessor.contract.foreign_text import shown_value

# What templates fill in later: {{name}}, {% name %}, {$name}, ${name}, #{name}, *|NAME|*, [[name]], <%= name %>.
_PLACEHOLDER = re.compile(r"\{\{|\{%|\{\$|[$#]\{|\*\||\[\[|<%")
# %name% and %%name%%; %20a%20 has escapes alone.
_PERCENT_PLACEHOLDER = re.compile(r"%[A-Za-z_][\w.-]*%")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_WEB = re.compile(r"https?:", re.IGNORECASE)


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
        return self._address(f"/o/{token}.gif")

    def link(self, url: str, honeypot: bool = False) -> str:
        """The address that tells of a click and leads to the URL. honeypot: a link that no person sees.

        Raises ValueError where the URL is not an absolute http or https one, where a template has yet to fill it in
        (what is signed stays as it is), and as TokenKeys.sign does.
        """
        if _has_placeholder(url):
            message = f"url: wanted an address whose placeholders are filled in; got {shown_value(url)}"
            raise ValueError(message)
        if web_address(url) is None:
            message = f"url: wanted an absolute http or https address; got {shown_value(url)}"
            raise ValueError(message)
        token = self.keys.sign("click", Tracked(self.contact_id, self.message, self.campaign, url, honeypot))
        return self._address(f"/c/{token}")

    def is_tracked(self, url: str) -> bool:
        """Whether the URL is a link that tells of a click already."""
        return url.startswith(self._address("/c/"))

    def has_pixel(self, html: str) -> bool:
        """Whether the message tells of its opens already."""
        return self._address("/o/") in html

    def _address(self, path: str) -> str:
        return f"{self.collector_url.rstrip('/')}{path}"


@dataclass(frozen=True, slots=True)
class TrackedMessage:
    """A message, tracked.

    with_placeholders: the addresses that were left as they are since a template has yet to fill them in.
    tracked_before: how many links were tracked already, by whatever mail they were made for.
    """

    html: str
    with_placeholders: list[str]
    tracked_before: int


def tracked_message(html: str, mail: TrackedMail, honeypot: bool = False) -> str:
    """The message that `track_message` makes."""
    return track_message(html, mail, honeypot).html


def track_message(html: str, mail: TrackedMail, honeypot: bool = False) -> TrackedMessage:
    """The message with its links tracked and a pixel at its end; the rest stays as it is, byte for byte.

    Links are <a>, <area> and Outlook's shapes with an absolute http or https address, read as browsers read it, also in
    conditional comments. Left alone are one with the attribute data-untracked, one that is tracked already (and a pixel
    is not added to another), one with a template's placeholder, and all other addresses. honeypot: also a link that no
    person sees, to where the first one leads. Raises ValueError as TrackedMail does.
    """
    places = link_places(html)
    candidates = [link for link in places.links if _WEB.match(link.url)]
    tracked_before = [link for link in candidates if mail.is_tracked(link.url)]
    with_placeholders = [link for link in candidates if _has_placeholder(link.url)]
    links = [link for link in candidates if _leads_somewhere(link) and link not in tracked_before + with_placeholders]
    parts: list[str] = []
    end = 0
    for link in links:
        quote = html[link.start] if html[link.start] in "\"'" else '"'
        parts += html[end : link.start], quote, escape(mail.link(link.url)), quote
        end = link.end
    close = len(html) if places.body_end is None else max(places.body_end, end)
    trap = _trap(mail, links[0].url) if honeypot and links else ""
    picture = "" if mail.has_pixel(html) else _picture(mail)
    tracked = "".join([*parts, html[end:close], trap, picture, html[close:]])
    return TrackedMessage(tracked, [link.url for link in with_placeholders], len(tracked_before))


def _has_placeholder(url: str) -> bool:
    is_percent = _PERCENT_PLACEHOLDER.search(url) and _STRAY_PERCENT.search(url)
    return bool(_PLACEHOLDER.search(url) or is_percent)


def _leads_somewhere(link: LinkPlace) -> bool:
    """Whether it is an address of the web, and a text: bytes that are none can't be signed."""
    return web_address(link.url) is not None and not _HALF_CHARACTER.search(link.url)


def _picture(mail: TrackedMail) -> str:
    return f'<img src="{escape(mail.pixel_url())}" width="1" height="1" alt="" style="border:0">'


def _trap(mail: TrackedMail, url: str) -> str:
    return (
        f'<a href="{escape(mail.link(url, honeypot=True))}" style="display:none" tabindex="-1" aria-hidden="true"></a>'
    )
