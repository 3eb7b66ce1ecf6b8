"""What exists on the broker, as data: one YAML file a topic, read into values."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from streamprocessor.errors import TopicError

IN, OUT, INTERNAL = "in", "out", "internal"

#: What describes all of them to programs; made of them (contract/asyncapi.py).
ASYNCAPI = "asyncapi.yaml"

_TEXTS = ("key", "description", "event_type", "schema", "headers")
_WORDS = {"name", "direction", "number", "partitions", "fenced", "config", *_TEXTS}
_NEEDED = ("name", "direction", "key", "description", "config")


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic of the contract.

    number: a place in the offsets kept inside records, of each topic that the worker reads as input (also of an
    internal one); it never changes and is never given twice.
    key: what the key is, in a word. partitions: those of a new topic. config: Kafka's own names and values; the
    broker's tool adds what depends on the session time-out to `fenced` topics. event_type: what every event of the
    topic is, None: the event says it. schema: the file in schemas/ that describes the value, None: bytes of any kind.
    headers: the file in schemas/ that describes the headers, None: they say nothing.
    """

    name: str
    direction: str
    key: str
    description: str
    partitions: int = 12
    config: dict[str, str] = field(default_factory=dict, hash=False)
    number: int | None = None
    event_type: str | None = None
    schema: str | None = None
    headers: str | None = None
    fenced: bool = False

    def full_name(self, prefix: str, app_id: str) -> str:
        """The name on the broker: internal topics belong to one application, the others to all."""
        return f"{prefix}{app_id}-{self.name}" if self.direction == INTERNAL else f"{prefix}{self.name}"


def read_topics(folder: Path) -> tuple[Topic, ...]:
    """All topics that the folder's YAML files describe, by name; raises TopicError naming file and word."""
    files = sorted(file for file in folder.glob("*.yaml") if file.name != ASYNCAPI)
    if not files:
        message = f"{folder}: no topic files; wanted one YAML file a topic; got none"
        raise TopicError(message)
    topics = tuple(_read_topic(file) for file in files)
    _refuse_equal_numbers(topics, folder)
    return topics


def topic_named(topics: tuple[Topic, ...], name: str) -> Topic:
    """The topic of that short name; raises TopicError where there is none."""
    for topic in topics:
        if topic.name == name:
            return topic
    message = f"topic '{name}': not described; wanted one of {', '.join(topic.name for topic in topics)}"
    raise TopicError(message)


def inputs(topics: tuple[Topic, ...]) -> tuple[Topic, ...]:
    """The topics that the worker reads, in the order of their numbers."""
    read = (topic for topic in topics if topic.number is not None)
    return tuple(sorted(read, key=lambda topic: topic.number or 0))


def _read_topic(file: Path) -> Topic:
    try:
        content = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        message = f"{file}: can't be read as YAML: {error}"
        raise TopicError(message) from error
    if not isinstance(content, dict):
        raise _wrong(file, "the file", "words and values", content)
    for word in content:
        if word not in _WORDS:
            raise _wrong(file, "an unknown word", f"one of {', '.join(sorted(_WORDS))}", word)
    for word in _NEEDED:
        if word not in content:
            raise _wrong(file, f"'{word}'", "it to be there", None)
    _check(file, content)
    content["config"] = {str(name): _config_text(value) for name, value in content["config"].items()}
    return Topic(**content)


def _check(file: Path, content: dict[str, Any]) -> None:
    if content["name"] != file.stem:
        raise _wrong(file, "'name'", f"the file's name, {file.stem}", content["name"])
    if content["direction"] not in (IN, OUT, INTERNAL):
        raise _wrong(file, "'direction'", "in, out or internal", content["direction"])
    if not isinstance(content["config"], dict):
        raise _wrong(file, "'config'", "names and values of Kafka's topic settings", content["config"])
    for word, kind in (("partitions", int), ("number", int), ("fenced", bool)):
        if word in content and type(content[word]) is not kind:
            raise _wrong(file, f"'{word}'", f"a value of type {kind.__name__}", content[word])
    if content.get("partitions", 1) < 1:
        raise _wrong(file, "'partitions'", "1 or more", content["partitions"])
    if content["direction"] != INTERNAL and (content["direction"] == IN) != ("number" in content):
        raise _wrong(file, "'number'", "one on each input topic, and on no output", content.get("number"))
    for word in _TEXTS:
        if word in content and not (isinstance(content[word], str) and content[word]):
            raise _wrong(file, f"'{word}'", "a text", content[word])
    for word in ("schema", "headers"):
        if word in content and not (file.parent / "schemas" / content[word]).is_file():
            raise _wrong(file, f"'{word}'", "a file in the folder schemas", content[word])


def _refuse_equal_numbers(topics: tuple[Topic, ...], folder: Path) -> None:
    seen: dict[int, str] = {}
    for topic in inputs(topics):
        number = topic.number or 0
        if number in seen:
            message = f"{folder}: topics {seen[number]} and {topic.name}: wanted a number each; got {number} twice"
            raise TopicError(message)
        seen[number] = topic.name


def _config_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _wrong(file: Path, what: str, wanted: str, got: object) -> TopicError:
    return TopicError(f"{file}: {what} is wrong; wanted {wanted}; got {got!r}")
