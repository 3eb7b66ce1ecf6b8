"""Segments on the page: made and changed by choosing, with a count that follows, and dropped; the model's are shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.page.conftest import NARROW, Firm, Viewer
from tests.harness.apis import READ_ONLY

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]


async def looked_over(page: Page) -> None:
    """Nothing that keeps people out."""
    found = await Axe().run(page)
    assert [each["id"] for each in found.response["violations"]] == [], found.generate_report()


async def test_a_person_makes_changes_and_drops_a_segment(viewer: Viewer, firm: Firm, screenshots: Path) -> None:
    page = await viewer("/segments")
    await expect(page.get_by_role("row", name="decision-makers")).to_contain_text("in the model")
    await expect(page.get_by_role("link", name="Change decision-makers")).to_have_count(0)
    await page.get_by_role("link", name="New segment").click()

    everybody = firm.api.get("/api/scores/engagement/distribution")["count"]
    await expect(page.get_by_text(f"{everybody} contacts", exact=True)).to_be_visible()
    await page.get_by_label("Name", exact=True).fill("warm deciders")
    await page.get_by_role("button", name="Add a condition on a score").click()
    row = page.get_by_role("group", name="Condition on a score 1")
    await row.get_by_label("Score", exact=True).select_option("engagement")
    await row.get_by_label("warm").check()
    warm = len(firm.api.get("/api/contacts", stage="warm", limit=200)["contacts"])
    await expect(page.get_by_text(f"{warm} contacts", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Add a condition on an attribute").click()
    row = page.get_by_role("group", name="Condition on an attribute 1")
    await row.get_by_label("Attribute", exact=True).fill("job_title")
    await row.get_by_label("Test").select_option("one_of")
    await row.get_by_label("Value").fill("CEO, CTO")
    await page.screenshot(path=screenshots / "segment-new.png", full_page=True)
    await looked_over(page)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Segment warm deciders is saved.")).to_be_visible()
    kept = firm.api.get("/api/segments/warm deciders")
    assert kept["filter"] == {
        "scores": [{"score": "engagement", "stages": ["warm"]}],
        "attributes": [{"attribute": "job_title", "one_of": ["CEO", "CTO"]}],
    }
    assert 0 < kept["count"] < warm
    await expect(page.get_by_role("row", name="warm deciders")).to_contain_text(str(kept["count"]))
    await page.screenshot(path=screenshots / "segments.png", full_page=True)
    await looked_over(page)

    await page.get_by_role("link", name="Change warm deciders").click()
    await expect(page.get_by_role("checkbox", name="warm")).to_be_checked()
    await page.get_by_role("button", name="Remove condition on an attribute 1").click()
    await expect(page.get_by_text(f"{warm} contacts", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("row", name="warm deciders")).to_contain_text(str(warm))
    await page.get_by_role("button", name="Drop warm deciders").click()
    await expect(page.get_by_role("row", name="warm deciders")).to_have_count(0)


async def test_a_score_of_many_values_wants_one_and_says_so_in_dark_and_narrow(
    viewer: Viewer, screenshots: Path
) -> None:
    page = await viewer("/segments?new", color_scheme="dark", viewport=NARROW)
    await page.get_by_role("button", name="Add a condition on a score").press("Enter")
    row = page.get_by_role("group", name="Condition on a score 1")
    await expect(row.get_by_label("Score", exact=True)).to_be_focused()
    await row.get_by_label("Score", exact=True).select_option("interest")
    await expect(page.get_by_role("alert")).to_contain_text("value: wanted one of properties.product")
    await page.screenshot(path=screenshots / "segment-dark-narrow.png", full_page=True)
    await looked_over(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the window"
    await row.get_by_label("properties.product").fill("crm")
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_who_may_only_read_changes_no_segment(viewer: Viewer) -> None:
    page = await viewer("/segments?new", as_=READ_ONLY)
    await expect(page.get_by_role("row", name="decision-makers")).to_be_visible()
    await expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)
    await expect(page.get_by_role("link", name="New segment")).to_have_count(0)
