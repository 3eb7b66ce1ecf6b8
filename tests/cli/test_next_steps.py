"""What `up` and `demo` say to type next is right where it is typed."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from streamprocessor.cli.local import next_steps as module
from streamprocessor.cli.local.next_steps import hot_lead_step, next_steps
from streamprocessor.settings import Settings

COLLECTOR, PAGE = "http://127.0.0.1:8000", "http://127.0.0.1:8080"


def steps(settings: Settings, command: str = "up") -> list[str]:
    return [line.replace(".venv/bin/", "") for line in next_steps(settings, command, COLLECTOR, PAGE)]


def test_an_event_its_explanation_the_page_the_data_and_the_end_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "activation", lambda: None)

    assert steps(Settings()) == [
        "Next, in another terminal in this folder:",
        f'  curl {COLLECTOR}/v1/events -H "Authorization: Bearer '
        "$(sed -n 's/^local=//p' .streamprocessor/write-keys)\" "
        '-d \'{"contact_id": "c-42", "type": "form_submission", "properties": {"form": "contact"}}\'',
        "  streamprocessor explain c-42    # why it has the score that it has",
        f"  {PAGE}    # the page: contacts, hot leads, imports",
        "Data lies in .streamprocessor. Ctrl-C here ends all of it, and `streamprocessor up` goes on where it was.",
    ]


def test_where_the_name_leads_nowhere_the_line_that_mends_it_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "activation", lambda: ". .venv/bin/activate")

    assert list(next_steps(Settings(), "up", COLLECTOR, PAGE))[1] == (
        "  . .venv/bin/activate    # from then on `streamprocessor` alone is enough"
    )


def test_a_system_of_other_names_is_named_in_each_line() -> None:
    settings = Settings(topic_prefix="demo-", data_dir="of mine")

    assert hot_lead_step(settings, "c 1").endswith(
        "streamprocessor explain 'c 1' --data-dir 'of mine' --topic-prefix demo-"
    )
    assert any("'of mine/write-keys'" in line for line in steps(settings, "demo"))
    assert "streamprocessor demo --data-dir 'of mine'" in steps(settings, "demo")[-1]


def test_no_key_is_printed(tmp_path: Path) -> None:
    (tmp_path / "write-keys").write_text("local=hush-hush-hush-hush\n")
    for settings in (Settings(data_dir=str(tmp_path)), Settings(write_keys="crm=hush-hush-hush-hush")):
        assert not any("hush" in line for line in steps(settings))
        for line in steps(settings)[1:-2]:
            assert shlex.split(line, comments=True)
