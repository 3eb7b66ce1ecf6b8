"""Subscriptions on the page: put down, tried, mended, ended by people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.page.conftest import NARROW, Firm, Viewer
from tests.delivery.receivers import Receiver, status
from tests.harness.apis import READ_ONLY

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def receiver() -> AsyncIterator[Receiver]:
    """A local HTTP server that keeps what it gets."""
    found = Receiver()
    await found.start()
    yield found
    await found.stop()


async def looked_over(page: Page) -> None:
    """Nothing that keeps people out."""
    found = await Axe().run(page)
    assert [each["id"] for each in found.response["violations"]] == [], found.generate_report()


async def put_down(page: Page, name: str, url: str) -> None:
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_label("Address", exact=True).fill(url)
    await page.get_by_label("Secrets", exact=True).fill("env:HOOK_SECRET")
    await page.get_by_role("button", name="Add").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)


async def test_a_person_adds_a_subscription_tries_mends_and_ends_it(
    viewer: Viewer, receiver: Receiver, screenshots: Path
) -> None:
    page = await viewer("/subscriptions")
    await expect(page.get_by_text("Nobody gets webhooks yet.")).to_be_visible()
    await looked_over(page)
    await page.screenshot(path=screenshots / "subscriptions-empty.png", full_page=True)
    await page.get_by_role("main").get_by_role("link", name="New subscription").first.click()

    await page.get_by_label("Name", exact=True).fill("crm")
    await page.get_by_label("Address", exact=True).fill("http://10.0.0.1/")
    await page.get_by_label("To stage").fill("hot, lukewarm")
    await page.get_by_role("button", name="Add").click()
    await expect(page.get_by_role("alert")).to_contain_text("wanted https")
    await page.screenshot(path=screenshots / "subscription-refused.png", full_page=True)
    await looked_over(page)
    receiver.answer = status(410)
    await put_down(page, "crm", receiver.url)

    await expect(page.get_by_text("Well")).to_be_visible()
    assert await page.get_by_label("To stage").input_value() == "hot, lukewarm"
    await page.get_by_role("button", name="Send a test").click()
    await expect(page.get_by_text("status-410")).to_be_visible()
    await expect(page.get_by_text("Gone, disabled")).to_be_visible()
    await page.screenshot(path=screenshots / "subscription-gone.png", full_page=True)
    await looked_over(page)

    receiver.answer = receiver.take
    await page.get_by_role("button", name="Enable").click()
    await expect(page.get_by_text("Well")).to_be_visible()
    await page.get_by_role("button", name="Send ping:").click()
    await expect(page.get_by_role("region", name="Latest webhooks")).to_contain_text("arrived")
    await expect(page.get_by_role("heading", name="Undeliverable")).to_have_count(0)
    assert len(receiver.taken) == 1
    await page.screenshot(path=screenshots / "subscription.png", full_page=True)

    await page.get_by_label("Score", exact=True).fill("buzz")
    await page.get_by_role("button", name="Change").click()
    await expect(page.get_by_text("crm is changed.")).to_be_visible()
    await page.get_by_role("link", name="Subscriptions").click()
    row = page.get_by_role("row", name="crm")
    await expect(row).to_contain_text("score buzz, to hot or lukewarm")
    await expect(row).to_contain_text("Well")
    await looked_over(page)
    await page.screenshot(path=screenshots / "subscriptions.png", full_page=True)

    await row.get_by_role("link").click()
    await page.get_by_role("button", name="End crm").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Subscriptions")
    await expect(page.get_by_role("row", name="crm")).to_have_count(0)


async def test_conditions_on_the_person_are_written_and_kept_when_another_word_is_changed(
    viewer: Viewer, firm: Firm, receiver: Receiver, screenshots: Path
) -> None:
    page = await viewer("/subscriptions?new")
    await page.get_by_label("Hot leads").uncheck()
    await page.get_by_label("Every change of a score").check()
    await page.get_by_label("Of a segment").select_option("entered")
    await page.get_by_label("Segment of the model").fill("decision-makers")
    await page.get_by_label("Attribute", exact=True).fill("company")
    await page.get_by_label("Attribute is").fill("Fabrikam")
    await page.get_by_label("Changes of suppressed contacts").check()
    await page.screenshot(path=screenshots / "subscription-conditions.png", full_page=True)
    await put_down(page, "deciders", receiver.url)
    await page.get_by_label("Score at least").fill("20")
    await page.get_by_role("button", name="Change").click()
    await expect(page.get_by_text("deciders is changed.")).to_be_visible()

    kept = firm.api.get("/api/subscriptions/deciders")["subscription"]
    assert kept["suppressed"] == "send"
    assert kept["when"] == {
        "score_at_least": 20,
        "segment": {"entered": "decision-makers"},
        "attributes": [{"attribute": "company", "equals": "Fabrikam"}],
    }
    await page.get_by_role("button", name="End deciders").click()
    await expect(page.get_by_text("deciders has ended.")).to_be_visible()


async def test_what_delivery_refuses_is_seen_where_it_was_put_down(
    viewer: Viewer, firm: Firm, receiver: Receiver, screenshots: Path
) -> None:
    page = await viewer("/subscriptions?new", color_scheme="dark", viewport=NARROW)
    await page.get_by_label("Secrets", exact=True).fill("env:HOOK_NOWHERE")
    await page.get_by_label("Name", exact=True).fill("lost")
    await page.get_by_label("Address", exact=True).fill(receiver.url)
    await page.get_by_role("button", name="Add").click()
    await expect(page.get_by_text("wanted something in env:HOOK_NOWHERE")).to_be_visible()
    await looked_over(page)
    await page.screenshot(path=screenshots / "subscription-dark-narrow.png", full_page=True)

    reader = await viewer("/subscriptions", as_=READ_ONLY)
    await expect(reader.get_by_role("row", name="lost")).to_contain_text("Refused")
    await expect(reader.get_by_role("link", name="New subscription")).to_have_count(0)
    await reader.get_by_role("link", name="lost").click()
    await expect(reader.get_by_role("heading", level=1)).to_have_text("lost")
    await expect(reader.get_by_role("main").get_by_role("button")).to_have_count(0)

    await page.get_by_role("button", name="End lost").click()
    await expect(page.get_by_text("Nobody gets webhooks yet.")).to_be_visible()
