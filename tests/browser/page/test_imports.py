"""Imports on the page: a file chosen, its progress, what could not be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import FilePayload, Page, expect

from tests.browser.page.conftest import NARROW, Firm, Viewer
from tests.harness.apis import READ_ONLY
from tests.harness.system import until

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]

CSV = "who,when,<b>what</b>\n" + "".join(f"imported-{n},2026-11-01T08:00:00Z,/pricing\n" for n in range(3))
CSV += "imported-3,<img src=x onerror=alert(1)>,/\n"
MAPPING = "{contact: who, occurred_at: {column: when}, type: page_visit, properties: {path: <b>what</b>}}"


async def looked_over(page: Page) -> None:
    """Nothing that keeps people out."""
    found = await Axe().run(page)
    assert [each["id"] for each in found.response["violations"]] == [], found.generate_report()


async def test_a_person_imports_a_file_sees_what_was_refused_and_then_the_contacts(
    viewer: Viewer, firm: Firm, screenshots: Path
) -> None:
    page = await viewer("/imports")
    await expect(page.get_by_text("Nothing was imported yet.")).to_be_visible()
    await looked_over(page)

    file: FilePayload = {"name": "visits.csv", "mimeType": "text/csv", "buffer": CSV.encode()}
    await page.get_by_label("File").set_input_files(file)
    await expect(page.get_by_label("It is")).to_have_value("csv")
    await page.get_by_label("What its columns mean", exact=True).select_option("My own, below")
    await page.get_by_label("in YAML").fill("{contact: who}")
    await page.get_by_role("button", name="Import").click()
    await expect(page.get_by_role("alert")).to_contain_text("wanted either type")
    await page.screenshot(path=screenshots / "import-refused.png", full_page=True)

    await page.get_by_label("in YAML").fill(MAPPING)
    await page.get_by_role("button", name="Import").click()
    await expect(page.get_by_text("Done", exact=True)).to_be_visible()
    await expect(page.get_by_role("progressbar", name="How much is read")).to_have_attribute("value", "100")
    await expect(page.get_by_text("3 to page-visits")).to_be_visible()
    await expect(page.get_by_role("region", name="The first lines")).to_contain_text("bad-time")
    await looked_over(page)
    await page.screenshot(path=screenshots / "import.png", full_page=True)

    await until(lambda: firm.api.ask("/api/contacts/imported-2").status_code, lambda code: code == 200, 30, "scored")

    await page.get_by_label("File").set_input_files({"name": "x.jsonl", "mimeType": "", "buffer": b"{}\n"})
    await expect(page.get_by_label("What its columns mean", exact=True)).to_be_hidden()
    await page.get_by_role("button", name="Import").click()
    await expect(page.get_by_role("region", name="Latest imports").locator("tbody tr")).to_have_count(2)
    await expect(page.get_by_text("1 no-contact")).to_be_visible()


async def test_who_may_only_read_sees_imports_and_begins_none(viewer: Viewer) -> None:
    page = await viewer("/imports", as_=READ_ONLY, color_scheme="dark", viewport=NARROW)
    await expect(page.get_by_text("sign in with a token that may write")).to_be_visible()
    await expect(page.get_by_role("button", name="Import")).to_have_count(0)
    await looked_over(page)
