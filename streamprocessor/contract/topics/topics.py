"""What exists on the broker, as data: one YAML file a topic, read into values."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from streamprocessor.bundled_files import bundle_folder
from streamprocessor.contract.strict_yaml.document import read_document, read_text
from streamprocessor.contract.strict_yaml.located import Fields, LocatedNode, ScalarNode
from streamprocessor.contract.strict_yaml.scalars import count, flag, text
from streamprocessor.errors import TopicError

IN, OUT, INTERNAL = "in", "out", "internal"
DIRECTIONS = (IN, OUT, INTERNAL)
DEFAULT_PARTITIONS = 12

ASYNCAPI = "asyncapi.yaml"
"""The file that describes all topics to programs; it is made of them (contract/topics/asyncapi.py)."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic of the contract.

    name: the short one, without prefix and application.
    direction: in, out or internal.
    key: the meaning of the key, in a word.
    description: a sentence for people.
    partitions: those of a new topic.
    config: Kafka's own names and values; reconciliation adds what depends on the session time-out to fenced topics.
    number: the topic's place in the offsets inside records, of each topic that the worker reads as input (also of an
    internal one); it never changes and is never given twice. None: it is no input.
    event_type: the type of every event of the topic; None: the event says it.
    schema: the file in schemas/ that describes the value; None: bytes of any kind.
    headers: the file in schemas/ that describes the headers; None: they say nothing.
    fenced: whether the worker's lease guards what is written to it.
    is_own: whether an output belongs to one application, as internal topics do.
    """

    name: str
    direction: str
    key: str
    description: str
    partitions: int = DEFAULT_PARTITIONS
    config: dict[str, str] = field(default_factory=dict, hash=False)
    number: int | None = None
    event_type: str | None = None
    schema: str | None = None
    headers: str | None = None
    fenced: bool = False
    is_own: bool = False

    def full_name(self, prefix: str, app_id: str) -> str:
        """The name on the broker: internal topics belong to one application, the others to all."""
        belongs_to_one = self.direction == INTERNAL or self.is_own
        return f"{prefix}{app_id}-{self.name}" if belongs_to_one else f"{prefix}{self.name}"


def read_topics(folder: Path) -> tuple[Topic, ...]:
    """All topics of the folder's YAML files, by name; raises TopicError with a line for each problem of a file."""
    files = sorted(file for file in folder.glob("*.yaml") if file.name != ASYNCAPI)
    if not files:
        message = (
            f"{folder}: no topic files; wanted one YAML file a topic; got none. STREAMPROCESSOR_TOPICS_DIR names their "
            f"folder; those that come along with the package are in {bundle_folder() / 'topics'}"
        )
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
    content = read_text(file, "a topic in YAML", TopicError)
    return read_document(content, str(file), "the topic", partial(_topic, file=file), TopicError)


def _topic(located: LocatedNode, file: Path) -> Topic:
    fields = located.fields(
        *("name", "direction", "key", "description", "config"),
        *("partitions", "number", "event_type", "schema", "headers", "fenced"),
    )
    topic = Topic(
        name=fields.required("name", partial(_name, expected=file.stem), file.stem),
        direction=fields.required("direction", _direction, INTERNAL),
        key=fields.required("key", text, ""),
        description=fields.required("description", text, ""),
        partitions=fields.read("partitions", count, DEFAULT_PARTITIONS),
        config=fields.required("config", _config, {}),
        number=fields.read("number", count, None),
        event_type=fields.read("event_type", text, None),
        schema=fields.read("schema", partial(_schema, file=file), None),
        headers=fields.read("headers", partial(_schema, file=file), None),
        fenced=fields.read("fenced", flag, False),
    )
    _check_number(fields, topic.direction)
    return topic


def _check_number(fields: Fields, direction: str) -> None:
    if direction != INTERNAL and (direction == IN) != ("number" in fields):
        got = "one" if "number" in fields else "none"
        fields.located.note(f"wanted 'number' on each input topic, and on no output; got {got}")


def _name(located: LocatedNode, expected: str) -> str:
    if located.value != expected:
        located.refuse(f"the file's name, {expected}")
    return expected


def _direction(located: LocatedNode) -> str:
    direction = text(located)
    if direction not in DIRECTIONS:
        located.refuse("in, out or internal")
    return direction


def _config(located: LocatedNode) -> dict[str, str]:
    entries = located.entries("names and values of Kafka's topic settings")
    return {name: _config_text(inner) for name, inner in entries.items()}


def _config_text(located: LocatedNode) -> str:
    """The value as Kafka takes it."""
    value = located.value
    if not isinstance(located.node, ScalarNode) or value is None:
        located.refuse("a text, a number, true or false")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _schema(located: LocatedNode, file: Path) -> str:
    schema = text(located)
    if not (file.parent / "schemas" / schema).is_file():
        located.refuse("a file in the folder schemas")
    return schema


def _refuse_equal_numbers(topics: tuple[Topic, ...], folder: Path) -> None:
    seen: dict[int, str] = {}
    for topic in inputs(topics):
        number = topic.number or 0
        if number in seen:
            message = f"{folder}: topics {seen[number]} and {topic.name}: wanted a number each; got {number} twice"
            raise TopicError(message)
        seen[number] = topic.name
