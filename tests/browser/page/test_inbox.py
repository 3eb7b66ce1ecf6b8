"""The inbox on the page: what salespeople see first, and what they do with it, by mouse and by keyboard alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, ViewportSize, expect

from streamprocessor.inbox.alerts import HOUR_MS
from streamprocessor.process.clock import now_ms
from streamprocessor.process.http.serving import listening_socket, serving
from tests.browser.page.test_views import pictures, serious
from tests.delivery.leads import Lead
from tests.harness.apis import ALL, READ_ONLY
from tests.readmodel.databases import opened_database
from tests.readmodel.inbox_story import InboxStory, store_people

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 800}
PEOPLE = {
    "c-1": {"name": "Ada Berger", "job_title": "CEO", "company": "Northwind"},
    "c-2": {"name": "Grace Dubois", "job_title": "Head of Sales", "company": "Fabrikam"},
    "c-3": {"name": "Alan Costa", "company": "Tailspin"},
    "c-4": {},
    "<img src=x onerror=alert(1)>": {"name": "<b>Edsger</b>", "company": "Evil & Sons"},
}


class Served(NamedTuple):
    """An api's address, and what comes to it."""

    address: str
    story: InboxStory


@pytest_asyncio.fixture(loop_scope="module")
async def inbox(tmp_path: Path) -> AsyncIterator[Served]:
    """Five hot leads: one overdue, one due, one of another person, two of nobody."""
    with opened_database("", tmp_path / "read.sqlite") as engine:
        story = InboxStory(engine, tmp_path)
        store_people(engine, PEOPLE)
        story.app.clock.now_ms = now = now_ms()
        leads = [Lead(contact, 1, now - hours * HOUR_MS) for hours, contact in enumerate(PEOPLE, 1)]
        story.become_hot(*leads)
        story.assign(leads[0], "ops", now + 3 * HOUR_MS)
        story.assign(leads[1], "ops", now - 2 * HOUR_MS)
        story.assign(leads[2], "crm", now + 26 * HOUR_MS)
        async with serving(story.app.app, listening_socket("api", "127.0.0.1", 0)) as port:
            yield Served(f"http://127.0.0.1:{port}", story)


async def opened(
    browser: Browser, inbox: Served, path: str = "/", token: str = ALL, size: ViewportSize = DESKTOP
) -> Page:
    context = await browser.new_context(viewport=size)
    page = await context.new_page()
    page.set_default_timeout(10_000)
    answer = await context.request.post(f"{inbox.address}/api/session", data={"token": token})
    assert answer.status == 200, await answer.text()
    await page.goto(inbox.address + path)
    return page


async def names(page: Page) -> list[str]:
    return await page.locator(".lead-who a").all_inner_texts()


async def test_a_salesperson_begins_with_the_own_leads_what_is_due_first(
    browser: Browser, inbox: Served, screenshots: Path
) -> None:
    page = await opened(browser, inbox)
    await expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    assert await names(page) == ["Grace Dubois", "Ada Berger"]
    first = page.locator(".hot-lead").first
    await expect(first).to_contain_text("Head of Sales, Fabrikam")
    await expect(first).to_contain_text("Overdue, due 2 hours ago")
    await expect(first).to_contain_text("pricing × 2, contact us")
    assert await serious(page) == []
    await pictures(page, screenshots / "inbox")
    assert await serious(page) == []  # dark by now
    await page.get_by_role("link", name="All open").click()
    await expect(page.locator(".hot-lead")).to_have_count(5)
    assert await names(page) == ["Grace Dubois", "Ada Berger", "Alan Costa", "c-4", "<b>Edsger</b>"]
    await pictures(page, screenshots / "inbox-all")
    await page.context.close()


async def test_a_lead_is_called_accepted_and_found_among_the_closed_by_keyboard_alone(
    browser: Browser, inbox: Served, screenshots: Path
) -> None:
    page = await opened(browser, inbox)
    await page.get_by_role("button", name="Called: Grace Dubois").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".hot-lead").first).to_contain_text("Called · yours")
    await expect(page.get_by_role("link", name="Grace Dubois")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Copy the id c-2")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Accept: Grace Dubois")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Grace Dubois is accepted.")).to_be_visible()
    await expect(page.get_by_role("link", name="Ada Berger")).to_be_focused()
    assert await names(page) == ["Ada Berger"]
    await page.get_by_role("link", name="Closed").press("Enter")
    await expect(page.locator(".hot-lead").first).to_contain_text("by Olga Petrov")
    assert await serious(page) == []
    await pictures(page, screenshots / "inbox-closed")
    await page.get_by_role("button", name="Reopen: Grace Dubois").press("Enter")
    await expect(page.get_by_text("No lead is accepted or rejected yet.")).to_be_visible()
    types = [each.value["type"] for each in inbox.story.app.producer.sent]
    assert types == ["lead_called", "lead_accepted", "lead_assigned"]
    await page.context.close()


async def test_a_rejection_wants_one_of_the_reasons_and_another_person_may_get_the_lead(
    browser: Browser, inbox: Served, screenshots: Path
) -> None:
    page = await opened(browser, inbox, size=PHONE)
    await page.get_by_role("button", name="Reject: Grace Dubois").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Why")).to_be_focused()
    assert await serious(page) == []
    await pictures(page, screenshots / "inbox-reject-narrow")
    await dialog.get_by_role("button", name="Reject").click()  # the browser asks for a reason
    await expect(dialog).to_be_visible()
    await dialog.get_by_label("Why").select_option("no budget")
    await dialog.get_by_role("button", name="Reject").click()
    await expect(page.get_by_text("Grace Dubois is rejected.")).to_be_visible()

    await page.get_by_role("button", name="Assign: Ada Berger").click()
    await dialog.get_by_label("To").select_option("Chris Moll")
    await dialog.get_by_role("button", name="Assign").click()
    await expect(page.get_by_text("No lead of yours waits.")).to_be_visible()
    assert [each.value["properties"].get("reason") for each in inbox.story.app.producer.sent] == ["no budget", None]
    await page.get_by_role("link", name="All open").click()
    await expect(page.locator(".hot-lead").first).to_contain_text("Chris Moll")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the window"
    await pictures(page, screenshots / "inbox-narrow")
    await page.context.close()


async def test_who_looks_at_a_new_lead_has_seen_it(browser: Browser, inbox: Served) -> None:
    page = await opened(browser, inbox)
    await page.get_by_role("link", name="Ada Berger").click()
    await expect(page.get_by_role("heading", level=1)).not_to_have_text("Inbox")
    await page.go_back()
    await expect(page.locator(".hot-lead", has_text="Ada Berger")).to_contain_text("Seen · yours")
    await page.context.close()


async def test_what_becomes_hot_is_shown_while_one_looks_and_nobody_acts_who_may_only_read(
    browser: Browser, inbox: Served
) -> None:
    page = await opened(browser, inbox, "/inbox", READ_ONLY)
    await expect(page.locator(".hot-lead")).to_have_count(5)
    await expect(page.locator(".lead-acts button")).to_have_count(0)
    inbox.story.become_hot(Lead("c-1", 2, now_ms()))
    await expect(page.locator(".hot-lead")).to_have_count(6)
    await page.context.close()


async def test_axe_sees_the_inbox(browser: Browser, inbox: Served) -> None:
    page = await opened(browser, inbox)
    await expect(page.locator(".hot-lead").first).to_be_visible()
    await page.evaluate("document.querySelector('.lead-acts button').removeAttribute('aria-label')")
    await page.evaluate("document.querySelector('.lead-acts button').replaceChildren()")
    found = (await Axe().run(page)).response["violations"]
    assert "button-name" in [each["id"] for each in found]
    await page.context.close()
