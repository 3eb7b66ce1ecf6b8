"""topics/asyncapi.yaml is made of the topics, is AsyncAPI 3.0, and its examples are what it says they are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from streamprocessor.contract import reason_codes
from streamprocessor.contract.topics.asyncapi import asyncapi, asyncapi_text, read_folder
from streamprocessor.contract.topics.topics import INTERNAL, Topic
from streamprocessor.errors import TopicError
from streamprocessor.scoring.identity import linking
from tests.harness.decoding import decoder_for
from tests.harness.described import complaints_of, described

ARRIVAL_MS = 1_795_420_800_000  # a day after what the examples tell of
ASYNCAPI = Draft7Validator(json.loads((Path(__file__).parent / "asyncapi-3.0.0.json").read_text()))


def test_the_file_is_what_is_made_of_the_topics(root: Path) -> None:
    made = asyncapi_text(asyncapi(read_folder(root / "topics")))
    assert (root / "topics" / "asyncapi.yaml").read_text() == made, "make it anew: streamprocessor topics asyncapi"


def test_the_command_prints_the_file(root: Path) -> None:
    command = [sys.executable, "-m", "streamprocessor", "topics", "asyncapi"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STREAMPROCESSOR_")}
    printed = subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True, text=True).stdout
    assert printed == (root / "topics" / "asyncapi.yaml").read_text()


def test_it_is_asyncapi_3_by_asyncapis_own_schema() -> None:
    assert [error.message for error in ASYNCAPI.iter_errors(described())] == []


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (("operations", "send-score-updated", "action"), "eat"),
        (("channels", "email-opens", "messages"), ["email-opens"]),
        (("channels", "email-opens", "bindings", "kafka", "partitions"), "12"),
        (("components", "messages", "email-opens", "examples"), [{"name": "neither headers nor payload"}]),
        (("info",), {"title": "without a version"}),
    ],
)
def test_asyncapis_own_schema_refuses_what_is_wrong(place: tuple[str, ...], wrong: object) -> None:
    document = deepcopy(described())
    inner = document
    for word in place[:-1]:
        inner = inner[word]
    inner[place[-1]] = wrong
    assert not ASYNCAPI.is_valid(document)


def test_every_reference_leads_somewhere() -> None:
    references = list(_references(described()))
    assert references
    for reference in references:
        part: Any = described()
        for word in reference.removeprefix("#/").split("/"):
            part = part[word]
        assert isinstance(part, dict), reference


def test_every_topic_is_described_but_the_internal_ones(topics: dict[str, Topic]) -> None:
    public = [name for name, topic in topics.items() if topic.direction != INTERNAL]
    assert list(described()["channels"]) == public
    actions = {
        operation["channel"]["$ref"].split("/")[-1]: operation["action"]
        for operation in described()["operations"].values()
    }
    assert actions == {name: "receive" if topics[name].direction == "in" else "send" for name in public}


@pytest.mark.parametrize("message", described()["components"]["messages"])
def test_every_example_is_what_its_message_must_be(message: str) -> None:
    examples = described()["components"]["messages"][message]["examples"]
    for example in examples:
        assert complaints_of(message, example["payload"], example.get("headers", {})) == [], example["name"]
    assert len({example["name"] for example in examples}) == len(examples)


def test_every_example_of_an_input_is_understood(topics: dict[str, Topic]) -> None:
    for name, topic in topics.items():
        for example in described()["components"]["messages"][name]["examples"] if topic.direction == "in" else ():
            headers = [(header, text.encode()) for header, text in example.get("headers", {}).items()]
            key = example["payload"].get("contact_id", "c-42").encode()
            fact = decoder_for(topic)(key, json.dumps(example["payload"]).encode(), headers, ARRIVAL_MS)
            assert fact.id == (example["payload"].get("id") or example["headers"]["ce_id"])


def test_every_kind_of_update_has_an_example(root: Path) -> None:
    schema = json.loads((root / "topics" / "schemas" / "contact-update.json").read_text())
    kinds = {branch["properties"]["update"]["const"] for branch in schema["oneOf"]}
    examples = described()["components"]["messages"]["contact-updates"]["examples"]
    assert {example["payload"]["update"] for example in examples} == kinds


def test_a_dead_letters_reason_is_one_that_we_give() -> None:
    given = {value for name, value in vars(reason_codes).items() if name.isupper()}
    given |= {linking.MERGE_WITH_ITSELF, linking.ALREADY_MERGED, linking.MERGE_CYCLE, linking.TOO_MANY_SOURCES}
    described_codes = described()["components"]["schemas"]["dead-letter-headers"]["properties"]["dl_reason"]["enum"]
    assert sorted(described_codes) == sorted(given)


def test_every_schema_is_a_schema_in_both_dialects(root: Path) -> None:
    for file in (root / "topics" / "schemas").glob("*.json"):
        Draft202012Validator.check_schema(json.loads(file.read_text()))
    for schema in described()["components"]["schemas"].values():
        Draft7Validator.check_schema(schema)


def test_addresses_are_the_names_under_a_prefix(root: Path) -> None:
    document = asyncapi(read_folder(root / "topics"), prefix="staging-")
    assert document["channels"]["email-opens"]["address"] == "staging-email-opens"


@pytest.fixture
def folder(root: Path, tmp_path: Path) -> Path:
    """A copy of the topics that may be spoilt."""
    return Path(shutil.copytree(root / "topics", tmp_path / "topics"))


def test_a_topic_without_an_example_is_refused(folder: Path) -> None:
    (folder / "examples" / "email-opens.yaml").unlink()
    with pytest.raises(TopicError, match=r"examples/email-opens\.yaml; got none"):
        asyncapi(read_folder(folder))


def test_a_name_that_means_two_things_is_refused(folder: Path) -> None:
    file = folder / "schemas" / "score-updated.json"
    schema = json.loads(file.read_text())
    schema["$defs"]["instant"] = {"type": "integer"}
    file.write_text(json.dumps(schema))
    with pytest.raises(TopicError, match="'instant'"):
        asyncapi(read_folder(folder))


@pytest.mark.parametrize("file", ["schemas/event.json", "examples/email-opens.yaml"])
def test_a_file_that_cant_be_read_is_named(folder: Path, file: str) -> None:
    (folder / file).write_text("{")
    with pytest.raises(TopicError, match=file):
        read_folder(folder)


def _references(part: Any) -> Any:
    if isinstance(part, dict):
        for word, value in part.items():
            if word == "$ref":
                yield value
            else:
                yield from _references(value)
    elif isinstance(part, list):
        for item in part:
            yield from _references(item)
