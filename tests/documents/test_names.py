"""What documents name is there: settings, metrics, paths of the API; and what is there is named in its guide."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from streamprocessor.cli.main import commands
from streamprocessor.contract import reason_codes
from streamprocessor.contract.model_file.read_model import model_schema_text
from streamprocessor.imports.csv_mapping import CsvMapping
from streamprocessor.readmodel.api.openapi import openapi
from streamprocessor.settings import MAIL_PROVIDERS, PREFIX, Settings
from tests.bench.__main__ import PARTS
from tests.documents.markdown import DOCUMENTS, ROOT, code_of, name_of
from tests.harness.yaml_file import read_yaml

SETTINGS = {name.upper() for name in Settings.model_fields}
MODEL_GUIDE = ROOT / "streamprocessor" / "scoring" / "README.md"
COLLECTOR_GUIDE = ROOT / "streamprocessor" / "collector" / "README.md"
TOPICS_GUIDE = ROOT / "topics" / "README.md"
TODAYS = [document for document in DOCUMENTS if document.name != "CHANGELOG.md"]
"""Without what tells of names that went."""
IMPORTS_GUIDE = ROOT / "streamprocessor" / "imports" / "README.md"


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_setting_that_is_named_is_one(document: Path) -> None:
    named = set(re.findall(rf"{PREFIX}([A-Z][A-Z_]*[A-Z])", document.read_text()))

    assert {name for name in named if name not in SETTINGS and name.removesuffix("_FILE") not in SETTINGS} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_metric_that_is_named_is_one(document: Path) -> None:
    known = set(re.findall(r"^\| `(leadscore_\w+)`", (ROOT / "deploy/prometheus/metrics.md").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bleadscore_[a-z_]+[a-z]\b", document.read_text()))

    assert {name for name in named if re.sub(r"_(bucket|sum|count)$", "", name) not in known} == set()


def test_options_of_the_environment_that_stand_without_their_prefix_are_settings() -> None:
    page = (ROOT / "deploy" / "running.md").read_text()

    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`", page))

    assert {"SECURITY_PROTOCOL", "SASL_TOKEN_URL"} <= named
    assert {name.removeprefix(PREFIX) for name in named} - SETTINGS == set()


@cache
def routes() -> list[re.Pattern[str]]:
    """The paths of the API, any word in place of what varies."""
    schema = json.loads((ROOT / "topics" / "schemas" / "subscription.json").read_text())
    return [re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in openapi("test", schema)["paths"]]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_path_of_the_api_that_is_named_is_a_route_of_it(document: Path) -> None:
    named = set(re.findall(r"(?<![\w.])/api/[\w/-]*\w", document.read_text()))

    assert {path for path in named if not any(route.fullmatch(path) for route in routes())} == set()


@pytest.mark.parametrize("document", TODAYS, ids=name_of)
def test_every_file_and_make_target_that_is_named_is_there(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = code_of(document)
    files = {code for code in named if re.fullmatch(r"(?:deploy|topics|tests|streamprocessor)/[\w./-]+", code)}
    made = {target for code in named for target in re.findall(r"^make ([a-z-]+)$", code)}

    assert {file for file in files if not (ROOT / file).exists()} == set()
    assert made - targets == set()


def test_what_was_measured_says_by_which_parts_of_the_bench_it_is_measured_again() -> None:
    _, _, table = (ROOT / "README.md").read_text().partition("## What was measured")
    rows = re.findall(r"^\|.*\| `([a-z -]+)` \|$", table.partition("\n## ")[0], re.MULTILINE)

    assert len(rows) >= 8
    assert {part for row in rows for part in row.split()} <= set(PARTS)


# ---- what is there is named ------------------------------------------------------------------------------------------


def words_of(schema: Any) -> Iterator[str]:
    """Every word of a model file, as its JSON Schema knows them."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for inner in schema.values():
            yield from words_of(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from words_of(inner)


def test_the_guide_of_models_names_every_word_of_the_language() -> None:
    guide = MODEL_GUIDE.read_text()
    words = set(words_of(json.loads(model_schema_text()))) - {"exclusiveMinimum"}

    assert {word for word in words if not re.search(rf"[`{{ ]{word}[`:]", guide)} == set()


def test_the_guide_of_topics_names_each_topic_and_reason() -> None:
    guide = TOPICS_GUIDE.read_text()
    topics = {read_yaml(file)["name"] for file in (ROOT / "topics").glob("*.yaml") if file.stem != "asyncapi"}
    reasons = {value for name, value in vars(reason_codes).items() if name.isupper()}

    assert {name for name in topics | reasons if f"`{name}`" not in guide} == set()


def test_the_guide_of_topics_names_each_type_that_sources_words_become() -> None:
    vocabulary = read_yaml(ROOT / "streamprocessor" / "collector" / "formats" / "vocabulary.yaml")
    guide = TOPICS_GUIDE.read_text()

    assert {name for name in vocabulary["types"] if f"`{name}`" not in guide} == set()


def test_the_guide_of_the_collector_names_each_mail_provider() -> None:
    guide = COLLECTOR_GUIDE.read_text().lower().replace(" ", "")

    assert {name for name in MAIL_PROVIDERS if name not in guide} == set()


def test_the_guide_of_imports_names_each_export_and_each_word_of_a_mapping() -> None:
    guide = IMPORTS_GUIDE.read_text()
    mappings = [read_yaml(file) for file in (ROOT / "deploy" / "imports").glob("*.yaml")]
    titles = {mapping["recognise"]["title"] for mapping in mappings if "recognise" in mapping}

    assert {title for title in titles if f"[{title}]" not in guide} == set()
    assert {each.name for each in fields(CsvMapping)} - {"numbers"} - set(re.findall(r"`(\w+)`", guide)) == set()


def test_the_guides_name_each_command() -> None:
    told = " ".join(document.read_text() for document in DOCUMENTS)

    assert {name for name in commands.commands if not re.search(rf"(streamprocessor |`){name}\b", told)} == set()
