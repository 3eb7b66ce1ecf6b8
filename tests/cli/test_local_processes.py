"""What `up` says of its processes does not wait for the one that can't start."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from streamprocessor.cli.local import local_processes
from streamprocessor.cli.local.local_processes import FrontPlan, WorkerPlan
from streamprocessor.settings import Settings

PORTS = {"collector": 1, "delivery": 2, "api": 3}


@pytest.mark.parametrize("away", PORTS.values())
async def test_each_process_that_is_ready_is_told_though_another_never_is(
    monkeypatch: pytest.MonkeyPatch, away: int
) -> None:
    async def until_ready(address: str) -> None:
        if address.endswith(f":{away}"):
            await asyncio.Event().wait()

    monkeypatch.setattr(local_processes, "until_ready", until_ready)
    plans = (FrontPlan(Settings(), PORTS), WorkerPlan(Settings(), (1, 2, 3)))
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


def test_who_takes_leads_is_told_to_those_who_ask_the_inbox() -> None:
    for inbox, told in (("", set()), ("people.yaml", {"delivery", "api"})):
        children = FrontPlan(Settings(inbox=inbox), PORTS).children()
        assert {child.name for child in children if ("--inbox", inbox) in pairwise(child.command)} == told
