"""Signing in, and the list of contacts."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.readmodel.serving import ALL

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]


async def test_who_is_not_signed_in_is_asked_for_a_token_and_comes_to_where_they_wanted(viewer, firm):
    page = await viewer("/contacts?stage=hot", as_=None)
    await page.get_by_label("Token").fill("wrong")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_have_text("This token is not known here.")

    await page.get_by_label("Token").fill(ALL)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Contacts")
    assert page.url.endswith("/contacts?stage=hot")
    (cookie,) = await page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")

    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("Token")).to_be_visible()
    assert await page.context.cookies() == []


async def test_the_list_shows_what_the_api_says(viewer, firm, screenshots):
    page = await viewer("/")
    await expect(page.locator("tbody tr")).to_have_count(50)
    await page.screenshot(path=screenshots / "contacts.png", full_page=True)
