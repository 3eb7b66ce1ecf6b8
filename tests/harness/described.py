"""What topics/asyncapi.yaml says of a record, as a subscriber reads it who knows nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from ruamel.yaml import YAML

FILE = Path(__file__).parents[2] / "topics" / "asyncapi.yaml"


@cache
def described() -> dict[str, Any]:
    """The file's content."""
    content: dict[str, Any] = YAML(typ="safe", pure=True).load(FILE.read_text())
    return content


def complaints(topic: str, value: object, headers: Iterable[tuple[str, bytes | None]]) -> list[str]:
    """Why a record is none of the messages that the topic may hold; empty where it is one of them."""
    texts = {name: None if text is None else text.decode() for name, text in headers}
    found = [complaints_of(name, value, texts) for name in described()["channels"][topic]["messages"]]
    return [] if [] in found else [complaint for each in found for complaint in each]


def complaints_of(message: str, value: object, headers: dict[str, Any]) -> list[str]:
    """Why value and headers are not that message."""
    errors = [*validator(message, "payload").iter_errors(value)]
    if "headers" in described()["components"]["messages"][message]:
        errors += validator(message, "headers").iter_errors(headers)
    return [f"{message} {error.json_path}: {error.message}" for error in errors]


@cache
def validator(message: str, part: str) -> Draft7Validator:
    """What checks a message's `payload` or `headers`."""
    schema = described()["components"]["messages"][message][part]
    return Draft7Validator({"allOf": [schema], "components": described()["components"]})
