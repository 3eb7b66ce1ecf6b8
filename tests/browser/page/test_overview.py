"""Distribution, live hot leads, the model; and what is shown while there is nothing."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from streamprocessor.contract.model_file.read_model import read_model
from streamprocessor.offline.score_file import read_facts, score_offline
from streamprocessor.settings import Settings
from tests.browser.page.conftest import Firm, Viewer
from tests.browser.page.people import MODEL, a_hand_raised
from tests.harness.apis import ALL, ApiProcess
from tests.harness.system import ROOT, System

START_MS = 1_790_000_000_000

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]


async def test_the_distribution_and_the_funnel_count_every_contact(viewer: Viewer, firm: Firm) -> None:
    page = await viewer("/distribution")
    table = page.get_by_role("table", name="Contacts by stage of engagement")
    await expect(table).to_be_visible()
    told = firm.api.get("/api/scores/engagement/distribution", buckets=40)
    counts = {each["stage"]: each["count"] for each in told["stages"]}
    found = dict(
        zip(
            await table.locator("tbody th").all_text_contents(),
            map(int, await table.locator("tbody td:nth-child(2)").all_text_contents()),
            strict=True,
        )
    )
    assert found == counts
    assert list(found) == ["cold", "warm", "hot"]
    await expect(page.locator("svg.chart rect.column")).to_have_count(len(told["buckets"]))
    share = 100 * (counts["warm"] + counts["hot"]) / told["count"]
    await expect(table.locator("tbody tr").nth(1)).to_contain_text(f"{share:.1f} %")

    await table.get_by_role("link", name="Show hot").click()
    await expect(page.locator("tbody tr")).to_have_count(counts["hot"])


async def test_a_hot_lead_is_shown_as_it_comes_and_after_the_connection_was_lost(viewer: Viewer, firm: Firm) -> None:
    one, other = (f"lead-{os.urandom(3).hex()}" for _ in range(2))
    page = await viewer("/hot-leads")
    await expect(page.locator(".live")).to_have_text("Live")
    await firm.system.send(a_hand_raised(one))
    await expect(page.locator("tbody tr").first).to_contain_text(one, timeout=30_000)
    await expect(page.locator("tbody tr").first).to_have_class("fresh")

    await asyncio.to_thread(firm.api.stop)
    await expect(page.locator(".live")).to_have_text("Connecting again")
    await firm.system.send(a_hand_raised(other))
    await firm.api.start().ready()
    await expect(page.locator("tbody tr").first).to_contain_text(other, timeout=30_000)
    await expect(page.locator(".live")).to_have_text("Live")
    assert await page.locator("tbody", has_text=one).count() == 1


async def test_the_model_is_shown_in_its_own_words_with_each_rules_share(viewer: Viewer, firm: Firm) -> None:
    page = await viewer("/model")
    rules = page.get_by_role("table", name="Rules of engagement").locator("tbody tr")
    await expect(rules).to_have_count(5)
    await expect(rules.nth(2)).to_contain_text(
        "on: page_visit, points: 10, where: {properties.path: {starts_with: /pri}}"
    )
    shares = await rules.locator(".share").all_text_contents()
    assert sum(float(text.removesuffix("\xa0%")) for text in shares) == pytest.approx(100, abs=0.3)
    assert all(float(text.removesuffix("\xa0%")) > 0 for text in shares)


@pytest.fixture
def new_firm(bootstrap: str, tmp_path: Path) -> Iterator[Firm]:
    """A system of which nobody has heard yet."""
    system = System(
        Settings(bootstrap=bootstrap, topic_prefix=f"new-{os.urandom(4).hex()}-", app_id="app", partitions=1)
    )
    file = tmp_path / "model.yaml"
    file.write_text(MODEL)
    asyncio.run(system.create(file))
    process = ApiProcess(system.settings, tmp_path).start()
    asyncio.run(process.ready())
    yield Firm(system, process)
    process.discard()


def stages_after(command: str) -> list[str]:
    """The stage of each contact by the model that comes along, after a shell's command sent events within a second."""
    recording = 'curl() { while [ "$1" != -d ]; do shift; done; printf "%s\\n" "$2"; }'
    sent = subprocess.run(["bash", "-c", f"{recording}\n{command}"], check=True, capture_output=True, text=True)
    lines = [
        json.dumps(json.loads(line) | {"id": str(number), "occurred_at": START_MS + number})
        for number, line in enumerate(sent.stdout.splitlines())
    ]
    facts = read_facts((line.encode() for line in lines), lambda bad: pytest.fail(bad.detail))
    answers = score_offline(read_model(ROOT / "deploy" / "scoring.yaml"), facts, START_MS + 1_000)
    return [answer["scores"]["engagement"]["stage"] for answer in answers]


async def test_where_there_is_nothing_yet_it_is_said_what_to_do(
    browser: Browser, new_firm: Firm, screenshots: Path
) -> None:
    context = await browser.new_context()
    try:
        await context.request.post(f"{new_firm.api.address}/api/session", data={"token": ALL})
        page = await context.new_page()
        for view, words in {
            "contacts": "No contacts yet.",
            "hot-leads": "Nobody became hot yet.",
            "distribution": "Nobody has this score yet.",
            "model": "Shares come with the first contacts.",
        }.items():
            await page.goto(f"{new_firm.api.address}/{view}")
            await expect(page.get_by_text(words)).to_be_visible()
            await page.screenshot(path=screenshots / f"{view}-empty-light.png", full_page=True)
            if view == "hot-leads":
                assert stages_after(await page.locator("pre code").inner_text()) == ["hot"]
    finally:
        await context.close()
