"""The search box: names as one types, by keyboard alone, in every view, and nothing of it in an address."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, Request, expect

from tests.browser.page.conftest import NARROW, Firm, Viewer
from tests.browser.page.test_views import serious
from tests.harness.apis import READ_ONLY

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]


def box(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search people")


def found(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Contacts").get_by_role("option")


async def names(page: Page) -> list[str]:
    return await found(page).locator(".found-name").all_text_contents()


async def test_a_person_is_found_as_one_types_and_opened_by_keyboard_alone(viewer: Viewer) -> None:
    page = await viewer("/distribution", as_=READ_ONLY)
    await expect(page.locator("svg.chart")).to_be_visible()
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))

    await page.keyboard.press("/")
    await expect(box(page)).to_be_focused()
    await page.keyboard.type("grace b")
    await expect(found(page)).to_have_count(1)
    assert await names(page) == ["Grace Berger"]
    await expect(box(page)).to_have_attribute("aria-expanded", "true")

    await page.keyboard.press("ArrowDown")
    chosen = found(page).and_(page.get_by_role("option", selected=True))
    await expect(chosen).to_contain_text("c-11")
    await expect(box(page)).to_have_attribute("aria-activedescendant", await chosen.get_attribute("id") or "")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/contact?contact_id=c-11")
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await expect(box(page)).to_have_value("")
    assert {request.method for request in asked if "/api/search" in request.url} == {"POST"}
    assert not [request.url for request in asked if "grace" in request.url.lower()]

    await page.go_back()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Distribution")


async def test_arrows_go_round_escape_closes_and_then_empties(viewer: Viewer) -> None:
    page = await viewer("/contacts")
    await box(page).fill("ada")
    options = found(page)
    await expect(options.nth(1)).to_be_visible()
    last = await options.count() - 1

    await page.keyboard.press("ArrowUp")
    await expect(options.nth(last)).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("ArrowDown")
    await expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    await expect(found(page).and_(page.get_by_role("option", selected=True))).to_have_count(1)

    await page.keyboard.press("Escape")
    await expect(box(page)).to_have_attribute("aria-expanded", "false")
    await expect(options).to_have_count(0)
    await expect(box(page)).to_have_value("ada")
    await page.keyboard.press("Escape")
    await expect(box(page)).to_have_value("")


async def test_enter_opens_who_is_meant_without_waiting_for_the_list(viewer: Viewer) -> None:
    page = await viewer("/contacts")
    await box(page).fill("c-07")
    await page.keyboard.press("Enter")

    await page.wait_for_url("**/contact?contact_id=c-07")


async def test_mistakes_are_forgiven_and_said_and_a_click_opens(viewer: Viewer) -> None:
    page = await viewer("/contacts")
    await box(page).fill("grcae brger")
    option = found(page).first
    await expect(option).to_contain_text("Grace Berger")
    assert await option.evaluate("li => getComputedStyle(li, '::before').content") == '"Spelled alike"'

    await option.click()
    await page.wait_for_url("**/contact?contact_id=c-11")


async def test_who_is_not_there_is_said_not_to_be_there(viewer: Viewer) -> None:
    page = await viewer("/contacts")
    await box(page).fill("xqzxq")

    await expect(page.get_by_text("Nobody is found for “xqzxq”.").first).to_be_visible()
    await expect(box(page)).to_have_attribute("aria-expanded", "false")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Contacts")


async def test_a_slash_that_somebody_types_stays_one(viewer: Viewer) -> None:
    page = await viewer("/contacts")
    field = page.get_by_label("Attribute", exact=True)
    await field.click()
    await page.keyboard.type("a/b")

    await expect(field).to_have_value("a/b")


async def test_markup_in_a_name_stays_text(viewer: Viewer, evil: tuple[str, ...]) -> None:
    page = await viewer("/contacts")
    await box(page).fill("evil sons")
    await expect(found(page).first).to_be_visible()

    assert evil[0] in await names(page)


async def test_nobody_searches_who_is_not_signed_in(viewer: Viewer, firm: Firm) -> None:
    page = await viewer("/contacts", as_=None)
    await expect(page.get_by_label("Token")).to_be_visible()
    assert await box(page).count() == 0

    answer = await page.request.post(f"{firm.api.address}/api/search", data={"q": "grace"})
    assert answer.status == 401


async def test_the_open_list_has_nothing_that_axe_calls_serious(viewer: Viewer, screenshots: Path) -> None:
    complained: list[str] = []
    page = await viewer("/contacts")
    for width, viewport in (("", None), ("-narrow", NARROW)):
        if viewport:
            await page.set_viewport_size(viewport)
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            await box(page).fill("")
            await box(page).fill("ada")
            await expect(found(page).first).to_be_visible()
            await page.keyboard.press("ArrowDown")
            await page.screenshot(path=screenshots / f"search{width}-{scheme}.png")
            complained += await serious(page)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the window"
    assert complained == []
