"""Signing in, and the list of contacts: sorted, narrowed, leafed through, kept as segments."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, expect

from tests.browser.page.conftest import Firm, Viewer
from tests.harness.apis import ALL, READ_ONLY

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]


async def ids(page: Page) -> list[str]:
    """The contacts of the list, by where their names lead."""
    there: list[str] = await page.locator("tbody th a.who-name").evaluate_all(
        "links => links.map((link) => new URL(link.href).searchParams.get('contact_id'))"
    )
    return there


async def column(page: Page, number: int) -> list[str]:
    return await page.locator(f"tbody td:nth-child({number})").all_text_contents()


async def test_who_is_not_signed_in_is_asked_for_a_token_and_comes_to_where_they_wanted(viewer: Viewer) -> None:
    page = await viewer("/contacts?stage=hot", as_=None)
    await page.get_by_label("Token").fill("wrong")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_contain_text("This token is not known here")

    await page.get_by_label("Token").fill(ALL)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Contacts")
    assert page.url.endswith("/contacts?stage=hot")
    (cookie,) = await page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert ALL not in cookie["value"]
    assert (
        await page.evaluate("document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)") == "{}{}"
    )

    await page.get_by_role("button", name="ops: your menu").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("Token")).to_be_visible()
    assert await page.context.cookies() == []


async def test_the_list_shows_what_the_api_says(viewer: Viewer) -> None:
    page = await viewer("/")
    await expect(page.locator("tbody tr")).to_have_count(50)
    # What the page itself was answered: a moment later time may have made another step.
    async with page.expect_response(lambda answer: urlsplit(answer.url).path == "/api/contacts") as answered:
        await page.reload()
    told = (await (await answered.value).json())["contacts"]
    await expect(page.locator("tbody tr")).to_have_count(50)

    assert await ids(page) == [contact["contact_id"] for contact in told]
    assert await column(page, 2) == [str(contact["score"]) for contact in told]
    assert await column(page, 3) == [contact["stage"] for contact in told]
    changes = [contact["week_ago"]["engagement"]["change"] for contact in told]
    assert await column(page, 4) == [f"{'up' if by > 0 else 'down'} {abs(by):g}" if by else "–" for by in changes]
    assert await column(page, 5) == [f"{contact['relative']:.1f}\xa0%" for contact in told]
    seen = await page.locator("tbody td:nth-child(6) time").evaluate_all("all => all.map(each => each.dateTime)")
    assert seen == [contact["last_seen_at"] for contact in told]


async def test_pages_follow_one_another_and_the_back_button_goes_back(viewer: Viewer, firm: Firm) -> None:
    rest = min(50, len(firm.api.get("/api/contacts", limit=200)["contacts"]) - 50)
    page = await viewer("/contacts")
    await expect(page.locator("tbody tr")).to_have_count(50)
    first = await ids(page)
    await page.get_by_role("link", name="Next").click()
    await expect(page.get_by_role("button", name="Previous")).to_be_visible()
    await expect(page.locator("tbody tr")).to_have_count(rest)
    second = await ids(page)
    assert not set(first) & set(second)

    await page.reload()
    await expect(page.locator("tbody tr")).to_have_count(rest)
    await page.get_by_role("button", name="Previous").click()
    await expect(page.get_by_role("button", name="Previous")).to_have_count(0)  # the second page may have as many rows
    await expect(page.locator("tbody tr")).to_have_count(50)
    assert await ids(page) == first


async def test_filters_narrow_the_list_live_in_the_address_and_become_a_segment(viewer: Viewer, firm: Firm) -> None:
    name = f"warm ones {os.urandom(3).hex()}"
    page = await viewer("/contacts")
    await page.get_by_label("warm").check()
    await page.get_by_label("from", exact=True).fill("20")
    await page.get_by_label("Attribute", exact=True).fill("company")
    await page.get_by_label("How it is compared").select_option("starts with")
    await page.get_by_label("Text, upper and lower case are one").fill("conto")
    await page.get_by_role("button", name="Filter").click()
    await page.wait_for_url("**/contacts?stage=warm&at_least=20&attribute_starts_with=company%3Aconto")
    listed = firm.api.get("/api/contacts", stage="warm", at_least=20, attribute_starts_with="company:conto")["contacts"]
    told = [contact["contact_id"] for contact in listed]
    assert 0 < len(told) < 50
    await expect(page.locator("tbody tr")).to_have_count(len(told))
    assert await ids(page) == told

    await page.get_by_label("Save this filter as a segment").fill(name)
    await page.get_by_role("button", name="Save segment").click()
    await expect(page.get_by_text('engagement is warm from 20; company starts with "conto"')).to_be_visible()
    await expect(page.get_by_label("Segment").locator("option:checked")).to_have_text(f"{name} ({len(told)})")
    assert await ids(page) == told

    await page.get_by_label("Score").select_option("fit")
    await expect(page.get_by_role("columnheader", name="fit")).to_be_visible()
    assert sorted(await ids(page)) == sorted(told)

    await page.get_by_role("button", name="Drop this segment").click()
    await expect(page.locator("tbody tr")).to_have_count(50)
    assert firm.api.ask(f"/api/segments/{name}").status_code == 404


async def test_a_segment_of_the_model_is_chosen_and_is_not_dropped_here(viewer: Viewer, firm: Firm) -> None:
    page = await viewer("/contacts")
    told = firm.api.get("/api/segments/decision-makers")["page"]["contacts"]
    await page.get_by_label("Segment").select_option("decision-makers")
    await expect(page.get_by_text('job_title one of ["CEO","CTO"] (of the model)')).to_be_visible()
    assert await ids(page) == [contact["contact_id"] for contact in told]
    assert await page.get_by_role("button", name="Drop this segment").count() == 0


async def test_the_order_turns_round_and_says_so(viewer: Viewer, firm: Firm) -> None:
    page = await viewer("/contacts?stage=hot")
    await expect(page.get_by_role("columnheader", name="engagement")).to_have_attribute("aria-sort", "descending")
    falling = await ids(page)
    await page.get_by_role("button", name="engagement").click()
    await expect(page.get_by_role("columnheader", name="engagement")).to_have_attribute("aria-sort", "ascending")
    assert await ids(page) == falling[::-1]


async def test_everything_is_reached_by_keyboard_and_headings_get_the_focus(viewer: Viewer) -> None:
    page = await viewer("/contacts?stage=hot")
    await expect(page.locator("tbody tr").first).to_be_visible()
    await page.get_by_role("link", name="Skip to content").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.matches('tbody th a')"):
            break
    await page.keyboard.press("Enter")
    await expect(page.locator("svg.chart")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert await page.title() == f"{await page.get_by_role('heading', level=1).text_content()} · streamprocessor"


async def test_a_reader_is_offered_nothing_that_changes_anything(viewer: Viewer) -> None:
    page = await viewer("/contacts?stage=hot", as_=READ_ONLY)
    await expect(page.locator("tbody tr").first).to_be_visible()
    assert await page.get_by_role("button", name="Save segment").count() == 0
    await page.locator("tbody th a").first.click()
    await expect(page.locator("svg.chart")).to_be_visible()
    assert await page.get_by_role("button", name="Erase").count() == 0


async def test_a_session_that_ended_leads_to_the_sign_in_and_back(viewer: Viewer) -> None:
    page = await viewer("/contacts")
    await expect(page.locator("tbody tr").first).to_be_visible()
    await page.context.clear_cookies()
    await page.get_by_role("link", name="Distribution").click()
    await page.get_by_label("Token").fill(ALL)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Distribution")
