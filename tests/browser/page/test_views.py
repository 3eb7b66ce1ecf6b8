"""Every view in light, dark and narrow: pictures to look at, and nothing serious that axe-core finds."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.page.conftest import NARROW, Viewer

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]

VIEWS = {
    "contacts": ("/contacts?stage=warm&stage=hot", "tbody tr"),
    "contacts-by-value": ("/contacts?score=interest&value=crm", "tbody tr"),
    "contacts-of-a-segment": ("/contacts?segment=decision-makers", "tbody tr"),
    "contacts-none": ("/contacts?stage=hot&at_most=3", ".empty"),
    "contact": ("/contacts/c-32", "svg.chart"),
    "contact-unknown": ("/contacts/nobody", "[role=alert]"),
    "contact-label": ("/contacts/c-32?score=grade", "dl"),
    "hot-leads": ("/hot-leads", ".live[data-kind=live]"),
    "distribution": ("/distribution", "svg.chart"),
    "distribution-of-labels": ("/distribution?score=grade", "tbody tr"),
    "model": ("/model", "tbody tr"),
    "segments": ("/segments", "tbody tr"),
    "segment-new": ("/segments?new", "main form"),
    "subscriptions": ("/subscriptions", ".title + div > *"),
    "subscription-new": ("/subscriptions?new", "main form"),
    "imports": ("/imports", "main input[type=file]"),
    "nothing": ("/nothing-such", "[role=alert]"),
}


@pytest.mark.parametrize("view", VIEWS)
async def test_a_view_has_nothing_that_axe_calls_serious(viewer: Viewer, screenshots: Path, view: str) -> None:
    path, awaited = VIEWS[view]
    page = await viewer(path)
    await expect(page.locator(awaited).first).to_be_visible()
    found = await serious(page)
    await pictures(page, screenshots / view)

    await page.set_viewport_size(NARROW)
    await page.reload()
    await expect(page.locator(awaited).first).to_be_visible()
    await pictures(page, screenshots / f"{view}-narrow")

    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the window"
    assert found + await serious(page) == []  # dark by now


async def test_the_navigation_is_one_line_and_begins_with_people(viewer: Viewer) -> None:
    page = await viewer("/contacts")
    views = page.get_by_role("navigation", name="Views").get_by_role("link")
    await expect(views.nth(2)).to_have_text("Contacts")
    assert (await views.all_inner_texts())[:3] == ["Inbox", "Hot leads", "Contacts"]
    tops = await views.evaluate_all("links => links.map((link) => link.offsetTop)")
    assert len(set(tops)) == 1, tops


async def test_signing_in_has_nothing_that_axe_calls_serious(viewer: Viewer, screenshots: Path) -> None:
    page = await viewer("/", as_=None)
    await expect(page.get_by_label("Token")).to_be_visible()
    found = await serious(page)
    await pictures(page, screenshots / "sign-in")

    assert found + await serious(page) == []


async def test_erasing_asks_first_and_has_nothing_that_axe_calls_serious(viewer: Viewer, screenshots: Path) -> None:
    page = await viewer("/contacts/c-32")
    await page.get_by_role("button", name="Erase", exact=True).click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await expect(page.get_by_role("button", name="Keep")).to_be_focused()
    await page.screenshot(path=screenshots / "contact-erasing.png")

    assert await serious(page) == []


async def pictures(page: Page, base: Path) -> None:
    """Of the whole page, light and then dark."""
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        await page.screenshot(path=f"{base}-{scheme}.png", full_page=True)


async def serious(page: Page) -> list[str]:
    """What axe-core finds and calls serious or critical."""
    found = (await Axe().run(page)).response["violations"]
    return [
        f"{each['id']}: {node['html'][:120]} {node['failureSummary']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


async def test_axe_would_find_something(viewer: Viewer) -> None:
    page = await viewer("/contacts")
    await expect(page.locator("tbody tr").first).to_be_visible()
    await page.evaluate(
        "document.querySelector('label[for=search]').remove(); "
        "document.getElementById('search').removeAttribute('placeholder')"
    )

    assert any(found.startswith("label") for found in await serious(page))
