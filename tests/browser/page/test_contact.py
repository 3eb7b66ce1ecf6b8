"""One contact's view."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.page.people import visits
from tests.harness.system import until

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]


async def test_a_contact_is_shown_with_its_past_and_what_comes_by_itself(viewer, firm, screenshots):
    await firm.system.send(visits("c-32", "lot", 3))
    path = "/api/contacts/c-32/history"
    await until(lambda: firm.api.get(path)["steps"], lambda steps: len(steps) >= 6, 30, "steps by time")
    page = await viewer("/contacts/c-32")
    await expect(page.locator("svg.chart")).to_be_visible()
    await page.screenshot(path=screenshots / "contact.png", full_page=True)
    await page.goto(f"{firm.api.address}/contacts/c-32?score=buzz")
    await expect(page.locator("svg.chart")).to_be_visible()
    await page.screenshot(path=screenshots / "contact-buzz.png", full_page=True)
    dark = await viewer("/contacts/c-32", color_scheme="dark", viewport={"width": 400, "height": 800})
    await expect(dark.locator("svg.chart")).to_be_visible()
    await dark.screenshot(path=screenshots / "contact-dark-narrow.png", full_page=True)
