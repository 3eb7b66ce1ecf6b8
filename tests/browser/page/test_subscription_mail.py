"""Subscriptions to mails on the page: made by choosing, previewed, tried and shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.page.conftest import NARROW, Firm, Viewer
from tests.browser.page.test_subscriptions import looked_over
from tests.delivery.mailboxes import Mailboxes

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def mailboxes(firm: Firm) -> AsyncIterator[Mailboxes]:
    """The server that the firm's delivery hands mails to."""
    found = Mailboxes(port=firm.system.settings.smtp_port)
    await found.start()
    yield found
    await found.stop()


async def test_people_without_slack_get_a_mail_that_is_seen_and_tried_before_it_is_kept(
    viewer: Viewer, firm: Firm, mailboxes: Mailboxes, screenshots: Path
) -> None:
    page = await viewer("/subscriptions?new", color_scheme="dark")
    await page.get_by_label("Name", exact=True).fill("sales-mail")
    await page.get_by_label("To people: by mail").check()
    await expect(page.get_by_label("Address", exact=True)).to_be_hidden()
    await expect(page.get_by_role("group", name="Signature")).to_be_hidden()
    await page.get_by_label("To, with commas between").fill("sales@example.com, boss@example.com")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.get_by_label("Body")).to_contain_text("became a hot lead")
    await expect(page.get_by_text("sales@example.com, boss@example.com")).to_be_visible()
    await page.get_by_role("button", name="Send a test now").click()
    await expect(page.get_by_text("Arrived")).to_be_visible()
    assert [mail.recipients for mail in mailboxes.taken] == [["sales@example.com", "boss@example.com"]]
    await looked_over(page)
    await page.screenshot(path=screenshots / "subscription-mail-dark.png", full_page=True)
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("sales-mail is added.")).to_be_visible()
    kept = firm.api.get("/api/subscriptions/sales-mail")["subscription"]
    assert kept == {"events": ["became-hot-lead"], "email": {"to": ["sales@example.com", "boss@example.com"]}}
    await page.get_by_role("button", name="End sales-mail").click()
    await expect(page.get_by_text("sales-mail has ended.")).to_be_visible()


async def test_a_mail_a_day_is_chosen_with_the_keyboard_alone_and_is_as_it_was_when_it_is_changed(
    viewer: Viewer, firm: Firm, screenshots: Path
) -> None:
    page = await viewer("/subscriptions?new", viewport=NARROW)
    await page.get_by_label("Name", exact=True).focus()
    await page.keyboard.type("each-morning")
    await page.get_by_label("To a program or to Slack: a webhook").focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")
    await page.keyboard.type("boss@example.com")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await page.get_by_label("Time zone").fill("Europe/Berlin")
    await looked_over(page)
    await page.screenshot(path=screenshots / "subscription-mail-narrow.png", full_page=True)
    await page.get_by_label("Time zone").press("Enter")
    await expect(page.get_by_text("each-morning is added.")).to_be_visible()
    email = {
        "to": ["boss@example.com"],
        "digest": {"at": "08:00", "time_zone": "Europe/Berlin", "business_days": True},
    }
    assert firm.api.get("/api/subscriptions/each-morning")["subscription"]["email"] == email

    await expect(page.get_by_label("Name", exact=True)).to_have_count(0)  # it is the form of the one that is there
    await expect(page.get_by_label("To people: by mail")).to_be_checked()
    await page.get_by_label("Score at least").fill("20")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("each-morning is changed.")).to_be_visible()
    changed = firm.api.get("/api/subscriptions/each-morning")["subscription"]
    assert (changed["email"], changed["when"]) == (email, {"score_at_least": 20})
    await page.goto(f"{firm.api.address}/subscriptions")
    await expect(page.get_by_role("row", name="each-morning")).to_contain_text(
        "boss@example.com, a day's in one mail at 08:00"
    )
    await page.get_by_role("link", name="each-morning").click()
    await page.get_by_role("button", name="End each-morning").click()
    await expect(page.get_by_text("each-morning has ended.")).to_be_visible()
