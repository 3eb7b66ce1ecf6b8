"""Payloads as data: a YAML file whose texts hold ${paths} into an announcement. No code runs, so none can be put in.

A text that is one path and nothing else becomes the value itself, with its type; in a longer text it becomes words.
`$${` is a plain `${`. What mentions a link to the page is left out where there is none: the entry of a mapping, the
whole item of a list. A template is tried on one announcement of each kind before any is sent.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from streamprocessor.contract.foreign_text import shown_text
from streamprocessor.contract.strict_yaml.document import read_document
from streamprocessor.contract.strict_yaml.located import (
    LocatedNode,
    MappingNode,
    Node,
    ReadError,
    SequenceNode,
    unknown,
)
from streamprocessor.contract.strict_yaml.scalars import text
from streamprocessor.contract.subscriptions.references import is_template_file
from streamprocessor.contract.topic_names import BECAME_HOT_LEAD, SCORE_UPDATED
from streamprocessor.delivery.announcements import Announcement
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.delivery.subscriptions.small_files import read_small_text
from streamprocessor.errors import OperatorError

BUILT_IN = Path(__file__).parent / "templates"
MOST_BYTES = 64 * 1024

_HOLE = re.compile(r"\$(\$\{)|\$\{([^{}]*)\}|\$\{")
SLACK_MARKS = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
"""What characters become in a message for Slack."""

_MARKS: dict[str, dict[str, str]] = {"none": {}, "slack": SLACK_MARKS}
_COMMON = ("id", "type", "source", "time", "subject", "event", "subscription")
_WORDS = ("headline", "sentence", "name", "because", "call_by", "contact_url")
_NAMING = frozenset({"words.headline", "words.sentence", "words.name"})
_LINK = "words.contact_url"
_ATTRIBUTES = "attributes."
_DATA = {
    BECAME_HOT_LEAD: (
        *("contact_id", "at", "score_name", "episode", "score", "previous_stage", "stage", "because", "model"),
        *("display_name", "attributes"),
    ),
    SCORE_UPDATED: (
        "contact_id",
        "at",
        "cause",
        "sequence",
        "changed",
        "scores",
        "because",
        "model",
        "merged_into",
        "first",
    ),
}
_FREE = ("scores", "model", "attributes")  # what is below them depends on the scoring model


@dataclass(frozen=True)
class Template:
    """A payload with holes. marks: what is written in place of characters that mean something to the receiver."""

    source: str
    content_type: str
    marks: Mapping[str, str]
    body: Any

    @property
    def names_contacts(self) -> bool:
        """Whether it says what the contact is called."""
        return not _NAMING.isdisjoint(_paths(self.body))

    @property
    def attributes(self) -> frozenset[str]:
        """The attributes of contacts that it says, beside what they are called."""
        return frozenset(path.removeprefix(_ATTRIBUTES) for path in _paths(self.body) if path.startswith(_ATTRIBUTES))

    def fill(
        self, announcement: Announcement, subscription: str, phrases: Phrases, attributes: Mapping[str, Any]
    ) -> bytes:
        """The body for the announcement. attributes: of the contact, as far as they are known."""
        return orjson.dumps(self._filled(self.body, values_of(announcement, subscription, phrases, attributes)))

    def _filled(self, part: Any, values: Mapping[str, Any]) -> Any:
        if isinstance(part, dict):
            return {word: self._filled(inner, values) for word, inner in part.items() if _can_be_said(inner, values)}
        if isinstance(part, list):
            return [self._filled(inner, values) for inner in part if _links_are_there(inner, values)]
        if not isinstance(part, str):
            return part
        whole = _HOLE.fullmatch(part)
        if whole is not None and whole[2] is not None:
            value = _at(values, whole[2])
            return self._marked(value) if isinstance(value, str) else value
        return _HOLE.sub(lambda hole: "${" if hole[1] else self._marked(_words(_at(values, hole[2]))), part)

    def _marked(self, words: str) -> str:
        return "".join(self.marks.get(character, character) for character in words) if self.marks else words


def read_template(name: str, folder: Path) -> Template:
    """The template: a built-in one's name (cloudevents, slack, flat, lead, mail), else a file, beginning at the folder.

    Raises OperatorError where it can't be read.
    """
    built_in = {file.stem: file for file in BUILT_IN.glob("*.yaml")}
    file = folder / name if is_template_file(name) else built_in.get(name)
    try:
        if file is None:
            raise FileNotFoundError(errno.ENOENT, "no built-in template", name)
        content = read_small_text(file, MOST_BYTES)
    except (OSError, ValueError) as error:
        known = ", ".join(sorted(built_in))
        wanted = f"one of {known}, or the path of a regular YAML file of at most {MOST_BYTES} bytes"
        message = f"template '{shown_text(name)}': can't be read; wanted {wanted}; got {type(error).__name__}"
        raise OperatorError(message) from error
    return parse_template(content, file.name)


def parse_template(content: str, source: str) -> Template:
    """The template that the YAML spells; raises ModelError with the lines of what is wrong."""
    return read_document(content, source, "template", partial(_template, source=source))


def refuse_unknown_paths(template: Template, events: tuple[str, ...]) -> None:
    """Nothing where all paths are known for announcements of these kinds; raises OperatorError naming the others."""
    for path in _paths(template.body):
        for event in events:
            if not _is_known(path, event):
                known = (
                    *_COMMON,
                    "attributes.NAME",
                    *(f"words.{word}" for word in _WORDS),
                    *(f"data.{word}" for word in _DATA[event]),
                )
                message = f"template {template.source}: for {event}: wanted one of {', '.join(known)}; got '{path}'"
                raise OperatorError(message)


def values_of(
    announcement: Announcement, subscription: str, phrases: Phrases, attributes: Mapping[str, Any]
) -> dict[str, Any]:
    """What paths lead into."""
    return {
        "id": announcement.id,
        "type": announcement.type,
        "source": announcement.source,
        "time": announcement.at,
        "subject": announcement.contact_id,
        "event": announcement.event,
        "subscription": subscription,
        "attributes": attributes,
        "data": announcement.data,
        "words": phrases.words_of(announcement, attributes),
    }


def _is_known(path: str, event: str) -> bool:
    first, *deeper = path.split(".")
    if first == "words":
        return len(deeper) == 1 and deeper[0] in _WORDS
    if first == "attributes":
        return bool(deeper) and all(deeper)
    if first == "data":
        return not deeper or (deeper[0] in _DATA[event] and (len(deeper) == 1 or deeper[0] in _FREE))
    return first in _COMMON and not deeper


def _paths(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _paths(inner)
    elif isinstance(part, str):
        yield from (hole[2] for hole in _HOLE.finditer(part) if hole[2] is not None)


def _links_are_there(part: Any, values: Mapping[str, Any]) -> bool:
    """Whether all links that the part mentions can be told."""
    return _at(values, _LINK) is not None or _LINK not in _paths(part)


def _can_be_said(part: Any, values: Mapping[str, Any]) -> bool:
    """Whether the entry of a mapping can be told; a part of parts can, without those that can't."""
    return not isinstance(part, str) or _links_are_there(part, values)


def _at(values: Any, path: str) -> Any:
    """What the path leads to; None where a step on the way is absent. Names of attributes may hold full stops."""
    if path.startswith(_ATTRIBUTES):
        return values["attributes"].get(path.removeprefix(_ATTRIBUTES))
    for word in path.split("."):
        values = values.get(word) if isinstance(values, dict) else None
    return values


def _words(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _template(located: LocatedNode, source: str) -> Template:
    fields = located.fields("content_type", "escape", "body")
    escape = fields.read("escape", _escape, "none")
    content_type = fields.read("content_type", _header_value, "application/json")
    return Template(source, content_type, _MARKS[escape], fields.required("body", _body, None))


def _escape(located: LocatedNode) -> str:
    if not isinstance(located.value, str) or located.value not in _MARKS:
        located.fail(unknown(str(located.value), tuple(_MARKS)))
    return located.value


def _header_value(located: LocatedNode) -> str:
    value = text(located)
    if not (value.isascii() and value.isprintable()):
        located.fail("wanted printable ASCII, as it becomes a header; got another text")
    return value


def _body(located: LocatedNode) -> Any:
    body = _json(located, located.node)
    try:
        orjson.dumps(body)
    except orjson.JSONEncodeError as error:
        located.fail(f"wanted what JSON can hold; got an error: {error}")
    return body


def _json(located: LocatedNode, node: Node) -> Any:
    if isinstance(node, MappingNode):
        return {word: _json(located, inner) for word, (_, inner) in node.entries.items()}
    if isinstance(node, SequenceNode):
        return [_json(located, inner) for inner in node.items]
    if isinstance(node.value, str):
        if any(hole[1] is None and hole[2] is None for hole in _HOLE.finditer(node.value)):
            raise ReadError(node.line, f"{located.where}: wanted }} after ${{; got '{shown_text(node.value)}'")
        return node.value
    if node.value is None or isinstance(node.value, (bool, int)):
        return node.value
    return float(node.value)
