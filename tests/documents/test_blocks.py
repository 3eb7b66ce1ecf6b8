"""Each fenced block of the documents is read by who reads such things, or says why it is not."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from streamprocessor.contract.events.events import decode_line
from streamprocessor.contract.model_file.read_model import model_schema_text, parse_model
from streamprocessor.contract.subscriptions.subscription_file import parse_subscription_file
from streamprocessor.errors import OperatorError
from streamprocessor.imports.csv_mapping import parse_mapping
from tests.documents.markdown import DOCUMENTS, ONLY_PARSED, ONLY_SHOWN, ROOT, Block, blocks, name_of

LANGUAGES = {"sh", "yaml", "json", "python", "js", "html", "mermaid", "text"}
BASE = """
scores:
  engagement:
    rules: [{id: click, on: email_click, points: 5}]
    stages: {cold: 0, warm: 16, hot: 41}
"""
WORDS_OF_A_MODEL = frozenset(json.loads(model_schema_text())["properties"])
WORDS_OF_A_MAPPING = frozenset({"contact", "type", "attributes", "occurred_at", "properties"})

ARRIVAL_MS = 1_800_000_000_000  # what a topic says of a record beside its value

every = pytest.mark.parametrize


def read_yaml_block(text: str, place: str) -> str:
    """What the YAML is, once its reader has read it; raises ValueError where that can't be told."""
    content: Any = YAML(typ="safe").load(text)
    if isinstance(content, list) and all("id" in rule for rule in content):
        indented = "".join(f"      {line}\n" for line in text.splitlines())
        parse_model(f"scores:\n  score:\n    rules:\n{indented}", place)
        return "rules"
    match content:
        case {"scores": _}:
            parse_model(text, place)
            return "model"
        case {"subscriptions": _}:
            parse_subscription_file(text, place)
            return "subscriptions"
        case {"resources": [*overlays]}:
            assert all((ROOT / overlay.split("streamprocessor/", 1)[1]).is_dir() for overlay in overlays)
            return "kustomization"
        case dict() if content.keys() <= WORDS_OF_A_MODEL:
            parse_model(BASE + text, place)
            return "part of a model"
        case dict() if content.keys() & WORDS_OF_A_MAPPING:
            parse_mapping(text, place)
            return "mapping"
    message = f"{place}: wanted a model, a part of one, rules, subscriptions or a mapping; got {str(content)[:60]}"
    raise ValueError(message)


def read_json_block(text: str) -> None:
    """Read an announcement, or events and updates, one or a list."""
    content = json.loads(text)
    if "sequence" in content:
        schema = json.loads((ROOT / "topics" / "schemas" / "score-updated.json").read_text())
        jsonschema.validate(content, schema)
        return
    for each in content if isinstance(content, list) else [content]:
        decode_line(json.dumps({"arrival": ARRIVAL_MS} | each).encode())


class Tags(HTMLParser):
    """The tags that were opened, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.opened: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened.append((tag, dict(attrs)))


@every("document", DOCUMENTS, ids=name_of)
def test_every_block_says_its_language_and_if_it_is_not_run_why(document: Path) -> None:
    for block in blocks():
        if block.document == document:
            assert block.language in LANGUAGES, block.place
            allowed = ("", ONLY_SHOWN) if block.language == "text" else ("", ONLY_PARSED)
            assert not block.note or any(mark and block.note.startswith(mark) for mark in allowed), block.place
            assert block.note or block.language != "text", f"{block.place}: wanted `{ONLY_SHOWN}WHY` behind it"


@every("document", DOCUMENTS, ids=name_of)
def test_no_fence_is_left_open_or_missed(document: Path) -> None:
    fences = [line for line in document.read_text().splitlines() if line.startswith("```")]

    assert len(fences) == 2 * len([block for block in blocks() if block.document == document])


@every("block", blocks("yaml"), ids=lambda block: block.place)
def test_yaml_is_read_by_its_reader(block: Block) -> None:
    read_yaml_block(block.text, block.place)


@every("block", blocks("json"), ids=lambda block: block.place)
def test_json_is_what_comes_in_or_goes_out(block: Block) -> None:
    read_json_block(block.text)


@every("block", blocks("python"), ids=lambda block: block.place)
def test_python_compiles(block: Block) -> None:
    compile(block.text, block.place, "exec")


@every("block", blocks("js"), ids=lambda block: block.place)
@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
def test_javascript_compiles(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "block.js"
    file.write_text(block.text)
    done = subprocess.run(["node", "--check", str(file)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@every("block", blocks("html"), ids=lambda block: block.place)
def test_html_has_attributes_that_the_beacon_asks_for(block: Block) -> None:
    beacon = (ROOT / "streamprocessor" / "collector" / "tracking" / "beacon.js").read_text()
    opened = Tags(block.text).opened

    assert opened
    for _, attributes in opened:
        for name in attributes:
            if name.startswith("data-"):
                asked = (name, f"'{name.removeprefix('data-')}'", _dataset(name))
                assert any(word in beacon for word in asked), name


@every("block", blocks("mermaid"), ids=lambda block: block.place)
def test_a_diagram_names_topics_that_are_there(block: Block) -> None:
    topics = {file.stem for file in (ROOT / "topics").glob("*.yaml")}
    named = set(re.findall(r"[a-z]+(?:-[a-z]+)+", block.text))

    assert block.text.startswith("flowchart")
    assert named
    assert named <= topics, named - topics


@every(
    ("text", "kind"),
    [
        ("scores: {s: {rules: [{id: r, on: x, points: 1}]}}", "model"),
        ("- {id: r, on: email_click, points: 1}", "rules"),
        ("segments: {hot: {scores: [{score: engagement, stages: [hot]}]}}", "part of a model"),
        ("subscriptions: {a: {email: {to: [a@example.com]}, events: [became-hot-lead]}}", "subscriptions"),
        ("{contact: no, type: purchase, occurred_at: day}", "mapping"),
    ],
)
def test_what_a_block_of_yaml_is_can_be_told(text: str, kind: str) -> None:
    assert read_yaml_block(text, "here") == kind


@every(
    "text",
    ["- {id: r, on: email_click, pointz: 1}", "scores: {s: {rules: []}}", "unknown: 1", "just words"],
)
def test_a_block_of_yaml_that_nobody_reads_is_refused(text: str) -> None:
    with pytest.raises((ValueError, OperatorError), match="here"):
        read_yaml_block(text, "here")


@every("text", ['{"contact_id": "c", "type": "x", "occurred_at": "yesterday"}', '{"sequence": 1}', "{]"])
def test_a_block_of_json_that_nobody_reads_is_refused(text: str) -> None:
    with pytest.raises(Exception, match=r"occurred_at|required|Expecting"):
        read_json_block(text)


def _dataset(name: str) -> str:
    """As scripts read it: data-form is dataset.form."""
    return f"dataset.{name.removeprefix('data-')}"
