"""What `init` writes: a model that counts, settings that commands of the folder find, nothing over anything."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import click
import pytest

from streamprocessor.cli.init.businesses import Business, read_businesses
from streamprocessor.cli.init.model_text import BusinessAnswers, model_text, usual_answers
from streamprocessor.cli.init.questions import read_days, read_names, read_pages
from streamprocessor.cli.init.templates import template_names
from streamprocessor.cli.main import commands
from streamprocessor.contract.model_file.checks.misfits import misfits
from streamprocessor.contract.model_file.read_model import model_schema_text, parse_model
from streamprocessor.scoring.model.rules import Comparison, EventRule
from streamprocessor.settings import Settings
from tests.cli.conftest import Call

BUSINESSES = read_businesses()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which commands are run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("template", [None, *template_names()])
def test_what_init_writes_passes_the_check_without_a_hint_and_is_the_model_of_the_folder(
    call: Call, folder: Path, template: str | None
) -> None:
    assert call("init", *(["--template", template] if template else []), "--yes").exit_code == 0

    checked = call("model", "check", "--json")
    assert checked.exit_code == 0
    row = json.loads(checked.output)
    assert (row["file"], row["hints"]) == ("scoring.yaml", [])
    text = (folder / "scoring.yaml").read_text()
    assert "# yaml-language-server: $schema=scoring.schema.json\n" in text
    assert (folder / "scoring.schema.json").read_text() == model_schema_text()


def test_enter_all_through_gives_what_yes_gives(call: Call, folder: Path) -> None:
    asked = call("init", "asked", input="\n" * 5)

    assert asked.exit_code == 0, asked.output
    assert [f"{number}." in asked.output for number in range(1, 6)] == [True] * 5
    assert call("init", "silent", "--yes").exit_code == 0
    assert (folder / "asked" / "scoring.yaml").read_text() == (folder / "silent" / "scoring.yaml").read_text()


def test_answers_become_rules_and_what_can_not_be_understood_is_asked_again(call: Call, folder: Path) -> None:
    lines = ["9", "3", 'https://shop.example/sale?a=1, "new", /', "none", "soon", "2w", "3", "60"]
    done = call("init", input="\n".join(lines) + "\n")

    assert done.exit_code == 0, done.output
    assert "wanted days from 1 to 3650, such as 30 or 2w, or never; got 'soon'" in done.output
    model = parse_model((folder / "scoring.yaml").read_text(), "scoring.yaml")
    rules = {rule.id: rule for rule in model.scores[0].rules}
    assert {"homepage", "sale", "new", "form", "order"} <= rules.keys()
    sale = rules["sale"]
    assert isinstance(sale, EventRule)
    assert "operand='/sale'" in str(sale.where)
    assert "half_life: 14d" in (folder / "scoring.yaml").read_text()
    assert [stage.from_nano // 10**9 for stage in model.scores[0].stages] == [0, 24, 60]


@pytest.mark.parametrize("business", BUSINESSES, ids=lambda business: business.name)
def test_each_proposal_makes_a_model_without_hints(business: Business) -> None:
    for days, hot_from in product((1, 30, None), (10, 41, 100_000)):
        model = parse_model(
            model_text(usual_answers(business)._replace(half_life_days=days, hot_from=hot_from)), "scoring.yaml"
        )
        assert list(misfits(model)) == []


@pytest.mark.parametrize(
    "name", ["no", "42", "contact", "Kontakt übers Web", 'a"b', "a: b", "#x", "*", "{}", "-", "$name", "~", "'", "\\"]
)
def test_any_name_of_a_form_or_page_is_spelled_so_that_it_is_read_as_the_same(name: str) -> None:
    answers = BusinessAnswers(BUSINESSES[0], (f"/{name}",), (name, f"{name} 2"))
    rules = parse_model(model_text(answers), "scoring.yaml").scores[0].rules
    operands = [
        rule.where.operand for rule in rules if isinstance(rule, EventRule) and isinstance(rule.where, Comparison)
    ]

    assert {f"/{name}", name, f"{name} 2"} <= set(operands)


@pytest.mark.parametrize(
    ("answer", "days"), [("30", 30), ("30 days", 30), ("1 d", 1), ("2w", 14), ("3 Weeks", 21), ("never", None)]
)
def test_days_are_read_as_people_write_them(answer: str, days: int | None) -> None:
    assert read_days(answer) == days


@pytest.mark.parametrize("answer", ["", "0", "-1", "1.5", "3651", "a month", "99999999999999999999"])
def test_what_is_no_number_of_days_is_refused(answer: str) -> None:
    with pytest.raises(click.BadParameter, match="wanted days from 1 to 3650"):
        read_days(answer)


@pytest.mark.parametrize(
    ("answer", "pages"),
    [
        ("/pricing", ("/pricing",)),
        ("pricing, /plans ,/pricing", ("/pricing", "/plans")),
        ("https://example.com/en/pricing?x=1#top", ("/en/pricing",)),
        ("https://example.com", ("/",)),
        ("none", ()),
    ],
)
def test_pages_are_read_as_people_write_them(answer: str, pages: tuple[str, ...]) -> None:
    assert read_pages(answer) == pages


@pytest.mark.parametrize("answer", ["", " , ", "a" * 201, "a\x1b[2J", ",".join(map(str, range(21)))])
def test_names_that_can_not_be_are_refused(answer: str) -> None:
    with pytest.raises(click.BadParameter, match="wanted "):
        read_names(answer)


# ---- what is there stays -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["scoring.yaml", "streamprocessor.env"])
def test_a_file_that_is_there_stays_and_the_way_is_said(call: Call, folder: Path, name: str) -> None:
    (folder / name).write_text("mine")
    refused = call("init", "--yes")

    assert refused.exit_code == 2
    assert f"wanted no {name} in it; got it, and nothing" in refused.stderr
    assert "nothing was written: name another folder, or write over what is there with --overwrite" in refused.stderr
    assert [path.name for path in folder.iterdir()] == [name]
    assert (folder / name).read_text() == "mine"

    assert call("init", "--yes", "--overwrite").exit_code == 0
    assert (folder / name).read_text() != "mine"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--template", "hubspot"], "unknown word 'hubspot' (did you mean 'hubspot-style'?); wanted one of active"),
        (["taken", "--yes"], "taken: wanted a folder, or a name that is free; got a file"),
        (["taken/below", "--yes"], "taken/below: wanted a folder to write to; got an error:"),
        ([], "wanted five answers; got an end before the last, and nothing was written: --yes takes what is proposed"),
    ],
)
def test_what_init_is_told_wrongly_is_said_and_nothing_is_written(
    call: Call, folder: Path, words: list[str], sentence: str
) -> None:
    (folder / "taken").write_text("")
    refused = call("init", *words, input="\n\n")

    assert refused.exit_code == 2
    assert sentence in refused.stderr
    assert [path.name for path in folder.iterdir()] == ["taken"]


def test_what_is_next_is_said_as_it_is_typed(call: Call, folder: Path) -> None:
    lines = call("init", "my leads", "--yes").output.splitlines()
    after = [line.strip() for line in lines[lines.index("Next:") + 1 :]]

    assert after[0] == "cd 'my leads'"
    assert after[1].endswith("streamprocessor model check")
    assert after[2].endswith("streamprocessor up")


def test_the_settings_that_init_writes_exist_and_secrets_may_be_put_among_them(call: Call, folder: Path) -> None:
    assert call("init", "--yes").exit_code == 0
    file = folder / "streamprocessor.env"

    assert file.stat().st_mode & 0o777 == 0o600
    lines = [line.removeprefix("# ") for line in file.read_text().splitlines()]
    named = [line.split("=")[0] for line in lines if line.startswith("STREAMPROCESSOR_")]
    assert len(named) > 10
    for name in named:
        assert name.removeprefix("STREAMPROCESSOR_").removesuffix("_FILE").lower() in Settings.model_fields, name


def test_init_is_the_first_command_that_help_names() -> None:
    assert next(iter(commands.commands)) == "init"


@pytest.mark.parametrize("answer", ["a", "0", "6", "1.5", "²", "99999999999"])
def test_a_number_that_is_none_of_the_choices_is_asked_again_with_what_was_wanted(
    call: Call, folder: Path, answer: str
) -> None:
    asked = call("init", "asked", input="\n".join([answer, "", "", "", "", ""]) + "\n")

    assert asked.exit_code == 0, asked.output
    assert f"Error: wanted a whole number from 1 to 5; got '{answer}'" in asked.output
    assert (folder / "asked" / "scoring.yaml").exists()
