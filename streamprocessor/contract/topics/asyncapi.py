"""AsyncAPI 3.0, the description of the topics for programs: made of the topics' files, their schemas and examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from ruamel.yaml import YAML

from streamprocessor.contract.strict_yaml.document import read_document, read_text
from streamprocessor.contract.strict_yaml.located import LocatedNode
from streamprocessor.contract.strict_yaml.yaml_tree import json_values
from streamprocessor.contract.topics.schemas import components_of
from streamprocessor.contract.topics.topics import IN, INTERNAL, Topic, read_topics
from streamprocessor.errors import TopicError

VERSION = "1.0.0"
"""The version of the contract, not of the program: its first number is that in the types of announcements."""

_KAFKA_BINDING = "0.5.0"
_HEADING = "# Made by `streamprocessor topics asyncapi`, of the topics' files, schemas/ and examples/.\n"
_INFO = {
    "title": "streamprocessor",
    "version": VERSION,
    "description": (
        "Events and contact updates go in; every step of a contact's scores, each hot lead, and what could not be used "
        "come out. Everything is keyed by contact, and in order for each contact. Keys are placed by murmur2, as by "
        "Kafka's own client: clients built on librdkafka are told so with partitioner=murmur2_random; records that lie "
        "elsewhere are handed over, a detour each. Delivery is at least once: an "
        "announcement that comes twice has the same ce_id and the same bytes."
    ),
    "license": {"name": "Apache-2.0"},
}
_SERVERS = {
    "local": {"host": "127.0.0.1:9092", "protocol": "kafka", "description": "What `streamprocessor up` starts."}
}
_BYTES = {"description": "Bytes of any kind, or none."}
_TOMBSTONE = {
    "title": "Tombstone",
    "summary": "The contact was erased, and its last message with it.",
    "payload": {"type": "null"},
    "examples": [{"name": "tombstone", "summary": "A record without a value.", "payload": None}],
}


class Folder(NamedTuple):
    """The folder of topics: schemas by the names of their files, examples by their topics."""

    topics: tuple[Topic, ...]
    schemas: Mapping[str, Mapping[str, Any]]
    examples: Mapping[str, Sequence[Mapping[str, Any]]]


def read_folder(folder: Path) -> Folder:
    """Topics, schemas and examples; raises TopicError naming the file that can't be read."""
    topics = read_topics(folder)
    files = {file for topic in topics for file in (topic.schema, topic.headers) if file is not None}
    schemas = {file: _read_schema(folder / "schemas" / file) for file in sorted(files)}
    return Folder(
        topics, schemas, {file.stem: _read_examples(file) for file in sorted((folder / "examples").glob("*.yaml"))}
    )


def asyncapi(folder: Folder, prefix: str = "") -> dict[str, Any]:
    """The description of all topics that are not internal; prefix: before the topics' names on the broker.

    Raises TopicError where a topic has no example, or two schemas define one name differently.
    """
    public = [topic for topic in folder.topics if topic.direction != INTERNAL]
    messages = {name: message for topic in public for name, message in _messages(topic, folder).items()}
    return {
        "asyncapi": "3.0.0",
        "info": _INFO,
        "defaultContentType": "application/json",
        "servers": _SERVERS,
        "channels": {topic.name: _channel(topic, topic.full_name(prefix, "")) for topic in public},
        "operations": {f"{_action(topic)}-{topic.name}": _operation(topic) for topic in public},
        "components": {"messages": messages, "schemas": _components(folder, public)},
    }


def asyncapi_text(document: Mapping[str, Any]) -> str:
    """The description as YAML, the same text for the same description."""
    yaml = YAML()
    yaml.width = 4096  # a wrapped line would end in a space
    yaml.representer.ignore_aliases = lambda _: True
    text = StringIO()
    yaml.dump(document, text)
    return _HEADING + text.getvalue()


def _channel(topic: Topic, address: str) -> dict[str, Any]:
    config: dict[str, Any] = {name: int(value) if value.isdigit() else value for name, value in topic.config.items()}
    config["cleanup.policy"] = topic.config["cleanup.policy"].split(",")
    binding = {"partitions": topic.partitions, "topicConfiguration": config, "bindingVersion": _KAFKA_BINDING}
    return {
        "address": address,
        "description": topic.description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _message_names(topic)},
        "bindings": {"kafka": binding},
    }


def _operation(topic: Topic) -> dict[str, Any]:
    channel = f"#/channels/{topic.name}"
    return {
        "action": _action(topic),
        "channel": {"$ref": channel},
        "summary": topic.description,
        "messages": [{"$ref": f"{channel}/messages/{name}"} for name in _message_names(topic)],
    }


def _action(topic: Topic) -> str:
    """The action of streamprocessor on the topic; a subscriber does the opposite."""
    return "receive" if topic.direction == IN else "send"


def _message_names(topic: Topic) -> list[str]:
    return [topic.name, _tombstone_of(topic)] if _takes_tombstones(topic) else [topic.name]


def _tombstone_of(topic: Topic) -> str:
    return f"{topic.name}-tombstone"


def _takes_tombstones(topic: Topic) -> bool:
    return "compact" in topic.config["cleanup.policy"]


def _messages(topic: Topic, folder: Folder) -> dict[str, Any]:
    examples = folder.examples.get(topic.name)
    if not examples:
        complaint = f"topic {topic.name}: wanted an example in examples/{topic.name}.yaml; got none"
        raise TopicError(complaint)
    message: dict[str, Any] = {
        "title": topic.name if topic.schema is None else folder.schemas[topic.schema]["title"],
        "summary": topic.description,
        "contentType": "application/octet-stream" if topic.schema is None else "application/json",
        "headers": _reference(topic.headers),
        "payload": _payload(topic),
        "examples": list(examples),
    }
    messages = {topic.name: {word: value for word, value in message.items() if value is not None}}
    if _takes_tombstones(topic):
        messages[_tombstone_of(topic)] = _TOMBSTONE
    key = {"type": ["string", "null"] if topic.schema is None else "string", "description": topic.key}
    binding = {"kafka": {"key": key, "bindingVersion": _KAFKA_BINDING}}
    return {name: {"name": name, **message, "bindings": binding} for name, message in messages.items()}


def _payload(topic: Topic) -> Mapping[str, Any]:
    reference = _reference(topic.schema)
    if reference is None:
        return _BYTES
    if topic.event_type is None:
        return reference
    return {"allOf": [reference, {"properties": {"type": {"enum": [topic.event_type, None]}}}]}


def _reference(file: str | None) -> dict[str, str] | None:
    return None if file is None else {"$ref": f"#/components/schemas/{_stem(file)}"}


def _components(folder: Folder, public: Sequence[Topic]) -> dict[str, Any]:
    """The schemas and what they define, side by side; raises TopicError where a name would mean two things."""
    components: dict[str, Any] = {}
    files = dict.fromkeys(file for topic in public for file in (topic.schema, topic.headers) if file is not None)
    for file in files:
        for name, part in components_of(_stem(file), folder.schemas[file]).items():
            if components.setdefault(name, part) != part:
                message = f"schemas/{file}: wanted '{name}' to mean one thing in all schemas; got another one here"
                raise TopicError(message)
    return components


def _stem(file: str) -> str:
    return file.removesuffix(".json")


def _read_schema(file: Path) -> Any:
    try:
        return orjson.loads(read_text(file, "a JSON Schema", TopicError))
    except orjson.JSONDecodeError as error:
        message = f"{file}: wanted a JSON Schema; got {error}"
        raise TopicError(message) from error


def _read_examples(file: Path) -> list[Any]:
    content = read_text(file, "examples of messages", TopicError)
    return read_document(content, str(file), "the file", _examples, TopicError)


def _examples(located: LocatedNode) -> list[Any]:
    return [json_values(inner.node) for inner in located.items("a list of examples")]
