"""The list of contacts as one makes it for oneself: columns, views, the card at a name, numbers, and files."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Page, expect

from tests.browser.page.conftest import DESKTOP, NARROW, ColorScheme, Firm, Viewer
from tests.browser.page.test_views import serious
from tests.harness.apis import READ_ONLY

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]

CARD = "#summary-card:popover-open"


async def ids(page: Page) -> list[str]:
    links = await page.locator("tbody th a").evaluate_all("all => all.map(each => each.href)")
    return [parse_qs(urlsplit(link).query)["contact_id"][0] for link in links]


async def titles(page: Page) -> list[str]:
    return [text.strip(" ▼?") for text in await page.locator("thead th").all_text_contents()]


async def test_columns_are_chosen_and_ordered_by_keyboard_and_kept_as_a_view_of_everybody(
    viewer: Viewer, firm: Firm
) -> None:
    name = f"by title {os.urandom(3).hex()}"
    page = await viewer("/contacts?stage=hot")
    await page.get_by_role("button", name="Columns").press("Enter")
    await page.get_by_label("Find a column").fill("job")
    await page.get_by_role("checkbox", name="job_title").press("Space")
    await page.get_by_label("Find a column").fill("")
    await page.get_by_role("checkbox", name="Relative").press("Space")
    await page.get_by_role("button", name="Last seen further left").press("Enter")
    await page.get_by_role("button", name="Last seen further left").press("Enter")
    await page.get_by_role("button", name="Show these").press("Enter")
    columns = ["score:engagement", "stage:engagement", "last_seen", "change:engagement", "attribute:job_title"]
    await expect(page.get_by_role("columnheader", name="job_title")).to_be_visible()
    assert parse_qs(urlsplit(page.url).query) == {"stage": ["hot"], "columns": columns}
    assert await titles(page) == ["Contact", "engagement", "Stage", "Last seen", "7 days", "job_title"]

    await page.get_by_role("button", name="Save view").press("Enter")
    for no_part_of_an_address in ("hot/export", ".."):
        await page.get_by_label("Name of the view").fill(no_part_of_an_address)
        assert await page.locator("#view-name:invalid").count() == 1
    await page.get_by_label("Name of the view").fill(name)
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("View", exact=True).locator("option:checked")).to_have_text(name)
    assert firm.api.get(f"/api/views/{name}")["view"] == {"stage": ["hot"], "columns": columns}
    shown = await ids(page)

    other = await viewer("/contacts", as_=READ_ONLY)
    assert await other.get_by_role("button", name="Save view").count() == 0
    await other.get_by_label("View", exact=True).select_option(name)
    await expect(other.locator("tbody tr")).to_have_count(len(shown))
    assert await ids(other) == shown
    await other.get_by_label("Score").select_option("fit")
    await expect(other.get_by_text("changed", exact=True)).to_be_visible()
    assert (await titles(other))[-1] == "job_title"

    await page.get_by_role("button", name="Drop this view").press("Enter")
    await expect(page.get_by_text(f"View {name} was dropped.")).to_be_visible()
    assert firm.api.ask(f"/api/views/{name}").status_code == 404


async def test_a_click_on_another_scores_heading_sorts_by_it(viewer: Viewer, firm: Firm) -> None:
    page = await viewer("/contacts?columns=score:engagement&columns=score:fit&columns=score:none")
    await page.get_by_role("button", name="fit").click()
    await expect(page.get_by_role("columnheader", name="fit")).to_have_attribute("aria-sort", "descending")
    assert await ids(page) == [each["contact_id"] for each in firm.api.get("/api/contacts", score="fit")["contacts"]]


async def test_a_card_tells_why_what_changed_and_when_it_cools_once_asked(viewer: Viewer, screenshots: Path) -> None:
    page = await viewer("/contacts")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/contact/summary" in request.url else None)
    link, card = page.locator("tbody th a").first, page.locator(CARD)
    await link.focus()
    await expect(card).to_contain_text("contact us ×")
    await expect(card).to_contain_text("Cools")
    assert await card.locator("li").count() == 3
    assert await link.get_attribute("aria-describedby") == "summary-card"
    await page.screenshot(path=screenshots / "contacts-card-light.png")
    assert await serious(page) == []
    await page.keyboard.press("Escape")
    await expect(card).to_have_count(0)
    await expect(link).to_be_focused()

    await link.hover()
    await expect(card).to_be_visible()
    await card.hover()
    await page.wait_for_timeout(400)  # longer than it stays once nothing points at it
    await expect(card).to_be_visible()
    await page.mouse.move(5, 5)
    await expect(card).to_have_count(0)
    assert len(asked) == 1


async def test_who_has_no_points_has_no_bar_and_what_relative_means_is_told_where_it_stands(viewer: Viewer) -> None:
    page = await viewer("/contacts?columns=score:engagement&columns=relative&order=asc")
    rows = page.locator("tbody tr")
    await expect(rows.first).to_be_visible()
    nothing = [
        row for row in await rows.all() if (await row.locator("td").first.text_content() or "").startswith(("0", "-"))
    ]
    assert nothing
    for row in nothing:
        assert await row.locator("td").nth(1).text_content() == "–"
        assert await row.locator("svg.bar").count() == 0

    await page.get_by_role("button", name="What relative means").press("Enter")
    await expect(page.get_by_text("The highest score of all is 100 %, the median 50 %")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("The highest score of all is 100 %")).not_to_be_visible()


async def test_the_list_is_a_file_with_the_columns_that_are_shown(viewer: Viewer) -> None:
    page = await viewer("/contacts?stage=hot&columns=attribute:company&columns=score:fit&columns=suppressed")
    await expect(page.locator("tbody tr").first).to_be_visible()
    shown = set(await ids(page))
    await page.get_by_role("button", name="CSV").press("Enter")
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="These columns, for Excel").press("Enter")
    download = await coming.value
    content = Path(await download.path()).read_bytes()

    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert {row["contact_id"] for row in rows} == shown
    names = {row["display_name"] or row["contact_id"] for row in rows}  # where there is no name, the id stands for it
    assert names == set(await page.locator(".who-name").all_inner_texts())
    assert list(rows[0]) == ["contact_id", "display_name", "company", "fit.score", "suppressed"]
    assert {row["suppressed"] for row in rows} <= {"true", "false"}


async def test_a_stage_that_is_not_there_is_told_with_those_that_are(viewer: Viewer) -> None:
    page = await viewer("/contacts?stage=hott")
    await expect(page.get_by_role("alert")).to_have_text(
        "stage: wanted one of score engagement: cold, warm, hot; got another"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_dialogues_and_menus_of_the_list_have_nothing_that_axe_calls_serious(
    viewer: Viewer, screenshots: Path, scheme: ColorScheme
) -> None:
    is_wide = scheme == "light"
    page = await viewer("/contacts", color_scheme=scheme, viewport=DESKTOP if is_wide else NARROW)
    names = ["Columns", "Save view", "CSV"] + ["What relative means"] * is_wide  # its column has no room in the other
    found: list[str] = []
    for name in names:
        await page.get_by_role("button", name=name).click()
        await expect(page.locator("dialog[open], .floating.placed:popover-open")).to_have_count(1)
        await page.screenshot(path=screenshots / f"contacts-{name.replace(' ', '-').lower()}-{scheme}.png")
        found += await serious(page)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        await page.keyboard.press("Escape")
    assert found == []
