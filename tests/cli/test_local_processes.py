"""What `up` says of its processes does not wait for the one that can't start."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from streamprocessor.cli.local import local_processes
from streamprocessor.cli.local.local_processes import FrontPlan, WorkerPlan, command_of, shadow_child
from streamprocessor.cli.local.sign_in_lines import tell_sign_in
from streamprocessor.settings import Settings

PORTS = {"collector": 1, "delivery": 2, "api": 3}


@pytest.mark.parametrize("away", PORTS.values())
async def test_each_process_that_is_ready_is_told_though_another_never_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, away: int
) -> None:
    async def until_ready(address: str) -> None:
        if address.endswith(f":{away}"):
            await asyncio.Event().wait()

    monkeypatch.setattr(local_processes, "until_ready", until_ready)
    settings = Settings(data_dir=str(tmp_path))
    plans = (FrontPlan(settings, PORTS), WorkerPlan(settings, (1, 2, 3)))
    for plan in plans:
        sentences: list[str] = []
        telling = asyncio.ensure_future(plan.tell_when_ready(sentences.append))
        async with asyncio.timeout(10):
            while len(sentences) < 2:  # noqa: ASYNC110 - there is nothing else to wait for
                await asyncio.sleep(0)
        assert not any(f":{away}" in sentence for sentence in sentences)
        assert not telling.done()
        telling.cancel()
        await asyncio.wait([telling])


@pytest.mark.parametrize(("tokens", "count"), [("", 1), ("ops/read=0123456789abcdef", 0)])
async def test_the_page_is_told_with_an_address_that_signs_in_unless_the_settings_say_who_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tokens: str, count: int
) -> None:
    async def until_ready(_: str) -> None:
        pass

    monkeypatch.setattr(local_processes, "until_ready", until_ready)
    sentences: list[str] = []
    await FrontPlan(Settings(data_dir=str(tmp_path), api_tokens=tokens), PORTS).tell_when_ready(sentences.append)

    links = [line for line in sentences if line.startswith("sign in: http://127.0.0.1:3/sign-in#")]
    assert len(links) == count
    assert all(len(line) < 80 for line in links)  # else terminals break it, and nobody can click on it


async def test_a_link_that_can_not_be_kept_is_told_and_hinders_nothing(tmp_path: Path) -> None:
    (tmp_path / "sign-in-links").write_text("no folder")
    sentences: list[str] = []
    tell_sign_in(Settings(data_dir=str(tmp_path)), "http://127.0.0.1:3", sentences.append)
    assert sentences == [f"sign-in: no link can be kept in {tmp_path} (File exists); wanted room to write there"]


def test_who_takes_leads_is_told_to_those_who_ask_the_inbox() -> None:
    for inbox, told in (("", set()), ("people.yaml", {"delivery", "api"})):
        children = FrontPlan(Settings(inbox=inbox), PORTS).children()
        assert {child.name for child in children if ("--inbox", inbox) in pairwise(child.command)} == told


def test_the_process_that_scores_candidates_is_told_no_model_which_would_be_one(tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path), bootstrap="localhost:9092")
    command = shadow_child(settings).command

    assert "--model" not in command
    assert command[3:5] == ("shadow", "--bootstrap")
    assert "--model" in command_of(settings, "worker", {})
