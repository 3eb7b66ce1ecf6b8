"""Where a message in HTML holds links, and where its body ends; read as browsers, and Outlook, read it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from streamprocessor.collector.tracking.markup.attribute_text import attribute_text

UNTRACKED = "data-untracked"

_LINK_TAGS = ("a", "area")
_VML = "v:"  # Outlook's shapes: what it shows as a button is <v:roundrect href="...">

_TEXT_TAGS = ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")  # they hold no tags
_SPACE = r"[ \t\n\f\r]"
_CONDITION = re.compile(r"<!--\[if[^\]]*\]>", re.IGNORECASE)
_COMMENT_END = re.compile(r"-->|(?<!<!)--!>")
_TAG = re.compile(r"<(?:(!--)|([!?]|/[^A-Za-z>])|/([A-Za-z][^ \t\n\f\r/>]*)|([A-Za-z][^ \t\n\f\r/>]*))")
_ATTRIBUTE = re.compile(
    rf"""(?:{_SPACE}|/)*(?P<name>[^ \t\n\f\r/>][^ \t\n\f\r/>=]*)"""
    rf"""(?:{_SPACE}*={_SPACE}*(?P<value>"[^"]*"|'[^']*'|(?!["'])[^ \t\n\f\r>]+|(?=["'])))?"""
)
_TAG_END = re.compile(rf"(?:{_SPACE}|/)*>")
_LINE_ENDS = re.compile(r"[\t\n\r]")  # browsers drop them from an address, and what stands before and after it
_BEFORE_AND_AFTER = "".join(map(chr, range(0x21)))


class LinkPlace(NamedTuple):
    """A link in a message.

    start, end: of the attribute's value, with its quotes if it has any.
    url: as a browser reads it.
    """

    start: int
    end: int
    url: str


@dataclass(slots=True)
class LinkPlaces:
    """All links that may be tracked, in their order, and where the body ends; None: nowhere."""

    links: list[LinkPlace] = field(default_factory=list)
    body_end: int | None = None


def link_places(html: str) -> LinkPlaces:
    """The links of <a>, <area> and Outlook's shapes, also in conditional comments; those with data-untracked aside."""
    places = LinkPlaces()
    _read(html, 0, len(html), places, is_seen=True)
    return places


def _read(html: str, position: int, end: int, places: LinkPlaces, *, is_seen: bool) -> None:
    """Find the places from position to end. is_seen: whether all see this part, and not only Outlook."""
    while tag := _TAG.search(html, position, end):
        comment, bogus, closed, _ = tag.groups()
        if comment:
            comment_end = _COMMENT_END.search(html, tag.start() + 2, end)
            inner_end, position = comment_end.span() if comment_end else (end, end)
            condition = _CONDITION.match(html, tag.start(), inner_end) if is_seen else None
            if condition:
                _read(html, condition.end(), inner_end, places, is_seen=False)
        elif bogus:
            position = (html.find(">", tag.start(), end) + 1) or end
        elif closed:
            position, _ = _attributes(html, tag.end(), end)
            if closed.lower() == "body" and is_seen:
                places.body_end = tag.start()
        else:
            position = _read_start_tag(html, tag, end, places)


def _read_start_tag(html: str, tag: re.Match[str], end: int, places: LinkPlaces) -> int:
    """Where it goes on after the tag; its link, if it has one, is among the places."""
    name = tag[4].lower()
    position, spans = _attributes(html, tag.end(), end)
    start, value_end = spans.get("href", (-1, -1))
    if start >= 0 and (name in _LINK_TAGS or name.startswith(_VML)) and UNTRACKED not in spans:
        raw = html[start:value_end]
        text = attribute_text(raw[1:-1] if raw[0] in "\"'" else raw)
        places.links.append(LinkPlace(start, value_end, _LINE_ENDS.sub("", text).strip(_BEFORE_AND_AFTER)))
    return _text_end(html, name, position, end) if name in _TEXT_TAGS else position


def _attributes(html: str, position: int, end: int) -> tuple[int, dict[str, tuple[int, int]]]:
    """Where the tag is over, and where the value of each attribute stands, by name; (-1, -1): it has none.

    A tag that is never over is none: it takes all that follows, and has no attributes.
    """
    spans = dict[str, tuple[int, int]]()
    while not (closing := _TAG_END.match(html, position, end)):
        attribute = _ATTRIBUTE.match(html, position, end)
        if attribute is None or attribute["value"] == "":  # a quote that is not closed
            return end, {}
        position = attribute.end()
        spans.setdefault(attribute["name"].lower(), attribute.span("value"))  # the first of one name counts
    return closing.end(), spans


def _text_end(html: str, name: str, position: int, end: int) -> int:
    """Where the text of such an element ends, at the tag that closes it."""
    closing = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(html, position, end)
    return closing.start() if closing else end
