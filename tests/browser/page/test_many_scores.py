"""A model of 300 scores on the page: each view shows some of them, finds any, and is no wider than its window."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, ViewportSize, expect

from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.process.clock import now_ms
from streamprocessor.process.http.serving import listening_socket, serving
from streamprocessor.readmodel.projection.changes import Changes
from streamprocessor.readmodel.projection.writes import write
from streamprocessor.readmodel.store.database import epoch_of, reading
from streamprocessor.readmodel.store.rows import rows_of
from streamprocessor.scoring.record.facts import Event
from streamprocessor.scoring.scorer import Scorer
from tests.harness.apis import ALL
from tests.readmodel.api_apps import ApiApp
from tests.readmodel.databases import opened_database

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SCORES = 300
SIZES: tuple[ViewportSize, ...] = ({"width": 1280, "height": 900}, {"width": 390, "height": 800})
MODEL = "scores:\n" + "".join(
    f"  interest-in-product-{number}:\n"
    f"    rules:\n"
    f"      - {{id: visit, on: page_visit, points: {number % 50 + 1}, where: {{properties.product: '{number}'}}}}\n"
    f"      - {{id: any, on: email_click, points: 1}}\n"
    f"    stages: {{cold: 0, warm: 16, hot: 41}}\n"
    for number in range(SCORES)
)


@pytest_asyncio.fixture(loop_scope="module")
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """Where the page is, with one contact that visited twenty products."""
    scorer = Scorer(parse_model(MODEL, "m"))
    with opened_database("", tmp_path / "read.sqlite") as engine:
        app = ApiApp(engine, tmp_path)
        app.scorer, app.model_text, app.clock.now_ms = scorer, MODEL, now_ms()
        record = scorer.blank()
        visits = [
            Event(f"e{number}", "page_visit", app.clock.now_ms, app.clock.now_ms, {"product": str(number)}, {})
            for number in range(40, 60)
        ]
        scorer.apply_in_place(record, visits)
        with reading(engine) as connection:
            epoch = epoch_of(connection)
        write(engine, epoch, Changes(contacts={"c-1": rows_of(scorer, "c-1", encode_record(record))}), now_ms())
        async with serving(app.app, listening_socket("api", "127.0.0.1", 0)) as port:
            yield f"http://127.0.0.1:{port}"


async def opened(browser: Browser, address: str, path: str, size: ViewportSize) -> Page:
    """The view, signed in."""
    context = await browser.new_context(viewport=size)
    page = await context.new_page()
    page.set_default_timeout(10_000)
    answer = await context.request.post(f"{address}/api/session", data={"token": ALL})
    assert answer.status == 200, await answer.text()
    await page.goto(address + path)
    await expect(page.locator("h1").first).to_be_visible()
    return page


async def assert_fits(page: Page, screenshot: Path) -> None:
    """It is as wide as its window at most, no mile long, and axe finds nothing in it."""
    await page.screenshot(path=screenshot)
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert await page.evaluate("document.documentElement.scrollHeight") < 20_000
    found = await Axe().run(page)
    assert [each["id"] for each in found.response["violations"]] == [], found.generate_report()


@pytest.mark.parametrize("size", SIZES, ids=["desktop", "phone"])
async def test_the_model_lists_its_scores_by_name_and_opens_the_one_that_was_looked_for(
    browser: Browser, address: str, screenshots: Path, size: ViewportSize
) -> None:
    page = await opened(browser, address, "/model", size)
    await expect(page.locator("details.score")).to_have_count(SCORES)
    await page.get_by_label("Find a score").fill("product-299")
    await expect(page.locator("details.score:visible")).to_have_count(1)
    await page.locator("details.score:visible summary").press("Enter")
    await expect(page.get_by_role("table", name="Rules of interest-in-product-299")).to_be_visible()
    await assert_fits(page, screenshots / f"many-scores-model-{size['width']}.png")


@pytest.mark.parametrize("size", SIZES, ids=["desktop", "phone"])
async def test_a_contact_shows_its_strongest_scores_and_finds_any_other(
    browser: Browser, address: str, screenshots: Path, size: ViewportSize
) -> None:
    page = await opened(browser, address, "/contact?contact_id=c-1&score=interest-in-product-3", size)
    shown = page.locator("ul.tiles > li:visible .tile-name")
    await expect(shown).to_have_count(12)
    names = await shown.all_inner_texts()
    assert "interest-in-product-3" in names
    assert names[1] == "interest-in-product-49"
    await assert_fits(page, screenshots / f"many-scores-contact-{size['width']}.png")
    await page.get_by_text("288 more scores").press("Enter")
    await page.get_by_label("Find a score").fill("product-299")
    await page.get_by_role("link", name="interest-in-product-299").press("Enter")
    await expect(page.get_by_role("heading", name="interest-in-product-299 over time")).to_be_visible()


@pytest.mark.parametrize("size", SIZES, ids=["desktop", "phone"])
async def test_lists_are_of_one_score_and_choose_among_all(
    browser: Browser, address: str, screenshots: Path, size: ViewportSize
) -> None:
    page = await opened(browser, address, "/contacts", size)
    for view in ("contacts", "distribution", "segments"):
        await page.goto(f"{address}/{view}")
        await expect(page.locator("h1").first).to_be_visible()
        await assert_fits(page, screenshots / f"many-scores-{view}-{size['width']}.png")
